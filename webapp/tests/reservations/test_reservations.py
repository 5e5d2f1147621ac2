"""Reservations over HTTP: who holds what, releasing, and the sweep."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from commerce_core.catalog import get_variant
from commerce_core.clock import utc_now
from commerce_core.inventory import (
    Cause,
    Reservation,
    ReservationStatus,
    allocate_reservation,
    get_location,
    get_reservation,
    reserve_stock,
)
from webapp.accounts.models import WebSession
from webapp.accounts.roles import Role
from webapp.jobs import JOBS, run_job
from webapp.tests.harness import frozen_clock
from webapp.tests.stockroom import SHIRT, level, open_stockroom, submit, words

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio
PATH = "/stock/reservations"


async def hold(browser: Browser, quantity: int = 3, minutes: float = 10) -> int:
    def step(session: Session) -> int:
        return reserve_stock(
            session,
            get_variant(session, sku=SHIRT),
            get_location(session, code="HAM"),
            quantity=quantity,
            expires_in=timedelta(minutes=minutes),
            actor="user:1",
            holder_ref=f"basket-{quantity}",
        ).id

    return await browser.database.transact(step)


async def status_of(browser: Browser, number: int) -> ReservationStatus:
    async with browser.database.reads() as session:
        found = await session.scalar(select(Reservation.status).filter_by(id=number))
        assert found is not None
        return found


async def test_the_next_to_end_stands_first(browser: Browser) -> None:
    await open_stockroom(browser)
    await hold(browser, 3, minutes=30)
    await hold(browser, 2, minutes=1)
    page = words(await browser.get(PATH))
    assert "2 active, 5 held" in page
    assert page.index("basket-2") < page.index("basket-3")
    rows = await browser.get(f"{PATH}/rows")
    assert rows.text.startswith('<section class="panel" id="holds"')


async def test_what_is_released_is_available_again(browser: Browser) -> None:
    await open_stockroom(browser)
    number = await hold(browser)
    for _ in range(2):  # a double click gives back once
        assert (await submit(browser, f"{PATH}/{number}/release")).status_code == 303
    found = await level(browser)
    assert found is not None
    assert (found.reserved, found.available) == (0, 20)
    assert "Nothing is reserved" in words(await browser.get(PATH))


async def test_what_became_an_order_is_not_released(browser: Browser) -> None:
    await open_stockroom(browser)
    number = await hold(browser)

    def allocate(session: Session) -> None:
        held = get_reservation(session, number)
        allocate_reservation(session, held, actor="shop", holder=Cause("order_line", "1"))

    await browser.database.transact(allocate)
    answer = await submit(browser, f"{PATH}/{number}/release")
    assert answer.status_code == 409
    assert "it has become an order" in words(answer)


async def test_the_sweep_expires_what_is_due_and_nothing_else(browser: Browser) -> None:
    job = next(job for job in JOBS if job.name == "expire reservations")
    assert job.every <= timedelta(seconds=1)
    with frozen_clock() as clock:
        await open_stockroom(browser)
        due, later = await hold(browser, 2, minutes=1), await hold(browser, 3, minutes=60)
        clock.move(minutes=2)
        assert "1 active, 3 held" in words(await browser.get(f"{PATH}/rows"))
        await run_job(job, browser.database.transact)
        assert await status_of(browser, due) is ReservationStatus.EXPIRED
        assert await status_of(browser, later) is ReservationStatus.ACTIVE


async def test_a_viewer_sees_them_without_buttons(browser: Browser) -> None:
    await open_stockroom(browser, Role.VIEWER)
    number = await hold(browser)
    assert "Release" not in words(await browser.get(PATH))
    assert (await submit(browser, f"{PATH}/{number}/release")).status_code == 403


async def test_a_page_that_asks_by_itself_keeps_no_session_alive(browser: Browser) -> None:
    with frozen_clock() as clock:
        await open_stockroom(browser)
        started = utc_now()
        clock.move(minutes=30)
        assert (await browser.get(f"{PATH}/rows")).status_code == 200
        async with browser.database.reads() as session:
            assert await session.scalar(select(WebSession.seen_at)) == started
        assert (await browser.get(PATH)).status_code == 200
        async with browser.database.reads() as session:
            assert await session.scalar(select(WebSession.seen_at)) == utc_now()
