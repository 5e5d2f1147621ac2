"""Reads of stock: levels and their history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from commerce_core.catalog.models import Variant
from commerce_core.clock import require_aware
from commerce_core.errors import InvalidInputError, LocationNotFoundError
from commerce_core.inventory.checks import require_limit
from commerce_core.inventory.models import MovementKind, StockLevel, StockLocation, StockMovement
from commerce_core.records import id_of
from commerce_core.text import searchable, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session


def get_location(session: Session, *, code: str) -> StockLocation:
    """Return the location with this code.

    Raises:
        LocationNotFoundError: there is none.
    """
    wanted = searchable(code)
    query = select(StockLocation).filter_by(code=wanted)
    location = None if wanted is None else session.scalars(query).first()
    if location is None:
        message = f"no stock location with the code {shown(code)}: check it, or create it"
        raise LocationNotFoundError(
            message, location=code[:80] if isinstance(code, str) else shown(code)
        )
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
        .filter_by(variant_id=id_of(variant, Variant), location_id=id_of(location, StockLocation))
        .execution_options(populate_existing=True)
    ).first()


def list_levels(session: Session, variant: Variant) -> Sequence[StockLevel]:
    """Return the present levels of a variant at all locations."""
    return session.scalars(
        select(StockLevel)
        .filter_by(variant_id=id_of(variant, Variant))
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
    kinds: Collection[MovementKind] = (),
    limit: int = 100,
) -> Sequence[StockMovement]:
    """Return movements of a variant, newest first, at most ``limit`` (and at most 1,000).

    ``before`` continues after the last movement of the page before; ``since`` leaves out what
    occurred earlier; ``kinds`` leaves out other kinds (none given: all kinds are wanted).

    Raises:
        InvalidTimeError: ``since`` has no time zone.
        InvalidInputError: a kind is none of ``MovementKind``.
        InvalidQuantityError: ``limit`` is not a whole number.
    """
    query = select(StockMovement).filter_by(variant_id=id_of(variant, Variant))
    if location is not None:
        query = query.filter_by(location_id=id_of(location, StockLocation))
    if before is not None:
        query = query.where(StockMovement.id < id_of(before, StockMovement))
    if since is not None:
        query = query.where(StockMovement.occurred_at >= require_aware(since, name="since"))
    if kinds:
        query = query.where(StockMovement.kind.in_(sorted({_require_kind(kind) for kind in kinds})))
    query = query.order_by(StockMovement.id.desc()).limit(require_limit(limit))
    return session.scalars(query).all()


def _require_kind(kind: MovementKind) -> MovementKind:
    try:
        return MovementKind(kind)
    except ValueError as exc:
        message = f"there is no kind of movement {shown(kind)}"
        raise InvalidInputError(message, kind=shown(kind)) from exc
