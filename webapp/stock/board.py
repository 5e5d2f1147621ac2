"""Reads one page of the board: variants in the order of their products, with all their numbers.

The order is (product name, product, position, variant), walked along an index from a variant on
(keyset), so the tenth page costs what the first does. A filter that leaves few variants is looked
up and sorted; one that leaves many is tested on the way. The number of queries is always the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, select, tuple_
from sqlalchemy.orm import Session

from commerce_core.catalog.models import (
    OptionType,
    OptionValue,
    Product,
    Variant,
    VariantOptionValue,
)
from commerce_core.catalog.search import find_products, match_variants
from commerce_core.inventory.models import StockLocation
from commerce_core.inventory.queries import list_locations
from commerce_core.journal import Cursor, read_cursor
from webapp.live.states import (
    LevelState,
    ProductState,
    VariantState,
    read_levels,
    read_products,
    total_of,
)
from webapp.stock.census import Census
from webapp.stock.filters import BoardFilter, StateFilter
from webapp.stock.narrowing import PAGE_SIZE, narrow
from webapp.stock.sales import SOLD_DAYS, read_sales

MOST_CHOICES: Final = 40
"""So many products a menu can hold; in a larger shop they are found by typing."""
MOST_COUNTED: Final = 1_000
"""A list is counted up to here; beyond, the page says "more than"."""

_KEY: Final = (Product.name, Product.id, Variant.position, Variant.id)


@dataclass(frozen=True, slots=True)
class VariantRow:
    """A line of the board. ``levels`` by location id; ``sold`` day by day, oldest first."""

    variant_id: int
    name: str
    sku: str
    swatch: str | None
    levels: dict[int, LevelState]
    total: VariantState | None
    sold: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ProductGroup:
    """The lines of one product that stand together on this page."""

    product_id: int
    name: str
    slug: str
    state: ProductState
    rows: list[VariantRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Board:
    """One page. ``cursor`` was read first: what the stream tells after it completes the page."""

    cursor: Cursor
    census: Census
    locations: Sequence[StockLocation]
    """All of them; ``shown`` are those with a column, ``chosen`` those the list is narrowed to."""
    shown: Sequence[StockLocation]
    chosen: Sequence[StockLocation]
    products: Sequence[Product]
    """Those the list is narrowed to; ``choices`` are the first ones by name, to choose from."""
    choices: Sequence[Product]
    groups: list[ProductGroup]
    has_previous: bool
    has_next: bool
    count: int | None
    """How many variants the filters leave; None when that is not worth counting."""

    @property
    def rows(self) -> list[VariantRow]:
        """The lines of the page, without their groups."""
        return [row for group in self.groups for row in group.rows]


def read_board(
    session: Session, wanted: BoardFilter, census: Census, *, zone: ZoneInfo, as_of: datetime
) -> Board:
    """Read a page of the board."""
    cursor = read_cursor(session)
    locations = list_locations(session)
    chosen = [location for location in locations if location.code in wanted.locations]
    products = read_products_by_slug(session, wanted.products)
    match = match_variants(session, wanted.query)
    condition = narrow(session, wanted, census, match, products=products, places=chosen)
    page = _read_page(session, wanted, condition)
    return Board(
        cursor=cursor,
        census=census,
        locations=locations,
        shown=chosen or locations,
        chosen=chosen,
        products=products,
        choices=find_products(session, "", limit=MOST_CHOICES + 1),
        groups=_read_groups(session, page.rows, zone=zone, as_of=as_of),
        has_previous=page.has_previous,
        has_next=page.has_next,
        count=_count(session, wanted, census, condition, is_narrow=match.is_narrow),
    )


def read_products_by_slug(session: Session, slugs: Sequence[str]) -> Sequence[Product]:
    """Return the products with these slugs, by name. No statement where there are none."""
    if not slugs:
        return ()
    return session.scalars(select(Product).where(Product.slug.in_(slugs)).order_by(_KEY[0])).all()


# --- which variants ----------------------------------------------------------------------------


def _variants(condition: ColumnElement[bool]) -> Select[Any]:
    columns: tuple[Any, ...] = (
        Variant.id,
        Variant.name,
        Variant.sku,
        Product.id,
        Product.name,
        Product.slug,
    )
    return (
        select(*columns)
        .select_from(Product)
        .join(Variant, Variant.product_id == Product.id)
        .where(condition)
    )


@dataclass(frozen=True, slots=True)
class _Page:
    rows: Sequence[Any]
    has_previous: bool
    has_next: bool


def _read_page(session: Session, wanted: BoardFilter, condition: ColumnElement[bool]) -> _Page:
    """Read the rows of the page, and whether there are more on either side."""
    anchor = wanted.before or wanted.after
    key = None
    if anchor is not None:
        key = session.execute(select(*_KEY).join(Product).where(Variant.id == anchor)).first()
    goes_back = key is not None and wanted.before is not None
    is_descending = wanted.is_descending != goes_back
    statement = _variants(condition).limit(PAGE_SIZE + 1)
    if key is not None:
        statement = statement.where(_beyond(tuple(key), is_descending=is_descending))
    order = [column.desc() if is_descending else column for column in _KEY]
    found = session.execute(statement.order_by(*order)).all()
    rows, has_more = found[:PAGE_SIZE], len(found) > PAGE_SIZE
    if goes_back:
        return _Page(rows[::-1], has_previous=has_more, has_next=True)
    return _Page(rows, has_previous=key is not None, has_next=has_more)


def _beyond(key: tuple[Any, ...], *, is_descending: bool) -> ColumnElement[bool]:
    """Return the test for rows behind ``key``. The first column alone leads into the index."""
    here = tuple_(*key)
    if is_descending:
        return and_(Product.name <= key[0], tuple_(*_KEY) < here)
    return and_(Product.name >= key[0], tuple_(*_KEY) > here)


def _count(
    session: Session,
    wanted: BoardFilter,
    census: Census,
    condition: ColumnElement[bool],
    *,
    is_narrow: bool,
) -> int | None:
    if not wanted.is_set:
        return census.variants
    if wanted.only_state:
        return census.low if wanted.state is StateFilter.LOW else census.out
    if not (is_narrow or wanted.products or census.is_small):
        return None
    rows = _variants(condition).with_only_columns(Variant.id).limit(MOST_COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(rows))


# --- what is known of them ---------------------------------------------------------------------


def _read_groups(
    session: Session, rows: Sequence[Any], *, zone: ZoneInfo, as_of: datetime
) -> list[ProductGroup]:
    ids = [row[0] for row in rows]
    levels: dict[int, dict[int, LevelState]] = {}
    for level in read_levels(session, ids):
        levels.setdefault(level.variant_id, {})[level.location_id] = level
    products = {state.product_id: state for state in read_products(session, {r[3] for r in rows})}
    swatches = read_swatches(session, ids)
    sales = read_sales(session, ids, zone=zone, as_of=as_of)
    groups: list[ProductGroup] = []
    for variant_id, name, sku, product_id, product_name, slug in rows:
        if not groups or groups[-1].product_id != product_id:
            groups.append(ProductGroup(product_id, product_name, slug, products[product_id]))
        found = levels.get(variant_id, {})
        row = VariantRow(
            variant_id=variant_id,
            name=name,
            sku=sku,
            swatch=swatches.get(variant_id),
            levels=found,
            total=total_of(list(found.values())) if found else None,
            sold=tuple(sales.get(variant_id, [0] * SOLD_DAYS)),
        )
        groups[-1].rows.append(row)
    return groups


def read_swatches(session: Session, variant_ids: Sequence[int]) -> dict[int, str]:
    """Return the colour of each variant that has one: of its first option with a colour."""
    rows = session.execute(
        select(VariantOptionValue.variant_id, OptionValue.swatch)
        .join(OptionValue, OptionValue.id == VariantOptionValue.option_value_id)
        .join(OptionType, OptionType.id == OptionValue.option_type_id)
        .where(VariantOptionValue.variant_id.in_(variant_ids), OptionValue.swatch.is_not(None))
        .order_by(OptionType.position.desc(), OptionType.id.desc())
    )
    return {variant_id: swatch for variant_id, swatch in rows if swatch}
