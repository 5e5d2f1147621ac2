"""What the verbs on reservations ask of them, of their holders and of how long they last."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from commerce_core.errors import (
    InsufficientStockError,
    InvalidTimeError,
    ReservationClosedError,
    ReservationExpiredError,
    ReservationNotFoundError,
)
from commerce_core.inventory import ledger
from commerce_core.inventory.hold_models import HOLDER_LENGTH, Reservation, ReservationStatus
from commerce_core.records import id_of
from commerce_core.text import clean_optional, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

MAX_HOLD: Final = timedelta(days=30)


def lock_reservations(
    session: Session, reservations: Sequence[Reservation], *, holder_ref: str | None = None
) -> list[tuple[ledger.LevelState, Reservation]]:
    """Lock reservations and their levels; return both as they are now, by level and id.

    Raises:
        ReservationNotFoundError: one does not exist, or is not that of ``holder_ref``.
    """
    ids = {id_of(reservation, Reservation) for reservation in reservations}
    found = ledger.lock_with(session, Reservation, ids)
    if missing := ids - {current.id for _, current in found}:
        raise not_found(min(missing))
    for _, current in found:
        require_own(current, holder_ref)
    return found


def require_active(current: Reservation, now: datetime) -> None:
    """Return if a locked reservation still holds what it promises.

    Raises:
        ReservationExpiredError, ReservationClosedError: it does not.
    """
    is_active = current.status is ReservationStatus.ACTIVE
    if current.status is ReservationStatus.EXPIRED or (is_active and current.expires_at <= now):
        message = f"reservation {current.id} expired at {current.expires_at.isoformat()}"
        raise ReservationExpiredError(
            message, reservation_id=current.id, expires_at=current.expires_at
        )
    if not is_active:
        raise closed(current)


def require_hold(expires_in: timedelta) -> timedelta:
    """Return ``expires_in`` if a hold may last that long.

    Raises:
        InvalidTimeError: shorter than a second or longer than 30 days.
    """
    is_span = isinstance(expires_in, timedelta)
    if not is_span or not timedelta(seconds=1) <= expires_in <= MAX_HOLD:
        asked = str(expires_in) if is_span else shown(expires_in)
        message = f"a hold lasts from one second to {MAX_HOLD.days} days, not {asked}"
        raise InvalidTimeError(message, expires_in=asked)
    return expires_in


def require_span(within: object) -> timedelta:
    """Return ``within`` if it is a span of at most 30 days, as no hold lasts longer.

    Raises:
        InvalidTimeError: it is something else.
    """
    if not isinstance(within, timedelta):
        message = f"a span of time is a timedelta, not {shown(within)}"
        raise InvalidTimeError(message, within=shown(within))
    return max(-MAX_HOLD, min(within, MAX_HOLD))


def require_holder(holder_ref: str | None) -> str | None:
    """Return the name of a holder as it is stored, or None for nobody in particular.

    Raises:
        InvalidTextError: longer than 64 characters, or with control characters.
    """
    return clean_optional(holder_ref, name="the holder", max_length=HOLDER_LENGTH)


def holder_cause(holder: str | None) -> ledger.Cause | None:
    """Return the cause of a movement that a holder's wish led to."""
    return None if holder is None else ledger.Cause("holder", holder)


def too_few(level: ledger.LevelState, pieces: int) -> InsufficientStockError:
    """Return the refusal of ``pieces`` of a level: what was requested, what is there, and where."""
    return InsufficientStockError(
        sku=level.sku,
        location=level.location_name,
        requested=pieces,
        available=max(0, level.available),
    )


def require_own(reservation: Reservation, holder_ref: str | None) -> None:
    """Raise ReservationNotFoundError unless it is that of ``holder_ref`` (None does not check).

    Somebody else's reservation is refused like one that is not there: nobody learns of it.
    """
    if holder_ref is not None and reservation.holder_ref != require_holder(holder_ref):
        raise not_found(reservation.id)


def not_found(reservation_id: int | None) -> ReservationNotFoundError:
    """Return the refusal of a reservation that does not exist (None: of what can be no id)."""
    wanted = "with such an id" if reservation_id is None else str(reservation_id)
    message = f"there is no reservation {wanted}"
    return ReservationNotFoundError(message, reservation_id=reservation_id)


def closed(current: Reservation) -> ReservationClosedError:
    """Return the refusal of a reservation that has ended."""
    message = f"reservation {current.id} is {current.status.value} already"
    return ReservationClosedError(message, reservation_id=current.id, status=current.status.value)
