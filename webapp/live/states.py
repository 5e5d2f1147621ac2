"""The present state of levels, variants and products, as pages show it and the stream tells it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from commerce_core.catalog.models import Variant
from commerce_core.inventory.lowness import is_low_level
from commerce_core.inventory.models import MovementKind, StockLevel, StockLocation, StockMovement


@dataclass(frozen=True, slots=True)
class LevelState:
    """A level as it is now.

    ``is_low``: less than the minimum is available here, or of the variant less than its own
    threshold at all locations. ``kind`` and ``occurred_at`` are those of its newest movement, None
    where a level was written without one. ``touched`` names the quantities that changed since the
    cursor. ``was_low`` is False only where it is known that the level was not low before.
    """

    variant_id: int
    product_id: int
    sku: str
    location_id: int
    location: str
    version: int
    on_hand: int
    available: int
    allocated: int
    reserved: int
    incoming: int
    minimum: int
    is_low: bool
    kind: MovementKind | None
    occurred_at: datetime | None
    touched: frozenset[str] = frozenset()
    was_low: bool = True

    @property
    def key(self) -> tuple[str, int, int]:
        """What this is the state of."""
        return "level", self.variant_id, self.location_id


@dataclass(frozen=True, slots=True)
class VariantState:
    """A variant over all its locations. ``version`` is the sum of the levels' versions."""

    variant_id: int
    product_id: int
    version: int
    available: int
    incoming: int
    minimum: int
    is_low: bool
    """Whether it is low at any location, or all over."""
    is_out: bool
    """Whether no location has anything available."""
    touched: frozenset[str] = frozenset()

    @property
    def key(self) -> tuple[str, int]:
        """What this is the state of."""
        return "variant", self.variant_id


@dataclass(frozen=True, slots=True)
class ProductState:
    """A product over all its variants and locations."""

    product_id: int
    version: int
    variants: int
    available: int

    @property
    def key(self) -> tuple[str, int]:
        """What this is the state of."""
        return "product", self.product_id


def total_of(levels: list[LevelState]) -> VariantState:
    """Return the state of a variant from all its levels (at least one)."""
    return VariantState(
        variant_id=levels[0].variant_id,
        product_id=levels[0].product_id,
        version=sum(level.version for level in levels),
        available=sum(level.available for level in levels),
        incoming=sum(level.incoming for level in levels),
        minimum=sum(level.minimum for level in levels),
        is_low=any(level.is_low for level in levels),
        is_out=all(level.available <= 0 for level in levels),
        touched=frozenset().union(*(level.touched for level in levels)),
    )


_NEWEST: Final = and_(
    StockMovement.level_id == StockLevel.id, StockMovement.version == StockLevel.version
)


def level_rows() -> Select[Any]:
    """Return the query of all levels, in the order of the columns of ``LevelState``."""
    columns: tuple[Any, ...] = (
        StockLevel.variant_id,
        Variant.product_id,
        Variant.sku,
        StockLevel.location_id,
        StockLocation.code,
        StockLevel.version,
        StockLevel.on_hand,
        StockLevel.available,
        StockLevel.allocated,
        StockLevel.reserved,
        StockLevel.incoming,
        StockLevel.minimum,
        is_low_level().label("is_low"),
        StockMovement.kind,
        StockMovement.occurred_at,
    )
    return (
        select(*columns)
        .select_from(StockLevel)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .join(StockLocation, StockLocation.id == StockLevel.location_id)
        .outerjoin(StockMovement, _NEWEST)
    )


def product_rows() -> Select[Any]:
    """Return the query of all products, in the order of the columns of ``ProductState``."""
    columns: tuple[Any, ...] = (
        Variant.product_id,
        func.coalesce(func.sum(StockLevel.version), 0),
        func.count(Variant.id.distinct()),
        func.coalesce(func.sum(StockLevel.available), 0),
    )
    return (
        select(*columns)
        .select_from(Variant)
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .group_by(Variant.product_id)
    )


def read_levels(session: Session, variant_ids: Iterable[int]) -> list[LevelState]:
    """Return all levels of the variants as they are now. One query."""
    rows = session.execute(
        level_rows()
        .where(StockLevel.variant_id.in_(sorted(variant_ids)))
        .order_by(StockLevel.variant_id, StockLevel.location_id)
    )
    return [LevelState(*row) for row in rows]


def read_products(session: Session, product_ids: Iterable[int]) -> tuple[ProductState, ...]:
    """Return the products as they are now. One query, which counts all their variants."""
    rows = session.execute(
        product_rows()
        .where(Variant.product_id.in_(sorted(product_ids)))
        .order_by(Variant.product_id)
    )
    # PostgreSQL sums integers to decimals.
    return tuple(ProductState(*map(int, row)) for row in rows)
