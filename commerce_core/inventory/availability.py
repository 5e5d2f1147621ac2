"""What can be promised at this moment: reservations that have expired count no longer.

A level's ``reserved`` is an upper bound until the sweep has journaled an expiry, which takes up
to a second. These reads give back what is due already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select

from commerce_core.catalog.models import Variant, VariantStatus
from commerce_core.clock import require_aware, utc_now
from commerce_core.inventory.hold_models import Reservation, ReservationStatus
from commerce_core.inventory.models import StockLevel, StockLocation
from commerce_core.records import id_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Availability:
    """What an open location can promise of a variant now; never below 0."""

    variant_id: int
    location_id: int
    on_hand: int
    reserved: int
    available: int
    is_offered: bool


def due_pieces(as_of: datetime) -> ColumnElement[int]:
    """Return the pieces of a ``StockLevel`` row that are held by reservations due at ``as_of``.

    For queries over levels; looks at reservations only where the level says that one may be due.
    """
    due = (
        select(func.coalesce(func.sum(Reservation.quantity), 0))
        .where(
            Reservation.level_id == StockLevel.id,
            Reservation.status == ReservationStatus.ACTIVE,
            Reservation.expires_at <= as_of,
        )
        .correlate(StockLevel)
        .scalar_subquery()
    )
    return case((StockLevel.next_expiry_at <= as_of, due), else_=0)


def list_availability(
    session: Session, variant_ids: Sequence[int], *, as_of: datetime | None = None
) -> Sequence[Availability]:
    """Return what each open location can promise of the variants. One statement.

    ``as_of`` is the moment up to which reservations have expired (now, unless told); the rest is
    as it stands. Locations that never had a variant are missing.

    Raises:
        InvalidTimeError: ``as_of`` has no time zone.
    """
    due: Any = due_pieces(utc_now() if as_of is None else require_aware(as_of, name="as_of"))
    query = (
        select(
            StockLevel.variant_id,
            StockLevel.location_id,
            StockLevel.on_hand,
            StockLevel.reserved - due,
            StockLevel.available + due,
            Variant.status,
        )
        .join(StockLocation, StockLevel.location_id == StockLocation.id)
        .join(Variant, StockLevel.variant_id == Variant.id)
        .where(StockLevel.variant_id.in_(sorted(set(variant_ids))), StockLocation.is_open)
        .order_by(StockLocation.priority, StockLevel.location_id, StockLevel.variant_id)
    )
    return [
        Availability(row[0], row[1], row[2], row[3], max(0, row[4]), row[5] is VariantStatus.ACTIVE)
        for row in session.execute(query)
    ]


def available_now(session: Session, variant: Variant, location: StockLocation) -> int:
    """Return how many pieces of ``variant`` could be reserved at ``location`` at this moment.

    0 where the location is closed or the variant archived. For a kit see ``kit_available``.
    """
    number, place = id_of(variant, Variant), id_of(location, StockLocation)
    return next(
        (
            row.available
            for row in list_availability(session, [number])
            if row.location_id == place and row.is_offered
        ),
        0,
    )
