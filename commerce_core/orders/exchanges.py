"""Something else instead: an exchange (a return and a new order), a claim (nothing comes back)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from commerce_core.catalog.models import Variant
from commerce_core.customers.models import Customer
from commerce_core.errors import InvalidInputError, InvalidStateError
from commerce_core.inventory.ledger.objects import persistent
from commerce_core.journal import take_ids
from commerce_core.money import Money
from commerce_core.orders.baskets import Checkout, CheckoutLine
from commerce_core.orders.case import opened, require_left
from commerce_core.orders.machine import Trigger
from commerce_core.orders.models import REASON_LENGTH, Order
from commerce_core.orders.placement import Terms, place_in_books
from commerce_core.orders.return_models import (
    Claim,
    ClaimKind,
    ClaimStatus,
    Exchange,
    Return,
    ReturnStatus,
)
from commerce_core.orders.returns import returnable_of
from commerce_core.text import clean_optional, clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

_OPEN_RETURNS = (
    ReturnStatus.REQUESTED,
    ReturnStatus.APPROVED,
    ReturnStatus.IN_TRANSIT,
    ReturnStatus.PARTIALLY_RECEIVED,
    ReturnStatus.RECEIVED,
    ReturnStatus.INSPECTED,
)


def exchange_return(
    session: Session,
    found: Return,
    wanted: Mapping[Variant, int],
    *,
    actor: str,
    free: bool = False,
    allow_partial: bool = False,
) -> Order:
    """Order ``wanted`` (variant → pieces) instead of what comes back, to the same address.

    The new order is at the prices in force in the order's channel and currency, or ``free`` (a
    swap of one thing for its like): what the customer owes or gets is then settled on either
    order. It belongs to the same customer. The caller commits.

    Raises:
        InvalidStateError: the return is over, or was exchanged before.
        InsufficientStockError: something cannot be had (not with ``allow_partial``).
        PriceNotFoundError: something has no price in the order's currency.
    """
    order = session.get_one(Order, found.order_id)
    with opened(session, order, Trigger.RETURN, actor=actor) as case:
        current = session.get_one(Return, found.id, populate_existing=True)
        earlier = session.scalars(select(Exchange).filter_by(return_id=current.id)).first()
        if current.status not in _OPEN_RETURNS or earlier is not None:
            message = f"return {current.number} is {current.status.value} or exchanged already"
            raise InvalidStateError(message, number=current.number, status=current.status.value)
        new = _place(session, order, wanted, actor=actor, free=free, partial=allow_partial)
        case.facts |= {"return": current.id, "exchange": new.id}
        case.rows.insert(
            Exchange,
            {
                "return_id": current.id,
                "order_id": new.id,
                "actor": case.attempt.actor,
                "created_at": case.now,
            },
        )
        case.write()
    return new


def _place(
    session: Session,
    order: Order,
    wanted: Mapping[Variant, int],
    *,
    actor: str,
    free: bool,
    partial: bool,
) -> Order:
    """Put a replacement into the books, on account."""
    price = Money.of(0, order.currency) if free else None
    checkout = Checkout(
        [CheckoutLine(variant, pieces, price=price) for variant, pieces in wanted.items()],
        channel=order.channel,
        shipping_address=order.shipping_address,
        country=order.country,
        currency=order.currency,
        customer=None
        if order.customer_id is None
        else session.get_one(Customer, order.customer_id),
        is_tax_included=order.is_tax_included,
        details={"replaces": order.number},
    )
    placed = place_in_books(
        session,
        checkout,
        actor=actor,
        terms=Terms(),
        allow_partial=partial,
        reason=f"instead of order {order.number}"[:REASON_LENGTH],
    )
    return placed.order


def open_claim(
    session: Session,
    order: Order,
    kind: ClaimKind,
    quantities: Mapping[int, int],
    *,
    actor: str,
    note: str | None = None,
) -> Claim:
    """Note a complaint where nothing comes back: order line id → pieces. The caller commits.

    Raises:
        QuantityNotLeftError: more of a line than was shipped, and is in no return and in no other
            claim that was not rejected.
        TransitionRefusedError: nothing was shipped.
        InvalidInputError: no line.
    """
    if not quantities:
        raise InvalidInputError("a claim needs at least one line")
    with opened(session, order, Trigger.RETURN, actor=actor, reason=note) as case:
        left = returnable_of(session, case.goods(), is_history=order.is_history)
        for line_id, pieces in quantities.items():
            what = f"line {line_id}, shipped, in no return and not claimed before"
            require_left(pieces, left.get(line_id, 0), what=what)
        number = take_ids(session, {Claim: 1})[Claim][0]
        row: dict[str, Any] = {
            "id": number,
            "order_id": order.id,
            "kind": ClaimKind(kind),
            "status": ClaimStatus.OPEN,
            "lines": {str(line_id): pieces for line_id, pieces in quantities.items()},
            "note": clean_optional(note, name="the note", max_length=REASON_LENGTH),
            "actor": case.attempt.actor,
            "created_at": case.now,
        }
        case.rows.insert(Claim, row)
        case.facts["claim"] = {"id": number, "kind": row["kind"].value}
        case.write()
    return persistent(session, Claim, row)


def replace_claim(
    session: Session, claim: Claim, *, actor: str, allow_partial: bool = False
) -> Order:
    """Send what was claimed once more, for free, as a new order. The caller commits.

    Raises:
        InvalidStateError: the claim is settled.
        InsufficientStockError: something cannot be had (not with ``allow_partial``).
    """
    order = session.get_one(Order, claim.order_id)
    with opened(session, order, Trigger.RETURN, actor=actor) as case:
        current = _open(session, claim)
        lines = {line.id: line for line in case.goods()}
        wanted: dict[Variant, int] = {}
        for line_id, pieces in current.lines.items():
            variant = session.get_one(Variant, lines[int(line_id)].variant_id)
            wanted[variant] = wanted.get(variant, 0) + pieces
        new = _place(session, order, wanted, actor=actor, free=True, partial=allow_partial)
        changes = {"status": ClaimStatus.REPLACED, "replacement_id": new.id}
        case.rows.change(Claim, current.id, changes | {"closed_at": case.now})
        case.facts["claim"] = {"id": current.id, "replacement": new.id}
        case.write()
    return new


def settle_claim(session: Session, claim: Claim, *, actor: str) -> Claim:
    """Note that its money went back (``refund_order``). The caller commits."""
    return _close(session, claim, ClaimStatus.REFUNDED, actor=actor, reason=None)


def reject_claim(session: Session, claim: Claim, *, reason: str, actor: str) -> Claim:
    """Say no, and why. The caller commits; raises InvalidStateError."""
    why = clean_text(reason, name="the reason", max_length=REASON_LENGTH)
    return _close(session, claim, ClaimStatus.REJECTED, actor=actor, reason=why)


def _close(
    session: Session, claim: Claim, status: ClaimStatus, *, actor: str, reason: str | None
) -> Claim:
    order = session.get_one(Order, claim.order_id)
    with opened(session, order, Trigger.RETURN, actor=actor, reason=reason) as case:
        current = _open(session, claim)
        case.rows.change(Claim, current.id, {"status": status, "closed_at": case.now})
        case.facts["claim"] = {"id": current.id, "status": status.value}
        case.write()
    return current


def _open(session: Session, claim: Claim) -> Claim:
    return require_open(session.get_one(Claim, claim.id, populate_existing=True))


def require_open(current: Claim) -> Claim:
    """Return a claim about which nothing was decided yet; raises InvalidStateError."""
    if current.status is not ClaimStatus.OPEN:
        message = f"claim {current.id} is {current.status.value} already"
        raise InvalidStateError(message, number=current.id, status=current.status.value)
    return current


def list_claims(session: Session, *, status: ClaimStatus | None = None) -> Sequence[Claim]:
    """Return claims, the newest first."""
    query = select(Claim).order_by(Claim.id.desc())
    return session.scalars(query if status is None else query.filter_by(status=status)).all()
