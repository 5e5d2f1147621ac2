"""The only writer of stock levels and movements: lock, decide, write, with a CHECK behind it.

A verb locks the level, decides what changes, and hands the change to ``post``, which writes the
movement first (its unique key is the claim of the idempotency key) and the level second.
Nothing here commits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from commerce_core.clock import require_aware, utc_now
from commerce_core.database import is_postgresql
from commerce_core.errors import (
    IdempotencyConflictError,
    InvalidQuantityError,
    InvalidTimeError,
)
from commerce_core.inventory.models import QUANTITIES, MovementKind, StockLevel, StockMovement
from commerce_core.journal import stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from commerce_core.catalog.models import Variant
    from commerce_core.inventory.models import StockLocation

MAX_QUANTITY: Final = 1_000_000_000
"""Largest quantity of anything; keeps every sum of a level within 32 bits."""
_CLOCK_TOLERANCE: Final = timedelta(minutes=5)
_POLICY_COLUMNS: Final = ("minimum", "safety_stock", "backorder_limit")


@dataclass(frozen=True, slots=True)
class Cause:
    """What a movement happened for, such as ``Cause("order_line", "812")``."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a verb decided: deltas by quantity, and the story for the journal."""

    kind: MovementKind
    deltas: Mapping[str, int]
    actor: str
    reason: str | None = None
    cause: Cause | None = None
    idempotency_key: str | None = None
    occurred_at: datetime | None = None
    policy: Mapping[str, int] = field(default_factory=dict)


