"""Money that comes in: what a gateway answered, what somebody saw on the bank account.

Every function locks the order first, flushes, and never commits. The outcome of a payment and what
follows for the order (it is confirmed, its stock becomes firm) are one transaction.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from commerce_core.clock import utc_now
from commerce_core.errors import CurrencyMismatchError, InvalidInputError
from commerce_core.inventory.baskets import DEFAULT_STRATEGY
from commerce_core.inventory.ledger.objects import persistent
from commerce_core.inventory.promises import Wish, firm_up, promise_lines
from commerce_core.journal import take_ids
from commerce_core.orders.case import Case, lock_order, opened
from commerce_core.orders.change_models import OrderTask, TaskKind
from commerce_core.orders.errors import PaymentNotFoundError
from commerce_core.orders.gateways import MANUAL, Answer, Outcome
from commerce_core.orders.machine import PAYMENTS, PaymentTrigger, Trigger, next_status
from commerce_core.orders.models import Order, OrderStatus, PaymentStatus
from commerce_core.orders.parcels import whole_pieces
from commerce_core.orders.payment_models import Payment
from commerce_core.records import id_of
from commerce_core.text import clean_optional

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from sqlalchemy.orm import Session

    from commerce_core.money import Money

_MEANING: Final = {
    Outcome.DONE: PaymentTrigger.CAPTURE,
    Outcome.DECLINED: PaymentTrigger.DECLINE,
    Outcome.UNDER_WAY: PaymentTrigger.LOSE_SIGHT,
    Outcome.UNKNOWN: PaymentTrigger.DECLINE,
}


def settle_payment(
    session: Session, order_id: int, payment_id: int, answer: Answer | None, *, actor: str
) -> Payment:
    """Record what became of a payment; None says that nobody knows. The caller commits.

    Captured money confirms a pending order that is paid in full by it: what it held becomes firm,
    and what expired meanwhile is promised anew or is short. For an order that has ended it is kept
    and a task says so. Settling a settled payment changes nothing.

    Raises:
        PaymentNotFoundError: the order has no such payment.
    """
    order = lock_order(session, order_id)
    payment = get_payment(session, order, payment_id)
    meaning = PaymentTrigger.LOSE_SIGHT if answer is None else _MEANING[answer.outcome]
    if payment.status not in _UNSETTLED or (
        meaning is PaymentTrigger.LOSE_SIGHT and payment.status is PaymentStatus.UNCERTAIN
    ):
        return payment
    status = next_status(PAYMENTS, meaning, PaymentStatus(payment.status))
    paid = payment.amount if status is PaymentStatus.CAPTURED else 0
    confirms = order.status is OrderStatus.PENDING and _is_enough(order, order.paid + paid)
    trigger = Trigger.CONFIRM if paid and confirms else Trigger.PAY
    with opened(session, order, trigger, actor=actor) as case:
        case.facts["payment"] = {"id": payment.id, "status": status.value}
        values: dict[str, Any] = {"status": status}
        if status is not PaymentStatus.UNCERTAIN:
            values["settled_at"] = case.now
        if answer is not None:
            values["reference"] = clean_optional(answer.reference, name="it", max_length=128)
            values["message"] = clean_optional(answer.message, name="it", max_length=200)
        case.rows.change(Payment, payment.id, values)
        _take_in(case, paid, status)
        if trigger is Trigger.CONFIRM:
            firm_up_lines(case)
        case.write()
    return payment


def record_payment(
    session: Session,
    order: Order,
    amount: Money,
    *,
    actor: str,
    gateway: str = MANUAL.name,
    reference: str | None = None,
    idempotency_key: str | None = None,
) -> Payment:
    """Record money that has come in, in full or in part. The caller commits.

    What completes the amount of a pending order confirms it. Money for an order that has ended is
    a fact too: it is recorded, and a task says that somebody has to decide.

    Raises:
        CurrencyMismatchError: it is not the order's currency.
        InvalidInputError: nothing, or less than nothing.
        IdempotencyConflictError: the key was used with other content.
    """
    if amount.currency != order.currency:
        message = f"order {order.number} is in {order.currency}, the payment in {amount.currency}"
        raise CurrencyMismatchError(message, left=order.currency, right=amount.currency)
    if amount.units <= 0:
        raise InvalidInputError(f"a payment of {amount} is none", amount=str(amount))
    current = lock_order(session, id_of(order, Order))
    is_pending = current.status is OrderStatus.PENDING
    confirms = is_pending and _is_enough(current, current.paid + amount.amount)
    asked = {"amount": str(amount), "reference": reference}
    trigger = Trigger.CONFIRM if confirms else Trigger.PAY
    with opened(
        session, current, trigger, actor=actor, idempotency_key=idempotency_key, asked=asked
    ) as case:
        if case.replayed is not None:
            return get_payment(session, current, (case.replayed.facts or {})["payment"]["id"])
        row = {
            "id": take_ids(session, {Payment: 1})[Payment][0],
            "order_id": current.id,
            "gateway": gateway,
            "status": PaymentStatus.CAPTURED,
            "amount": amount.amount,
            "refunded": amount.amount * 0,
            "currency": amount.currency,
            "request_key": f"{current.number}-{secrets.token_hex(10)}",
            "reference": clean_optional(reference, name="the reference", max_length=128),
            "actor": case.attempt.actor,
            "settled_at": case.now,
            "created_at": case.now,
            "details": {},
        }
        case.facts["payment"] = {"id": row["id"], "status": PaymentStatus.CAPTURED.value}
        case.rows.insert(Payment, row)
        void_waiting(session, case)
        _take_in(case, amount.amount, PaymentStatus.CAPTURED)
        if confirms:
            firm_up_lines(case)
        case.write()
    return persistent(session, Payment, row)


def confirm_order(
    session: Session,
    order: Order,
    *,
    actor: str,
    reason: str | None = None,
    version: int | None = None,
    idempotency_key: str | None = None,
) -> Order:
    """Let a pending order go ahead without its money (on account). The caller commits.

    Raises:
        TransitionRefusedError, VersionConflictError, OrderNotFoundError: as ``opened`` says.
    """
    with opened(
        session,
        order,
        Trigger.CONFIRM,
        actor=actor,
        reason=reason,
        version=version,
        idempotency_key=idempotency_key,
    ) as case:
        if case.replayed is None:
            case.set_order(expires_at=None)
            firm_up_lines(case)
            case.write()
    return case.order


def get_payment(session: Session, order: Order, payment_id: int) -> Payment:
    """Return a payment of the order; raises PaymentNotFoundError."""
    found = session.scalars(
        select(Payment)
        .filter_by(id=payment_id, order_id=order.id)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        message = f"order {order.number} has no payment {payment_id}"
        raise PaymentNotFoundError(message, payment_id=payment_id, order_id=order.id)
    return found


def list_payments(session: Session, order: Order) -> Sequence[Payment]:
    """Return the payments of an order, the oldest first."""
    query = select(Payment).filter_by(order_id=order.id).order_by(Payment.id)
    return session.scalars(query.execution_options(populate_existing=True)).all()


_UNSETTLED: Final = (PaymentStatus.PENDING, PaymentStatus.CHARGING, PaymentStatus.UNCERTAIN)


def _is_enough(order: Order, paid: Decimal) -> bool:
    return order.total is not None and paid - order.refunded >= order.total


def _take_in(case: Case, paid: Decimal | int, status: PaymentStatus) -> None:
    """Count the money; say so where the order has ended before it came."""
    order = case.order
    case.set_order(payment_status=status, paid=order.paid + paid)
    if paid and case.attempt.trigger is Trigger.CONFIRM:
        case.set_order(expires_at=None)
    if paid and order.status in {OrderStatus.CANCELLED, OrderStatus.EXPIRED}:
        case.rows.insert(
            OrderTask,
            {
                "order_id": order.id,
                "kind": TaskKind.PAID_TOO_LATE,
                "content": {"amount": str(paid), "currency": order.currency},
                "created_at": case.now,
            },
        )


def void_waiting(session: Session, case: Case) -> None:
    """Close the payment that was waiting for this money to come."""
    waiting = session.scalars(
        select(Payment).filter_by(order_id=case.order.id, status=PaymentStatus.PENDING)
    )
    for payment in waiting:
        status = next_status(PAYMENTS, PaymentTrigger.VOID, payment.status)
        case.rows.change(Payment, payment.id, {"status": status, "settled_at": utc_now()})


def firm_up_lines(case: Case) -> None:
    """Make firm what the lines hold; what has expired is promised anew as far as it is there."""
    goods = case.goods()
    firm = firm_up(case.batch, [line.id for line in goods])
    missing = []
    for line in goods:
        got = whole_pieces(line, firm[line.id])
        case.add(line, allocated=got)
        if got < line.wanted - line.allocated and line.variant_id is not None:
            missing.append(Wish(line.id, line.variant_id, line.wanted - line.allocated - got))
    if missing:
        promise_missing(case, missing)


def promise_missing(case: Case, wishes: Sequence[Wish], *, count: bool = True) -> None:
    """Promise to lines what is there of what they lack, and count it (unless they are new)."""
    if not wishes:
        return
    if not case.batch.is_empty:  # levels are read anew: what was decided has to be there
        case.batch.write()
        case.renew_batch()
    promise_lines(case.batch, wishes, strategy=DEFAULT_STRATEGY, allow_partial=True)
    by_id = {line.id: line for line in case.lines}
    for wish in wishes:
        if wish.granted and count:
            case.add(by_id[wish.line_id], allocated=wish.granted)
