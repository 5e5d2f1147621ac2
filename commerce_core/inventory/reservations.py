"""Soft promises: reserve, extend, release, and let expire.

A reservation stops counting at the moment it expires: reads subtract it, and a verb that falls
short first expires what is due on the level and tries once more, in the same transaction.
``expired`` is final, also when the clock jumps back.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from commerce_core.catalog.models import Variant
from commerce_core.clock import utc_now
from commerce_core.database import is_postgresql
from commerce_core.idempotency import require_key
from commerce_core.inventory import ledger
from commerce_core.inventory.backorders import fill
from commerce_core.inventory.checks import (
    require_actor,
    require_available_place,
    require_limit,
    require_quantity,
)
from commerce_core.inventory.expiry import settle_due
from commerce_core.inventory.hold_checks import (
    closed,
    holder_cause,
    lock_reservations,
    not_found,
    require_active,
    require_hold,
    require_holder,
    require_own,
    require_span,
    too_few,
)
from commerce_core.inventory.hold_models import Reservation, ReservationStatus
from commerce_core.inventory.ledger.objects import persistent
from commerce_core.inventory.models import MovementKind, StockLocation
from commerce_core.inventory.replays import conflict
from commerce_core.records import id_of, number_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


DEFAULT_HOLD: Final = timedelta(minutes=15)


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
    wish = {
        "variant_id": id_of(variant, Variant),
        "location_id": id_of(location, StockLocation),
        "quantity": pieces,
        "expires_at": batch.now + lasting,
        "holder_ref": require_holder(holder_ref),
        "actor": batch.actor,
        "key": None if idempotency_key is None else require_key(idempotency_key),
        "now": batch.now,
    }
    try:
        row = _reserve_at_once(session, wish) or _reserve_under_lock(batch, variant, location, wish)
    except (ledger.KeyTakenError, ledger.KeyTakenAtOnceError):
        earlier = _find_replay(session, wish)
        if earlier is None:
            raise
        return earlier
    return row if isinstance(row, Reservation) else persistent(session, Reservation, row)


def _reserve_at_once(session: Session, wish: dict[str, Any]) -> dict[str, Any] | None:
    """Return the new reservation's row, or None where that has to be decided under a lock."""
    row = {
        "variant_id": wish["variant_id"],
        "location_id": wish["location_id"],
        "quantity": wish["quantity"],
        "status": ReservationStatus.ACTIVE,
        "expires_at": wish["expires_at"],
        "holder_ref": wish["holder_ref"],
        "actor": wish["actor"],
        "idempotency_key": wish["key"],
        "created_at": wish["now"],
    }
    if not is_postgresql(session):
        cause = holder_cause(wish["holder_ref"])
        return ledger.promise_at_once(session, Reservation, row, cause=cause)
    granted = ledger.reserve_at_once(session, wish)
    return None if granted is None else row | {"id": granted[0], "level_id": granted[1]}


def _reserve_under_lock(
    batch: ledger.Batch, variant: Variant, location: StockLocation, wish: dict[str, Any]
) -> dict[str, Any] | Reservation:
    """Return the new reservation's row, or what the key got before."""
    session, pieces, holder = batch.session, wish["quantity"], wish["holder_ref"]
    level = ledger.lock_level(session, variant, location) or ledger.empty_state(variant, location)
    earlier = _find_replay(session, wish)  # the quick way refuses replays, too
    if earlier is not None:
        return earlier
    if level.available < pieces or not (level.is_open and level.is_offered):
        require_available_place(level)
        batch.now = utc_now()  # the lock may have taken a while
        settle_due(batch, [level])
        if level.available < pieces:
            raise too_few(level, pieces)
    batch.apply(level, MovementKind.RESERVED, {"reserved": pieces}, cause=holder_cause(holder))
    row = batch.reserve(
        level, pieces, wish["expires_at"], holder_ref=holder, idempotency_key=wish["key"]
    )
    batch.write()
    return row


