"""What is low: the one place that says so, for pages, filters, counts and the live stream.

A variant is low at a location that has less than its minimum (``StockPolicy``), and it is low all
over where all locations together have less than its own threshold
(``Variant.low_stock_threshold``). One that is archived, or whose stock nobody tracks, never is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select, true, union_all

from commerce_core.catalog.models import Variant, VariantStatus
from commerce_core.inventory.models import StockLevel

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Select


def is_low_level() -> ColumnElement[bool]:
    """Return the test of a level in a query over ``StockLevel`` joined with ``Variant``.

    Of a variant that is low all over, every level is low.
    """
    return and_(_counted(), or_(StockLevel.is_low, _below_its_threshold()))


def low_levels() -> Select[tuple[int, int]]:
    """Return variant and location of the levels that are low, by indexes; one may be twice."""
    found = _low_by_index(StockLevel.variant_id, StockLevel.location_id).subquery()
    return select(found.c.variant_id, found.c.location_id)


def is_low_variant(*, at: Collection[int] | None = None) -> ColumnElement[bool]:
    """Return the test of a variant in a query over ``Variant``: for who walks them in an order.

    ``at``: only variants that have a level at one of these locations and are low there or all over.
    """
    here = select(StockLevel.id).where(StockLevel.variant_id == Variant.id)
    if at is None:
        low = or_(_exists(here.where(StockLevel.is_low)), _below_its_threshold())
    else:
        there = here.where(StockLevel.location_id.in_(at))
        low = _exists(there.where(or_(StockLevel.is_low, _below_its_threshold())))
    return and_(_counted(), low)


def low_variants(*, at: Collection[int] | None = None) -> Select[tuple[int]]:
    """Return the ids of the variants that are low, found by indexes; one may stand there twice.

    ``at``: only variants that have a level at one of these locations and are low there or all over.
    """
    if at is None:
        here = _levels(Variant.id).where(StockLevel.is_low, _counted())
        everywhere = select(Variant.id).where(_below_its_threshold(), _counted())
        found = union_all(here, everywhere).subquery()
    else:
        found = _low_by_index(Variant.id, at=at).subquery()
    return select(found.c.id)


def _low_by_index(*columns: Any, at: Collection[int] | None = None) -> Any:
    """Return the query of levels below their minimum, and of those of variants low all over."""
    place = true() if at is None else StockLevel.location_id.in_(at)
    levels = _levels(*columns).where(_counted(), place)
    return union_all(levels.where(StockLevel.is_low), levels.where(_below_its_threshold()))


def _levels(*columns: Any) -> Select[Any]:
    return (
        select(*columns).select_from(Variant).join(StockLevel, StockLevel.variant_id == Variant.id)
    )


def _exists(levels: Select[Any]) -> ColumnElement[bool]:
    return levels.correlate(Variant).exists()


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
