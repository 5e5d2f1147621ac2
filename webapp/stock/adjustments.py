"""What the adjustment form needs to read, and the unit of work that books it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from commerce_core.catalog.models import Product, Variant
from commerce_core.errors import LocationNotFoundError
from commerce_core.inventory import adjust_stock
from commerce_core.inventory.models import StockLevel, StockLocation
from commerce_core.inventory.queries import find_level
from webapp.stock.forms import AdjustForm, Place
from webapp.stock.history import get_variant_by_id


@dataclass(frozen=True, slots=True)
class Subject:
    """What would be adjusted. ``level`` is None where the variant was never stocked."""

    variant: Variant
    product: Product
    location: StockLocation
    level: StockLevel | None


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What was booked: ``on_hand`` is the number afterwards."""

    name: str
    location: str
    pieces: int
    on_hand: int


def read_subject(session: Session, place: Place) -> Subject:
    """Read what the form is about.

    Raises:
        VariantNotFoundError, LocationNotFoundError: it does not exist.
    """
    variant = get_variant_by_id(session, place.variant_id)
    location = _get_location_by_id(session, place.location_id)
    product = session.get_one(Product, variant.product_id)
    return Subject(variant, product, location, find_level(session, variant, location))


def adjust(session: Session, form: AdjustForm, *, actor: str) -> Adjusted:
    """Book the adjustment of a form without faults. A form sent twice is booked once.

    Raises:
        InsufficientStockError: more would go than are on hand.
        VariantNotFoundError, LocationNotFoundError: what it is about does not exist.
    """
    variant = get_variant_by_id(session, form.place.variant_id)
    location = _get_location_by_id(session, form.place.location_id)
    movement = adjust_stock(
        session,
        variant,
        location,
        quantity=form.pieces or 0,
        reason=form.story,
        actor=actor,
        idempotency_key=form.key,
    )
    return Adjusted(variant.name, location.name, movement.on_hand_delta, movement.on_hand)


def _get_location_by_id(session: Session, location_id: int) -> StockLocation:
    location = session.get(StockLocation, location_id)
    if location is None:
        message = f"no stock location with the number {location_id}"
        raise LocationNotFoundError(message, location_id=location_id)
    return location
