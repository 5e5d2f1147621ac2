"""Soft promises: reserve, extend, release, and let expire.

A reservation stops counting at the moment it expires: reads subtract it, and a verb that falls
short first expires what is due on the level and tries once more, in the same transaction.
``expired`` is final, also when the clock jumps back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from commerce_core.clock import utc_now
from commerce_core.database import is_postgresql
from commerce_core.errors import (
    IdempotencyConflictError,
    InsufficientStockError,
    InvalidTimeError,
    ReservationClosedError,
    ReservationExpiredError,
    ReservationNotFoundError,
)
from commerce_core.idempotency import require_key
from commerce_core.inventory import ledger
from commerce_core.inventory.checks import (
    require_actor,
    require_available_place,
    require_quantity,
)
from commerce_core.inventory.expiry import settle_due
from commerce_core.inventory.hold_models import HOLDER_LENGTH, Reservation, ReservationStatus
from commerce_core.inventory.ledger.levels import empty_state
from commerce_core.inventory.ledger.objects import persistent, refresh
from commerce_core.inventory.models import MovementKind
from commerce_core.text import clean_optional

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from commerce_core.catalog.models import Variant
    from commerce_core.inventory.models import StockLocation

DEFAULT_HOLD: Final = timedelta(minutes=15)
MAX_HOLD: Final = timedelta(days=30)


def reserve_stock(
    session: Session,
    variant: Variant,
    location: StockLocation,
    *,
    quantity: int,
    actor: str,
    expires_in: timedelta = DEFAULT_HOLD,
    holder_ref: str | None = None,
    idempotency_key: str | None = None,
) -> Reservation:
    """Hold ``quantity`` available pieces until ``expires_in`` from now. The caller commits.

    One statement on PostgreSQL. A replay of the key returns the first reservation.

    Raises:
        InsufficientStockError: fewer are available, even after expired holds are let go.
        InvalidQuantityError, InvalidTimeError, InvalidTextError: a value cannot be accepted.
        LocationClosedError, VariantArchivedError: nothing can be promised there, or of it.
        IdempotencyConflictError: the key was used with other content.
    """
    pieces = require_quantity(quantity)
    lasting = require_hold(expires_in)
    batch = ledger.Batch(session, actor=require_actor(actor))
    holder = clean_optional(holder_ref, name="the holder", max_length=HOLDER_LENGTH)
    key = None if idempotency_key is None else require_key(idempotency_key)
    wish = {
        "variant_id": variant.id,
        "location_id": location.id,
        "quantity": pieces,
        "expires_at": batch.now + lasting,
        "holder_ref": holder,
        "actor": batch.actor,
        "key": key,
        "now": batch.now,
    }
    try:
        row = _reserve_at_once(session, wish) or _reserve_under_lock(batch, variant, location, wish)
    except (ledger.KeyTakenError, ledger.KeyTakenAtOnceError):
        earlier = _find_replay(session, batch.actor, key)
        if earlier is None:
            raise
        return _same(earlier, variant, location, pieces)
    return row if isinstance(row, Reservation) else persistent(session, Reservation, row)


def _reserve_at_once(session: Session, wish: dict[str, Any]) -> dict[str, Any] | None:
    """Return the new reservation's row, or None where that has to be decided under a lock."""
    if not is_postgresql(session):
        return None
    granted = ledger.reserve_at_once(session, wish)
    if granted is None:
        return None
    return wish | {
        "id": granted[0],
        "level_id": granted[1],
        "status": ReservationStatus.ACTIVE,
        "idempotency_key": wish["key"],
        "created_at": wish["now"],
    }


def _reserve_under_lock(
    batch: ledger.Batch, variant: Variant, location: StockLocation, wish: dict[str, Any]
) -> dict[str, Any] | Reservation:
    session, pieces, key = batch.session, wish["quantity"], wish["key"]
    level = ledger.lock_level(session, variant, location) or empty_state(variant, location)
    if level.available < pieces or not (level.is_open and level.is_offered):
        earlier = _find_replay(session, batch.actor, key)
        if earlier is not None:
            return _same(earlier, variant, location, pieces)
        require_available_place(level)
        settle_due(batch, level)
        if level.available < pieces:
            raise _too_few(level, pieces)
    holder = wish["holder_ref"]
    cause = ledger.Cause("holder", holder) if holder else None
    batch.apply(level, MovementKind.RESERVED, {"reserved": pieces}, cause=cause)
    row = batch.reserve(level, pieces, wish["expires_at"], holder_ref=holder, idempotency_key=key)
    batch.write()
    return row


def extend_reservation(
    session: Session, reservation: Reservation, *, expires_in: timedelta, actor: str
) -> Reservation:
    """Let an active reservation end ``expires_in`` from now instead. The caller commits.

    Raises:
        ReservationExpiredError: it has expired; what it held may be gone.
        ReservationClosedError: it was released or allocated.
        InvalidTimeError: ``expires_in`` is not between a second and 30 days.
    """
    lasting = require_hold(expires_in)
    batch = ledger.Batch(session, actor=require_actor(actor))
    level, current = lock_active(session, reservation, batch.now)
    batch.move_expiry(level, current.id, batch.now + lasting)
    batch.apply(level, MovementKind.EXTENDED, {}, cause=_cause(current))
    batch.write()
    refresh(session, Reservation, {"id": current.id, "expires_at": batch.now + lasting})
    return current


