"""What a key was used for once it means for ever: the same again, or a refusal."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.errors import IdempotencyConflictError
from commerce_core.flows import run_flow
from commerce_core.orders.changes import Addition, ChangeRequest, change_order
from commerce_core.orders.fulfilling import fulfill_order
from commerce_core.orders.gateways import MANUAL, FakeGateway, calls
from commerce_core.orders.payments import list_payments, record_payment
from commerce_core.orders.refunds import refund_order
from commerce_core.orders.undoing import cancel_lines
from commerce_core.testing import make_location
from commerce_core.tests.orders.shop import ACTOR, eur, lines_of, place, read_order, stock

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from commerce_core.orders.models import Order
    from commerce_core.tests.databases import Database

    Step = Callable[[Session], Any]

KEY: dict[str, Any] = {"actor": ACTOR, "idempotency_key": "k"}


def cancelling(database: Database, order: Order) -> tuple[Step, Step]:
    (line,) = lines_of(database, order)
    return (
        lambda s: cancel_lines(s, order, {line.id: 1}, reason="x", **KEY),
        lambda s: cancel_lines(s, order, {line.id: 2}, reason="x", **KEY),
    )


def changing(database: Database, order: Order) -> tuple[Step, Step]:
    bulb = stock(database, "BULB", 9)
    one, two = (ChangeRequest(add=[Addition(bulb, pieces)]) for pieces in (1, 2))
    return (
        lambda s: change_order(s, order, one, reason="x", **KEY),
        lambda s: change_order(s, order, two, reason="x", **KEY),
    )


def paying(database: Database, order: Order) -> tuple[Step, Step]:
    return (
        lambda s: record_payment(s, order, eur("5"), **KEY),
        lambda s: record_payment(s, order, eur("6"), **KEY),
    )


def packing(database: Database, order: Order) -> tuple[Step, Step]:
    far = database.run(lambda s: make_location(s, code="FAR"))
    return (
        lambda s: fulfill_order(s, order, **KEY),
        lambda s: fulfill_order(s, order, location=far, **KEY),
    )


@pytest.mark.parametrize("verbs", [cancelling, changing, paying, packing])
def test_a_key_used_again_for_something_else_is_refused(
    database: Database, verbs: Callable[[Database, Order], tuple[Step, Step]]
) -> None:
    order = place(database, {stock(database, "LAMP", 9): 4})
    first, other = verbs(database, order)
    database.run(first)
    before = database.contents()

    with pytest.raises(IdempotencyConflictError):
        database.run(other)
    database.run(first)

    assert database.contents() == before


def test_a_refund_of_another_amount_under_the_same_key_is_refused(database: Database) -> None:
    gateway = FakeGateway()
    order = place(database, {stock(database, "LAMP", 5): 2}, gateway=gateway)

    def give_back(amount: str) -> None:
        flow = refund_order(order, eur(amount), reason="sorry", **KEY)
        run_flow(database.factory, flow, perform=calls(gateway))

    give_back("10")
    with pytest.raises(IdempotencyConflictError):
        give_back("20")

    assert list(gateway.given_back.values()) == [eur("10")]


@pytest.mark.parametrize("amounts", [["39.80"], ["19.90", "19.90"], ["9.80", "30.00"]])
def test_a_payment_told_again_is_one_payment_though_it_confirmed_the_order(
    database: Database, amounts: list[str]
) -> None:
    order = place(database, {stock(database, "LAMP", 5): 2}, gateway=MANUAL)
    for number, amount in enumerate(amounts):
        told = partial(record_payment, order=order, amount=eur(amount), actor=ACTOR)
        for _ in range(2):
            database.run(partial(told, idempotency_key=f"k{number}"))
    captured = [
        p for p in database.run(lambda s: list_payments(s, order)) if p.status == "captured"
    ]

    assert [str(payment.amount) for payment in captured] == [str(eur(a).amount) for a in amounts]
    assert read_order(database, order).paid == eur("39.80").amount
