"""Reads of stock: levels and their history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from commerce_core.errors import LocationNotFoundError
from commerce_core.inventory.models import StockLevel, StockLocation, StockMovement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from commerce_core.catalog.models import Variant

MAX_PAGE = 1000


def get_location(session: Session, *, code: str) -> StockLocation:
    """Return the location with this code.

    Raises:
        LocationNotFoundError: there is none.
    """
    location = session.scalars(select(StockLocation).filter_by(code=code)).first()
    if location is None:
        message = f"no stock location with the code {code[:80]!r}: check it, or create it"
        raise LocationNotFoundError(message, location=code[:80])
    return location


def list_locations(session: Session) -> Sequence[StockLocation]:
    """Return all locations, the first to be used first."""
    return session.scalars(
        select(StockLocation).order_by(StockLocation.priority, StockLocation.id)
    ).all()


def find_level(session: Session, variant: Variant, location: StockLocation) -> StockLevel | None:
    """Return the present level of a variant at a location, or None if it was never stocked."""
    return session.scalars(
        select(StockLevel)
        .filter_by(variant_id=variant.id, location_id=location.id)
        .execution_options(populate_existing=True)
    ).first()


def list_levels(session: Session, variant: Variant) -> Sequence[StockLevel]:
    """Return the present levels of a variant at all locations."""
    return session.scalars(
        select(StockLevel)
        .filter_by(variant_id=variant.id)
        .order_by(StockLevel.location_id)
        .execution_options(populate_existing=True)
    ).all()


def stock_history(
    session: Session,
    variant: Variant,
    *,
    location: StockLocation | None = None,
    before: StockMovement | None = None,
    since: datetime | None = None,
    limit: int = 100,
) -> Sequence[StockMovement]:
    """Return movements of a variant, newest first, at most ``limit`` (and at most 1,000).

    ``before`` continues after the last movement of the page before; ``since`` leaves out what
    occurred earlier.
    """
    query = select(StockMovement).filter_by(variant_id=variant.id)
    if location is not None:
        query = query.filter_by(location_id=location.id)
    if before is not None:
        query = query.where(StockMovement.id < before.id)
    if since is not None:
        query = query.where(StockMovement.occurred_at >= since)
    query = query.order_by(StockMovement.id.desc()).limit(max(1, min(limit, MAX_PAGE)))
    return session.scalars(query).all()
