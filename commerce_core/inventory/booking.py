"""How a physical fact gets into the books: lock, refuse what cannot be, write once.

A key that was used before answers with its movement, also where the fact would be refused now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_core.catalog.models import Variant
from commerce_core.errors import CommerceError, InsufficientStockError
from commerce_core.idempotency import require_key
from commerce_core.inventory import ledger
from commerce_core.inventory.backorders import fill
from commerce_core.inventory.checks import (
    require_actor,
    require_cause,
    require_open,
    require_reason,
)
from commerce_core.inventory.expiry import settle_due
from commerce_core.inventory.models import MovementKind, StockLocation, StockMovement
from commerce_core.inventory.replays import find_movement, require_same
from commerce_core.records import id_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from commerce_core.inventory.ledger import Cause, LevelState


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
        InvalidTextError: a text cannot be stored.
        InvalidInputError: the cause is none.
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
    """Book the fact; a key that was used answers with its movement, whatever holds by now."""
    place = (id_of(variant, Variant), id_of(location, StockLocation))
    try:
        return _book_once(session, variant, location, fact)
    except (CommerceError, ledger.KeyTakenError) as error:
        return replayed(session, fact, place, error)


def _book_once(
    session: Session, variant: Variant, location: StockLocation, fact: Fact
) -> StockMovement:
    """Lock, refuse what cannot be, and only then write."""
    level = ledger.lock_level(session, variant, location)
    if level is not None:
        return _write(ledger.Batch(session, actor=fact.actor), level, fact)
    empty = ledger.empty_state(variant, location)
    _require_possible(ledger.Batch(session, actor=fact.actor), empty, fact)
    place = (empty.variant_id, empty.location_id)
    with ledger.locked_or_new(session, [place]) as levels:
        (level,) = levels.values()
        return _write(ledger.Batch(session, actor=fact.actor), level, fact)


def _write(batch: ledger.Batch, level: LevelState, fact: Fact) -> StockMovement:
    _require_possible(batch, level, fact)
    apply(batch, level, fact)
    index = len(batch.rows.movements) - 1
    fill(batch, level)
    batch.write()
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


def _require_possible(batch: ledger.Batch, level: LevelState, fact: Fact) -> None:
    if fact.kind is not MovementKind.ADJUSTED:
        require_open(level)
    if fact.kind is MovementKind.SHIPPED and -fact.deltas["on_hand"] > level.available:
        settle_due(batch, [level])
    for name, delta in fact.deltas.items():
        there = _there(level, fact.kind, name, delta)
        if there is not None and abs(delta) > there:
            raise InsufficientStockError(
                sku=level.sku, location=level.location_name, requested=abs(delta), available=there
            )


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
