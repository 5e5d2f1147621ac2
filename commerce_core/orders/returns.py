"""Goods that come back: requested, approved, on their way, received, inspected, refunded.

Each step is one transaction of the caller: the order is locked, then the return is read anew, and
an event of the order says what happened. A return of history is possible too: its lines count what
was sold. Stock comes back when a return is *inspected*, once: a repeat adds nothing.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from commerce_core.errors import InvalidInputError, VersionConflictError
from commerce_core.inventory.ledger.objects import persistent
from commerce_core.journal import take_ids
from commerce_core.orders.case import Case, opened, require_left
from commerce_core.orders.errors import ReturnNotFoundError
from commerce_core.orders.machine import RETURNS, ReturnTrigger, Trigger, next_status
from commerce_core.orders.models import REASON_LENGTH, Order, OrderLine
from commerce_core.orders.return_models import (
    Claim,
    ClaimStatus,
    Return,
    ReturnLine,
    ReturnReason,
    ReturnStatus,
)
from commerce_core.orders.return_rules import DEFAULT_POLICY, require_eligible
from commerce_core.text import clean_optional, clean_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy.orm import Session

    from commerce_core.orders.return_rules import ReturnPolicy

Wish = tuple[int, ReturnReason]
"""How many pieces come back, and why."""


def request_return(
    session: Session,
    order: Order,
    lines: Mapping[int, Wish],
    *,
    actor: str,
    note: str | None = None,
    policy: ReturnPolicy = DEFAULT_POLICY,
    idempotency_key: str | None = None,
) -> Return:
    """Announce that pieces come back: order line id → (pieces, reason). The caller commits.

    Raises:
        ReturnNotEligibleError: the rules of ``policy`` forbid it; ``refusal`` names the rule.
        QuantityNotLeftError: more of a line than was shipped and is in no other return, nor in a
            claim that was not rejected.
        TransitionRefusedError, IdempotencyConflictError, InvalidInputError: as elsewhere.
    """
    asked = {str(line_id): [n, str(why)] for line_id, (n, why) in sorted(lines.items())}
    with about_returns(
        session, order, actor=actor, reason=note, key=idempotency_key, asked={"lines": asked}
    ) as case:
        if case.replayed is not None:
            number = (case.replayed.facts or {})["return"]
            return session.get_one(Return, number, populate_existing=True)
        if not lines:
            raise InvalidInputError("a return needs at least one line")
        left = returnable_of(session, case.lines, is_history=case.order.is_history)
        by_id = {line.id: line for line in case.lines}
        for line_id, (pieces, _) in lines.items():
            require_left(pieces, left.get(line_id, 0), what=f"line {line_id} to send back")
        require_eligible(session, case.order, [by_id[n] for n in lines], policy, now=case.now)
        row = _record(case, lines, note)
        case.facts["return"] = row["id"]
        case.write()
    return persistent(session, Return, row)


def _record(case: Case, lines: Mapping[int, Wish], note: str | None) -> dict[str, Any]:
    """Record a new return and its lines; return its row."""
    ids = take_ids(case.session, {Return: 1, ReturnLine: len(lines)})
    row = {
        "id": ids[Return][0],
        "order_id": case.order.id,
        "number": f"R{ids[Return][0]:05d}",
        "status": ReturnStatus.REQUESTED,
        "version": 1,
        "note": clean_optional(note, name="the note", max_length=REASON_LENGTH),
        "created_by": case.attempt.actor,
        "created_at": case.now,
        "refund_amount": Decimal(0),
        "details": {},
    }
    case.rows.insert(Return, row)
    for number, (line_id, (pieces, why)) in zip(
        ids[ReturnLine], sorted(lines.items()), strict=True
    ):
        case.rows.insert(
            ReturnLine,
            {
                "id": number,
                "return_id": row["id"],
                "order_line_id": line_id,
                "reason": ReturnReason(why),
                "quantity": pieces,
            },
        )
    return row


def returnable(session: Session, order: Order) -> dict[int, int]:
    """Return order line id → pieces that can still be announced, without the rules of a policy."""
    lines = session.scalars(select(OrderLine).filter_by(order_id=order.id)).all()
    return returnable_of(session, lines, is_history=order.is_history)


def returnable_of(
    session: Session, lines: Sequence[OrderLine], *, is_history: bool
) -> dict[int, int]:
    """Return what ``returnable`` does, of lines that were read."""
    ended = (ReturnStatus.REJECTED, ReturnStatus.CANCELLED)
    query = (
        select(ReturnLine.order_line_id, func.sum(ReturnLine.quantity - ReturnLine.missing))
        .join(Return, Return.id == ReturnLine.return_id)
        .where(ReturnLine.order_line_id.in_([line.id for line in lines]))
        .where(Return.status.not_in(ended))
        .group_by(ReturnLine.order_line_id)
    )
    announced = dict(session.execute(query).all())
    claimed = _claimed(session, {line.order_id for line in lines})
    left = {}
    for line in lines:
        if line.variant_id is not None:
            sent = max(line.shipped, line.wanted) if is_history else line.shipped
            left[line.id] = max(0, sent - announced.get(line.id, 0) - claimed[line.id])
    return left


def _claimed(session: Session, order_ids: Collection[int]) -> Counter[int]:
    """Return order line id → pieces in claims that were not rejected: paid back or sent once more.

    Nothing of a claim comes back, so such a piece is neither returned nor claimed again.
    """
    claims = select(Claim.lines).where(
        Claim.order_id.in_(order_ids), Claim.status != ClaimStatus.REJECTED
    )
    claimed: Counter[int] = Counter()
    for lines in session.scalars(claims):
        claimed.update({int(line_id): pieces for line_id, pieces in lines.items()})
    return claimed


def approve_return(
    session: Session,
    found: Return,
    *,
    actor: str,
    note: str | None = None,
    version: int | None = None,
) -> Return:
    """Let the customer send it. The caller commits; raises TransitionRefusedError."""
    return _step(
        session,
        found,
        ReturnTrigger.APPROVE,
        {"decision": note},
        actor=actor,
        version=version,
        reason=note,
    )


def reject_return(
    session: Session, found: Return, *, reason: str, actor: str, version: int | None = None
) -> Return:
    """Say no, and why. The caller commits; raises TransitionRefusedError."""
    why = clean_text(reason, name="the reason", max_length=REASON_LENGTH)
    changes = {"decision": why}
    return _step(
        session, found, ReturnTrigger.REJECT, changes, actor=actor, version=version, reason=why
    )


def send_return(
    session: Session,
    found: Return,
    *,
    actor: str,
    tracking_number: str | None = None,
    version: int | None = None,
) -> Return:
    """Note that it is on its way. The caller commits; raises TransitionRefusedError."""
    number = clean_optional(tracking_number, name="the number", max_length=64)
    changes = {"tracking_number": number}
    return _step(session, found, ReturnTrigger.SEND, changes, actor=actor, version=version)


def cancel_return(
    session: Session, found: Return, *, reason: str, actor: str, version: int | None = None
) -> Return:
    """Call it off before anything has arrived. The caller commits."""
    why = clean_text(reason, name="the reason", max_length=REASON_LENGTH)
    changes = {"decision": why}
    return _step(
        session, found, ReturnTrigger.CANCEL, changes, actor=actor, version=version, reason=why
    )


def close_return(
    session: Session, found: Return, *, actor: str, version: int | None = None
) -> Return:
    """Be done with it. The caller commits; raises TransitionRefusedError."""
    return _step(session, found, ReturnTrigger.CLOSE, {}, actor=actor, version=version, closes=True)


def refunded_return(session: Session, found: Return, *, actor: str) -> Return:
    """Note that its money went back (``refund_order`` with ``of_return``). The caller commits."""
    return _step(session, found, ReturnTrigger.REFUND, {}, actor=actor)


def get_return(session: Session, number: str) -> Return:
    """Return the return that people call by this number; raises ReturnNotFoundError."""
    query = select(Return).filter_by(number=number)
    found = session.scalars(query.execution_options(populate_existing=True)).first()
    if found is None:
        raise ReturnNotFoundError(f"there is no return {number}", number=number)
    return found


def list_return_lines(session: Session, found: Return) -> Sequence[ReturnLine]:
    """Return the lines of a return."""
    query = select(ReturnLine).filter_by(return_id=found.id).order_by(ReturnLine.id)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _step(
    session: Session,
    found: Return,
    trigger: ReturnTrigger,
    changes: dict[str, Any],
    *,
    actor: str,
    version: int | None = None,
    reason: str | None = None,
    closes: bool = False,
) -> Return:
    order = session.get_one(Order, found.order_id)
    with about_returns(session, order, actor=actor, reason=reason) as case:
        current, _ = read_return(session, found, version)
        status = next_status(RETURNS, trigger, current.status)
        told = {name: value for name, value in changes.items() if value is not None}
        change_return(case, current, status, told | ({"closed_at": case.now} if closes else {}))
    return current


@contextmanager
def about_returns(
    session: Session,
    order: Order,
    *,
    actor: str,
    reason: str | None = None,
    key: str | None = None,
    asked: Mapping[str, Any] | None = None,
) -> Iterator[Case]:
    """Open the order of a return for a step of it; see ``opened``."""
    with opened(
        session,
        order,
        Trigger.RETURN,
        actor=actor,
        reason=reason,
        idempotency_key=key,
        asked=asked,
    ) as case:
        yield case


def read_return(
    session: Session, found: Return, version: int | None
) -> tuple[Return, Sequence[ReturnLine]]:
    """Read a return anew, under the lock of its order; raises VersionConflictError."""
    current = session.get(Return, found.id, populate_existing=True)
    if current is None:
        raise ReturnNotFoundError(f"there is no return {found.id}", return_id=found.id)
    if version is not None and current.version != version:
        message = f"return {current.number} was changed meanwhile: read it again, then decide"
        raise VersionConflictError(
            message, number=current.number, version=version, now=current.version
        )
    return current, list_return_lines(session, current)


def change_return(case: Case, found: Return, status: ReturnStatus, values: dict[str, Any]) -> None:
    """Write the new state of a return, its values, and the event of its order."""
    case.facts["return"] = found.id
    case.facts["status"] = status.value
    changes = {"status": status, "version": found.version + 1, **values}
    case.rows.change(Return, found.id, changes)
    case.write()
