"""Which variants are low: at one location, or all over.

A location has its minimum (``StockPolicy``); a variant may have a threshold of its own
(``Variant.low_stock_threshold``), which is about everything that is available of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, union

from commerce_core.catalog.models import Variant, VariantStatus
from commerce_core.inventory.models import StockLevel

if TYPE_CHECKING:
    from sqlalchemy import Select


def low_variants() -> Select[tuple[int]]:
    """Return the ids of the variants that are low, as a query.

    Low is below the minimum of a location, or below the variant's own threshold at all
    locations together. A variant that is archived, or whose stock nobody tracks, never is.
    """
    counted = (Variant.status == VariantStatus.ACTIVE, Variant.track_inventory)
    here = (
        select(Variant.id)
        .join(StockLevel, StockLevel.variant_id == Variant.id)
        .where(StockLevel.is_low, *counted)
    )
    available = (
        select(func.coalesce(func.sum(StockLevel.available), 0))
        .where(StockLevel.variant_id == Variant.id)
        .correlate(Variant)
        .scalar_subquery()
    )
    everywhere = select(Variant.id).where(
        Variant.low_stock_threshold.is_not(None),
        available < Variant.low_stock_threshold,
        *counted,
    )
    found = union(here, everywhere).subquery()
    return select(found.c.id)
