"""The database is the second wall: each CHECK refuses by itself what no verb would ask for."""

from __future__ import annotations

import re
from copy import copy
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import IntegrityError

from commerce_core.errors import DatabaseError
from commerce_core.inventory import (
    BasketLine,
    Cause,
    ReserveRequest,
    allocate_stock,
    count_stock,
    create_purchase_order,
    create_supplier,
    define_kit,
    ledger,
    list_purchase_order_lines,
    place_purchase_order,
    receive_purchase_order,
    receive_stock,
    reserve_basket,
    reserve_many,
    reserve_stock,
    set_stock_policy,
    ship_stock,
    start_count,
    transfer_stock,
)
from commerce_core.inventory.ledger import levels
from commerce_core.money import Money
from commerce_core.testing import make_location, make_variant
from commerce_core.tests.databases import Database, opened
from commerce_core.tests.schema_text import constraint_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from commerce_core.tests.inventory.market import Market

QUANTITIES = [
    *("on_hand", "damaged", "quality_control", "allocated", "reserved", "backordered", "short"),
    *("incoming", "minimum", "safety_stock", "backorder_limit"),
]
CHANGES = [
    # There are 9 on hand, 2 reserved, 3 allocated; the backorder limit is 5.
    *((f"stock_level_{name}_not_negative", f"{name} = -1") for name in QUANTITIES),
    ("stock_level_no_oversell", "on_hand = 4"),
    ("stock_level_no_oversell", "reserved = 7"),
    ("stock_level_no_oversell", "allocated = 8"),
    ("stock_level_no_oversell", "damaged = 5"),
    ("stock_level_set_aside_stock_is_there", "damaged = 9, quality_control = 1, short = 99"),
    ("stock_level_backorder_limit_kept", "backordered = 6"),
    ("stock_level_reserved_stock_expires", "next_expiry_at = NULL"),
    *(
        (f"stock_policy_{name}_not_negative", f"{name} = -1")
        for name in ("minimum", "safety_stock", "backorder_limit")
    ),
    ("stock_movement_kind", "kind = 'vanished'"),
    ("stock_movement_adjusted_has_a_reason", "kind = 'adjusted'"),
    ("reservation_quantity_positive", "quantity = 0"),
    ("reservation_status", "status = 'forgotten'"),
    ("allocation_quantity_positive", "quantity = 0"),
    ("allocation_parts_not_negative", "shipped = -1"),
    ("allocation_parts_not_negative", "released = -1"),
    ("allocation_parts_within_quantity", "shipped = 2, released = 2"),
    ("allocation_backordered_within_open", "backordered = -1"),
    ("allocation_backordered_within_open", "backordered = 3, shipped = 1"),
    ("stock_transfer_two_places", "destination_id = source_id"),
    ("stock_transfer_status", "status = 'nowhere'"),
    ("stock_transfer_line_quantity_positive", "quantity = 0"),
    ("stock_transfer_line_parts_not_negative", "received = -1"),
    ("stock_transfer_line_parts_not_negative", "lost = -1"),
    ("stock_transfer_line_parts_within_quantity", "received = 1, lost = 1"),
    ("stock_count_status", "status = 'half'"),
    ("stock_count_line_counted_not_negative", "counted = -1"),
    ("purchase_order_status", "status = 'hoped'"),
    ("purchase_order_line_quantity_positive", "quantity = 0"),
    ("purchase_order_line_received_not_negative", "received = -1"),
    ("purchase_order_line_unit_cost_not_negative", "unit_cost = -1"),
    ("purchase_receipt_quantity_positive", "quantity = 0"),
    ("kit_component_quantity_positive", "quantity = 0"),
    ("kit_component_not_itself", "component_id = kit_id"),
]
IMPLIED = {
    "stock_level_on_hand_not_negative": "stock_level_(set_aside_stock_is_there|no_oversell)",
    "stock_level_backorder_limit_not_negative": "stock_level_backorder_limit_kept",
    "allocation_parts_within_quantity": "allocation_backordered_within_open",
}
"""CHECKs that cannot be broken without breaking another, which may be named first."""
TABLES = sorted(
    {
        *("stock_level", "stock_policy", "stock_movement", "reservation", "allocation"),
        *("stock_transfer", "stock_transfer_line", "stock_count", "stock_count_line"),
        *("purchase_order", "purchase_order_line", "purchase_receipt", "kit_component"),
    },
    key=len,
    reverse=True,  # the longest name first: it may begin with another
)


