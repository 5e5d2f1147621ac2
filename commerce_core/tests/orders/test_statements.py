"""How many statements a step takes, whatever the number of lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.orders.fulfilling import (
    deliver_fulfillment,
    fulfill_order,
    pack_fulfillment,
    ship_fulfillment,
)
from commerce_core.orders.gateways import FakeGateway
from commerce_core.orders.queries import read_whole_order
from commerce_core.orders.undoing import cancel_lines, cancel_order, hold_order, release_order
from commerce_core.tests.orders.shop import ACTOR, lines_of, place, stock
from commerce_core.tests.statements import recorded

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from commerce_core.tests.databases import Database

OF_STOCK = ("commerce_stock_level", "commerce_allocation", "commerce_stock_movement")


def sent_by(database: Database, step: Callable[[Session], Any]) -> list[str]:
    with recorded(database.engine) as sent:
        database.run(step)
    return [statement.text for statement in sent]


def own(statements: list[str]) -> int:
    """Count the statements that are not those of an inventory verb."""
    return sum(not any(name in text for name in OF_STOCK) for text in statements)


def test_placing_an_order(database: Database) -> None:
    variants = [stock(database, f"L{n}", 50) for n in range(6)]
    counts = []
    for wanted in ({variants[0]: 1}, dict.fromkeys(variants, 2)):
        with recorded(database.engine) as sent:
            place(database, wanted)
        counts.append(len(sent))

    assert counts[0] == counts[1]
    assert counts[0] <= (6 if database.is_postgresql else 16)


def test_postgresql_plans_the_statements_of_an_order_once_and_not_each_time(
    postgres: Database,
) -> None:
    lamp = stock(postgres, "LAMP", 50)
    for _ in range(20):
        place(postgres, {lamp: 1})

    rows = postgres.sql(
        "SELECT statement, custom_plans, generic_plans FROM pg_prepared_statements "
        "WHERE statement LIKE '%nextval%' OR statement LIKE 'WITH w0%'"
    )
    assert len(rows) == 2
    assert {custom for _, custom, _ in rows} == {5}  # the server tries five before it keeps one
    assert min(kept for *_, kept in rows) > 5


def test_placing_and_paying_an_order(database: Database) -> None:
    lamp = stock(database, "LAMP", 50)
    place(database, {lamp: 1}, gateway=FakeGateway())
    with recorded(database.engine) as sent:
        place(database, {lamp: 1}, gateway=FakeGateway())

    assert len(sent) <= (10 if database.is_postgresql else 28)


def own_of(database: Database, verb: Callable[..., Any], *values: Any, **more: Any) -> int:
    """Count the statements of a verb, without those of the inventory."""
    return own(sent_by(database, lambda s: verb(s, *values, actor=ACTOR, **more)))


@pytest.mark.parametrize("lines", [1, 6])
def test_a_transition_takes_four_at_most_apart_from_its_stock(
    postgres: Database, lines: int
) -> None:
    """Lock, lines, parcels, and one write of everything."""
    wanted = {stock(postgres, f"L{n}", 50): 2 for n in range(lines)}
    order, other = place(postgres, wanted), place(postgres, wanted)
    line = lines_of(postgres, order)[0]
    counts = {
        "hold": own_of(postgres, hold_order, order, reason="x"),
        "release": own_of(postgres, release_order, order),
        "cancel_lines": own_of(postgres, cancel_lines, order, {line.id: 1}, reason="x"),
        "fulfill": own_of(postgres, fulfill_order, order),
        "cancel": own_of(postgres, cancel_order, other, reason="x"),
    }
    (parcel,) = postgres.run(lambda s: read_whole_order(s, order.id)).fulfillments
    for verb in (pack_fulfillment, ship_fulfillment, deliver_fulfillment):
        counts[verb.__name__] = own_of(postgres, verb, parcel)

    assert {name: n for name, n in counts.items() if n > 4} == {}
