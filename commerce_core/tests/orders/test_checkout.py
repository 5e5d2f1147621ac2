from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.clock import use_clock
from commerce_core.errors import (
    CurrencyMismatchError,
    DuplicateError,
    IdempotencyConflictError,
    InsufficientStockError,
    InvalidInputError,
    OperationInProgressError,
    VariantNotFoundError,
)
from commerce_core.flows import Call, Transaction, run_flow
from commerce_core.money import Money
from commerce_core.orders.baskets import Charge, Checkout, CheckoutLine
from commerce_core.orders.checkout import place_order
from commerce_core.orders.due import expire_orders
from commerce_core.orders.errors import (
    PaymentDeclinedError,
    PaymentUncertainError,
    PriceChangedError,
    TransitionRefusedError,
)
from commerce_core.orders.gateways import MANUAL, FakeGateway
from commerce_core.orders.payments import record_payment
from commerce_core.orders.undoing import expire_order
from commerce_core.tests.orders.shop import (
    ACTOR,
    basket,
    counts,
    eur,
    lines_of,
    place,
    read_order,
    shelf,
    stock,
    story,
)

if TYPE_CHECKING:
    from commerce_core.testing import FrozenClock
    from commerce_core.tests.databases import Database


def test_a_paid_order_has_its_stock_firm_and_its_money_counted(database: Database) -> None:
    lamp, gateway = stock(database, "LAMP", 5), FakeGateway()

    order = place(database, {lamp: 2}, gateway=gateway)

    assert (order.status, order.payment_status, order.paid) == (
        "processing",
        "captured",
        eur("39.80").amount,
    )
    assert shelf(database, lamp) == (5, 2, 0)
    assert counts(*lines_of(database, order)) == {"allocated": 2}
    assert story(database, order) == ["place", "confirm"]
    assert list(gateway.taken.values()) == [eur("39.80")]


def test_a_declined_order_stays_pending_and_its_stock_is_held(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)

    with pytest.raises(PaymentDeclinedError, match="card declined"):
        place(database, {lamp: 2}, gateway=FakeGateway(moods=["decline"]))

    assert shelf(database, lamp) == (5, 0, 2)
    assert database.sql("SELECT status, payment_status FROM commerce_order") == [
        ("pending", "declined")
    ]


@pytest.mark.parametrize("mood", ["timeout", "lost answer"])
def test_an_answer_that_never_comes_is_uncertain_and_nobody_is_charged_twice(
    database: Database, clock: FrozenClock, mood: str
) -> None:
    lamp, gateway = stock(database, "LAMP", 5), FakeGateway(moods=[mood])
    with use_clock(clock):
        with pytest.raises(PaymentUncertainError):
            place(database, {lamp: 2}, gateway=gateway, key="k")
        with pytest.raises(PaymentUncertainError):
            place(database, {lamp: 2}, gateway=gateway, key="k")
        assert gateway.calls_made == 1
        clock.move(minutes=3)
        if mood == "timeout":  # the gateway knows nothing of it
            with pytest.raises(PaymentDeclinedError):
                place(database, {lamp: 2}, gateway=gateway, key="k")
            assert gateway.taken == {}
        else:
            order = place(database, {lamp: 2}, gateway=gateway, key="k")
            assert order.status == "processing"
            assert shelf(database, lamp) == (5, 2, 0)

    assert gateway.calls_made == 1


def test_a_repeat_of_the_key_returns_the_order_and_other_content_is_refused(
    database: Database,
) -> None:
    lamp, gateway = stock(database, "LAMP", 2), FakeGateway()
    first = place(database, {lamp: 2}, gateway=gateway, key="k")

    again = place(database, {lamp: 2}, gateway=gateway, key="k")

    assert (again.id, gateway.calls_made, shelf(database, lamp)) == (first.id, 1, (2, 2, 0))
    with pytest.raises(IdempotencyConflictError):
        place(database, {lamp: 1}, gateway=gateway, key="k")


def test_a_repeat_while_the_gateway_is_asked_is_told_to_wait(database: Database) -> None:
    lamp, gateway = stock(database, "LAMP", 5), FakeGateway()
    flow = place_order(basket({lamp: 1}), actor=ACTOR, gateway=gateway, idempotency_key="k")
    command = next(flow)
    assert isinstance(command, Transaction)
    assert isinstance(flow.send(database.run(command.step)), Call)

    with pytest.raises(OperationInProgressError):
        place(database, {lamp: 1}, gateway=gateway, key="k")

    flow.close()
    assert gateway.taken == {}


def test_a_checkout_that_died_before_the_gateway_answered_is_taken_up_later(
    database: Database, clock: FrozenClock
) -> None:
    lamp, gateway = stock(database, "LAMP", 5), FakeGateway()
    with use_clock(clock):
        flow = place_order(basket({lamp: 1}), actor=ACTOR, gateway=gateway, idempotency_key="k")
        command: Any = next(flow)
        flow.send(database.run(command.step))
        flow.close()
        clock.move(minutes=3)

        order = place(database, {lamp: 1}, gateway=gateway, key="k")

    assert (order.status, len(gateway.taken)) == ("processing", 1)


