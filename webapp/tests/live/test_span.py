"""One statement says the same as reading table by table does, and gives way where it cannot."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url, select
from sqlalchemy.orm import Session

from commerce_core.catalog import Variant
from commerce_core.clock import use_clock, utc_now
from commerce_core.database import make_async_engine
from commerce_core.inventory import (
    StockLocation,
    StockMovement,
    create_location,
    receive_stock,
    reserve_stock,
    set_stock_policy,
)
from commerce_core.journal import Cursor, begin_epoch, journal_lag, read_cursor
from commerce_core.testing import FrozenClock
from webapp.live import span
from webapp.live.changes import Changes, read_changes
from webapp.live.looking import Look
from webapp.live.reader import Reader
from webapp.tests.live.clients import Shop, adjust
from webapp.tests.orders.shop import place

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]


@pytest.fixture
def any_url(postgres_url: str) -> str:
    """Only PostgreSQL is asked this way."""
    return postgres_url


@pytest.fixture
async def look(shop: Shop) -> AsyncIterator[Look]:
    engine = make_async_engine(shop.url, isolation_level="AUTOCOMMIT")
    asked = Look(engine)
    yield asked
    await asked.forget()
    await engine.dispose()


def happen(session: Session, chance: random.Random) -> None:
    """Do one of everything that touches a level, here and there."""
    variants = session.scalars(select(Variant).order_by(Variant.id)).all()
    place_of = session.scalars(select(StockLocation).order_by(StockLocation.id)).all()
    variant, location = chance.choice(variants), chance.choice(place_of)
    pieces, kind = chance.randint(1, 9), chance.randrange(4)
    if kind == 0:
        set_stock_policy(session, variant, location, minimum=pieces, actor="a test")
    elif kind == 1:
        receive_stock(session, variant, location, quantity=pieces, actor="a test")
    elif kind == 2:
        receive_stock(session, variant, location, quantity=pieces, actor="a test")
        reserve_stock(session, variant, location, quantity=pieces, actor="a test")
    else:
        adjust(session, variant.id, -pieces, location_id=location.id)


async def all_is_final(shop: Shop) -> None:
    """Wait for writers of the same server that have nothing to do with this (autovacuum is one)."""
    for _ in range(3000):
        if not shop.run(lambda s: journal_lag(s, StockMovement)).waiting:
            return
        await asyncio.sleep(0.01)
    pytest.fail("somebody has been writing for half a minute")


def besides_its_end(changes: Changes) -> Changes:
    """Return the changes without their cursor, which other databases of the server move too."""
    return replace(changes, cursor=Cursor("", 0))


async def agrees(shop: Shop, look: Look, since: Cursor) -> int:
    """Hold the two ways to read against each other; return how many levels they told of."""
    found = await look.span(since)
    expected = shop.run(lambda s: read_changes(s, since))
    assert found is not None
    assert besides_its_end(found.changes) == besides_its_end(expected)
    assert found.changes.cursor.horizon >= since.horizon
    assert found.events == []
    return len(found.changes.levels)


async def test_it_says_what_reading_table_by_table_says(shop: Shop, look: Look) -> None:
    chance = random.Random(7)  # noqa: S311 - no secret
    shop.run(lambda s: create_location(s, code="NEW", name="New"))
    start = shop.run(read_cursor)
    for _ in range(12):
        since = shop.run(read_cursor)
        for _ in range(chance.randrange(6)):
            shop.run(lambda s: happen(s, chance))
        await all_is_final(shop)
        await agrees(shop, look, since)
    assert await agrees(shop, look, start)


async def test_orders_are_read_along(shop: Shop) -> None:
    since = shop.run(read_cursor)
    sku = shop.run(lambda s: s.get_one(Variant, shop.variants()[0]).sku)
    shop.run(lambda s: place(s, {sku: 2}))
    await all_is_final(shop)
    reader = Reader(make_url(shop.url))
    try:
        told, lag = await reader.read(since)
    finally:
        await reader.close()
    expected = shop.run(lambda s: read_changes(s, since))
    assert besides_its_end(told) == besides_its_end(expected)
    assert [(one.wanted, one.is_new) for one in told.orders] == [(2, True)]
    assert told.levels
    assert lag == 0


async def test_what_is_held_back_is_told_with_its_age(shop: Shop, look: Look) -> None:
    since = shop.run(read_cursor)
    variants = shop.variants()
    with shop.engine.connect() as writer, Session(writer) as holds:
        adjust(holds, variants[0], 1)
        shop.adjust(variants[1], 1)
        with use_clock(FrozenClock(utc_now() + timedelta(seconds=14))):
            found = await look.span(since)
        holds.rollback()
    assert found is not None
    assert found.changes.levels == ()
    assert 14 <= found.lag_seconds < 600


async def test_nothing_new_is_said_in_one_row(shop: Shop, look: Look) -> None:
    since = shop.run(read_cursor)
    found = await look.span(since)
    assert found is not None
    assert besides_its_end(found.changes) == besides_its_end(Changes(since))


async def test_another_epoch_and_the_future_are_left_to_others(shop: Shop, look: Look) -> None:
    here = shop.run(read_cursor)
    assert await look.span(Cursor(here.epoch, here.horizon + 10**6)) is None
    shop.run(begin_epoch)
    assert await look.span(here) is None


async def test_what_does_not_fit_is_left_to_others(
    shop: Shop, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span, "ROWS_AT_ONCE", 3)
    since = shop.run(read_cursor)
    variant = shop.variants()[0]
    for _ in range(3):
        shop.adjust(variant, 1)
    await all_is_final(shop)
    found = await look.span(since)
    assert found is not None
    assert found.changes.movements == 3
    shop.adjust(variant, 1)
    await all_is_final(shop)
    assert await look.span(since) is None


async def test_a_lost_connection_costs_one_answer(shop: Shop, look: Look) -> None:
    since = shop.run(read_cursor)
    assert await look.span(since) is not None
    shop.adjust(shop.variants()[0], 1)
    await all_is_final(shop)
    ends = (  # and wait for it, up to 10 s
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND query LIKE 'WITH moved%%'"
    )
    shop.run(lambda s: s.connection().exec_driver_sql(ends))
    assert await look.span(since) is None
    found = await look.span(since)
    assert found is not None
    assert len(found.changes.levels) == 1
