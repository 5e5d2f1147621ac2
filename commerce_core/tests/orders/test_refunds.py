from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from commerce_core.clock import use_clock
from commerce_core.errors import CurrencyMismatchError, InvalidInputError
from commerce_core.flows import run_flow
from commerce_core.money import Money
from commerce_core.orders.errors import (
    PaymentDeclinedError,
    PaymentUncertainError,
    RefundTooLargeError,
    TransitionRefusedError,
)
from commerce_core.orders.exchanges import open_claim, settle_claim
from commerce_core.orders.fulfilling import ship_order
from commerce_core.orders.gateways import MANUAL, FakeGateway, calls
from commerce_core.orders.models import Order
from commerce_core.orders.payments import record_payment
from commerce_core.orders.reconciling import pay_order, reconcile_payments
from commerce_core.orders.refunds import refund_order
from commerce_core.orders.return_models import ClaimKind
from commerce_core.orders.standing import balance
from commerce_core.orders.undoing import cancel_order
from commerce_core.tests.orders.shop import ACTOR, eur, lines_of, place, read_order, shelf, stock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_core.orders.payment_models import Refund
    from commerce_core.testing import FrozenClock
    from commerce_core.tests.databases import Database


def give_back(
    database: Database, order: Order, amount: str, gateway: FakeGateway, key: str | None = None
) -> Sequence[Refund]:
    flow = refund_order(order, eur(amount), reason="sorry", actor=ACTOR, idempotency_key=key)
    return run_flow(database.factory, flow, perform=calls(gateway, MANUAL))


def test_money_goes_back_once_for_each_key(database: Database) -> None:
    lamp, gateway = stock(database, "LAMP", 5), FakeGateway()
    order = place(database, {lamp: 2}, gateway=gateway)

    (first,) = give_back(database, order, "10.00", gateway, "k")
    (again,) = give_back(database, order, "10.00", gateway, "k")

    assert (first.id, first.status) == (again.id, "done")
    assert list(gateway.given_back.values()) == [eur("10.00")]
    assert read_order(database, order).refunded == eur("10").amount


def test_more_than_was_paid_never_goes_back(database: Database) -> None:
    lamp, gateway = stock(database, "LAMP", 5), FakeGateway()
    order = place(database, {lamp: 2}, gateway=gateway)
    give_back(database, order, "30.00", gateway)
    before = database.contents()

    with pytest.raises(RefundTooLargeError, match=r"9\.80 EUR is left"):
        give_back(database, order, "9.81", gateway)

    assert database.contents() == before
    assert sum(m.units for m in gateway.given_back.values()) == eur("30").units


def test_a_refund_is_taken_from_several_payments_the_newest_first(database: Database) -> None:
    lamp, gateway = stock(database, "LAMP", 5), FakeGateway()
    order = place(database, {lamp: 2}, gateway=MANUAL)
    for amount in ("9.80", "30.00"):
        database.run(partial(record_payment, order=order, amount=eur(amount), actor=ACTOR))

    refunds = give_back(database, order, "35.00", gateway)

    assert [str(refund.amount) for refund in refunds] == ["30.0000", "5.0000"]


@pytest.mark.parametrize(
    "column",
    ["commerce_payment SET amount", "commerce_order SET paid"],
    ids=["payments say more", "order says more"],
)
def test_no_more_goes_back_than_the_order_and_its_payments_both_say(
    database: Database, column: str
) -> None:
    lamp, gateway = stock(database, "LAMP", 5), FakeGateway()
    order = place(database, {lamp: 2}, gateway=gateway)
    database.sql(f"UPDATE {column} = 100000")
    before = database.contents()

    with pytest.raises(RefundTooLargeError, match=r"10\.00 EUR is left"):
        give_back(database, order, "10.01", gateway)
    refused = database.contents()
    give_back(database, order, "10.00", gateway)

    assert refused == before
    assert list(gateway.given_back.values()) == [eur("10.00")]


def test_a_claim_worth_more_than_was_paid_gives_back_what_was_paid(database: Database) -> None:
    lamp, gateway = stock(database, "LAMP", 5), FakeGateway()
    order = place(database, {lamp: 2})
    database.run(partial(record_payment, order=order, amount=eur("15.00"), actor=ACTOR))
    database.run(partial(ship_order, order=order, actor=ACTOR))
    (line,) = lines_of(database, order)
    claim = database.run(
        lambda s: open_claim(s, order, ClaimKind.MISSING, {line.id: 2}, actor=ACTOR)
    )

    with pytest.raises(RefundTooLargeError, match=r"15\.00 EUR is left"):
        give_back(database, order, "39.80", gateway)
    give_back(database, order, "15.00", gateway)
    settled = database.run(partial(settle_claim, claim=claim, actor=ACTOR))

    assert settled.status == "refunded"
    with pytest.raises(TransitionRefusedError, match="nothing is left to give back"):
        give_back(database, order, "0.01", gateway)