def extend_reservation(
    session: Session,
    reservation: Reservation,
    *,
    expires_in: timedelta,
    actor: str,
    holder_ref: str | None = None,
) -> Reservation:
    """Let an active reservation end ``expires_in`` from now instead. The caller commits.

    ``holder_ref`` is whose reservation it has to be (None does not check).

    Raises:
        ReservationExpiredError: it has expired; what it held may be gone.
        ReservationClosedError: it was released or allocated.
        ReservationNotFoundError: there is none, or it is somebody else's.
        InvalidTimeError: ``expires_in`` is not between a second and 30 days.
    """
    lasting = require_hold(expires_in)
    who = require_actor(actor)
    ((level, current),) = lock_reservations(session, [reservation], holder_ref=holder_ref)
    batch = ledger.Batch(session, actor=who)
    require_active(current, batch.now)
    batch.move_expiry(level, current.id, batch.now + lasting)
    batch.apply(level, MovementKind.EXTENDED, {}, cause=_cause(current))
    batch.write()
    return current


def release_reservation(
    session: Session, reservation: Reservation, *, actor: str, holder_ref: str | None = None
) -> Reservation:
    """Give back what a reservation holds. Releasing a released or expired one changes nothing.

    Raises:
        ReservationClosedError: it has become an allocation; deallocate that instead.
        ReservationNotFoundError: there is none, or it is somebody else's (see ``holder_ref``).
    """
    (current,) = release_reservations(session, [reservation], actor=actor, holder_ref=holder_ref)
    return current


def release_reservations(
    session: Session,
    reservations: Sequence[Reservation],
    *,
    actor: str,
    holder_ref: str | None = None,
) -> Sequence[Reservation]:
    """Give back what several reservations hold, in a constant number of statements.

    All or none; errors as in ``release_reservation``. Returns them by level and id.
    """
    who = require_actor(actor)
    found = lock_reservations(session, reservations, holder_ref=holder_ref)
    for _, current in found:
        if current.status is ReservationStatus.ALLOCATED:
            raise closed(current)
    batch = ledger.Batch(session, actor=who)
    for level, current in found:
        if current.status is ReservationStatus.ACTIVE:
            batch.close_reservation(current.id, ReservationStatus.RELEASED)
            deltas = {"reserved": -current.quantity}
            batch.apply(level, MovementKind.RELEASED, deltas, cause=_cause(current))
    if not batch.is_empty:
        fill(batch, *{level.id: level for level, _ in found}.values())
        batch.write()
    return [current for _, current in found]


def get_reservation(
    session: Session, reservation_id: int, *, holder_ref: str | None = None
) -> Reservation:
    """Return the reservation with this id.

    Raises:
        ReservationNotFoundError: there is none, or it is not that of ``holder_ref``.
    """
    number = number_of(reservation_id)
    found = None if number is None else session.get(Reservation, number, populate_existing=True)
    if found is None:
        raise not_found(number)
    require_own(found, holder_ref)
    return found


def list_expiring(
    session: Session, *, within: timedelta, limit: int = 100
) -> Sequence[Reservation]:
    """Return active reservations that end within ``within`` from now, the next one first.

    Raises:
        InvalidTimeError: ``within`` is no span of time.
    """
    query = (
        select(Reservation)
        .where(Reservation.status == ReservationStatus.ACTIVE)
        .where(Reservation.expires_at <= utc_now() + require_span(within))
        .order_by(Reservation.expires_at, Reservation.id)
        .limit(require_limit(limit))
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).all()


def _find_replay(session: Session, wish: dict[str, Any]) -> Reservation | None:
    """Return the reservation that the wish's key got before, or None.

    Raises:
        IdempotencyConflictError: that was for another wish.
    """
    if wish["key"] is None:
        return None
    found = session.scalars(
        select(Reservation)
        .filter_by(actor=wish["actor"], idempotency_key=wish["key"])
        .execution_options(populate_existing=True)
    ).first()
    content = ("variant_id", "location_id", "quantity", "holder_ref")
    if found is not None and any(getattr(found, name) != wish[name] for name in content):
        raise conflict(wish["key"], "reserve_stock")
    return found


def _cause(current: Reservation) -> ledger.Cause:
    return ledger.Cause("reservation", str(current.id))
