"""Find out what became of money that nobody heard of, and ask for it again where it was declined.

A gateway is asked what it knows of a key, never charged on a guess.
"""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from commerce_core.clock import utc_now
from commerce_core.errors import InvalidInputError
from commerce_core.flows import Call, Transaction
from commerce_core.inventory.ledger.objects import persistent
from commerce_core.journal import SYSTEM_ACTOR, take_ids
from commerce_core.money import Money
from commerce_core.orders.case import opened
from commerce_core.orders.checkout import ASKING_LASTS, asked, finalise
from commerce_core.orders.gateways import Answer, ChargeRequest, FindRequest
from commerce_core.orders.machine import Trigger
from commerce_core.orders.models import Order, OrderStatus, PaymentStatus
from commerce_core.orders.payment_models import Payment, Refund, RefundStatus
from commerce_core.orders.payments import settle_payment
from commerce_core.orders.refunds import find_refund, settle_refund
from commerce_core.orders.standing import balance

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy.orm import Session

    from commerce_core.flows import Flow
    from commerce_core.orders.gateways import PaymentGateway

SWEEP: Final = 100


def reconcile_payments(
    *,
    actor: str = SYSTEM_ACTOR,
    older_than: timedelta = ASKING_LASTS,
    limit: int = SWEEP,
) -> Flow[int]:
    """Ask the gateways about payments and refunds that nobody heard of; return how many settled.

    Only those asked at least ``older_than`` ago, so that nothing under way is taken for lost. A
    payment the gateway knows nothing of is declined: its order may be paid anew.
    """
    before = utc_now() - older_than
    waiting: list[Payment] = yield Transaction(
        partial(_unsettled_payments, before=before, limit=limit)
    )
    settled = 0
    for payment in waiting:
        answer = yield from asked(FindRequest(payment.gateway, payment.request_key))
        if answer is None:
            continue
        yield Transaction(
            partial(
                settle_payment,
                order_id=payment.order_id,
                payment_id=payment.id,
                answer=answer,
                actor=actor,
            )
        )
        settled += 1
    open_refunds: list[tuple[Refund, str]] = yield Transaction(
        partial(_unsettled_refunds, before=before, limit=limit)
    )
    for refund, gateway in open_refunds:
        try:
            found: Answer = yield Call(find_refund(refund, gateway))
        except Exception:  # noqa: BLE001, S112 - it is asked again next time
            continue
        yield Transaction(partial(settle_refund, refund_id=refund.id, answer=found))
        settled += 1
    return settled


def _unsettled_payments(session: Session, *, before: datetime, limit: int) -> list[Payment]:
    unknown = (PaymentStatus.CHARGING, PaymentStatus.UNCERTAIN)
    query = (
        select(Payment)
        .where(Payment.status.in_(unknown), Payment.created_at <= before)
        .order_by(Payment.created_at, Payment.id)
        .limit(limit)
    )
    return [p for p in session.scalars(query) if (p.asked_at or p.created_at) <= before]


def _unsettled_refunds(
    session: Session, *, before: datetime, limit: int
) -> list[tuple[Refund, str]]:
    query = (
        select(Refund, Payment.gateway)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.status.in_((RefundStatus.REQUESTED, RefundStatus.UNCERTAIN)))
        .where(Refund.created_at <= before)
        .order_by(Refund.id)
        .limit(limit)
    )
    return [(refund, gateway) for refund, gateway in session.execute(query)]


def pay_order(order: Order, *, gateway: PaymentGateway, actor: str) -> Flow[Order]:
    """Ask ``gateway`` for what is still owed of a pending order, after a decline. Run as a flow.

    Raises:
        InvalidInputError: nothing is owed, or the gateway is not asked at once.
        TransitionRefusedError: another payment is under way or uncertain, or the order has ended.
        PaymentDeclinedError, PaymentUncertainError: as in ``place_order``.
    """
    if not gateway.is_immediate:
        message = f"{gateway.name} cannot be asked for money: record it when it comes"
        raise InvalidInputError(message, gateway=gateway.name)
    payment: Payment = yield Transaction(
        partial(_claim, order=order, gateway=gateway.name, actor=actor)
    )
    amount = Money(payment.amount, payment.currency)
    request = ChargeRequest(gateway.name, payment.request_key, amount, order.number)
    answer = yield from asked(request)
    return (yield from finalise(order, payment.id, answer, actor=actor))


def _claim(session: Session, *, order: Order, gateway: str, actor: str) -> Payment:
    """Write down that the gateway is about to be asked. The machine lets only one do so."""
    with opened(session, order, Trigger.ASK, actor=actor) as case:
        owed = balance(case.order)
        if owed.units <= 0 or case.order.status is not OrderStatus.PENDING:
            raise InvalidInputError(f"order {case.order.number} owes {owed}", owed=str(owed))
        number = take_ids(session, {Payment: 1})[Payment][0]
        row: dict[str, Any] = {
            "id": number,
            "order_id": case.order.id,
            "gateway": gateway,
            "status": PaymentStatus.CHARGING,
            "amount": owed.amount,
            "refunded": owed.amount * 0,
            "currency": owed.currency,
            "request_key": f"{case.order.number}-{number}-{secrets.token_hex(6)}",
            "actor": case.attempt.actor,
            "asked_at": case.now,
            "created_at": case.now,
            "details": {},
        }
        case.rows.insert(Payment, row)
        case.set_order(payment_status=PaymentStatus.CHARGING)
        case.facts["payment"] = {"id": number, "status": PaymentStatus.CHARGING.value}
        case.write()
    return persistent(session, Payment, row)
