"""Reads the page of one product: its variants as cells, its stock, and what the tabs count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commerce_core.catalog.attribute_models import ProductImage
from commerce_core.catalog.category_models import Category
from commerce_core.catalog.models import Product, Variant, VariantStatus
from commerce_core.catalog.prices import PriceQuote, prices_of
from commerce_core.catalog.variant_fields import VARIANT_FIELDS
from commerce_core.errors import ProductNotFoundError
from commerce_core.journal import Cursor, read_cursor
from commerce_core.records import number_of
from webapp.live.states import LevelState, VariantState, read_levels, total_of
from webapp.stock.board import read_swatches

GRID_ROWS: Final = 300
"""Variants of one page of the grid; a product may have 2,000."""


@dataclass(frozen=True, slots=True)
class ProductHead:
    """What stands above every tab of a product."""

    product: Product
    category: Category | None
    variants: int
    images: int


@dataclass(frozen=True, slots=True)
class GridRow:
    """A variant of the grid. ``values`` are its fields as stored, the price the one in force."""

    id: int
    name: str
    version: int
    currency: str
    swatch: str | None
    is_active: bool
    values: dict[str, Any]
    quote: PriceQuote | None
    total: VariantState | None


@dataclass(frozen=True, slots=True)
class VariantGrid:
    """One page of the variants. ``cursor`` was read first: the stream completes the page."""

    cursor: Cursor
    rows: list[GridRow]
    first: int
    archived: int
    previous: int | None
    next: int | None


def get_product_by_id(session: Session, number: int) -> Product:
    """Return the product with this id, as it is now.

    Raises:
        ProductNotFoundError: there is none.
    """
    known = number_of(number)
    found = None if known is None else session.get(Product, known, populate_existing=True)
    if found is None:
        message = f"no product with the number {number}: it may have been deleted"
        raise ProductNotFoundError(message, product_id=number)
    return found


def read_head(session: Session, number: int) -> ProductHead:
    """Read what stands above the tabs. Three statements.

    Raises:
        ProductNotFoundError: there is no such product.
    """
    product = get_product_by_id(session, number)
    category = session.scalars(select(Category).filter_by(id=product.category_id or 0)).first()
    variants, images = (
        select(func.count())
        .select_from(kind)
        .where(kind.product_id == product.id, *more)
        .scalar_subquery()
        for kind, more in ((Variant, [Variant.status == VariantStatus.ACTIVE]), (ProductImage, []))
    )
    return ProductHead(product, category, *session.execute(select(variants, images)).one())


def read_grid(
    session: Session,
    product: Product,
    *,
    as_of: datetime,
    start: int = 0,
    with_archived: bool = False,
) -> VariantGrid:
    """Read the variants from the ``start``-th on, in their order. One statement for each table."""
    cursor = read_cursor(session)
    wanted = [Variant.product_id == product.id]
    if not with_archived:
        wanted.append(Variant.status == VariantStatus.ACTIVE)
    found = session.scalars(
        select(Variant)
        .where(*wanted)
        .order_by(Variant.position, Variant.id)
        .offset(start)
        .limit(GRID_ROWS + 1)
    ).all()
    archived = select(func.count()).where(
        Variant.product_id == product.id, Variant.status == VariantStatus.ARCHIVED
    )
    return VariantGrid(
        cursor=cursor,
        rows=read_rows(session, found[:GRID_ROWS], as_of=as_of),
        first=start,
        archived=session.scalar(archived) or 0,
        previous=max(0, start - GRID_ROWS) if start else None,
        next=start + GRID_ROWS if len(found) > GRID_ROWS else None,
    )


def read_rows(session: Session, variants: Sequence[Variant], *, as_of: datetime) -> list[GridRow]:
    """Return the lines of these variants, with prices, colours and stock. Three statements."""
    ids = [variant.id for variant in variants]
    quotes = prices_of(session, variants, as_of=as_of)
    swatches = read_swatches(session, ids)
    levels: dict[int, list[LevelState]] = {}
    for level in read_levels(session, ids):
        levels.setdefault(level.variant_id, []).append(level)
    return [_row(variant, quotes, swatches, levels) for variant in variants]


def _row(
    variant: Variant,
    quotes: Mapping[int, PriceQuote],
    swatches: Mapping[int, str],
    levels: Mapping[int, list[LevelState]],
) -> GridRow:
    quote = quotes.get(variant.id)
    values = {name: getattr(variant, name) for name in VARIANT_FIELDS}
    if quote is not None:
        values["price"] = quote.regular.amount
    return GridRow(
        id=variant.id,
        name=variant.name,
        version=variant.version,
        currency=variant.currency,
        swatch=swatches.get(variant.id),
        is_active=variant.status is VariantStatus.ACTIVE,
        values=values,
        quote=quote,
        total=total_of(levels[variant.id]) if variant.id in levels else None,
    )
