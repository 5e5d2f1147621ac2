from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.inventory import (
    adjust_stock,
    receive_stock,
    set_stock_policy,
    ship_stock,
    verify_ledger,
)
from commerce_core.testing import make_variant
from commerce_core.tests.inventory.conftest import Shop, make_shop

if TYPE_CHECKING:
    from commerce_core.tests.databases import Database

MOVEMENT = "UPDATE commerce_stock_movement SET {} WHERE version = 2 AND location_id = :hall"
NUMBER = (
    "UPDATE commerce_stock_movement SET version = {1} WHERE version = {0} AND location_id = :hall"
)
SHED = "SELECT id FROM commerce_stock_level WHERE location_id = :shed"
LEVEL = "UPDATE commerce_stock_level SET {} WHERE location_id = :hall"

TAMPERED: dict[str, tuple[list[str], set[str]]] = {
    "a level that holds more": ([LEVEL.format("on_hand = on_hand + 1")], {"on_hand"}),
    "a level that promises": ([LEVEL.format("allocated = 1")], {"allocated"}),
    "a level with another version": ([LEVEL.format("version = 9")], {"version"}),
    "a level with another policy": (
        [LEVEL.format("minimum = 9, safety_stock = 8")],
        {"minimum", "safety_stock"},
    ),
    "a movement with another delta": (
        [MOVEMENT.format("on_hand_delta = on_hand_delta - 1")],
        {"on_hand"},
    ),
    "a movement with another result": ([MOVEMENT.format("on_hand = on_hand + 1")], {"on_hand"}),
    "a movement with both, as if it had been so": (
        [MOVEMENT.format("on_hand = on_hand + 1, on_hand_delta = on_hand_delta + 1")],
        {"on_hand"},
    ),
    "a movement that is gone": (
        ["DELETE FROM commerce_stock_movement WHERE version = 2 AND location_id = :hall"],
        {"version", "on_hand"},
    ),
    "the last movement gone": (
        ["DELETE FROM commerce_stock_movement WHERE version = 4 AND location_id = :hall"],
        {"version", "minimum", "safety_stock"},
    ),
    "all movements gone": (
        ["DELETE FROM commerce_stock_movement WHERE location_id = :hall"],
        {"version", "on_hand", "minimum", "safety_stock"},
    ),
    "two movements swapped": (
        [NUMBER.format(2, 9), NUMBER.format(3, 2), NUMBER.format(9, 3)],
        {"on_hand", "occurred_at"},
    ),
    "a movement of another level": (
        [MOVEMENT.format(f"level_id = ({SHED})")],
        {"version", "on_hand", "location_id"},
    ),
    "a movement of another variant": (
        [MOVEMENT.format("variant_id = (SELECT max(id) FROM commerce_variant)")],
        {"variant_id"},
    ),
    "a movement at another time": (
        [MOVEMENT.format("occurred_at = '1999-01-01 00:00:00.000000'")],
        {"occurred_at"},
    ),
}


@pytest.fixture
def shop(database: Database) -> Shop:
    """Return a shop with a little history at both places, and a second variant."""
    shop = make_shop(database, database.run)
    database.run(make_variant)
    shop.do(receive_stock, quantity=5, at=shop.shed)
    shop.do(receive_stock, quantity=7)
    shop.do(ship_stock, quantity=2)
    shop.do(adjust_stock, quantity=-1, reason="broken")
    shop.do(set_stock_policy, minimum=3, safety_stock=1)
    return shop


def differences(shop: Shop, **options: Any) -> list[Any]:
    return list(shop.run(lambda session: verify_ledger(session, **options)))


def test_true_books_have_no_difference(shop: Shop) -> None:
    assert differences(shop) == []
    assert differences(shop, variant_id=shop.variant.id) == []


@pytest.mark.parametrize("case", TAMPERED)
def test_it_finds(shop: Shop, case: str) -> None:
    statements, quantities = TAMPERED[case]
    for statement in statements:
        needed = {"hall": shop.hall.id, "shed": shop.shed.id}
        shop.database.sql(statement, **{k: v for k, v in needed.items() if f":{k}" in statement})

    found = differences(shop)

    assert {difference.quantity for difference in found} == quantities
    assert all(str(difference) for difference in found)


def test_a_difference_says_where_and_what(shop: Shop) -> None:
    shop.database.sql(LEVEL.format("on_hand = 99"), hall=shop.hall.id)
    level = shop.level()
    assert level is not None

    assert [str(found) for found in differences(shop)] == [
        f"level {level.id} now: on_hand is 99, the journal says 4"
    ]


def test_of_one_variant_it_reads_that_one_alone(shop: Shop) -> None:
    shop.database.sql(LEVEL.format("on_hand = 99"), hall=shop.hall.id)

    assert len(differences(shop, variant_id=shop.variant.id)) == 1
    assert differences(shop, variant_id=shop.variant.id + 1) == []