def find_level_locked(
    session: Session, variant: Variant, location: StockLocation
) -> StockLevel | None:
    """Return the level of ``variant`` at ``location``, locked until the transaction ends.

    None where there is no level yet. Other writers of the level wait; foreign-key checks and
    readers do not (``FOR NO KEY UPDATE``).
    """
    return session.scalars(
        select(StockLevel)
        .filter_by(variant_id=variant.id, location_id=location.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).first()


def lock_level(session: Session, variant: Variant, location: StockLocation) -> StockLevel:
    """Return the locked level as ``find_level_locked`` does, made where there is none yet."""
    level = find_level_locked(session, variant, location)
    while level is None:
        dialect: Any = postgresql if is_postgresql(session) else sqlite
        session.execute(
            dialect.insert(StockLevel)
            .values(variant_id=variant.id, location_id=location.id)
            .on_conflict_do_nothing(index_elements=["variant_id", "location_id"])
        )
        level = find_level_locked(session, variant, location)
    return level


def empty_level(variant: Variant, location: StockLocation) -> StockLevel:
    """Return a level of nothing that is not in the session, to decide on before any write."""
    return StockLevel(
        variant_id=variant.id,
        location_id=location.id,
        version=0,
        minimum=0,
        safety_stock=0,
        backorder_limit=0,
        **dict.fromkeys(QUANTITIES, 0),
    )


def find_replay(session: Session, level: StockLevel, change: Change) -> StockMovement | None:
    """Return the movement this key made before, or None. Call it while the level is locked.

    Raises:
        IdempotencyConflictError: the key was used for other content.
    """
    if change.idempotency_key is None:
        return None
    earlier = session.scalars(
        select(StockMovement).filter_by(
            actor=change.actor, kind=change.kind, idempotency_key=change.idempotency_key
        )
    ).first()
    if earlier is not None:
        _require_same(earlier, level, change)
    return earlier


def _require_same(earlier: StockMovement, level: StockLevel, change: Change) -> None:
    cause = (change.cause.kind, change.cause.id) if change.cause else (None, None)
    same = (
        earlier.level_id == level.id
        and earlier.reason == change.reason
        and (earlier.cause_kind, earlier.cause_id) == cause
        and earlier.on_hand_delta == change.deltas.get("on_hand", 0)
    )
    if not same:
        key = change.idempotency_key
        message = f"the idempotency key {key!r} was used before with other content: use a new key"
        raise IdempotencyConflictError(message, key=key, verb=change.kind.value)


def post(session: Session, level: StockLevel, change: Change) -> StockMovement:
    """Write ``change`` to a locked level and to the journal; return the movement.

    Raises:
        InvalidQuantityError: a quantity would exceed ``MAX_QUANTITY``.
        InvalidTimeError: ``occurred_at`` lies before the level's last movement, or ahead of now.
        IdempotencyConflictError: the key was used at the same moment for other content.
    """
    now = utc_now()
    occurred_at = _occurrence(level, change.occurred_at, now)
    results = _results(level, change)
    values = {
        "level_id": level.id,
        "variant_id": level.variant_id,
        "location_id": level.location_id,
        "kind": change.kind,
        "actor": change.actor,
        "reason": change.reason,
        "cause_kind": change.cause.kind if change.cause else None,
        "cause_id": change.cause.id if change.cause else None,
        "idempotency_key": change.idempotency_key,
        "occurred_at": occurred_at,
        "recorded_at": now,
        "version": level.version + 1,
        "safety_stock": change.policy.get("safety_stock", level.safety_stock),
        "minimum": change.policy.get("minimum", level.minimum),
        **{f"{name}_delta": change.deltas.get(name, 0) for name in QUANTITIES},
        **results,
        **stamp(session),
    }
    movement = _insert_once(session, values)
    if movement is None:
        earlier = find_replay(session, level, change)
        if earlier is None:
            message = "the movement's key is taken by another actor's request: use a new key"
            raise IdempotencyConflictError(message, key=change.idempotency_key)
        return earlier
    session.execute(
        update(StockLevel)
        .where(StockLevel.id == level.id)
        .values(
            version=values["version"],
            last_occurred_at=occurred_at,
            **results,
            **change.policy,
        )
        .returning(StockLevel)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).one()
    return movement


def _insert_once(session: Session, values: dict[str, Any]) -> StockMovement | None:
    dialect: Any = postgresql if is_postgresql(session) else sqlite
    statement = dialect.insert(StockMovement).values(values)
    if values["idempotency_key"] is not None:
        statement = statement.on_conflict_do_nothing(
            index_elements=["actor", "kind", "idempotency_key"]
        )
    return session.scalars(statement.returning(StockMovement)).first()


def require_possible(level: StockLevel, change: Change) -> None:
    """Raise what ``post`` would raise, before anything is written. Same errors."""
    _occurrence(level, change.occurred_at, utc_now())
    _results(level, change)


def _results(level: StockLevel, change: Change) -> dict[str, int]:
    results = {name: int(getattr(level, name)) + change.deltas.get(name, 0) for name in QUANTITIES}
    for name, value in results.items():
        if value > MAX_QUANTITY:
            message = f"{name} would be {value:,}; at most {MAX_QUANTITY:,} can be booked"
            raise InvalidQuantityError(message, name=name, quantity=value)
    return results


def _occurrence(level: StockLevel, wanted: datetime | None, now: datetime) -> datetime:
    """Return the time of the movement: never before the level's last one, never in the future."""
    last = level.last_occurred_at
    if wanted is None:
        return now if last is None else max(now, last)
    moment = require_aware(wanted, name="occurred_at")
    if last is not None and moment < last:
        message = (
            f"occurred_at {moment.isoformat()} lies before the level's last movement at "
            f"{last.isoformat()}: book it with the present time and say so in the reason"
        )
        raise InvalidTimeError(message, occurred_at=moment, last_occurred_at=last)
    if moment > now + _CLOCK_TOLERANCE:
        message = f"occurred_at {moment.isoformat()} lies in the future"
        raise InvalidTimeError(message, occurred_at=moment, last_occurred_at=last)
    return moment


def shortfall(level: StockLevel, deltas: Mapping[str, int]) -> int:
    """Return the change of ``short`` that keeps the level's promises on the books.

    A physical fact is never refused: what is promised or set aside beyond what is there is
    booked as short, and goes away when stock arrives.
    """
    after = {name: int(getattr(level, name)) + deltas.get(name, 0) for name in QUANTITIES}
    set_aside = after["damaged"] + after["quality_control"] + after["allocated"] + after["reserved"]
    needed = max(0, set_aside - after["on_hand"] - after["backordered"])
    return needed - level.short
