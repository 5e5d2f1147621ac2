"""Plain functions that make rows for tests. Each flushes; the caller commits."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from sqlalchemy import select

from commerce_core.catalog import Product, Variant, create_product, create_variant
from commerce_core.inventory import StockLevel, StockLocation, create_location, receive_stock
from commerce_core.inventory.queries import find_level
from commerce_core.money import Money

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_numbers = itertools.count(1)
ACTOR = "tests"


def make_product(session: Session, *, name: str | None = None) -> Product:
    """Create a product; without a name it gets one of its own."""
    return create_product(session, name=name or f"Lamp {next(_numbers)}")


def make_location(session: Session, *, code: str = "HAM") -> StockLocation:
    """Return the location with this code, created where it is missing."""
    found = session.scalars(select(StockLocation).filter_by(code=code)).first()
    return found or create_location(session, code=code)


def make_variant(
    session: Session,
    *,
    sku: str | None = None,
    product: Product | None = None,
    on_hand: int = 0,
    location: StockLocation | None = None,
) -> Variant:
    """Create a variant, with ``on_hand`` pieces at ``location`` (HAM unless told)."""
    number = next(_numbers)
    variant = create_variant(
        session,
        product or make_product(session),
        sku=sku or f"LAMP-{number}",
        price=Money.of("19.90", "EUR"),
        options={"Edition": str(number)},
    )
    if on_hand:
        make_level(session, variant, location=location, on_hand=on_hand)
    return variant


def make_level(
    session: Session,
    variant: Variant,
    *,
    location: StockLocation | None = None,
    on_hand: int = 10,
) -> StockLevel:
    """Receive ``on_hand`` pieces and return the level."""
    place = location or make_location(session)
    receive_stock(session, variant, place, quantity=on_hand, actor=ACTOR)
    level = find_level(session, variant, place)
    assert level is not None  # noqa: S101 - it was just made
    return level


def make_shop(session: Session, *, variants: int = 10, on_hand: int = 10) -> list[Variant]:
    """Create a product with ``variants`` variants, each stocked at one location."""
    product = make_product(session)
    return [make_variant(session, product=product, on_hand=on_hand) for _ in range(variants)]