def release_reservation(session: Session, reservation: Reservation, *, actor: str) -> Reservation:
    """Give back what a reservation holds. Releasing a released or expired one changes nothing.

    Raises:
        ReservationClosedError: it has become an allocation; deallocate that instead.
    """
    batch = ledger.Batch(session, actor=require_actor(actor))
    level = ledger.lock_level_by_id(session, reservation.level_id)
    current = reload_locked(session, reservation.id)
    if current.status is ReservationStatus.ALLOCATED:
        raise _closed(current)
    if current.status is not ReservationStatus.ACTIVE:
        return current
    close(batch, level, current, ReservationStatus.RELEASED, MovementKind.RELEASED)
    batch.write()
    refresh(
        session,
        Reservation,
        {"id": current.id, "status": ReservationStatus.RELEASED, "closed_at": batch.now},
    )
    return current


def get_reservation(session: Session, reservation_id: int) -> Reservation:
    """Return the reservation with this id.

    Raises:
        ReservationNotFoundError: there is none.
    """
    found = session.get(Reservation, reservation_id, populate_existing=True)
    if found is None:
        message = f"there is no reservation {reservation_id}"
        raise ReservationNotFoundError(message, reservation_id=reservation_id)
    return found


def lock_active(
    session: Session, reservation: Reservation, now: datetime
) -> tuple[ledger.LevelState, Reservation]:
    """Lock a reservation's level, then re-read it, and return both if it is still active.

    Raises:
        ReservationExpiredError, ReservationClosedError: it is not.
    """
    level = ledger.lock_level_by_id(session, reservation.level_id)
    current = reload_locked(session, reservation.id)
    if current.status is ReservationStatus.EXPIRED or (
        current.status is ReservationStatus.ACTIVE and current.expires_at <= now
    ):
        message = f"reservation {current.id} expired at {current.expires_at.isoformat()}"
        raise ReservationExpiredError(message, reservation_id=current.id)
    if current.status is not ReservationStatus.ACTIVE:
        raise _closed(current)
    return level, current


def reload_locked(session: Session, reservation_id: int) -> Reservation:
    """Return the reservation as it is now that its level is locked."""
    found = session.scalars(
        select(Reservation).filter_by(id=reservation_id).execution_options(populate_existing=True)
    ).first()
    if found is None:
        message = f"there is no reservation {reservation_id}"
        raise ReservationNotFoundError(message, reservation_id=reservation_id)
    return found


def close(
    batch: ledger.Batch,
    level: ledger.LevelState,
    current: Reservation,
    status: ReservationStatus,
    kind: MovementKind,
) -> None:
    """Record the end of an active reservation and what it frees."""
    batch.close_reservation(current.id, status)
    batch.apply(level, kind, {"reserved": -current.quantity}, cause=_cause(current))


def require_hold(expires_in: timedelta) -> timedelta:
    """Return ``expires_in`` if a hold may last that long.

    Raises:
        InvalidTimeError: shorter than a second or longer than 30 days.
    """
    if not timedelta(seconds=1) <= expires_in <= MAX_HOLD:
        message = f"a hold lasts from one second to {MAX_HOLD.days} days, not {expires_in}"
        raise InvalidTimeError(message, expires_in=str(expires_in))
    return expires_in


def _find_replay(session: Session, actor: str, key: str | None) -> Reservation | None:
    if key is None:
        return None
    return session.scalars(
        select(Reservation)
        .filter_by(actor=actor, idempotency_key=key)
        .execution_options(populate_existing=True)
    ).first()


def _same(
    earlier: Reservation, variant: Variant, location: StockLocation, pieces: int
) -> Reservation:
    asked = (variant.id, location.id, pieces)
    if (earlier.variant_id, earlier.location_id, earlier.quantity) != asked:
        key = earlier.idempotency_key
        message = f"the idempotency key {key!r} was used before with other content: use a new key"
        raise IdempotencyConflictError(message, key=key, verb="reserve_stock")
    return earlier


def _cause(current: Reservation) -> ledger.Cause:
    return ledger.Cause("reservation", str(current.id))


def _closed(current: Reservation) -> ReservationClosedError:
    message = f"reservation {current.id} is {current.status.value} already"
    return ReservationClosedError(message, reservation_id=current.id, status=current.status.value)


def _too_few(level: ledger.LevelState, pieces: int) -> InsufficientStockError:
    return InsufficientStockError(
        sku=level.sku,
        location=level.location_name,
        requested=pieces,
        available=max(0, level.available),
    )


def list_expiring(session: Session, *, within: timedelta, limit: int = 100) -> Any:
    """Return active reservations that end within ``within`` from now, the next one first."""
    query = (
        select(Reservation)
        .where(Reservation.status == ReservationStatus.ACTIVE)
        .where(Reservation.expires_at <= utc_now() + within)
        .order_by(Reservation.expires_at)
        .limit(limit)
    )
    return session.scalars(query).all()
