"""Claims: something was missing, wrong or broken, and nothing has to be sent back."""

from __future__ import annotations

from functools import partial

from sqlalchemy.orm import Session

from commerce_core.flows import Flow, Transaction
from commerce_core.money import Money
from commerce_core.orders.case import lock_order, require_version
from commerce_core.orders.exchanges import open_claim, reject_claim, replace_claim, settle_claim
from commerce_core.orders.models import Order
from commerce_core.orders.refunds import refund_order
from commerce_core.orders.return_models import Claim, ClaimKind, ClaimStatus
from webapp.orders.forms import ActionForm
from webapp.records import RecordNotFoundError, get_record


def claim(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    """Note what the customer complains about."""
    require_version(lock_order(session, order.id), form.version)
    kind, note = ClaimKind(form.kind), form.reason or None
    open_claim(session, order, kind, form.quantities, actor=actor, note=note)


def replace(session: Session, order: Order, form: ActionForm, actor: str) -> Order:
    """Send it once more, for free."""
    require_version(lock_order(session, order.id), form.version)
    found = claim_of(session, order, form.claim)
    return replace_claim(session, found, actor=actor, allow_partial=form.is_partial)


def deny(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    """Say no, and why."""
    require_version(lock_order(session, order.id), form.version)
    reject_claim(session, claim_of(session, order, form.claim), reason=form.reason, actor=actor)


def settle(number: int, form: ActionForm, *, actor: str) -> Flow[int]:
    """Give the money of a claim back, then close it. The gateways are asked in between."""

    def read(session: Session) -> tuple[Order, Claim]:
        order = get_record(session, Order, number)
        found = claim_of(session, order, form.claim)
        return order, found

    order, found = yield Transaction(read)
    amount = Money.of(str(form.money), order.currency)
    yield from refund_order(
        order, amount, reason=form.reason, actor=actor, idempotency_key=form.key
    )
    yield Transaction(partial(_close, number=found.id, actor=actor))
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
