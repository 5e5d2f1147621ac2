"""Reads the reservations that end next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commerce_core.inventory.hold_models import Reservation, ReservationStatus
from commerce_core.inventory.models import StockLocation
from webapp.people import name_people
from webapp.variant_names import VariantName, name_variants

MOST_SHOWN: Final = 100
SOON: Final = timedelta(minutes=2)
"""What ends sooner than this is marked."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One active reservation. ``left`` is the time until it ends."""

    reservation: Reservation
    variant: VariantName
    location: str
    made_by: str
    left: timedelta

    @property
    def is_ending(self) -> bool:
        """Whether it ends so soon that one can only watch."""
        return self.left < SOON


@dataclass(frozen=True, slots=True)
class Holds:
    """The reservations that end next, and how many there are in all."""

    rows: list[Hold]
    total: int
    pieces: int
    read_at: datetime


def read_holds(session: Session, *, as_of: datetime) -> Holds:
    """Read the active reservations, the next to end first. Four statements.

    One that is due counts as ended, whether the sweep has journaled it or not.
    """
    is_active = (Reservation.status == ReservationStatus.ACTIVE, Reservation.expires_at > as_of)
    found = session.execute(
        select(Reservation, StockLocation.name)
        .join(StockLocation, StockLocation.id == Reservation.location_id)
        .where(*is_active)
        .order_by(Reservation.expires_at, Reservation.id)
        .limit(MOST_SHOWN)
    ).all()
    total, pieces = session.execute(
        select(func.count(), func.coalesce(func.sum(Reservation.quantity), 0)).where(*is_active)
    ).one()
    names = name_variants(session, [row[0].variant_id for row in found])
    people = name_people(session, [row[0].actor for row in found])
    rows = [
        Hold(
            reservation=one,
            variant=names[one.variant_id],
            location=location,
            made_by=people[one.actor],
            left=one.expires_at - as_of,
        )
        for one, location in found
    ]
    return Holds(rows, int(total), int(pieces), as_of)
