"""Money that goes back: claimed first, asked for outside of any transaction, then recorded.

A claim counts as refunded at once, on the payment and on the order, so that two refunds at the
same time cannot give back more than was paid; a refund that is declined gives its claim back.
"""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from commerce_core.errors import CurrencyMismatchError, InvalidInputError
from commerce_core.flows import Call, Transaction
from commerce_core.inventory.ledger.objects import persistent
from commerce_core.journal import take_ids
from commerce_core.money import Money
from commerce_core.orders.case import Case, checked_attempt, lock_order, opened
from commerce_core.orders.errors import RefundTooLargeError
from commerce_core.orders.gateways import Answer, FindRequest, Outcome, RefundRequest
from commerce_core.orders.machine import Trigger
from commerce_core.orders.models import REASON_LENGTH, Order, PaymentStatus
from commerce_core.orders.payment_models import Payment, Refund, RefundStatus
from commerce_core.orders.payments import list_payments
from commerce_core.text import clean_optional, clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from commerce_core.flows import Flow
    from commerce_core.orders.return_models import Return

_OPEN: Final = (RefundStatus.REQUESTED, RefundStatus.UNCERTAIN)


def refund_order(
    order: Order,
    amount: Money,
    *,
    reason: str,
    actor: str,
    of_return: Return | None = None,
    idempotency_key: str | None = None,
) -> Flow[Sequence[Refund]]:
    """Give ``amount`` back, from the newest payments on: run it with ``calls(…)`` of the gateways.

    Returns a refund for each payment that money was taken from. One whose gateway does not answer
    stays ``uncertain`` until ``reconcile_refunds``. A replay of the key returns the first refunds.

    Raises:
        RefundTooLargeError: more than was paid and not given back; nothing was changed.
        CurrencyMismatchError, InvalidInputError, InvalidTextError: a value cannot be accepted.
        TransitionRefusedError: nothing was paid.
        IdempotencyConflictError: the key was used with other content.
    """
    claim = partial(
        claim_refund,
        order=order,
        amount=amount,
        reason=reason,
        actor=actor,
        of_return=of_return,
        idempotency_key=idempotency_key,
    )
    claimed: list[tuple[Refund, Payment]] = yield Transaction(claim)
    done = []
    for refund, payment in claimed:
        answer = yield from _ask(refund, payment)
        settle = partial(settle_refund, refund_id=refund.id, answer=answer)
        done.append((yield Transaction(settle)))
    return done


def _ask(refund: Refund, payment: Payment) -> Flow[Answer | None]:
    """Ask for what was requested or is uncertain; None where nobody answers."""
    if refund.status not in _OPEN:
        return Answer(Outcome.UNDER_WAY)
    amount = Money(refund.amount, refund.currency)
    request = RefundRequest(payment.gateway, refund.request_key, amount, payment.reference)
    try:
        answer: Answer = yield Call(request)
    except Exception:  # noqa: BLE001 - any failure of a provider means the same: nobody knows
        return None
    return answer


def claim_refund(
    session: Session,
    order: Order,
    amount: Money,
    *,
    reason: str,
    actor: str,
    of_return: Return | None = None,
    idempotency_key: str | None = None,
) -> list[tuple[Refund, Payment]]:
    """Write down that ``amount`` is about to go back; return refunds with their payments.

    The caller commits, asks the gateways and calls ``settle_refund``; ``refund_order`` does that.

    Raises:
        RefundTooLargeError, CurrencyMismatchError, InvalidInputError: as in ``refund_order``.
    """
    if amount.currency != order.currency:
        message = f"order {order.number} is in {order.currency}, the refund in {amount.currency}"
        raise CurrencyMismatchError(message, left=order.currency, right=amount.currency)
    if amount.units <= 0:
        raise InvalidInputError(f"a refund of {amount} is none", amount=str(amount))
    why = clean_text(reason, name="the reason", max_length=REASON_LENGTH)
    number = of_return.id if of_return is not None else None
    with opened(
        session,
        order,
        Trigger.REFUND,
        actor=actor,
        reason=why,
        idempotency_key=idempotency_key,
        asked={"amount": str(amount), "return": number},
    ) as case:
        if case.replayed is not None:
            return _refunds(session, (case.replayed.facts or {})["refunds"])
        _require_left(case.order, amount)
        pairs = _claim(case, list_payments(session, case.order), amount, why, number)
        case.set_order(refunded=case.order.refunded + amount.amount)
        case.facts["refunds"] = [row["id"] for row, _ in pairs]
        case.write()
    return [(persistent(session, Refund, row), payment) for row, payment in pairs]


