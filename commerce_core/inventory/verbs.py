"""What can be done with stock: receive, ship, adjust, and set a policy.

Every verb takes the session first, flushes, and never commits. One that raises leaves the
session as it found it. Quantities are whole numbers of pieces.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from commerce_core.clock import utc_now
from commerce_core.errors import (
    InsufficientStockError,
    InvalidInputError,
    InvalidQuantityError,
    LocationClosedError,
    VersionConflictError,
)
from commerce_core.idempotency import require_key
from commerce_core.inventory import ledger
from commerce_core.inventory.ledger import MAX_QUANTITY, Cause, Change
from commerce_core.inventory.models import (
    REASON_LENGTH,
    MovementKind,
    StockLevel,
    StockLocation,
    StockMovement,
    StockPolicy,
)
from commerce_core.text import clean_text

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from commerce_core.catalog.models import Variant


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
    """Book ``quantity`` pieces that arrived. Clears what was short first.

    Raises:
        InvalidQuantityError: not a whole number from 1 to 1,000,000,000.
        LocationClosedError: the location is closed.
        InvalidTimeError: ``occurred_at`` is naive, in the future, or before the last movement.
        IdempotencyConflictError: the key was used with other content.
    """
    pieces = require_quantity(quantity)
    change = _change(
        MovementKind.RECEIVED,
        {"on_hand": pieces},
        actor,
        reason=reason,
        cause=cause,
        occurred_at=occurred_at,
        idempotency_key=idempotency_key,
    )
    return _move(session, variant, location, change)


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
    """Book ``quantity`` available pieces that left the house.

    Stock that is promised, damaged, in quality control or kept as safety stock is not shipped.

    Raises:
        InsufficientStockError: fewer are available; nothing was changed.
        LocationClosedError: the location is closed.
        InvalidQuantityError, InvalidTimeError, IdempotencyConflictError: as in receive_stock.
    """
    pieces = require_quantity(quantity)
    change = _change(
        MovementKind.SHIPPED,
        {"on_hand": -pieces},
        actor,
        reason=reason,
        cause=cause,
        occurred_at=occurred_at,
        idempotency_key=idempotency_key,
    )
    return _move(session, variant, location, change)


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
    pieces = _require_whole(quantity)
    if pieces == 0:
        message = "an adjustment of 0 changes nothing: give a quantity up or down"
        raise InvalidQuantityError(message, quantity=0)
    change = _change(
        MovementKind.ADJUSTED,
        {"on_hand": pieces},
        actor,
        reason=clean_text(reason, name="the reason", max_length=REASON_LENGTH),
        cause=cause,
        occurred_at=occurred_at,
        idempotency_key=idempotency_key,
    )
    return _move(session, variant, location, change)


def set_stock_policy(
    session: Session,
    variant: Variant,
    location: StockLocation,
    *,
    actor: str,
    minimum: int = 0,
    safety_stock: int = 0,
    backorder_limit: int = 0,
    version: int | None = None,
) -> StockPolicy:
    """Decide below which quantity a level is low, and what it keeps back.

    ``version`` is the one the editor has seen (None where there was no policy yet).

    Raises:
        VersionConflictError: somebody saved another policy since.
        InvalidQuantityError: a value is negative or too large.
        InvalidInputError: more is on backorder already than the new limit allows.
    """
    wanted = {
        name: require_quantity(value, least=0)
        for name, value in (
            ("minimum", minimum),
            ("safety_stock", safety_stock),
            ("backorder_limit", backorder_limit),
        )
    }
    level = ledger.lock_level(session, variant, location)
    policy = session.scalars(
        select(StockPolicy)
        .filter_by(variant_id=variant.id, location_id=location.id)
        .execution_options(populate_existing=True)
    ).first()
    _require_version(policy, version)
    if wanted["backorder_limit"] < level.backordered:
        message = f"{level.backordered} are on backorder already: the limit cannot be lower"
        raise InvalidInputError(message, backordered=level.backordered)
    if policy is None:
        policy = StockPolicy(variant_id=variant.id, location_id=location.id, version=0)
        session.add(policy)
    _save_policy(session, policy, wanted, actor)
    change = Change(MovementKind.POLICY_CHANGED, {}, actor, policy=wanted)
    ledger.post(session, level, change)
    return policy


def _require_version(policy: StockPolicy | None, seen: int | None) -> None:
    now = None if policy is None else policy.version
    if seen is not None and seen != now:
        message = "the policy was saved by somebody else since it was read: look at it again"
        raise VersionConflictError(message, expected=seen, actual=now)


def _save_policy(session: Session, policy: StockPolicy, wanted: dict[str, int], actor: str) -> None:
    for name, value in wanted.items():
        setattr(policy, name, value)
    policy.version += 1
    policy.updated_by = actor
    policy.updated_at = utc_now()
    session.flush()


def _change(kind: MovementKind, deltas: dict[str, int], actor: str, **story: Any) -> Change:
    if story["idempotency_key"] is not None:
        require_key(story["idempotency_key"])
    return Change(kind, deltas, clean_text(actor, name="the actor", max_length=120), **story)


def _move(
    session: Session, variant: Variant, location: StockLocation, change: Change
) -> StockMovement:
    """Lock, answer a replay, refuse what cannot be, and only then write."""
    found = ledger.find_level_locked(session, variant, location)
    level = found or ledger.empty_level(variant, location)
    if found is not None:
        earlier = ledger.find_replay(session, found, change)
        if earlier is not None:
            return earlier
    _require_open(location, change)
    _require_enough(level, change, variant, location)
    deltas = {**change.deltas, "short": ledger.shortfall(level, change.deltas)}
    change = replace(change, deltas=deltas)
    ledger.require_possible(level, change)
    if found is None:
        level = ledger.lock_level(session, variant, location)
    return ledger.post(session, level, change)


def _require_open(location: StockLocation, change: Change) -> None:
    if not location.is_open and change.kind is not MovementKind.ADJUSTED:
        message = f"{location.name} is closed: open it first, or adjust what is there"
        raise LocationClosedError(message, location=location.code)


def _require_enough(
    level: StockLevel, change: Change, variant: Variant, location: StockLocation
) -> None:
    leaving = -change.deltas["on_hand"]
    limit = level.available if change.kind is MovementKind.SHIPPED else level.on_hand
    if leaving > max(0, limit):
        raise InsufficientStockError(
            sku=variant.sku, location=location.name, requested=leaving, available=max(0, limit)
        )


def require_quantity(quantity: int, *, least: int = 1) -> int:
    """Return ``quantity`` if it is a whole number from ``least`` to 1,000,000,000.

    Raises:
        InvalidQuantityError: it is not; a ``bool``, ``float`` or text is never one.
    """
    pieces = _require_whole(quantity)
    if pieces < least:
        message = f"the quantity must be at least {least}, not {pieces}"
        raise InvalidQuantityError(message, quantity=pieces)
    return pieces


def _require_whole(quantity: int) -> int:
    if isinstance(quantity, bool) or not isinstance(quantity, int):
        message = f"the quantity must be a whole number, not {str(quantity)[:40]!r}"
        raise InvalidQuantityError(message, quantity=str(quantity)[:40])
    if abs(quantity) > MAX_QUANTITY:
        message = f"the quantity is larger than {MAX_QUANTITY:,}"
        raise InvalidQuantityError(message, quantity=str(quantity)[:40])
    return quantity
