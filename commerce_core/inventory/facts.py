"""Physical facts: stock arrives, leaves, comes back, breaks, or was miscounted.

Every verb takes the session first, flushes, and never commits. One that raises leaves the
session as it found it. Quantities are whole numbers of pieces. A replay of an idempotency key
returns the first movement.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from commerce_core.errors import (
    CommerceError,
    IdempotencyConflictError,
    InsufficientStockError,
    InvalidQuantityError,
)
from commerce_core.idempotency import require_key
from commerce_core.inventory import ledger
from commerce_core.inventory.allocations import fill, lock_allocation, require_part_open
from commerce_core.inventory.checks import (
    require_actor,
    require_open,
    require_quantity,
    require_whole,
)
from commerce_core.inventory.expiry import settle_due
from commerce_core.inventory.ledger.levels import empty_state
from commerce_core.inventory.models import REASON_LENGTH, MovementKind, StockMovement
from commerce_core.text import clean_optional, clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from commerce_core.catalog.models import Variant
    from commerce_core.inventory.hold_models import Allocation
    from commerce_core.inventory.ledger import Cause, LevelState
    from commerce_core.inventory.models import StockLocation


class SetAside(StrEnum):
    """Where stock goes that is there but cannot be sold."""

    DAMAGED = "damaged"
    QUALITY_CONTROL = "quality_control"


@dataclass(frozen=True, slots=True)
class _Fact:
    """What is to be booked at one place."""

    kind: MovementKind
    deltas: Mapping[str, int]
    actor: str
    reason: str | None
    cause: Cause | None
    occurred_at: datetime | None
    key: str | None


def receive_stock(
    session: Session,
    variant: Variant,
    location: StockLocation,
    *,
    quantity: int,
    actor: str,
    reason: str | None = None,
    cause: Cause | None = None,
    occurred_at: datetime | None = None,
    idempotency_key: str | None = None,
) -> StockMovement:
    """Book ``quantity`` pieces that arrived. Covers what was short, then fills backorders.

    Raises:
        InvalidQuantityError: not a whole number from 1 to 1,000,000,000.
        LocationClosedError: the location is closed.
        InvalidTimeError: ``occurred_at`` is naive, in the future, or before the last movement.
        IdempotencyConflictError: the key was used with other content.
    """
    deltas = {"on_hand": require_quantity(quantity)}
    fact = _fact(MovementKind.RECEIVED, deltas, actor, reason, cause, occurred_at, idempotency_key)
    return _book(session, variant, location, fact)


def restock(
    session: Session,
    variant: Variant,
    location: StockLocation,
    *,
    quantity: int,
    actor: str,
    set_aside: SetAside | None = None,
    reason: str | None = None,
    cause: Cause | None = None,
    occurred_at: datetime | None = None,
    idempotency_key: str | None = None,
) -> StockMovement:
    """Book pieces that came back from a customer, sellable or ``set_aside``.

    Give the return line as ``cause`` and a key, and a repeat adds nothing. Errors as in
    ``receive_stock``.
    """
    pieces = require_quantity(quantity)
    deltas = {"on_hand": pieces} | ({set_aside.value: pieces} if set_aside else {})
    fact = _fact(MovementKind.RESTOCKED, deltas, actor, reason, cause, occurred_at, idempotency_key)
    return _book(session, variant, location, fact)


def ship_stock(
    session: Session,
    variant: Variant,
    location: StockLocation,
    *,
    quantity: int,
    actor: str,
    reason: str | None = None,
    cause: Cause | None = None,
    occurred_at: datetime | None = None,
    idempotency_key: str | None = None,
) -> StockMovement:
    """Book ``quantity`` available pieces that left the house without an allocation.

    Stock that is promised, damaged, in quality control or kept as safety stock is not shipped.

    Raises:
        InsufficientStockError: fewer are available; nothing was changed.
        LocationClosedError: the location is closed.
        InvalidQuantityError, InvalidTimeError, IdempotencyConflictError: as in receive_stock.
    """
    deltas = {"on_hand": -require_quantity(quantity)}
    fact = _fact(MovementKind.SHIPPED, deltas, actor, reason, cause, occurred_at, idempotency_key)
    return _book(session, variant, location, fact)


def ship_allocation(
    session: Session,
    allocation: Allocation,
    *,
    actor: str,
    quantity: int | None = None,
    reason: str | None = None,
    occurred_at: datetime | None = None,
) -> StockMovement:
    """Book ``quantity`` allocated pieces (all that can be, unless told) that left the house.

    Lowers ``on_hand`` and ``allocated`` together; what is on backorder cannot be shipped.

    Raises:
        AllocationClosedError: fewer are open.
        InsufficientStockError: fewer are in the house.
    """
    batch = ledger.Batch(session, actor=require_actor(actor))
    level, current = lock_allocation(session, allocation)
    there = min(current.open - current.backordered, level.quantities["on_hand"])
    pieces = there if quantity is None else require_quantity(quantity)
    require_part_open(current, max(1, pieces))
    if not 0 < pieces <= there:
        raise InsufficientStockError(
            sku=level.sku, location=level.location_name, requested=max(1, pieces), available=there
        )
    require_open(level)
    batch.change_allocation(current.id, shipped=pieces)
    batch.apply(
        level,
        MovementKind.SHIPPED,
        {"on_hand": -pieces, "allocated": -pieces},
        reason=clean_optional(reason, name="the reason", max_length=REASON_LENGTH),
        cause=ledger.Cause(current.holder_kind, current.holder_ref),
        occurred_at=occurred_at,
    )
    batch.write()
    session.refresh(current)
    return batch.movement()


def adjust_stock(
    session: Session,
    variant: Variant,
    location: StockLocation,
    *,
    quantity: int,
    reason: str,
    actor: str,
    cause: Cause | None = None,
    occurred_at: datetime | None = None,
    idempotency_key: str | None = None,
) -> StockMovement:
    """Correct ``on_hand`` by ``quantity`` pieces, up or down, and say why.

    A loss is a fact and is booked even when the pieces were promised: what is missing then
    stands in ``short``.

    Raises:
        InvalidTextError: the reason is empty or longer than 200 characters.
        InvalidQuantityError: zero, or not a whole number.
        InsufficientStockError: more would go than are on hand; nothing was changed.
        InvalidTimeError, IdempotencyConflictError: as in receive_stock.
    """
    pieces = require_whole(quantity)
    if pieces == 0:
        message = "an adjustment of 0 changes nothing: give a quantity up or down"
        raise InvalidQuantityError(message, quantity=0)
    why = clean_text(reason, name="the reason", max_length=REASON_LENGTH)
    deltas = {"on_hand": pieces}
    fact = _fact(MovementKind.ADJUSTED, deltas, actor, why, cause, occurred_at, idempotency_key)
    return _book(session, variant, location, fact)


def set_aside_stock(
    session: Session,
    variant: Variant,
    location: StockLocation,
    *,
    quantity: int,
    place: SetAside,
    reason: str,
    actor: str,
    idempotency_key: str | None = None,
) -> StockMovement:
    """Move pieces from sellable to damaged or quality control, or back (negative quantity).

    Raises:
        InsufficientStockError: fewer are on hand, or set aside there.
        InvalidQuantityError, InvalidTextError, IdempotencyConflictError: as in adjust_stock.
    """
    pieces = require_whole(quantity)
    if pieces == 0:
        message = "setting 0 aside changes nothing: give a quantity, negative to put it back"
        raise InvalidQuantityError(message, quantity=0)
    kinds = {
        (SetAside.DAMAGED, True): MovementKind.DAMAGED,
        (SetAside.DAMAGED, False): MovementKind.QUALITY_RELEASED,
        (SetAside.QUALITY_CONTROL, True): MovementKind.QUALITY_HELD,
        (SetAside.QUALITY_CONTROL, False): MovementKind.QUALITY_RELEASED,
    }
    why = clean_text(reason, name="the reason", max_length=REASON_LENGTH)
    kind = kinds[place, pieces > 0]
    fact = _fact(kind, {place.value: pieces}, actor, why, None, None, idempotency_key)
    return _book(session, variant, location, fact)


def _fact(  # noqa: PLR0917 - one place builds it, from the verbs' own names
    kind: MovementKind,
    deltas: Mapping[str, int],
    actor: str,
    reason: str | None,
    cause: Cause | None,
    occurred_at: datetime | None,
    key: str | None,
) -> _Fact:
    return _Fact(
        kind,
        deltas,
        require_actor(actor),
        clean_optional(reason, name="the reason", max_length=REASON_LENGTH),
        cause,
        occurred_at,
        None if key is None else require_key(key),
    )


def _book(
    session: Session, variant: Variant, location: StockLocation, fact: _Fact
) -> StockMovement:
    """Book the fact; a key that was used answers with its movement, whatever holds by now."""
    try:
        return _book_once(session, variant, location, fact)
    except (CommerceError, ledger.KeyTakenError):
        earlier = _find_replay(session, fact)
        if earlier is None:
            raise
    return _same(earlier, variant, location, fact)


def _book_once(
    session: Session, variant: Variant, location: StockLocation, fact: _Fact
) -> StockMovement:
    """Lock, refuse what cannot be, and only then write."""
    level = ledger.lock_level(session, variant, location)
    if level is None:
        _decide(ledger.Batch(session, actor=fact.actor), empty_state(variant, location), fact)
        if _find_replay(session, fact) is not None:
            raise ledger.KeyTakenError  # at another level: do not begin this one for nothing
        level = ledger.begin_level(session, variant, location)
    batch = ledger.Batch(session, actor=fact.actor)
    index = _decide(batch, level, fact)
    batch.write()
    return batch.movement(index)


def _decide(batch: ledger.Batch, level: LevelState, fact: _Fact) -> int:
    """Record the fact and what follows from it; return the number of its movement."""
    _require_possible(batch, level, fact)
    _apply(batch, level, fact)
    index = len(batch.rows.movements) - 1
    fill(batch, level)
    return index


def _apply(batch: ledger.Batch, level: LevelState, fact: _Fact) -> None:
    batch.apply(
        level,
        fact.kind,
        fact.deltas,
        reason=fact.reason,
        cause=fact.cause,
        occurred_at=fact.occurred_at,
        idempotency_key=fact.key,
        physical=fact.kind is not MovementKind.SHIPPED,
    )


def _require_possible(batch: ledger.Batch, level: LevelState, fact: _Fact) -> None:
    if fact.kind is not MovementKind.ADJUSTED:
        require_open(level)
    for name, delta in fact.deltas.items():
        limit = level.quantities[name]
        if fact.kind is MovementKind.SHIPPED:
            if -delta > level.available:
                settle_due(batch, level)
            limit = level.available
        if -delta > max(0, limit):
            raise InsufficientStockError(
                sku=level.sku,
                location=level.location_name,
                requested=-delta,
                available=max(0, limit),
            )


def _find_replay(session: Session, fact: _Fact) -> StockMovement | None:
    if fact.key is None:
        return None
    return session.scalars(
        select(StockMovement).filter_by(actor=fact.actor, kind=fact.kind, idempotency_key=fact.key)
    ).first()


def _same(
    earlier: StockMovement, variant: Variant, location: StockLocation, fact: _Fact
) -> StockMovement:
    cause = (fact.cause.kind, fact.cause.id) if fact.cause else (None, None)
    asked: tuple[Any, ...] = (variant.id, location.id, fact.reason, cause)
    found = (
        earlier.variant_id,
        earlier.location_id,
        earlier.reason,
        (earlier.cause_kind, earlier.cause_id),
    )
    booked = {name: getattr(earlier, f"{name}_delta") for name in fact.deltas}
    if asked != found or booked != dict(fact.deltas):
        message = (
            f"the idempotency key {fact.key!r} was used before with other content: use a new key"
        )
        raise IdempotencyConflictError(message, key=fact.key, verb=fact.kind.value)
    return earlier