def _require_left(order: Order, amount: Money) -> None:
    left = Money(order.paid - order.refunded, order.currency)
    if left < amount:
        raise _too_large(order, amount, left)


def _too_large(order: Order, amount: Money, left: Money) -> RefundTooLargeError:
    message = f"{amount} cannot go back: of order {order.number} {left} is left of what was paid"
    return RefundTooLargeError(message, order_id=order.id, requested=str(amount), left=str(left))


def _claim(
    case: Case, payments: Sequence[Payment], amount: Money, reason: str, return_id: int | None
) -> list[tuple[dict[str, Any], Payment]]:
    left = amount.amount
    pairs: list[tuple[dict[str, Any], Payment]] = []
    for payment in reversed(payments):
        part = min(left, payment.amount - payment.refunded)
        if payment.status is not PaymentStatus.CAPTURED or part <= 0:
            continue
        left -= part
        case.rows.change(Payment, payment.id, {"refunded": payment.refunded + part})
        row: dict[str, Any] = {
            "id": 0,
            "order_id": case.order.id,
            "payment_id": payment.id,
            "return_id": return_id,
            "status": RefundStatus.REQUESTED,
            "amount": part,
            "currency": amount.currency,
            "reason": reason,
            "request_key": f"{case.order.number}-R-{secrets.token_hex(10)}",
            "actor": case.attempt.actor,
            "details": {},
            "created_at": case.now,
        }
        pairs.append((row, payment))
    if left:  # the order says that more was paid than its payments do: nothing may go back on that
        raise _too_large(case.order, amount, Money(amount.amount - left, amount.currency))
    numbers = take_ids(case.session, {Refund: len(pairs)})[Refund]
    for number, (row, _) in zip(numbers, pairs, strict=True):
        row["id"] = number
        case.rows.insert(Refund, row)
    return pairs


def _refunds(session: Session, ids: Sequence[int]) -> list[tuple[Refund, Payment]]:
    query = (
        select(Refund, Payment)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.id.in_(ids))
        .order_by(Refund.id)
        .execution_options(populate_existing=True)
    )
    return [(refund, payment) for refund, payment in session.execute(query)]


def settle_refund(session: Session, refund_id: int, answer: Answer | None) -> Refund:
    """Record what became of a refund; None says that nobody knows. The caller commits.

    A declined one gives its claim back. Settling a settled refund changes nothing.
    """
    found = session.get_one(Refund, refund_id)
    order = lock_order(session, found.order_id)
    refund = session.get_one(Refund, refund_id, populate_existing=True)
    outcome = None if answer is None else answer.outcome
    if refund.status not in _OPEN or outcome is Outcome.UNDER_WAY:
        return refund
    status = _STATUSES.get(outcome, RefundStatus.UNCERTAIN)
    if status is refund.status:
        return refund
    attempt = checked_attempt(order.id, Trigger.REFUND, actor=refund.actor, reason=refund.reason)
    case = Case(session, order, [], attempt)
    case.facts["refund"] = {"id": refund.id, "status": status.value}
    values: dict[str, Any] = {"status": status}
    if status is not RefundStatus.UNCERTAIN:
        values["settled_at"] = case.now
    if answer is not None:
        values["reference"] = clean_optional(answer.reference, name="it", max_length=128)
    case.rows.change(Refund, refund.id, values)
    if status is RefundStatus.DECLINED:
        payment = session.get_one(Payment, refund.payment_id, populate_existing=True)
        left = {"refunded": payment.refunded - refund.amount}
        case.rows.change(Payment, payment.id, left)
        case.set_order(refunded=order.refunded - refund.amount)
    case.note(f"refund {status.value}")
    return refund


_STATUSES: Final[dict[Outcome | None, RefundStatus]] = {
    Outcome.DONE: RefundStatus.DONE,
    Outcome.DECLINED: RefundStatus.DECLINED,
    Outcome.UNKNOWN: RefundStatus.DECLINED,
}


def find_refund(refund: Refund, gateway: str) -> FindRequest:
    """Return the question what became of a refund."""
    return FindRequest(gateway, refund.request_key)
