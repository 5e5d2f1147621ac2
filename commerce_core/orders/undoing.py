"""What takes an order back: cancel it, a line, part of a line or a parcel; lost, refused, expired.

Cancelling a parcel leaves its stock promised to the order; cancelling the order frees it. What is
taken back is what the allocations say. Every verb locks the order first, flushes, and never
commits; ``version`` and keys as in ``fulfilling``.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from commerce_core.inventory.promises import (
    Wish,
    allocations_of,
    let_go,
    put_back,
    take_back_promised,
)
from commerce_core.orders.case import Case, opened, require_left
from commerce_core.orders.errors import QuantityNotLeftError
from commerce_core.orders.fulfilling import move_parcel, opened_parcel
from commerce_core.orders.machine import Trigger
from commerce_core.orders.models import REASON_LENGTH, LineKind, OrderStatus, PaymentStatus
from commerce_core.orders.parcels import (
    OPEN_STATUSES,
    load_parcels,
    move,
    parcel_of,
    parts_of_line,
    recount,
    whole_pieces,
)
from commerce_core.orders.payments import promise_missing, void_waiting
from commerce_core.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

    from commerce_core.orders.fulfillment_models import Fulfillment
    from commerce_core.orders.models import Order, OrderLine
    from commerce_core.orders.parcels import Parcel


def cancel_order(
    session: Session,
    order: Order,
    *,
    reason: str,
    actor: str,
    version: int | None = None,
    idempotency_key: str | None = None,
) -> Order:
    """Cancel an order of which nothing has left the house, and free its stock. Caller commits.

    Open parcels are cancelled with it. What was paid is owed back: ``balance`` says so.

    Raises:
        TransitionRefusedError: something has shipped, a payment is uncertain, or it has ended.
        VersionConflictError, OrderNotFoundError: as ``opened`` says.
    """
    with opened(
        session,
        order,
        Trigger.CANCEL,
        actor=actor,
        reason=reason,
        version=version,
        idempotency_key=idempotency_key,
    ) as case:
        if case.replayed is not None:
            return case.order
        _free_everything(session, case)
        for line in case.lines:
            case.add(line, cancelled=line.wanted)
        case.retotal()
        case.write(short=0)
    return case.order


def expire_order(session: Session, order: Order, *, actor: str) -> Order:
    """Let an unpaid order end whose time has run out, and free its stock. The caller commits.

    Raises:
        TransitionRefusedError: it is not due, something was paid, or a payment is under way.
    """
    with opened(session, order, Trigger.EXPIRE, actor=actor, reason="not paid in time") as case:
        _free_everything(session, case)
        case.write(short=0)
    return case.order


def _free_everything(session: Session, case: Case) -> None:
    """Take back every promise, soft or firm, and what waits for money. Parcels are cancelled."""
    goods = case.goods()
    if case.order.status is OrderStatus.PENDING:
        let_go(case.batch, [line.id for line in goods])
        if case.order.payment_status is PaymentStatus.PENDING:
            void_waiting(session, case)
            case.set_order(payment_status=PaymentStatus.VOIDED)
        case.set_order(expires_at=None)
        return
    parcels = load_parcels(session, case.order.id)
    for parcel in parcels:
        if parcel.status in OPEN_STATUSES:
            move(case, parcel, Trigger.CANCEL_FULFILLMENT, closed_at=case.now)
    recount(case, parcels)
    held = allocations_of(session, [line.id for line in goods])
    pieces = {found.id: found.open for found in held if found.open}
    if pieces:
        take_back_promised(case.batch, pieces, reason=case.attempt.reason)
    for line in goods:
        case.add(line, allocated=-line.allocated)


def cancel_lines(
    session: Session,
    order: Order,
    quantities: Mapping[int, int],
    *,
    reason: str,
    actor: str,
    version: int | None = None,
    idempotency_key: str | None = None,
) -> Order:
    """Cancel pieces of lines that are in no parcel: order line id → pieces. The caller commits.

    What has no stock goes first, then the newest promises. The order's total goes down by their
    price; it may be complete, or cancelled, with that.

    Raises:
        QuantityNotLeftError: more than is open and in no parcel: cancel the parcel first.
        TransitionRefusedError, VersionConflictError, IdempotencyConflictError: as elsewhere.
    """
    asked = {str(line_id): pieces for line_id, pieces in sorted(quantities.items())}
    with opened(
        session,
        order,
        Trigger.CANCEL_LINES,
        actor=actor,
        reason=reason,
        version=version,
        idempotency_key=idempotency_key,
        asked=asked,
    ) as case:
        if case.replayed is not None:
            return case.order
        drop_pieces(case, quantities)
        case.retotal()
        case.write()
    return case.order


def drop_pieces(case: Case, quantities: Mapping[int, int]) -> None:
    """Record that pieces of lines are wanted no more, and take back what is promised for them.

    Raises:
        QuantityNotLeftError: no pieces, or more of a line than is open and in no parcel.
    """
    lines = {line.id: line for line in case.lines}
    if not quantities:
        raise QuantityNotLeftError("no line was named", requested=None, left=0)
    freed: dict[int, int] = {}
    for line_id, pieces in quantities.items():
        line = lines.get(line_id)
        left = 0 if line is None else line.wanted - line.fulfilled
        require_left(pieces, left, what=f"line {line_id}, open and in no parcel")
        if line is None:  # pragma: no cover - nothing is left of a line that is not there
            continue
        case.add(line, cancelled=pieces)
        if line.kind is LineKind.GOODS:
            promised = max(0, pieces - line.short)
            case.add(line, allocated=-promised)
            freed[line_id] = promised
    take_back(case, freed)


def take_back(case: Case, freed: Mapping[int, int]) -> None:
    """Take promises back: order line id → pieces; the newest promises first."""
    lines = {line.id: line for line in case.lines}
    wanted: Counter[tuple[int, int]] = Counter()
    for line_id, count in freed.items():
        for variant_id, needed in parts_of_line(lines[line_id]).items():
            wanted[line_id, variant_id] += needed * count
    if not +wanted:
        return
    parcels = load_parcels(case.session, case.order.id)
    packed: Counter[int] = Counter()
    for parcel in parcels:
        if parcel.status in OPEN_STATUSES:
            packed.update(parcel.by_allocation())
    pieces: dict[int, int] = {}
    for found in reversed(allocations_of(case.session, freed)):
        key = (int(found.holder_ref), found.variant_id)
        taken = min(wanted[key], found.open - packed[found.id])
        if taken > 0:
            pieces[found.id] = taken
            wanted[key] -= taken
    take_back_promised(case.batch, pieces, reason=case.attempt.reason)


def cancel_fulfillment(
    session: Session,
    fulfillment: Fulfillment,
    *,
    reason: str,
    actor: str,
    version: int | None = None,
    idempotency_key: str | None = None,
) -> Fulfillment:
    """Unpack a parcel that has not left: its stock stays promised to the order. Caller commits.

    Raises:
        TransitionRefusedError: it has left, or was cancelled before.
        VersionConflictError, FulfillmentNotFoundError: as elsewhere.
    """
    story: dict[str, Any] = {"actor": actor, "reason": reason, "version": version}
    story["key"] = idempotency_key
    return move_parcel(session, fulfillment, Trigger.CANCEL_FULFILLMENT, "closed_at", **story)


def lose_fulfillment(
    session: Session,
    fulfillment: Fulfillment,
    *,
    reason: str,
    actor: str,
    version: int | None = None,
    idempotency_key: str | None = None,
) -> Fulfillment:
    """Say that a parcel under way is lost. Its pieces are open again: send others, or cancel them.

    Raises:
        TransitionRefusedError: it is not under way.
        VersionConflictError, FulfillmentNotFoundError: as elsewhere.
    """
    story: dict[str, Any] = {"actor": actor, "reason": reason, "version": version}
    with opened_parcel(session, fulfillment, Trigger.LOSE, key=idempotency_key, **story) as case:
        if case.replayed is None:
            _come_back(case, fulfillment, Trigger.LOSE)
            case.write()
    return fulfillment


def refuse_fulfillment(
    session: Session,
    fulfillment: Fulfillment,
    *,
    reason: str,
    actor: str,
    damaged: bool = False,
    version: int | None = None,
    idempotency_key: str | None = None,
) -> Fulfillment:
    """Take a parcel back that could not be handed over. Its pieces are in stock and open again.

    They go to the location they left from, for sale or ``damaged``. The caller commits.

    Raises:
        TransitionRefusedError: it is not under way.
        VersionConflictError, FulfillmentNotFoundError: as elsewhere.
    """
    story: dict[str, Any] = {"actor": actor, "reason": reason, "version": version}
    with opened_parcel(session, fulfillment, Trigger.REFUSE, key=idempotency_key, **story) as case:
        if case.replayed is None:
            parcel = _come_back(case, fulfillment, Trigger.REFUSE)
            pieces: dict[tuple[int, int], dict[int, int]] = {}
            for (line_id, variant_id), count in parcel.by_line().items():
                pieces.setdefault((variant_id, parcel.row.location_id), {})[line_id] = count
            put_back(case.batch, pieces, damaged=damaged, reason=reason)
            case.write()
    return fulfillment


def _come_back(case: Case, fulfillment: Fulfillment, trigger: Trigger) -> Parcel:
    """Record that the pieces of a parcel never reached the customer."""
    parcels = load_parcels(case.session, case.order.id)
    parcel = parcel_of(parcels, fulfillment)
    move(case, parcel, trigger, closed_at=case.now)
    recount(case, parcels)
    inside = parcel.by_line()
    for line in case.goods():
        pieces = whole_pieces(line, {v: inside[line.id, v] for v in parts_of_line(line)})
        if pieces:
            left = line.shipped - line.returned
            require_left(pieces, left, what=f"{line.code} that has not come back as a return")
            lost = pieces if trigger is Trigger.LOSE else 0
            case.add(line, allocated=-pieces, lost=lost)
    return parcel


def hold_order(
    session: Session, order: Order, *, reason: str, actor: str, version: int | None = None
) -> Order:
    """Stop an order until it is released: nothing of it is packed or sent. The caller commits.

    Raises:
        TransitionRefusedError: it is on hold, or has left.
        InvalidTextError: there is no reason.
    """
    why = clean_text(reason, name="the reason", max_length=REASON_LENGTH)
    with opened(session, order, Trigger.HOLD, actor=actor, reason=why, version=version) as case:
        case.set_order(held_at=case.now, hold_reason=why)
        case.write()
    return case.order


def release_order(
    session: Session,
    order: Order,
    *,
    actor: str,
    reason: str | None = None,
    version: int | None = None,
) -> Order:
    """Let an order go on that was on hold. The caller commits; raises TransitionRefusedError."""
    with opened(
        session, order, Trigger.RELEASE, actor=actor, reason=reason, version=version
    ) as case:
        case.set_order(held_at=None, hold_reason=None)
        case.write()
    return case.order


def reopen_order(
    session: Session, order: Order, *, reason: str, actor: str, version: int | None = None
) -> Order:
    """Take up a cancelled or expired order again, as it was; what is there is promised to it.

    What is not there is short. The caller commits.

    Raises:
        TransitionRefusedError: it has not ended, or money has gone back for it.
    """
    with opened(
        session, order, Trigger.REOPEN, actor=actor, reason=reason, version=version
    ) as case:
        for line in case.lines:
            case.add(line, cancelled=-line.cancelled)
        case.retotal()
        promise_missing(case, wishes_of(case, case.goods()))
        case.write()
    return case.order


def wishes_of(case: Case, lines: Iterable[OrderLine]) -> list[Wish]:
    """Return what lines still lack of stock, as they will be."""
    wishes = []
    for line in lines:
        wanted = case.count(line, "quantity") - case.count(line, "cancelled")
        missing = wanted - case.count(line, "allocated")
        if missing > 0 and line.variant_id is not None:
            wishes.append(Wish(line.id, line.variant_id, missing))
    return wishes