def test_a_bank_transfer_waits_and_confirms_the_order_when_it_comes(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    order = place(database, {lamp: 2}, gateway=MANUAL)
    assert (order.status, shelf(database, lamp)) == ("pending", (5, 0, 2))

    database.run(lambda s: record_payment(s, order, eur("19.90"), actor=ACTOR))
    assert read_order(database, order).status == "pending"
    database.run(lambda s: record_payment(s, order, eur("19.90"), actor=ACTOR))

    now = read_order(database, order)
    assert (now.status, now.paid, shelf(database, lamp)) == ("processing", now.total, (5, 2, 0))


def test_an_order_that_nobody_pays_expires_and_frees_its_stock(
    database: Database, clock: FrozenClock
) -> None:
    lamp = stock(database, "LAMP", 5)
    with use_clock(clock):
        order = place(database, {lamp: 2}, gateway=MANUAL, pay_within=timedelta(days=2))
        with pytest.raises(TransitionRefusedError) as caught:
            database.run(lambda s: expire_order(s, order, actor=ACTOR))
        assert caught.value.refusal == "not_due"
        clock.move(days=2, seconds=1)

        assert run_flow(database.factory, expire_orders()) == 1
        assert run_flow(database.factory, expire_orders()) == 0

    assert (read_order(database, order).status, shelf(database, lamp)) == ("expired", (5, 0, 0))


def test_money_for_an_order_that_has_expired_is_kept_and_becomes_a_task(
    database: Database, clock: FrozenClock
) -> None:
    lamp = stock(database, "LAMP", 5)
    with use_clock(clock):
        order = place(database, {lamp: 2}, gateway=MANUAL, pay_within=timedelta(days=2))
        clock.move(days=3)
        run_flow(database.factory, expire_orders())
        database.run(lambda s: record_payment(s, order, eur("39.80"), actor=ACTOR))

    now = read_order(database, order)
    assert (now.status, now.paid) == ("expired", eur("39.80").amount)
    assert database.sql("SELECT kind FROM commerce_order_task") == [("paid_too_late",)]


def test_stock_that_ran_out_of_its_hold_is_promised_anew_or_short(
    database: Database, clock: FrozenClock
) -> None:
    lamp = stock(database, "LAMP", 3)
    with use_clock(clock):
        late = place(database, {lamp: 2}, gateway=MANUAL, pay_within=timedelta(days=1))
        clock.move(days=2)  # nobody ran the expiry
        place(database, {lamp: 2})
        database.run(lambda s: record_payment(s, late, eur("39.80"), actor=ACTOR))

    now = read_order(database, late)
    assert (now.status, now.short) == ("processing", 1)
    assert counts(*lines_of(database, late)) == {"allocated": 1}
    assert shelf(database, lamp) == (3, 3, 0)


# --- what is refused ------------------------------------------------------------------------


def test_what_is_not_there_is_refused_and_nothing_is_written(database: Database) -> None:
    lamp, bulb = stock(database, "LAMP", 5), stock(database, "BULB", 1)
    before = database.contents()

    with pytest.raises(InsufficientStockError):
        place(database, {lamp: 1, bulb: 2}, gateway=FakeGateway())

    assert database.contents() == before


def test_a_price_that_changed_since_it_was_shown_is_refused_with_both(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    checkout = Checkout([CheckoutLine(lamp, 1, shown_price=eur("17.00"))])

    with pytest.raises(PriceChangedError) as caught:
        run_flow(database.factory, place_order(checkout, actor=ACTOR))

    assert (caught.value.shown, caught.value.now) == ("17.00 EUR", "19.90 EUR")


def test_currencies_never_mix(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    mixed = Charge("POST", "Postage", Money.of(5, "CHF"))
    with pytest.raises(CurrencyMismatchError):
        place(database, {lamp: 1}, charges=[mixed])

    order = place(database, {lamp: 1}, gateway=MANUAL)
    with pytest.raises(CurrencyMismatchError):
        database.run(lambda s: record_payment(s, order, Money.of(5, "CHF"), actor=ACTOR))


def test_an_order_needs_lines_that_exist(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    with pytest.raises(InvalidInputError):
        place(database, {})
    database.sql("UPDATE commerce_order SET id = id")
    ghost = replace(CheckoutLine(lamp, 1))
    lamp.id = 4711
    with pytest.raises(VariantNotFoundError):
        run_flow(database.factory, place_order(Checkout([ghost]), actor=ACTOR))


def test_a_number_is_given_once_in_a_channel(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    place(database, {lamp: 1}, number="77")
    with pytest.raises(DuplicateError, match="77"):
        place(database, {lamp: 1}, number="77")

    assert place(database, {lamp: 1}, number="77", channel="shop").number == "77"
