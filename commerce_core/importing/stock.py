"""Writes the stock of a file: a location, the opening stock, and a movement for each line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from commerce_core.errors import LocationClosedError
from commerce_core.importing.values import DocumentKind
from commerce_core.inventory import MovementKind, create_location
from commerce_core.inventory.ledger.bulk import PastMovement, post_history
from commerce_core.inventory.models import StockLevel, StockLocation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from commerce_core.importing.rows import Row

OPENING: Final = "Opening stock"
MISSING: Final = "Stock that was sold but not on the books"
NO_REASON: Final = "No reason given"


def write_location(session: Session, code: str, *, created_at: datetime) -> int:
    """Return the id of the location with this code, made where it is missing.

    Raises:
        LocationClosedError: it is there and closed.
    """
    location = session.scalars(select(StockLocation).filter_by(code=code)).first()
    if location is None:
        location = create_location(session, code=code, name=code.capitalize())
        location.created_at = created_at
        session.flush()
    elif not location.is_open:
        message = f"{location.name} is closed: open it first, or choose another location"
        raise LocationClosedError(message, location=location.code)
    return location.id


def write_opening_stock(
    session: Session,
    needs: Mapping[int, int],
    *,
    location_id: int,
    occurred_at: datetime,
    actor: str,
) -> None:
    """Receive what is missing for levels to hold ``needs``: pieces by variant id."""
    query = select(StockLevel.variant_id, StockLevel.on_hand).where(
        StockLevel.location_id == location_id, StockLevel.variant_id.in_(list(needs))
    )
    there = dict(session.execute(query).all())
    movements = [
        PastMovement(
            variant_id=variant,
            location_id=location_id,
            kind=MovementKind.RECEIVED,
            on_hand_delta=pieces - there.get(variant, 0),
            occurred_at=occurred_at,
            actor=actor,
            reason=OPENING,
        )
        for variant, pieces in needs.items()
        if pieces > there.get(variant, 0)
    ]
    post_history(session, movements)


def write_movements(session: Session, rows: Sequence[Row], *, location_id: int, actor: str) -> None:
    """Move the stock of ``rows``. A movement's cause is its document, by number."""
    movements: list[PastMovement] = []
    for moment, document, _, item, _, name, _, _, change in rows:
        if not change:
            continue
        kind, reason = MovementKind.SHIPPED, None
        if document.kind is DocumentKind.CREDIT_NOTE:
            kind = MovementKind.RESTOCKED
        elif document.kind is DocumentKind.ADJUSTMENT:
            kind, reason = MovementKind.ADJUSTED, name or NO_REASON
        cause = (document.cause_kind, document.number)
        variant = item.variant_id or 0
        movements.append(
            PastMovement(variant, location_id, kind, change, moment, actor, reason, *cause)
        )
    post_history(session, movements, cover=MISSING)
