"""What changed since a cursor: read from the journal, told as the present state.

The journal says *which* levels changed; their state is read from the levels themselves in the
same session. So what is told is never older than what was told before, whatever the order in
which transactions committed, and a change that was written twice is told once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from commerce_core.catalog.models import Variant
from commerce_core.inventory.models import (
    QUANTITIES,
    MovementKind,
    StockLevel,
    StockLocation,
    StockMovement,
)
from commerce_core.journal import Cursor, tail
from webapp.live.order_changes import LiveOrder, read_order_changes

ROWS_AT_ONCE: Final = 1000
MOST_PAGES: Final = 4
"""Movements of at most so many pages are told together; the rest follows at once."""

_ALL: Final = frozenset({*QUANTITIES, "minimum"})
_DELTAS: Final = tuple((name, f"{name}_delta") for name in QUANTITIES)


@dataclass(frozen=True, slots=True)
class LevelState:
    """A level as it is now.

    ``kind`` and ``occurred_at`` are those of its newest movement, None where a level was written
    without one. ``touched`` names the quantities that changed since the cursor. ``was_low`` is
    False only where it is known that the level was not low before.
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
    kind: MovementKind | None
    occurred_at: datetime | None
    touched: frozenset[str] = frozenset()
    was_low: bool = True

    @property
    def key(self) -> tuple[str, int, int]:
        """What this is the state of."""
        return "level", self.variant_id, self.location_id

    @property
    def is_low(self) -> bool:
        """Whether less is available than the minimum."""
        return self.available < self.minimum


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
    """Whether any location has less than its minimum."""
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


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed up to ``cursor``. After ``is_reset`` everything has to be read anew."""

    cursor: Cursor
    levels: tuple[LevelState, ...] = ()
    variants: tuple[VariantState, ...] = ()
    products: tuple[ProductState, ...] = ()
    orders: tuple[LiveOrder, ...] = ()
    is_reset: bool = False
    has_more: bool = False
    movements: int = 0
    """How many movements these changes are made of."""

    @property
    def has_news(self) -> bool:
        """Whether anything changed that somebody could want to hear."""
        return bool(self.levels or self.orders)


Touched = dict[tuple[int, int], set[str]]
"""By variant and location: the names of the quantities that changed."""


def read_changes(session: Session, since: Cursor, *, most_pages: int = MOST_PAGES) -> Changes:
    """Return what changed since the cursor, at most ``most_pages`` times 1,000 movements of it.

    And as many order events. Where one journal was not read to its end, the cursor stays behind
    what the other one told already; telling that once more does no harm.
    """
    touched: Touched = defaultdict(set)
    cursor, has_more, movements = since, False, 0
    for _ in range(most_pages):
        page = tail(session, StockMovement, cursor, limit=ROWS_AT_ONCE)
        if page.reset:
            return Changes(page.cursor, is_reset=True)
        for row in page.rows:
            touched[row.variant_id, row.location_id] |= _touched_by(row)
        cursor, has_more = page.cursor, page.more
        movements += len(page.rows)
        if not has_more:
            break
    told = read_order_changes(session, since, limit=ROWS_AT_ONCE * most_pages)
    if told.horizon < cursor.horizon:
        cursor, has_more = Cursor(cursor.epoch, told.horizon), True
    present = _present(session, cursor, touched)
    return replace(present, orders=told.orders, has_more=has_more, movements=movements)


def _touched_by(row: StockMovement) -> frozenset[str] | set[str]:
    if row.kind is MovementKind.POLICY_CHANGED or row.version == 1:
        return _ALL
    return {name for name, delta in _DELTAS if getattr(row, delta)}


def _present(session: Session, cursor: Cursor, touched: Touched) -> Changes:
    """Return the present state of what was touched."""
    if not touched:
        return Changes(cursor)
    states = read_levels(session, {variant_id for variant_id, _ in touched})
    levels = []
    by_variant: dict[int, list[LevelState]] = defaultdict(list)
    for state in states:
        names = touched.get((state.variant_id, state.location_id))
        told = state if names is None else replace(state, touched=frozenset(names))
        by_variant[state.variant_id].append(told)
        if names is not None:
            levels.append(told)
    variants = tuple(total_of(group) for group in by_variant.values())
    products = read_products(session, {state.product_id for state in variants})
    return Changes(cursor, tuple(levels), variants, products)


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


def read_levels(session: Session, variant_ids: Iterable[int]) -> list[LevelState]:
    """Return all levels of the variants as they are now. One query."""
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
        StockMovement.kind,
        StockMovement.occurred_at,
    )
    newest = and_(
        StockMovement.level_id == StockLevel.id, StockMovement.version == StockLevel.version
    )
    rows = session.execute(
        select(*columns)
        .select_from(StockLevel)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .join(StockLocation, StockLocation.id == StockLevel.location_id)
        .outerjoin(StockMovement, newest)
        .where(StockLevel.variant_id.in_(sorted(variant_ids)))
        .order_by(StockLevel.variant_id, StockLevel.location_id)
    )
    return [LevelState(*row) for row in rows]


def read_products(session: Session, product_ids: Iterable[int]) -> tuple[ProductState, ...]:
    """Return the products as they are now. One query, which counts all their variants."""
    rows = session.execute(
        select(
            Variant.product_id,
            func.coalesce(func.sum(StockLevel.version), 0),
            func.count(Variant.id.distinct()),
            func.coalesce(func.sum(StockLevel.available), 0),
        )
        .select_from(Variant)
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .where(Variant.product_id.in_(sorted(product_ids)))
        .group_by(Variant.product_id)
        .order_by(Variant.product_id)
    )
    # PostgreSQL sums integers to decimals.
    return tuple(ProductState(*map(int, row)) for row in rows)
