"""How a physical fact gets into the books: lock, refuse what cannot be, write once.

A key that was used before answers with its movement, also where the fact would be refused now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_core.errors import InsufficientStockError
from commerce_core.idempotency import require_key
from commerce_core.inventory import ledger
from commerce_core.inventory.backorders import fill
from commerce_core.inventory.checks import (
    location_closed,
    require_actor,
    require_cause,
    require_reason,
)
from commerce_core.inventory.expiry import settle_due
from commerce_core.inventory.models import MovementKind, StockMovement
from commerce_core.inventory.replays import find_movement, require_same

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from commerce_core.catalog.models import Variant
    from commerce_core.inventory.ledger import Cause, LevelState
    from commerce_core.inventory.models import StockLocation


@dataclass(frozen=True, slots=True)
class Fact:
    """What is to be booked at one place."""

    kind: MovementKind
    deltas: Mapping[str, int]
    actor: str
    reason: str | None
    cause: Cause | None
    occurred_at: datetime | None
    key: str | None


def checked_fact(
    kind: MovementKind,
    deltas: Mapping[str, int],
    *,
    actor: str,
    reason: str | None = None,
    cause: Cause | None = None,
    occurred_at: datetime | None = None,
    idempotency_key: str | None = None,
) -> Fact:
    """Return a fact of what a caller gave.

    Raises:
        InvalidTextError, InvalidInputError: a text cannot be stored.
    """
    return Fact(
        kind,
        deltas,
        require_actor(actor),
        require_reason(reason),
        None if cause is None else require_cause(cause),
        occurred_at,
        None if idempotency_key is None else require_key(idempotency_key),
    )


def book(session: Session, variant: Variant, location: StockLocation, fact: Fact) -> StockMovement:
    """Lock, refuse what cannot be, write once; a key that was used answers with its movement."""
    place = (variant.id, location.id)
    found = ledger.lock_level(session, variant, location)
    batch = ledger.Batch(session, actor=fact.actor)
    error = _refusal(batch, found or ledger.empty_state(variant, location), fact)
    if error is not None:
        return replayed(session, fact, place, error)
    if found is not None:
        return _write(batch, found, fact)
    with ledger.locked_or_new(session, [place]) as levels:
        return _write(batch, levels[place], fact)


def _write(batch: ledger.Batch, level: LevelState, fact: Fact) -> StockMovement:
    apply(batch, level, fact)
    index = len(batch.rows.movements) - 1
    fill(batch, level)
    try:
        batch.write()
    except ledger.KeyTakenError as exc:
        return replayed(batch.session, fact, (level.variant_id, level.location_id), exc)
    return batch.movement(index)


def apply(batch: ledger.Batch, level: LevelState, fact: Fact) -> None:
    """Record the fact's movement in ``batch``."""
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


def _refusal(batch: ledger.Batch, level: LevelState, fact: Fact) -> Exception | None:
    """Return why the fact cannot be booked, or None."""
    if fact.kind is not MovementKind.ADJUSTED and not level.is_open:
        return location_closed(level)
    if fact.kind is MovementKind.SHIPPED and -fact.deltas["on_hand"] > level.available:
        settle_due(batch, [level])
    for name, delta in fact.deltas.items():
        there = _there(level, fact.kind, name, delta)
        if there is not None and abs(delta) > there:
            return InsufficientStockError(
                sku=level.sku, location=level.location_name, requested=abs(delta), available=there
            )
    return None


def _there(level: LevelState, kind: MovementKind, name: str, delta: int) -> int | None:
    """Return how much of a quantity a change can take, or None where it takes nothing."""
    q = level.quantities
    if kind is MovementKind.SHIPPED:
        return max(0, level.available)
    if delta < 0:
        return q[name]
    if kind in {MovementKind.DAMAGED, MovementKind.QUALITY_HELD}:
        return q["on_hand"] - q["damaged"] - q["quality_control"]
    return None


def replayed(
    session: Session, fact: Fact, place: tuple[int, int], error: Exception
) -> StockMovement:
    """Return what the fact's key booked before; raises ``error`` where it booked nothing."""
    earlier = find_movement(session, fact.kind, actor=fact.actor, key=fact.key)
    if earlier is None:
        raise error
    return require_same(earlier, place, fact.deltas, cause=fact.cause, reason=fact.reason)
