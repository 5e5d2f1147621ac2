"""Firm promises to placed orders: allocate, deallocate, and fill backorders.

An allocation belongs to a line of an order, ours or a host application's, named by ``holder``.
Placement moves no ``on_hand``; dispatch does. What is allocated beyond the stock in the house is
``backordered``, up to the level's limit, and is filled oldest first when stock arrives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from commerce_core.errors import (
    AllocationClosedError,
    AllocationNotFoundError,
    IdempotencyConflictError,
    InsufficientStockError,
    InvalidInputError,
)
from commerce_core.idempotency import require_key
from commerce_core.inventory import ledger
from commerce_core.inventory.checks import (
    require_actor,
    require_available_place,
    require_quantity,
)
from commerce_core.inventory.expiry import settle_due
from commerce_core.inventory.hold_models import (
    HOLDER_LENGTH,
    Allocation,
    Reservation,
    ReservationStatus,
)
from commerce_core.inventory.ledger.levels import empty_state
from commerce_core.inventory.ledger.objects import persistent, refresh
from commerce_core.inventory.models import MovementKind
from commerce_core.inventory.reservations import lock_active
from commerce_core.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from commerce_core.catalog.models import Variant
    from commerce_core.inventory.models import StockLocation


def allocate_stock(
    session: Session,
    variant: Variant,
    location: StockLocation,
    *,
    quantity: int,
    holder: ledger.Cause,
    actor: str,
    allow_backorder: bool = False,
    idempotency_key: str | None = None,
) -> Allocation:
    """Promise ``quantity`` pieces to ``holder``. The caller commits.

    ``holder`` is ``Cause("order_line", "812")`` for an order line of ours, or any kind and id of
    a host application. With ``allow_backorder`` what is not there is put on backorder, up to the
    level's limit. Two statements on PostgreSQL.

    Raises:
        InsufficientStockError: too little is available (and may be backordered).
        LocationClosedError, VariantArchivedError, InvalidQuantityError: as in reserve_stock.
        IdempotencyConflictError: the key was used with other content.
    """
    pieces = require_quantity(quantity)
    batch = ledger.Batch(session, actor=require_actor(actor))
    key = None if idempotency_key is None else require_key(idempotency_key)
    story = _story(holder, key)
    level = ledger.lock_level(session, variant, location) or empty_state(variant, location)
    missing = max(0, pieces - max(0, level.available))
    if missing or not (level.is_open and level.is_offered):
        earlier = _find_replay(session, batch.actor, key)
        if earlier is not None:
            return _same(earlier, variant, location, pieces, holder)
        require_available_place(level)
        settle_due(batch, level)
        missing = _missing(level, pieces, allow_backorder=allow_backorder)
    kind = MovementKind.BACKORDERED if missing else MovementKind.ALLOCATED
    batch.apply(level, kind, {"allocated": pieces, "backordered": missing}, cause=holder)
    row = batch.allocate(level, pieces, backordered=missing, **story)
    try:
        batch.write()
    except ledger.KeyTakenError:
        earlier = _find_replay(session, batch.actor, key)
        if earlier is None:
            raise
        return _same(earlier, variant, location, pieces, holder)
    return persistent(session, Allocation, row)


def allocate_reservation(
    session: Session,
    reservation: Reservation,
    *,
    holder: ledger.Cause,
    actor: str,
    idempotency_key: str | None = None,
) -> Allocation:
    """Turn an active reservation into a firm allocation, in one transaction.

    Its own hold never blocks it. Repeating it for the same holder returns the same allocation.

    Raises:
        ReservationExpiredError: it has expired; reserve again.
        ReservationClosedError: it was released, or allocated to somebody else.
    """
    batch = ledger.Batch(session, actor=require_actor(actor))
    story = _story(holder, None if idempotency_key is None else require_key(idempotency_key))
    earlier = session.scalars(
        select(Allocation).filter_by(
            reservation_id=reservation.id, holder_kind=holder.kind, holder_ref=holder.id
        )
    ).first()
    if earlier is not None:
        return earlier
    level, current = lock_active(session, reservation, batch.now)
    pieces = current.quantity
    batch.close_reservation(current.id, ReservationStatus.ALLOCATED)
    deltas = {"reserved": -pieces, "allocated": pieces}
    batch.apply(level, MovementKind.ALLOCATED, deltas, cause=holder)
    row = batch.allocate(level, pieces, **(story | {"reservation_id": current.id}))
    batch.write()
    closed = {"status": ReservationStatus.ALLOCATED, "closed_at": batch.now}
    refresh(session, Reservation, {"id": current.id, **closed})
    return persistent(session, Allocation, row)


def deallocate_stock(
    session: Session,
    allocation: Allocation,
    *,
    actor: str,
    quantity: int | None = None,
    reason: str | None = None,
) -> Allocation:
    """Take back ``quantity`` promised pieces (all that are open unless told). Caller commits.

    What was on backorder goes first; what becomes free fills other backorders, oldest first.

    Raises:
        AllocationClosedError: fewer are open.
    """
    batch = ledger.Batch(session, actor=require_actor(actor))
    level, current = lock_allocation(session, allocation)
    pieces = current.open if quantity is None else require_quantity(quantity)
    if pieces == 0:
        return current
    require_part_open(current, pieces)
    waiting = min(pieces, current.backordered)
    batch.change_allocation(current.id, released=pieces, backordered=-waiting)
    batch.apply(
        level,
        MovementKind.DEALLOCATED,
        {"allocated": -pieces, "backordered": -waiting},
        reason=reason,
        cause=ledger.Cause(current.holder_kind, current.holder_ref),
    )
    fill(batch, level, besides=current.id)
    batch.write()
    session.refresh(current)
    return current


def fill_backorders(
    session: Session, variant: Variant, location: StockLocation, *, actor: str
) -> int:
    """Give what is free to backorders, oldest first; return the pieces filled. Caller commits.

    Receiving and freeing stock do it by themselves.
    """
    batch = ledger.Batch(session, actor=require_actor(actor))
    level = ledger.lock_level(session, variant, location)
    filled = 0 if level is None else fill(batch, level)
    if filled:
        batch.write()
    return filled


def fill(batch: ledger.Batch, level: ledger.LevelState, *, besides: int | None = None) -> int:
    """Record the filling of backorders of a locked level, oldest first, within ``batch``."""
    free = level.quantities["on_hand"] + level.quantities["backordered"] - level.set_aside
    if free <= 0 or not level.quantities["backordered"]:
        return 0
    waiting = select(
        Allocation.id, Allocation.backordered, Allocation.holder_kind, Allocation.holder_ref
    )
    query = waiting.where(Allocation.level_id == level.id, Allocation.backordered > 0)
    filled = 0
    for number, wanted, kind, ref in batch.session.execute(query.order_by(Allocation.id)).all():
        pieces = min(wanted, free - filled)
        if number == besides or pieces <= 0:
            continue
        batch.change_allocation(number, backordered=-pieces)
        cause = ledger.Cause(kind, ref)
        batch.apply(level, MovementKind.BACKORDER_FILLED, {"backordered": -pieces}, cause=cause)
        filled += pieces
    return filled


def list_allocations(session: Session, holder: ledger.Cause) -> Sequence[Allocation]:
    """Return the allocations of a holder, the oldest first."""
    query = select(Allocation).filter_by(holder_kind=holder.kind, holder_ref=holder.id)
    ordered = query.order_by(Allocation.id).execution_options(populate_existing=True)
    return session.scalars(ordered).all()


def lock_allocation(
    session: Session, allocation: Allocation
) -> tuple[ledger.LevelState, Allocation]:
    """Lock an allocation's level, then re-read the allocation, and return both."""
    level = ledger.lock_level_by_id(session, allocation.level_id)
    current = session.get(Allocation, allocation.id, populate_existing=True)
    if current is None:
        message = f"there is no allocation {allocation.id}"
        raise AllocationNotFoundError(message, allocation_id=allocation.id)
    return level, current


