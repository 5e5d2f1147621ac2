"""What each verb costs in statements: constant, however long the history of a level is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.errors import InsufficientStockError
from commerce_core.inventory import adjust_stock, receive_stock, set_stock_policy, ship_stock
from commerce_core.tests.inventory.conftest import Shop, make_shop
from commerce_core.tests.statements import recorded

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_core.tests.databases import Database

COSTS: dict[str, tuple[Callable[..., Any], dict[str, Any], int, int]] = {
    "receive": (receive_stock, {"quantity": 1}, 4, 2),
    "ship": (ship_stock, {"quantity": 1}, 4, 2),
    "adjust": (adjust_stock, {"quantity": -1, "reason": "broken"}, 4, 2),
    "receive with a key": (receive_stock, {"quantity": 1, "idempotency_key": "k"}, 4, 2),
    "save a policy": (set_stock_policy, {"minimum": 3}, 5, 2),
}
"""Verb, values, statements on SQLite, statements on PostgreSQL (a lock and one for the rest)."""


@pytest.fixture
def shop(database: Database) -> Shop:
    shop = make_shop(database, database.run)
    shop.do(receive_stock, quantity=10)
    shop.do(set_stock_policy, minimum=1)
    return shop


def cost(shop: Shop, verb: Callable[..., Any], **values: Any) -> int:
    with recorded(shop.database.engine) as sent:
        shop.do(verb, **values)
    return len(sent)


@pytest.mark.parametrize("case", COSTS)
def test_a_verb_costs_the_same_after_a_long_history(shop: Shop, case: str) -> None:
    verb, values, on_sqlite, on_postgresql = COSTS[case]
    keyed = "idempotency_key" in values
    first = cost(shop, verb, **values)
    for _ in range(20):
        shop.do(receive_stock, quantity=1)
    later = cost(shop, verb, **(values | ({"idempotency_key": "k-2"} if keyed else {})))

    expected = on_postgresql if shop.database.is_postgresql else on_sqlite
    assert (first, later) == (expected, expected)


def test_a_refusal_costs_one_statement(shop: Shop) -> None:
    with recorded(shop.database.engine) as sent, pytest.raises(InsufficientStockError):
        shop.do(ship_stock, quantity=99)

    assert len(sent) == 1
