"""Reads one page of the list of products, walked by name from a product on (keyset).

The number of queries is always the same, whatever the filters and however many products.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, or_, select, tuple_
from sqlalchemy.orm import Session

from commerce_core.catalog.attribute_models import ProductImage
from commerce_core.catalog.categories import list_categories
from commerce_core.catalog.category_models import Category
from commerce_core.catalog.models import (
    OptionType,
    OptionValue,
    Product,
    ProductStatus,
    Variant,
    VariantStatus,
)
from commerce_core.catalog.price_models import PriceKind, VariantPrice
from commerce_core.journal import Cursor, read_cursor
from commerce_core.money import Money
from webapp.live.states import ProductState, read_products
from webapp.products.filters import ListFilter, StockFilter
from webapp.products.narrowing import narrow
from webapp.stock.census import CensusTaker

PAGE_SIZE: Final = 50
MOST_COUNTED: Final = 200
"""A filtered list is counted up to here; beyond, the page says "more than"."""
_MOST_OPTIONS: Final = 4
_MOST_VALUES: Final = 40
_KEY: Final = (Product.name, Product.id)


@dataclass(frozen=True, slots=True)
class ListedProduct:
    """A line of the list. ``lowest`` and ``highest`` are None where there is nothing to sell."""

    product: Product
    category: Category | None
    state: ProductState | None
    image: ProductImage | None
    lowest: Money | None
    highest: Money | None


@dataclass(frozen=True, slots=True)
class FacetOption:
    """An option to filter by, with the values that variants can have on it."""

    name: str
    values: list[OptionValue]


@dataclass(frozen=True, slots=True)
class ProductList:
    """One page. ``cursor`` was read first: what the stream tells after it completes the page."""

    cursor: Cursor
    rows: list[ListedProduct]
    categories: Sequence[Category]
    by_category: Mapping[int, int]
    by_status: Mapping[ProductStatus, int]
    options: list[FacetOption]
    count: int
    total: int
    has_previous: bool
    has_next: bool


def read_list(
    session: Session,
    wanted: ListFilter,
    *,
    as_of: datetime,
    out_ids: Collection[int] | None = None,
) -> ProductList:
    """Read a page of the list.

    ``out_ids`` are the variants of which nothing is available, where they are known and few.
    """
    cursor = read_cursor(session)
    categories = list_categories(session)
    counts = session.execute(
        select(Product.category_id, Product.status, func.count()).group_by(
            Product.category_id, Product.status
        )
    ).all()
    options = _facet_options(session)
    values = [[value.id for value in option.values] for option in options]
    condition = narrow(session, wanted, categories, values, out_ids)
    products, has_previous, has_next = _read_page(session, wanted, condition)
    counted = select(Product.id).where(condition).limit(MOST_COUNTED + 1).subquery()
    total = sum(row[2] for row in counts)
    count = session.scalar(select(func.count()).select_from(counted)) or 0
    return ProductList(
        cursor=cursor,
        rows=_rows(session, products, categories, as_of=as_of),
        categories=categories,
        by_category=_by_category(categories, counts),
        by_status={s: sum(row[2] for row in counts if row[1] == s) for s in ProductStatus},
        options=options,
        count=count if wanted.is_set else total,
        total=total,
        has_previous=has_previous,
        has_next=has_next,
    )


async def known_out(wanted: ListFilter, census: CensusTaker) -> Collection[int] | None:
    """Return the variants of which nothing is available, if the filters ask and they are few."""
    if wanted.stock is not StockFilter.OUT:
        return None
    return (await census.current()).out_ids


def matching_ids(session: Session, wanted: ListFilter) -> Sequence[int]:
    """Return the ids of all products that the filters leave, whatever the page of the list."""
    options = _facet_options(session) if wanted.values else []
    values = [[value.id for value in option.values] for option in options]
    condition = narrow(session, wanted, list_categories(session), values, None)
    return session.scalars(select(Product.id).where(condition)).all()


def _by_category(categories: Sequence[Category], counts: Sequence[Any]) -> dict[int, int]:
    """Return how many products each category holds, those of its subcategories included."""
    paths = {category.id: category.path for category in categories}
    found = dict.fromkeys(paths, 0)
    for number, _, count in counts:
        for above in paths.get(number, "").strip("/").split("/"):
            if above:
                found[int(above)] += count
    return found


def _facet_options(session: Session) -> list[FacetOption]:
    """Return the first options of the shop with their first values. Two statements."""
    types = session.scalars(
        select(OptionType).order_by(OptionType.position, OptionType.id).limit(_MOST_OPTIONS)
    ).all()
    place = func.row_number().over(
        partition_by=OptionValue.option_type_id, order_by=(OptionValue.position, OptionValue.id)
    )
    ranked = select(OptionValue.id, place.label("place")).where(
        OptionValue.option_type_id.in_([one.id for one in types])
    )
    first = ranked.subquery()
    values = session.scalars(
        select(OptionValue)
        .join(first, first.c.id == OptionValue.id)
        .where(first.c.place <= _MOST_VALUES)
        .order_by(OptionValue.option_type_id, OptionValue.position, OptionValue.id)
    ).all()
    by_type: dict[int, list[OptionValue]] = {}
    for value in values:
        by_type.setdefault(value.option_type_id, []).append(value)
    return [FacetOption(one.name, by_type.get(one.id, [])) for one in types]


# --- which products ----------------------------------------------------------------------------


def _read_page(
    session: Session, wanted: ListFilter, condition: ColumnElement[bool]
) -> tuple[Sequence[Product], bool, bool]:
    """Return the products of the page, and whether there are more before and behind."""
    anchor = wanted.before or wanted.after
    key = session.execute(select(*_KEY).where(Product.id == (anchor or 0))).first()
    goes_back = key is not None and wanted.before is not None
    is_descending = wanted.is_descending != goes_back
    query = select(Product).where(condition).limit(PAGE_SIZE + 1)
    if key is not None:
        here, column = tuple_(*_KEY), Product.name
        query = (
            query.where(column <= key[0], here < tuple_(*key))
            if is_descending
            else query.where(column >= key[0], here > tuple_(*key))
        )
    order = [column.desc() if is_descending else column for column in _KEY]
    found = session.scalars(query.order_by(*order)).all()
    page, has_more = found[:PAGE_SIZE], len(found) > PAGE_SIZE
    if goes_back:
        return page[::-1], has_more, True
    return page, key is not None, has_more


# --- what is known of them ---------------------------------------------------------------------


def _rows(
    session: Session,
    products: Sequence[Product],
    categories: Sequence[Category],
    *,
    as_of: datetime,
) -> list[ListedProduct]:
    ids = [product.id for product in products]
    states = {state.product_id: state for state in read_products(session, ids)}
    places = {category.id: category for category in categories}
    images = _first_images(session, ids)
    prices = _price_ranges(session, ids, as_of)
    return [
        ListedProduct(
            product,
            places.get(product.category_id or 0),
            states.get(product.id),
            images.get(product.id),
            *prices.get(product.id, (None, None)),
        )
        for product in products
    ]


def _first_images(session: Session, ids: Sequence[int]) -> dict[int, ProductImage]:
    place = func.row_number().over(
        partition_by=ProductImage.product_id, order_by=(ProductImage.position, ProductImage.id)
    )
    ranked = (
        select(ProductImage.id, place.label("place")).where(ProductImage.product_id.in_(ids))
    ).subquery()
    query = select(ProductImage).join(ranked, ranked.c.id == ProductImage.id)
    return {one.product_id: one for one in session.scalars(query.where(ranked.c.place == 1))}


def _price_ranges(
    session: Session, ids: Sequence[int], as_of: datetime
) -> dict[int, tuple[Money | None, Money | None]]:
    """Return the lowest and highest price that is asked now, in the currency of most variants."""
    price = func.coalesce(
        _in_force(PriceKind.SALE, as_of), _in_force(PriceKind.REGULAR, as_of), Variant.price
    )
    rows = session.execute(
        select(Variant.product_id, Variant.currency, func.min(price), func.max(price), func.count())
        .where(Variant.product_id.in_(ids), Variant.status == VariantStatus.ACTIVE)
        .group_by(Variant.product_id, Variant.currency)
        .order_by(func.count())
    )
    found: dict[int, tuple[Money | None, Money | None]] = {}
    for product_id, currency, lowest, highest, _ in rows:
        found[product_id] = (_money(lowest, currency), _money(highest, currency))
    return found


def _money(amount: Decimal, currency: str) -> Money:
    return Money(amount, currency)


def _in_force(kind: PriceKind, as_of: datetime) -> ColumnElement[Any]:
    """Return the shop's own price of this kind that a variant has at a moment, as a subquery."""
    still = or_(VariantPrice.valid_until.is_(None), VariantPrice.valid_until > as_of)
    query = (
        select(VariantPrice.amount)
        .where(
            VariantPrice.variant_id == Variant.id,
            VariantPrice.price_list_id.is_(None),
            VariantPrice.currency == Variant.currency,
            VariantPrice.kind == kind,
            VariantPrice.valid_from <= as_of,
            case((VariantPrice.kind == PriceKind.SALE, still), else_=True),
        )
        .order_by(VariantPrice.valid_from.desc(), VariantPrice.id.desc())
        .limit(1)
        .correlate(Variant)
    )
    return query.scalar_subquery()