def require_part_open(allocation: Allocation, pieces: int) -> None:
    """Return if ``pieces`` of the allocation are open; raises AllocationClosedError."""
    if pieces > allocation.open:
        message = f"allocation {allocation.id} has {allocation.open} open, not {pieces}"
        raise AllocationClosedError(
            message, allocation_id=allocation.id, requested=pieces, available=allocation.open
        )


def _missing(level: ledger.LevelState, pieces: int, *, allow_backorder: bool) -> int:
    """Return what has to be backordered; raises InsufficientStockError where it may not."""
    there = max(0, level.available)
    missing = max(0, pieces - there)
    room = level.policy["backorder_limit"] - level.quantities["backordered"]
    if missing and not (allow_backorder and missing <= room):
        raise InsufficientStockError(
            sku=level.sku, location=level.location_name, requested=pieces, available=there
        )
    return missing


def _story(holder: ledger.Cause, key: str | None) -> dict[str, Any]:
    kind = clean_text(holder.kind, name="the holder's kind", max_length=32)
    ref = clean_text(holder.id, name="the holder's id", max_length=HOLDER_LENGTH)
    if ":" in kind:
        message = "the holder's kind is a word such as order_line"
        raise InvalidInputError(message, kind=kind)
    return {"holder_kind": kind, "holder_ref": ref, "idempotency_key": key}


def _find_replay(session: Session, actor: str, key: str | None) -> Allocation | None:
    if key is None:
        return None
    query = select(Allocation).filter_by(actor=actor, idempotency_key=key)
    return session.scalars(query.execution_options(populate_existing=True)).first()


def _same(
    earlier: Allocation,
    variant: Variant,
    location: StockLocation,
    pieces: int,
    holder: ledger.Cause,
) -> Allocation:
    asked = (variant.id, location.id, pieces, holder.kind, holder.id)
    found = (
        earlier.variant_id,
        earlier.location_id,
        earlier.quantity,
        earlier.holder_kind,
        earlier.holder_ref,
    )
    if asked != found:
        key = earlier.idempotency_key
        message = f"the idempotency key {key!r} was used before with other content: use a new key"
        raise IdempotencyConflictError(message, key=key, verb="allocate_stock")
    return earlier
