"""What the filters of the board leave of all variants, so that a page costs alike at any size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from commerce_core.catalog.models import Product, Variant
from commerce_core.catalog.search import VariantMatch
from commerce_core.database.id_lists import is_one_of
from commerce_core.inventory.lowness import is_low_variant, low_variants
from commerce_core.inventory.models import StockLevel, StockLocation
from webapp.stock.census import Census
from webapp.stock.filters import BoardFilter, StateFilter

PAGE_SIZE: Final = 50


def narrow(
    session: Session,
    wanted: BoardFilter,
    census: Census,
    match: VariantMatch,
    *,
    products: Sequence[Product],
    places: Sequence[StockLocation],
) -> ColumnElement[bool]:
    """Return what the filters leave of all variants."""
    conditions = [match.condition]
    if wanted.products:
        conditions.append(Product.id.in_([product.id for product in products]))
    here = None
    if wanted.locations:
        here = StockLevel.location_id.in_([place.id for place in places])
        stocked = sum(census.by_location.get(place.id, 0) for place in places)
        conditions.append(_has_level(here, stocked, census))
    if wanted.state is StateFilter.LOW:
        at = [place.id for place in places] if wanted.locations else None
        is_few = _are_few(census.low, census)
        conditions.append(Variant.id.in_(low_variants(at=at)) if is_few else is_low_variant(at=at))
    elif wanted.state is StateFilter.OUT:
        conditions.extend(_is_out(session, here, census))
    return and_(*conditions)


def _has_level(test: ColumnElement[bool], expected: int, census: Census) -> ColumnElement[bool]:
    """Return whether a variant has a level that passes the test."""
    if _are_few(expected, census):
        return Variant.id.in_(select(StockLevel.variant_id).where(test))
    levels = select(StockLevel.id).where(StockLevel.variant_id == Variant.id, test)
    return levels.correlate(Variant).exists()


def _are_few(expected: int, census: Census) -> bool:
    """Tell whether those that pass a test are looked up and sorted.

    Where many pass, the list is walked in its order and each variant is asked. Both cost the same
    at the square root of page size by variants.
    """
    return expected * expected < PAGE_SIZE * census.variants


def _is_out(
    session: Session, here: ColumnElement[bool] | None, census: Census
) -> list[ColumnElement[bool]]:
    """Return the tests for variants that are stocked, but of which nothing is available."""
    levels = select(StockLevel.id).where(StockLevel.variant_id == Variant.id)
    if here is not None:
        levels = levels.where(here)
    exists = levels.correlate(Variant).exists()
    available = levels.where(StockLevel.available > 0).correlate(Variant).exists()
    tests = [exists, ~available]
    if here is None and census.out_ids is not None:
        tests.append(is_one_of(session, Variant.id, sorted(census.out_ids)))
    return tests