def test_a_declined_refund_gives_its_claim_back(database: Database) -> None:
    lamp, gateway = stock(database, "LAMP", 5), FakeGateway()
    order = place(database, {lamp: 2}, gateway=gateway)
    gateway.moods = ["decline"]

    (refund,) = give_back(database, order, "39.80", gateway)

    assert refund.status == "declined"
    assert read_order(database, order).refunded == 0
    (again,) = give_back(database, order, "39.80", gateway)
    assert again.status == "done"


@pytest.mark.parametrize(("mood", "status"), [("timeout", "declined"), ("lost answer", "done")])
def test_a_refund_that_nobody_heard_of_is_found_out_later(
    database: Database, clock: FrozenClock, mood: str, status: str
) -> None:
    lamp, gateway = stock(database, "LAMP", 5), FakeGateway()
    with use_clock(clock):
        order = place(database, {lamp: 2}, gateway=gateway)
        gateway.moods = [mood]
        (refund,) = give_back(database, order, "39.80", gateway)
        assert refund.status == "uncertain"
        with pytest.raises((RefundTooLargeError, TransitionRefusedError)):
            give_back(database, order, "0.01", gateway)

        clock.move(minutes=5)
        assert run_flow(database.factory, reconcile_payments(), perform=calls(gateway)) == 1

    assert database.sql("SELECT status FROM commerce_refund") == [(status,)]
    assert read_order(database, order).refunded == (eur("39.80").amount if status == "done" else 0)


def test_a_payment_that_nobody_heard_of_is_found_out_later(
    database: Database, clock: FrozenClock
) -> None:
    lamp, gateway = stock(database, "LAMP", 5), FakeGateway(moods=["lost answer"])
    with use_clock(clock):
        with pytest.raises(PaymentUncertainError):
            place(database, {lamp: 2}, gateway=gateway)
        assert run_flow(database.factory, reconcile_payments(), perform=calls(gateway)) == 0
        clock.move(minutes=5)
        assert run_flow(database.factory, reconcile_payments(), perform=calls(gateway)) == 1

    assert database.sql("SELECT status FROM commerce_order") == [("processing",)]
    assert (shelf(database, lamp), gateway.calls_made) == ((5, 2, 0), 1)


def test_a_declined_order_can_be_paid_anew(database: Database) -> None:
    lamp, gateway = stock(database, "LAMP", 5), FakeGateway(moods=["decline"])
    with pytest.raises(PaymentDeclinedError):
        place(database, {lamp: 2}, gateway=gateway, key="k")
    order = database.run(lambda s: s.scalars(select(Order)).one())

    paid = run_flow(
        database.factory, pay_order(order, gateway=gateway, actor=ACTOR), perform=calls(gateway)
    )

    assert (paid.status, paid.paid) == ("processing", paid.total)
    with pytest.raises((InvalidInputError, TransitionRefusedError)):
        run_flow(
            database.factory, pay_order(order, gateway=gateway, actor=ACTOR), perform=calls(gateway)
        )
    assert len(gateway.taken) == 1


def test_a_cancelled_order_is_owed_back_what_was_paid(database: Database) -> None:
    lamp, gateway = stock(database, "LAMP", 5), FakeGateway()
    order = place(database, {lamp: 2}, gateway=gateway)
    database.run(lambda s: cancel_order(s, order, reason="customer", actor=ACTOR))
    assert balance(read_order(database, order)) == eur("-39.80")

    give_back(database, order, "39.80", gateway)

    assert balance(read_order(database, order)) == eur("0")


def test_currencies_and_amounts_are_checked(database: Database) -> None:
    lamp, gateway = stock(database, "LAMP", 5), FakeGateway()
    order = place(database, {lamp: 2}, gateway=gateway)
    for amount, error in (
        (Money.of(1, "CHF"), CurrencyMismatchError),
        (eur("0"), InvalidInputError),
    ):
        with pytest.raises(error):
            run_flow(database.factory, refund_order(order, amount, reason="x", actor=ACTOR))
