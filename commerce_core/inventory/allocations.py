"""Firm promises to placed orders: allocate, and take back.

An allocation belongs to a line of an order, ours or a host application's, named by ``holder``.
Placement moves no ``on_hand``; dispatch does. What is allocated beyond the stock in the house is
``backordered``, up to the level's limit, and is filled oldest first when stock arrives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from commerce_core.catalog.models import Variant
from commerce_core.clock import utc_now
from commerce_core.database import is_postgresql
from commerce_core.errors import AllocationClosedError, AllocationNotFoundError
from commerce_core.idempotency import require_key
from commerce_core.inventory import ledger
from commerce_core.inventory.backorders import fill
from commerce_core.inventory.checks import (
    require_actor,
    require_available_place,
    require_cause,
    require_quantity,
    require_reason,
)
from commerce_core.inventory.expiry import settle_due
from commerce_core.inventory.hold_checks import too_few
from commerce_core.inventory.hold_models import Allocation
from commerce_core.inventory.ledger.objects import persistent
from commerce_core.inventory.models import MovementKind, StockLocation
from commerce_core.inventory.replays import conflict, find_movement, require_same
from commerce_core.records import id_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from commerce_core.inventory.models import StockMovement


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
    who = require_actor(actor)
    key = None if idempotency_key is None else require_key(idempotency_key)
    story = holder_story(holder, key)
    place = (id_of(variant, Variant), id_of(location, StockLocation))
    asked = (*place, pieces, story["holder_kind"], story["holder_ref"])
    made = _allocate_at_once(session, place, pieces, story | {"actor": who})
    if made is not None:
        return persistent(session, Allocation, made)
    level = ledger.lock_level(session, variant, location) or ledger.empty_state(variant, location)
    batch = ledger.Batch(session, actor=who)
    missing = max(0, pieces - max(0, level.available))
    if missing or not (level.is_open and level.is_offered):
        earlier = find_replay(session, who, key)
        if earlier is not None:
            return _same(earlier, asked)
        require_available_place(level)
        settle_due(batch, [level])
        missing = _missing(level, pieces, allow_backorder=allow_backorder)
    kind = MovementKind.BACKORDERED if missing else MovementKind.ALLOCATED
    batch.apply(level, kind, {"allocated": pieces, "backordered": missing}, cause=holder)
    row = batch.allocate(level, pieces, backordered=missing, **story)
    try:
        batch.write()
    except ledger.KeyTakenError:
        earlier = find_replay(session, who, key)
        if earlier is None:
            raise
        return _same(earlier, asked)
    return persistent(session, Allocation, row)


def _allocate_at_once(
    session: Session, place: tuple[int, int], pieces: int, story: dict[str, Any]
) -> dict[str, Any] | None:
    """Return the new row, or None where that is decided under a lock (on PostgreSQL, always)."""
    if is_postgresql(session):
        return None
    row = {"variant_id": place[0], "location_id": place[1], "quantity": pieces, **story}
    row |= {"reservation_id": None, "created_at": utc_now()}
    cause = ledger.Cause(story["holder_kind"], story["holder_ref"])
    return ledger.promise_at_once(session, Allocation, row, cause=cause)


def deallocate_stock(
    session: Session,
    allocation: Allocation,
    *,
    actor: str,
    quantity: int | None = None,
    reason: str | None = None,
    idempotency_key: str | None = None,
) -> Allocation:
    """Take back ``quantity`` promised pieces (all that are open unless told). Caller commits.

    What was on backorder goes first; what becomes free fills other backorders, oldest first.
    Taking back all of what has no open pieces changes nothing.

    Raises:
        AllocationClosedError: fewer are open.
        AllocationNotFoundError: there is no such allocation.
        IdempotencyConflictError: the key was used with other content.
    """
    wanted = None if quantity is None else require_quantity(quantity)
    who = require_actor(actor)
    why = require_reason(reason)
    key = None if idempotency_key is None else require_key(idempotency_key)
    level, current = lock_allocation(session, allocation)
    cause = ledger.Cause(current.holder_kind, current.holder_ref)
    pieces = current.open if wanted is None else wanted
    if wanted is None and not current.open:
        return current
    if pieces > current.open:
        earlier = find_movement(session, MovementKind.DEALLOCATED, actor=who, key=key)
        if earlier is None:
            require_part_open(current, pieces)
        else:
            _same_release(earlier, current, pieces, why)
        return current
    batch = ledger.Batch(session, actor=who)
    waiting = min(pieces, current.backordered)
    parts = {
        "released": current.released + pieces,
        "backordered": current.backordered - waiting,
    }
    batch.change_allocation(current.id, parts, released=pieces, backordered=-waiting)
    batch.apply(
        level,
        MovementKind.DEALLOCATED,
        {"allocated": -pieces, "backordered": -waiting},
        reason=why,
        cause=cause,
        idempotency_key=key,
    )
    fill(batch, level, besides=(current.id,))
    try:
        batch.write()
    except ledger.KeyTakenError:
        earlier = find_movement(session, MovementKind.DEALLOCATED, actor=who, key=key)
        if earlier is None:
            raise
        _same_release(earlier, current, pieces, why)
    return current


def list_allocations(session: Session, holder: ledger.Cause) -> Sequence[Allocation]:
    """Return the allocations of a holder, the oldest first."""
    whose = require_cause(holder, name="the holder")
    query = select(Allocation).filter_by(holder_kind=whose.kind, holder_ref=whose.id)
    ordered = query.order_by(Allocation.id).execution_options(populate_existing=True)
    return session.scalars(ordered).all()


def lock_allocation(
    session: Session, allocation: Allocation
) -> tuple[ledger.LevelState, Allocation]:
    """Lock an allocation and its level, and return both as they are now.

    Raises:
        AllocationNotFoundError: there is no such allocation.
    """
    number = id_of(allocation, Allocation)
    found = ledger.lock_with(session, Allocation, [number])
    if not found:
        message = f"there is no allocation {number}"
        raise AllocationNotFoundError(message, allocation_id=number)
    return found[0]


def require_part_open(allocation: Allocation, pieces: int) -> None:
    """Return if ``pieces`` of the allocation are open; raises AllocationClosedError."""
    if pieces > allocation.open:
        message = f"allocation {allocation.id} has {allocation.open} open, not {pieces}"
        raise AllocationClosedError(
            message, allocation_id=allocation.id, requested=pieces, available=allocation.open
        )


def holder_story(holder: ledger.Cause, key: str | None) -> dict[str, Any]:
    """Return the columns that say whose an allocation is, and its idempotency key."""
    cause = require_cause(holder, name="the holder")
    return {"holder_kind": cause.kind, "holder_ref": cause.id, "idempotency_key": key}


def find_replay(session: Session, actor: str, key: str | None) -> Allocation | None:
    """Return the allocation that was made under the key, if there is one."""
    if key is None:
        return None
    query = select(Allocation).filter_by(actor=actor, idempotency_key=key)
    return session.scalars(query.execution_options(populate_existing=True)).first()


def _missing(level: ledger.LevelState, pieces: int, *, allow_backorder: bool) -> int:
    """Return what has to be backordered; raises InsufficientStockError where it may not."""
    missing = max(0, pieces - max(0, level.available))
    room = level.policy["backorder_limit"] - level.quantities["backordered"]
    if missing and not (allow_backorder and missing <= room):
        raise too_few(level, pieces)
    return missing


def _same(earlier: Allocation, asked: tuple[Any, ...]) -> Allocation:
    was = (
        earlier.variant_id,
        earlier.location_id,
        earlier.quantity,
        earlier.holder_kind,
        earlier.holder_ref,
    )
    if was != asked:
        raise conflict(earlier.idempotency_key, "allocate_stock")
    return earlier


def _same_release(
    earlier: StockMovement, current: Allocation, pieces: int, reason: str | None
) -> None:
    require_same(
        earlier,
        (current.variant_id, current.location_id),
        {"allocated": -pieces},
        cause=ledger.Cause(current.holder_kind, current.holder_ref),
        reason=reason,
    )
