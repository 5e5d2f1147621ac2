"""Let due reservations go: on the levels a verb needs, or everywhere in a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, func, select

from commerce_core.clock import utc_now
from commerce_core.inventory import ledger
from commerce_core.inventory.backorders import fill
from commerce_core.inventory.checks import require_actor, require_limit
from commerce_core.inventory.hold_models import Reservation, ReservationStatus
from commerce_core.inventory.models import MovementKind, StockLevel
from commerce_core.journal import SYSTEM_ACTOR

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

SWEEP_LEVELS: Final = 100


def settle_due(batch: ledger.Batch, levels: Iterable[ledger.LevelState]) -> int:
    """Expire what is due on locked levels, within ``batch``; return the pieces that frees.

    Costs nothing when nothing is due, else one statement for all levels. It must come after the
    locking statement: inside of it, it would see the old state.
    """
    due = {level.id: level for level in levels if _may_be_due(level, batch.now)}
    if not due:
        return 0
    freed = 0
    for level_id, later, number, quantity in batch.session.execute(_due(due, batch.now)).all():
        level = due[level_id]
        level.next_expiry_at = later
        batch.touch(level)
        if number is None:  # what was due has been released or extended
            continue
        batch.close_reservation(number, ReservationStatus.EXPIRED)
        cause = ledger.Cause("reservation", str(number))
        batch.apply(level, MovementKind.EXPIRED, {"reserved": -quantity}, cause=cause)
        freed += quantity
    if freed:
        fill(batch, *due.values())
    return freed


def _may_be_due(level: ledger.LevelState, now: datetime) -> bool:
    return level.next_expiry_at is not None and level.next_expiry_at <= now


def _due(levels: dict[int, ledger.LevelState], now: datetime) -> Any:
    """Select (level, its next expiry after now, due reservation, its quantity); one row at least
    for each level.
    """  # noqa: D205 - one sentence
    active = Reservation.status == ReservationStatus.ACTIVE
    later = (
        select(func.min(Reservation.expires_at))
        .where(Reservation.level_id == StockLevel.id, active, Reservation.expires_at > now)
        .correlate(StockLevel)
        .scalar_subquery()
    )
    is_due = and_(Reservation.level_id == StockLevel.id, active, Reservation.expires_at <= now)
    query: Any = (
        select(StockLevel.id, later, Reservation.id, Reservation.quantity)
        .outerjoin_from(StockLevel, Reservation, is_due)
        .where(StockLevel.id.in_(levels))
        .order_by(StockLevel.id, Reservation.expires_at, Reservation.id)
    )
    return query


def expire_reservations(
    session: Session, *, actor: str = SYSTEM_ACTOR, limit: int = SWEEP_LEVELS
) -> int:
    """Journal the expiry of every reservation that is due, on at most ``limit`` levels.

    Run it every second (the web app does): it makes the live board right, not the promise,
    which stopped counting by itself. Skips levels that somebody else has locked. Returns how
    many pieces were freed; call again while that is not zero. The caller commits.
    """
    who = require_actor(actor)
    levels = ledger.lock_due_levels(session, utc_now(), limit=require_limit(limit))
    batch = ledger.Batch(session, actor=who)
    freed = settle_due(batch, levels)
    if not batch.is_empty:
        batch.write()
    return freed


def next_expiry(session: Session) -> datetime | None:
    """Return when the next reservation may end, so that a sweeper knows how long to sleep."""
    return session.scalar(select(func.min(StockLevel.next_expiry_at)))
