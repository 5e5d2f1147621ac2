"""What each promise costs in statements (BEGIN, COMMIT, SAVEPOINT and PRAGMA apart).

Never more for more lines, more rows in the tables, or a longer history. PostgreSQL: one statement
to lock and read, one to write, and to reserve both in one. SQLite writes one table a statement:
reservation or allocation, clock, movement, level.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.inventory import (
    BasketLine,
    Cause,
    ReserveRequest,
    allocate_reservation,
    allocate_reservations,
    allocate_stock,
    create_purchase_order,
    create_supplier,
    create_transfer,
    deallocate_stock,
    extend_reservation,
    list_purchase_order_lines,
    list_transfer_lines,
    place_purchase_order,
    receive_purchase_order,
    receive_stock,
    receive_transfer,
    release_reservation,
    release_reservations,
    reserve_basket,
    reserve_many,
    reserve_stock,
    ship_allocation,
    transfer_stock,
)
from commerce_core.money import Money
from commerce_core.testing import make_location, make_variant
from commerce_core.tests.statements import recorded

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from commerce_core.catalog.models import Variant
    from commerce_core.inventory import Allocation, Reservation, StockLocation
    from commerce_core.tests.databases import Database

WHO: dict[str, Any] = {"actor": "ann"}
ORDER = Cause("host_order", "1")
DAY = timedelta(days=1)


@dataclass
class Stocked:
    """Variants with plenty of stock at two places, and something promised of each."""

    database: Database
    variants: list[Variant]
    hall: StockLocation
    shed: StockLocation
    held: list[Reservation]
    promised: list[Allocation]

    @property
    def here(self) -> tuple[Variant, StockLocation]:
        return self.variants[0], self.hall


def stocked(database: Database, variants: int) -> Stocked:
    def build(s: Session) -> tuple[Any, ...]:
        hall, shed = make_location(s), make_location(s, code="SHED")
        made = [make_variant(s, on_hand=50, location=hall) for _ in range(variants)]
        for variant in made:
            receive_stock(s, variant, shed, quantity=1, **WHO)
        held = [reserve_stock(s, v, hall, quantity=1, **WHO) for v in made]
        promised = [allocate_stock(s, v, hall, quantity=3, holder=ORDER, **WHO) for v in made]
        return made, hall, shed, held, promised

    return Stocked(database, *database.run(build))


def cost(database: Database, step: Callable[[Session], Any]) -> int:
    with recorded(database.engine) as sent:
        database.run(step)
    return len(sent)


ONE: dict[str, tuple[Callable[[Session, Stocked], Any], int, int]] = {
    "reserve": (lambda s, x: reserve_stock(s, *x.here, quantity=1, **WHO), 4, 1),
    "reserve with a key": (
        lambda s, x: reserve_stock(s, *x.here, quantity=1, idempotency_key="k", **WHO),
        4,
        1,
    ),
    "allocate": (lambda s, x: allocate_stock(s, *x.here, quantity=1, holder=ORDER, **WHO), 4, 2),
    "extend": (
        lambda s, x: extend_reservation(s, x.held[0], expires_in=DAY, **WHO),
        5,
        2,
    ),
    "release": (lambda s, x: release_reservation(s, x.held[0], **WHO), 5, 2),
    "convert": (lambda s, x: allocate_reservation(s, x.held[0], holder=ORDER, **WHO), 6, 2),
    "take back": (lambda s, x: deallocate_stock(s, x.promised[0], quantity=1, **WHO), 5, 2),
    "dispatch": (lambda s, x: ship_allocation(s, x.promised[0], quantity=1, **WHO), 5, 2),
}
"""Name, verb, statements on SQLite, statements on PostgreSQL."""


@pytest.mark.parametrize("name", ONE)
def test_a_verb_costs_the_same_in_a_large_shop(database: Database, name: str) -> None:
    step, on_sqlite, on_postgresql = ONE[name]
    shop = stocked(database, 6)
    for _ in range(10):
        database.run(lambda s: reserve_stock(s, *shop.here, quantity=1, **WHO))

    expected = on_postgresql if database.is_postgresql else on_sqlite
    assert cost(database, lambda s: step(s, shop)) == expected


def basket(s: Session, x: Stocked) -> None:
    reserve_basket(s, [BasketLine(v, 1) for v in x.variants], **WHO)


def basket_with_a_key(s: Session, x: Stocked) -> None:
    key = f"of {len(x.variants)}"
    reserve_basket(s, [BasketLine(v, 1) for v in x.variants], idempotency_key=key, **WHO)


def batch(s: Session, x: Stocked) -> None:
    wishes = [ReserveRequest(v.id, x.hall.id, 1) for v in x.variants]
    reserve_many(s, wishes * 3, **WHO)


def batch_with_keys(s: Session, x: Stocked) -> None:
    wishes = [ReserveRequest(v.id, x.hall.id, 1, idempotency_key=f"k-{v.id}") for v in x.variants]
    reserve_many(s, wishes, **WHO)


def release(s: Session, x: Stocked) -> None:
    release_reservations(s, x.held, **WHO)


def convert(s: Session, x: Stocked) -> None:
    allocate_reservations(s, dict.fromkeys(x.held, ORDER), **WHO)


def draft(s: Session, x: Stocked) -> None:
    create_transfer(s, x.hall, x.shed, dict.fromkeys(x.variants, 1), **WHO)


def draft_with_a_key(s: Session, x: Stocked) -> None:
    lines, key = dict.fromkeys(x.variants, 1), f"of {len(x.variants)}"
    create_transfer(s, x.hall, x.shed, lines, idempotency_key=key, **WHO)


def transfer(s: Session, x: Stocked) -> None:
    """Draft, send, read the lines and receive, where the destination has levels already."""
    sent = transfer_stock(s, x.hall, x.shed, dict.fromkeys(x.variants, 1), **WHO)
    receive_transfer(s, sent, {line.id: 1 for line in list_transfer_lines(s, sent)}, **WHO)


def purchase(s: Session, x: Stocked) -> None:
    """Draft, place, read the lines and receive."""
    supplier = create_supplier(s, name=f"Alma {len(x.variants)}")
    costs = {v: (2, Money.of("1", "EUR")) for v in x.variants}
    order = create_purchase_order(s, supplier, x.hall, costs, **WHO)
    place_purchase_order(s, order, **WHO)
    lines = list_purchase_order_lines(s, order)
    receive_purchase_order(s, order, {line.id: 1 for line in lines}, **WHO)


MANY: dict[str, tuple[Callable[[Session, Stocked], None], int, int]] = {
    "basket": (basket, 5, 2),
    "basket with a key": (basket_with_a_key, 6, 2),
    "batch": (batch, 5, 2),
    "batch with keys": (batch_with_keys, 5, 2),
    "release": (release, 5, 2),
    "convert": (convert, 6, 2),
    "draft": (draft, 3, 2),
    "draft with a key": (draft_with_a_key, 4, 2),
    "transfer": (transfer, 17, 9),
    "purchase": (purchase, 19, 10),
}
"""Name, verb about all variants, statements on SQLite, statements on PostgreSQL."""


@pytest.mark.parametrize("name", MANY)
def test_many_lines_cost_what_two_cost(database: Database, name: str) -> None:
    step, on_sqlite, on_postgresql = MANY[name]
    expected = on_postgresql if database.is_postgresql else on_sqlite
    shop = stocked(database, 12)
    few = Stocked(database, shop.variants[:2], shop.hall, shop.shed, shop.held[:2], [])
    rest = Stocked(database, shop.variants[2:], shop.hall, shop.shed, shop.held[2:], [])

    costs = (cost(database, lambda s: step(s, few)), cost(database, lambda s: step(s, rest)))
    assert costs == (expected, expected)
