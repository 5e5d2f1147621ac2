from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.errors import InvalidInputError, VersionConflictError
from commerce_core.inventory import verify_ledger, verify_promises
from commerce_core.orders.changes import Addition, ChangeRequest, change_order, preview_change
from commerce_core.orders.errors import QuantityNotLeftError, TransitionRefusedError
from commerce_core.orders.fulfilling import fulfill_order, ship_order
from commerce_core.orders.gateways import FakeGateway
from commerce_core.orders.merging import merge_orders
from commerce_core.orders.standing import balance
from commerce_core.tests.orders.shop import (
    ACTOR,
    ADDRESS,
    counts,
    eur,
    lines_of,
    place,
    read_order,
    shelf,
    stock,
)

if TYPE_CHECKING:
    from commerce_core.orders.models import Order
    from commerce_core.tests.databases import Database


def change(database: Database, order: Order, request: ChangeRequest, **more: Any) -> Order:
    return database.run(
        lambda s: change_order(s, order, request, reason="customer called", actor=ACTOR, **more)
    )


def test_a_swap_moves_stock_and_money_as_its_preview_said(database: Database) -> None:
    lamp, bulb = stock(database, "LAMP", 5), stock(database, "BULB", 1)
    order = place(database, {lamp: 2}, gateway=FakeGateway())
    (line,) = lines_of(database, order)
    swap = ChangeRequest(add=[Addition(bulb, 2, price=eur("30.00"))], remove={line.id: 1})
    preview = database.run(lambda s: preview_change(s, order, swap))
    assert shelf(database, lamp) == (5, 2, 0), "a preview changes nothing"

    now = change(database, order, swap)

    assert (preview.difference, dict(preview.short)) == (eur("40.10"), {"BULB": 1})
    assert (balance(now), now.short) == (preview.difference, 1)
    assert (shelf(database, lamp), shelf(database, bulb)) == ((5, 1, 0), (1, 1, 0))
    assert [counts(x) for x in lines_of(database, order)] == [
        {"cancelled": 1, "allocated": 1},
        {"allocated": 1},
    ]
    assert database.sql("SELECT difference FROM commerce_order_change") == [(401000,)]


def test_an_address_can_change_until_the_parcel_has_left(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    order = place(database, {lamp: 1})
    now = change(database, order, ChangeRequest(shipping_address=ADDRESS | {"city": "Köln"}))
    assert (now.shipping_address or {})["city"] == "Köln"
    database.run(lambda s: ship_order(s, order, actor=ACTOR))

    with pytest.raises(TransitionRefusedError):
        change(database, order, ChangeRequest(shipping_address=ADDRESS))


def test_what_is_in_a_parcel_stays_and_somebody_must_be_left(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    order = place(database, {lamp: 1})
    (line,) = lines_of(database, order)
    with pytest.raises(InvalidInputError, match="cancel it instead"):
        change(database, order, ChangeRequest(remove={line.id: 1}))
    with pytest.raises(VersionConflictError):
        change(database, order, ChangeRequest(shipping_address=ADDRESS), version=7)
    database.run(lambda s: fulfill_order(s, order, actor=ACTOR))
    before = database.contents()

    with pytest.raises(QuantityNotLeftError):
        change(database, order, ChangeRequest(remove={line.id: 1}))

    assert database.contents() == before


def test_a_repeat_of_the_key_changes_nothing(database: Database) -> None:
    lamp, bulb = stock(database, "LAMP", 5), stock(database, "BULB", 5)
    order = place(database, {lamp: 1})
    for _ in range(2):
        change(database, order, ChangeRequest(add=[Addition(bulb, 1)]), idempotency_key="k")

    assert len(lines_of(database, order)) == 2
    assert shelf(database, bulb) == (5, 1, 0)


def test_two_orders_become_one_with_their_stock_and_their_money(database: Database) -> None:
    lamp, bulb = stock(database, "LAMP", 2), stock(database, "BULB", 5)
    one = place(database, {lamp: 1}, gateway=FakeGateway())
    two = place(database, {lamp: 1, bulb: 2}, gateway=FakeGateway())

    merged = database.run(lambda s: merge_orders(s, one, two, reason="one parcel", actor=ACTOR))

    assert (merged.total, merged.paid, balance(merged)) == (eur("79.60").amount,) * 2 + (eur("0"),)
    other = read_order(database, two)
    assert other.status == "cancelled"
    assert {other.total, other.paid} == {eur("0").amount}
    assert (shelf(database, lamp), shelf(database, bulb)) == ((2, 2, 0), (5, 2, 0))
    database.run(lambda s: ship_order(s, one, actor=ACTOR))
    assert read_order(database, one).status == "shipped"
    assert not database.run(verify_ledger)
    assert not database.run(verify_promises)


def test_orders_to_two_addresses_stay_two(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    one = place(database, {lamp: 1})
    two = place(database, {lamp: 1}, shipping_address=ADDRESS | {"city": "Köln"})
    before = database.contents()

    with pytest.raises(InvalidInputError, match="shipping_address"):
        database.run(lambda s: merge_orders(s, one, two, reason="x", actor=ACTOR))

    assert database.contents() == before


def test_what_was_decided_on_an_older_version_is_refused(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    order = place(database, {lamp: 1})
    request = ChangeRequest(shipping_address=ADDRESS | {"city": "Bonn"})
    change(database, order, request, version=1)
    before = database.contents()

    with pytest.raises(VersionConflictError) as caught:
        change(database, order, request, version=1)

    assert caught.value.fields["now"] == 2
    assert database.contents() == before
