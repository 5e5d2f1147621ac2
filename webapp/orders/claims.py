"""Claims: something was missing, wrong or broken, and nothing has to be sent back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlalchemy.orm import Session

from commerce_core.flows import Flow, Transaction
from commerce_core.money import Money
from commerce_core.orders.case import lock_order, require_version
from commerce_core.orders.exchanges import (
    open_claim,
    reject_claim,
    replace_claim,
    require_open,
    settle_claim,
)
from commerce_core.orders.models import Order
from commerce_core.orders.payment_models import Refund, RefundStatus
from commerce_core.orders.refunds import claim_refund, refund_order
from commerce_core.orders.return_models import Claim, ClaimKind, ClaimStatus
from webapp.orders.forms import ActionForm
from webapp.records import RecordNotFoundError, get_record


def claim(session: Session, order: Order, form: ActionForm, actor: str) -> Order:
    """Note what the customer complains about."""
    require_version(lock_order(session, order.id), form.version)
    kind, note = ClaimKind(form.kind), form.reason or None
    open_claim(session, order, kind, form.quantities, actor=actor, note=note)
    return order


def replace(session: Session, order: Order, form: ActionForm, actor: str) -> Order:
    """Send it once more, for free."""
    require_version(lock_order(session, order.id), form.version)
    found = claim_of(session, order, form.claim)
    return replace_claim(session, found, actor=actor, allow_partial=form.is_partial)


def deny(session: Session, order: Order, form: ActionForm, actor: str) -> Order:
    """Say no, and why."""
    require_version(lock_order(session, order.id), form.version)
    reject_claim(session, claim_of(session, order, form.claim), reason=form.reason, actor=actor)
    return order


def promise_back(session: Session, order: Order, form: ActionForm, actor: str) -> Order:
    """Write down that the money of an open claim is about to go back: ``settle`` sends it."""
    require_version(lock_order(session, order.id), form.version)
    require_open(claim_of(session, order, form.claim))
    amount = Money.of(str(form.money), order.currency)
    claim_refund(session, order, amount, reason=form.reason, actor=actor, idempotency_key=form.key)
    return order


def settle(number: int, form: ActionForm, *, actor: str) -> Flow[int]:
    """Give back what ``promise_back`` wrote down under the form's key, then close the claim.

    The gateways are asked in between. What one of them declines leaves the claim open.
    """
    order: Order = yield Transaction(partial(get_record, kind=Order, number=number))
    amount = Money.of(str(form.money), order.currency)
    refunds: Sequence[Refund] = yield from refund_order(
        order, amount, reason=form.reason, actor=actor, idempotency_key=form.key
    )
    if all(refund.status is not RefundStatus.DECLINED for refund in refunds):
        yield Transaction(partial(_close, number=form.claim or 0, actor=actor))
    return number


def _close(session: Session, *, number: int, actor: str) -> None:
    current = get_record(session, Claim, number)
    if current.status is ClaimStatus.OPEN:
        settle_claim(session, current, actor=actor)


def claim_of(session: Session, order: Order, number: int | None) -> Claim:
    """Return the claim of the order with this id; raises RecordNotFoundError."""
    found = get_record(session, Claim, number or 0)
    if found.order_id != order.id:
        message = f"order {order.number} has no such claim"
        raise RecordNotFoundError(message, number=str(number)[:40])
    return found
