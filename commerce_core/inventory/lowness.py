"""Which variants are low: at one location, or all over.

A location has its minimum (``StockPolicy``); a variant may have a threshold of its own
(``Variant.low_stock_threshold``), which is about everything that is available of it. A variant
that is archived, or whose stock nobody tracks, is never low.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select, union_all

from commerce_core.catalog.models import Variant, VariantStatus
from commerce_core.inventory.models import StockLevel

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select


def is_low_variant() -> ColumnElement[bool]:
    """Return the test of a variant in a query over ``Variant``: for who walks them in an order."""
    here = select(StockLevel.id).where(StockLevel.variant_id == Variant.id, StockLevel.is_low)
    return and_(_counted(), or_(here.correlate(Variant).exists(), _below_its_threshold()))


def low_variants() -> Select[tuple[int]]:
    """Return the ids of the variants that are low, found by indexes; one may stand there twice."""
    here = (
        select(Variant.id)
        .join(StockLevel, StockLevel.variant_id == Variant.id)
        .where(StockLevel.is_low, _counted())
    )
    everywhere = select(Variant.id).where(_below_its_threshold(), _counted())
    found = union_all(here, everywhere).subquery()
    return select(found.c.id)


def _counted() -> ColumnElement[bool]:
    return and_(Variant.status == VariantStatus.ACTIVE, Variant.track_inventory)


def _below_its_threshold() -> ColumnElement[bool]:
    available = (
        select(func.coalesce(func.sum(StockLevel.available), 0))
        .where(StockLevel.variant_id == Variant.id)
        .correlate(Variant)
        .scalar_subquery()
    )
    return and_(Variant.low_stock_threshold.is_not(None), available < Variant.low_stock_threshold)
