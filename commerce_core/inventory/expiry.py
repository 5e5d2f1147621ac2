"""Let due reservations go: on the level a verb needs, or everywhere in a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from commerce_core.clock import utc_now
from commerce_core.inventory import ledger
from commerce_core.inventory.hold_models import Reservation, ReservationStatus
from commerce_core.inventory.models import MovementKind, StockLevel

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

SWEEP_LEVELS: Final = 100


def settle_due(batch: ledger.Batch, level: ledger.LevelState) -> int:
    """Expire what is due on a locked level, within ``batch``; return the pieces that frees.

    Costs nothing when nothing is due. Must be a statement of its own after the lock: inside the
    locking statement it would see the old state.
    """
    if level.next_expiry_at is None or level.next_expiry_at > batch.now:
        return 0
    rows = batch.session.execute(
        select(Reservation.id, Reservation.quantity, Reservation.expires_at)
        .where(Reservation.level_id == level.id)
        .where(Reservation.status == ReservationStatus.ACTIVE)
        .order_by(Reservation.expires_at)
    ).all()
    freed = 0
    level.next_expiry_at = None
    batch.touch(level)
    for number, quantity, expires_at in rows:
        if expires_at > batch.now:
            level.next_expiry_at = expires_at
            break
        batch.close_reservation(number, ReservationStatus.EXPIRED)
        cause = ledger.Cause("reservation", str(number))
        batch.apply(level, MovementKind.EXPIRED, {"reserved": -quantity}, cause=cause)
        freed += quantity
    return freed


def expire_reservations(
    session: Session, *, actor: str = "system", limit: int = SWEEP_LEVELS
) -> int:
    """Journal the expiry of every reservation that is due, on at most ``limit`` levels.

    Run it every second (the web app does): it makes the live board right, not the promise,
    which stopped counting by itself. Skips levels that somebody else has locked. Returns how
    many pieces were freed; call again while that is not zero. The caller commits.
    """
    now = utc_now()
    due = (
        select(StockLevel.id)
        .where(StockLevel.next_expiry_at <= now)
        .order_by(StockLevel.id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
    )
    batch = ledger.Batch(session, actor=actor)
    freed = 0
    for level_id in session.scalars(due).all():
        freed += settle_due(batch, ledger.lock_level_by_id(session, level_id))
    if not batch.is_empty:
        batch.write()
    return freed


def next_expiry(session: Session) -> datetime | None:
    """Return when the next reservation may end, so that a sweeper knows how long to sleep."""
    return session.scalar(select(func.min(StockLevel.next_expiry_at)))