def fill_every_table(session: Session) -> None:
    """Leave a row in every table of stock, and a level with 9 pieces, 2 and 3 of them promised."""
    variant, kit = make_variant(session), make_variant(session)
    hall, shed = make_location(session), make_location(session, code="SHED")
    place = (variant, hall)
    receive_stock(session, *place, quantity=10, actor="a")
    transfer_stock(session, hall, shed, {variant: 1}, actor="a")
    set_stock_policy(session, *place, backorder_limit=5, actor="a")
    reserve_stock(session, *place, quantity=2, actor="a")
    allocate_stock(session, *place, quantity=3, holder=Cause("host_order", "1"), actor="a")
    count_stock(
        session, start_count(session, hall, name="c", actor="a"), variant, counted=1, actor="a"
    )
    define_kit(session, kit, {variant: 2})
    costs = {variant: (3, Money.of("1", "EUR"))}
    supplier = create_supplier(session, name="Alma")
    order = create_purchase_order(session, supplier, shed, costs, actor="a")
    place_purchase_order(session, order, actor="a")
    (line,) = list_purchase_order_lines(session, order)
    receive_purchase_order(session, order, {line.id: 1}, actor="a")


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def full(request: pytest.FixtureRequest) -> Iterator[Database]:
    if request.param == "sqlite":
        with opened(request.getfixturevalue("sqlite_files").url()) as database:
            database.run(fill_every_table)
            yield database
        return
    with request.getfixturevalue("postgres_server").database() as url, opened(url) as database:
        database.run(fill_every_table)
        yield database


@pytest.mark.parametrize(("check", "change"), CHANGES, ids=str)
def test_a_check_bites(full: Database, check: str, change: str) -> None:
    table = next(name for name in TABLES if check.startswith(f"{name}_"))
    where = "WHERE location_id = 1 AND on_hand = 9" if table == "stock_level" else ""

    named = f"ck_commerce_({check}|{IMPLIED.get(check, check)})\\b"

    with pytest.raises(IntegrityError, match=named):
        full.sql(f"UPDATE commerce_{table} SET {change} {where}")  # noqa: S608 - our own names


def test_every_check_on_stock_is_among_them(full: Database) -> None:
    tables = "|".join(TABLES)
    there = {
        name.removeprefix("ck_commerce_")
        for name in constraint_names(full.engine)
        if re.match(rf"ck_commerce_({tables})_", name)
    }

    assert there == {check for check, _ in CHANGES}


# --- without the guard --------------------------------------------------------------------------


def by_reserving(session: Session, market: Market) -> None:
    reserve_stock(session, market.variant, market.hall, quantity=3, actor="a")


def by_allocating(session: Session, market: Market) -> None:
    order = Cause("host_order", "1")
    allocate_stock(session, market.variant, market.hall, quantity=3, holder=order, actor="a")


def by_basket(session: Session, market: Market) -> None:
    reserve_basket(session, [BasketLine(market.variant, 3)], actor="a")


def in_a_batch(session: Session, market: Market) -> None:
    wish = ReserveRequest(market.variant.id, market.hall.id, 3)
    reserve_many(session, [wish, wish], actor="a")


def by_shipping(session: Session, market: Market) -> None:
    ship_stock(session, market.variant, market.hall, quantity=3, actor="a")


def by_transfer(session: Session, market: Market) -> None:
    transfer_stock(session, market.hall, market.shed, {market.variant: 3}, actor="a")


@pytest.mark.parametrize(
    "oversell", [by_reserving, by_allocating, by_basket, in_a_batch, by_shipping, by_transfer]
)
def test_a_verb_without_its_guard_is_refused_by_the_database(
    market: Market, oversell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With 5 on hand and 3 of them reserved, somebody believes that 99 are available."""
    market.stock(5)
    market.do(reserve_stock, quantity=3)
    before = market.venue.contents()
    monkeypatch.setattr(levels.LevelState, "available", property(lambda _: 99))

    with pytest.raises(DatabaseError, match="ck_commerce_stock_level_no_oversell"):
        market.run(lambda session: oversell(session, market))

    monkeypatch.undo()
    assert market.venue.contents() == before


def test_the_quick_way_without_its_guard_is_refused_by_the_database(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not market.venue.database.is_postgresql:
        pytest.skip("the quick way is PostgreSQL's")
    market.stock(5)
    market.do(reserve_stock, quantity=3)
    reserve_at_once: Any = import_module("commerce_core.inventory.ledger.reserve_at_once")
    open_door = reserve_at_once._RESERVE.replace(">= %(quantity)s::int", ">= -99")
    assert open_door != reserve_at_once._RESERVE
    monkeypatch.setattr(reserve_at_once, "_RESERVE", open_door)

    with pytest.raises(DatabaseError, match="ck_commerce_stock_level_no_oversell"):
        market.do(reserve_stock, quantity=3)


@pytest.mark.postgres
def test_a_verb_without_its_lock_is_refused_by_the_database(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two decide on the same state of a level: the second one to write finds its version taken."""
    unlocked = copy(levels._BY_PLACE)
    unlocked._for_update_arg = None
    monkeypatch.setattr(levels, "_BY_PLACE", unlocked)
    variant, place = postgres.run(lambda s: (make_variant(s, on_hand=5), make_location(s)))

    with postgres.factory() as slow, slow.begin():
        level = ledger.lock_level(slow, variant, place)
        assert level is not None
        postgres.run(lambda s: ship_stock(s, variant, place, quantity=4, actor="quick"))
        batch = ledger.Batch(slow, actor="slow")
        batch.apply(level, "shipped", {"on_hand": -4})  # type: ignore[arg-type]  # as text
        with pytest.raises(IntegrityError, match="uq_commerce_stock_movement_level_id_version"):
            batch.write()
        slow.rollback()
