"""The checkout in three phases: prepare, pay, finalise. Safe to repeat at any point.

``place_order`` is a flow. *Prepare* is one transaction: the stock is reserved, the order is
pending, and a payment says that the gateway is about to be asked. *Pay* asks it while no
transaction is open. *Finalise* records the answer: the reservations become allocations. Killed
between any two statements it leaves an order that ``reconcile_payments`` or the expiry brings to
an end, or none. Where nobody has to be asked for money, prepare and finalise are one transaction.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from commerce_core.clock import utc_now
from commerce_core.errors import (
    CommerceError,
    IdempotencyConflictError,
    OperationInProgressError,
)
from commerce_core.flows import Call, Transaction
from commerce_core.idempotency import require_key
from commerce_core.inventory.baskets import DEFAULT_STRATEGY
from commerce_core.money import Money
from commerce_core.orders.errors import PaymentDeclinedError, PaymentUncertainError
from commerce_core.orders.event_models import OrderEvent
from commerce_core.orders.gateways import Answer, ChargeRequest, FindRequest, Outcome
from commerce_core.orders.machine import Trigger
from commerce_core.orders.models import Order, OrderStatus, PaymentStatus
from commerce_core.orders.payment_models import Payment
from commerce_core.orders.payments import settle_payment
from commerce_core.orders.placement import OrderKeyTakenError, Placed, Terms, place_in_books

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from commerce_core.flows import Flow
    from commerce_core.inventory.strategies import Strategy
    from commerce_core.orders.baskets import Checkout
    from commerce_core.orders.gateways import PaymentGateway

ASKING_LASTS: Final = timedelta(minutes=2)
"""So long a gateway is believed to be asked by whoever began; after that a repeat takes over."""


def place_order(
    checkout: Checkout,
    *,
    actor: str,
    gateway: PaymentGateway | None = None,
    pay_within: timedelta | None = None,
    strategy: Strategy = DEFAULT_STRATEGY,
    idempotency_key: str | None = None,
) -> Flow[Order]:
    """Place the order of a checkout. Give the flow to ``run_flow`` with ``calls(gateway)``.

    Without a gateway the order is on account and no call is made. With a gateway that is not
    asked at the checkout (a bank transfer) the order stays pending until ``record_payment``, at
    most ``pay_within``. A repeat of the key returns the order.

    Raises:
        InsufficientStockError, VariantArchivedError: something cannot be had; nothing is written.
        PriceChangedError, PriceNotFoundError, CurrencyMismatchError, InvalidInputError: see
            ``place_in_books``.
        PaymentDeclinedError: the order is pending; pay it with ``pay_order`` or let it expire.
        PaymentUncertainError: nobody knows yet; ``reconcile_payments`` finds out.
        OperationInProgressError: another one with this key is asking the gateway right now.
        IdempotencyConflictError: the key was used with other content.
    """
    key = None if idempotency_key is None else require_key(idempotency_key)
    terms = Terms(gateway, pay_within)
    prepare = partial(
        place_in_books,
        checkout=checkout,
        actor=actor,
        terms=terms,
        strategy=strategy,
        idempotency_key=key,
    )
    try:
        placed: Placed = yield Transaction(prepare)
    except (CommerceError, OrderKeyTakenError):
        earlier = yield Transaction(partial(_find_by_key, actor=actor, key=key))
        if earlier is None:
            raise
        placed = Placed(earlier, is_new=False)
    if not placed.is_new:
        yield Transaction(
            partial(_require_same, order_id=placed.order.id, content=checkout.fingerprint())
        )
        return (yield from _resume(placed.order, actor=actor))
    order = placed.order
    if placed.request_key is None or gateway is None or not gateway.is_immediate:
        return order
    return (yield from _pay(order, placed, gateway.name, actor=actor))


def _pay(order: Order, placed: Placed, gateway: str, *, actor: str) -> Flow[Order]:
    amount = Money(order.total or Money.of(0, order.currency).amount, order.currency)
    request = ChargeRequest(gateway, placed.request_key or "", amount, order.number)
    answer = yield from asked(request)
    number = placed.payment_id or 0
    return (yield from finalise(order, number, answer, actor=actor))


def asked(request: ChargeRequest | FindRequest) -> Flow[Answer | None]:
    """Ask the gateway; None where it did not answer. Whatever it raises, it may have happened."""
    try:
        answer: Answer = yield Call(request)
    except Exception:  # noqa: BLE001 - any failure of a provider means the same: nobody knows
        return None
    return answer


def finalise(order: Order, payment_id: int, answer: Answer | None, *, actor: str) -> Flow[Order]:
    """Record the answer and return the order, or raise what the answer means."""
    settle = partial(
        settle_payment, order_id=order.id, payment_id=payment_id, answer=answer, actor=actor
    )
    payment: Payment = yield Transaction(settle)
    now: Order = yield Transaction(partial(_get, order_id=order.id))
    if payment.status is PaymentStatus.DECLINED:
        why = payment.message or "no reason given"
        message = f"the payment of order {now.number} was declined: {why}"
        raise PaymentDeclinedError(message, order_id=now.id, number=now.number)
    if payment.status is not PaymentStatus.CAPTURED:
        raise _uncertain(now)
    return now


def _resume(order: Order, *, actor: str) -> Flow[Order]:
    """Go on with an order that was begun before, from where it stands."""
    if order.status is not OrderStatus.PENDING:
        return order
    payment: Payment | None = yield Transaction(partial(_last_payment, order_id=order.id))
    if payment is None or payment.status in {PaymentStatus.PENDING, PaymentStatus.VOIDED}:
        return order
    asked_at = payment.asked_at or payment.created_at
    if utc_now() - asked_at < ASKING_LASTS:
        if payment.status is PaymentStatus.UNCERTAIN:
            raise _uncertain(order)
        if payment.status is PaymentStatus.CHARGING:
            message = f"the payment of order {order.number} is under way: try again in a moment"
            raise OperationInProgressError(message, order_id=order.id, number=order.number)
    answer = yield from _look_up(payment, order)
    return (yield from finalise(order, payment.id, answer, actor=actor))


def _look_up(payment: Payment, order: Order) -> Flow[Answer | None]:
    """Find out what became of a payment. A gateway that never heard of it is asked for the money.

    The same key makes that safe: whatever was asked before, the money is taken once.
    """
    if payment.status not in {PaymentStatus.CHARGING, PaymentStatus.UNCERTAIN}:
        return Answer(Outcome.DECLINED, message=payment.message)
    find = FindRequest(payment.gateway, payment.request_key)
    answer = yield from asked(find)
    if answer is None or answer.outcome is not Outcome.UNKNOWN:
        return answer
    if payment.status is PaymentStatus.CHARGING:
        amount = Money(payment.amount, payment.currency)
        charge = ChargeRequest(payment.gateway, payment.request_key, amount, order.number)
        return (yield from asked(charge))
    return answer


def _uncertain(order: Order) -> PaymentUncertainError:
    message = (
        f"nobody knows whether order {order.number} was paid: it is found out later, "
        "do not pay again"
    )
    return PaymentUncertainError(message, order_id=order.id, number=order.number)


def _get(session: Session, *, order_id: int) -> Order:
    return session.get_one(Order, order_id, populate_existing=True)


def _find_by_key(session: Session, *, actor: str, key: str | None) -> Order | None:
    if key is None:
        return None
    query = select(Order).filter_by(placed_by=actor.strip(), idempotency_key=key)
    return session.scalars(query).first()


def _last_payment(session: Session, *, order_id: int) -> Payment | None:
    query = select(Payment).filter_by(order_id=order_id).order_by(Payment.id.desc()).limit(1)
    return session.scalars(query).first()


def _require_same(session: Session, *, order_id: int, content: str) -> None:
    query = select(OrderEvent.facts).filter_by(order_id=order_id, trigger=Trigger.PLACE.value)
    facts = session.scalars(query).first() or {}
    if facts.get("asked") != content:
        message = "the idempotency key was used before for another order: use a new key"
        raise IdempotencyConflictError(message, order_id=order_id, verb="place_order")
