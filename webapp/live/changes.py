"""What changed since a cursor: read from the journal, told as the present state.

The journal says *which* levels changed; their state is read from the levels themselves in the
same session. So what is told is never older than what was told before, whatever the order in
which transactions committed, and a change that was written twice is told once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.orm import Session

from commerce_core.inventory.models import QUANTITIES, MovementKind, StockMovement
from commerce_core.journal import Cursor, tail
from webapp.live.order_changes import LiveOrder, read_order_changes
from webapp.live.states import (
    LevelState,
    ProductState,
    VariantState,
    read_levels,
    read_products,
    total_of,
)

ROWS_AT_ONCE: Final = 1000
MOST_PAGES: Final = 4
"""Movements of at most so many pages are told together; the rest follows at once."""

ALL_QUANTITIES: Final = frozenset({*QUANTITIES, "minimum"})
_DELTAS: Final = tuple((name, f"{name}_delta") for name in QUANTITIES)


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


Touched = Mapping[tuple[int, int], Iterable[str]]
"""By variant and location: the names of the quantities that changed."""


def read_changes(session: Session, since: Cursor, *, most_pages: int = MOST_PAGES) -> Changes:
    """Return what changed since the cursor, at most ``most_pages`` times 1,000 movements of it.

    And as many order events. Where one journal was not read to its end, the cursor stays behind
    what the other one told already; telling that once more does no harm.
    """
    touched: dict[tuple[int, int], set[str]] = defaultdict(set)
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
        return ALL_QUANTITIES
    return {name for name, delta in _DELTAS if getattr(row, delta)}


def _present(session: Session, cursor: Cursor, touched: Touched) -> Changes:
    """Return the present state of what was touched."""
    if not touched:
        return Changes(cursor)
    levels = read_levels(session, {variant_id for variant_id, _ in touched})
    products = read_products(session, {level.product_id for level in levels})
    return told_of(cursor, touched, levels, products)


def told_of(
    cursor: Cursor,
    touched: Touched,
    states: Iterable[LevelState],
    products: tuple[ProductState, ...],
) -> Changes:
    """Return what is told of the levels that were touched.

    ``states`` are all levels of their variants, sorted by variant and location.
    """
    levels = []
    by_variant: dict[int, list[LevelState]] = defaultdict(list)
    for state in states:
        names = touched.get((state.variant_id, state.location_id))
        told = state if names is None else replace(state, touched=frozenset(names))
        by_variant[state.variant_id].append(told)
        if names is not None:
            levels.append(told)
    variants = tuple(total_of(group) for group in by_variant.values())
    return Changes(cursor, tuple(levels), variants, products)
