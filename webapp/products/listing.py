"""Reads one page of the list of products, walked by name from a product on (keyset).

The number of queries is always the same, whatever the filters and however many products.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, or_, select, tuple_
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
    VariantOptionValue,
    VariantStatus,
)
from commerce_core.catalog.price_models import PriceKind, VariantPrice
from commerce_core.catalog.search import VariantMatch, match_products, match_variants, search_words
from commerce_core.inventory.lowness import low_variants
from commerce_core.inventory.models import StockLevel
from commerce_core.journal import Cursor, read_cursor
from commerce_core.money import Money
from webapp.live.changes import ProductState, read_products
from webapp.products.filters import ListFilter, StockFilter

PAGE_SIZE: Final = 50
MOST_COUNTED: Final = 1_000
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


def read_list(session: Session, wanted: ListFilter, *, as_of: datetime) -> ProductList:
    """Read a page of the list."""
    cursor = read_cursor(session)
    categories = list_categories(session)
    counts = session.execute(
        select(Product.category_id, Product.status, func.count()).group_by(
            Product.category_id, Product.status
        )
    ).all()
    options = _facet_options(session)
    condition = _condition(session, wanted, categories, options)
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


def matching_ids(session: Session, wanted: ListFilter) -> Sequence[int]:
    """Return the ids of all products that the filters leave, whatever the page of the list."""
    options = _facet_options(session) if wanted.values else []
    condition = _condition(session, wanted, list_categories(session), options)
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


def _condition(
    session: Session,
    wanted: ListFilter,
    categories: Sequence[Category],
    options: Sequence[FacetOption],
) -> ColumnElement[bool]:
    """Return what the filters leave of all products."""
    conditions = [_words(session, wanted.query)]
    if wanted.categories:
        roots = tuple(one.path for one in categories if one.id in wanted.categories)
        inside = [one.id for one in categories if roots and one.path.startswith(roots)]
        conditions.append(Product.category_id.in_(inside))
    if wanted.statuses:
        conditions.append(Product.status.in_(wanted.statuses))
    for option in options:
        chosen = [value.id for value in option.values if value.id in wanted.values]
        if chosen:
            conditions.append(_has_value(chosen))
    if wanted.stock is not None:
        conditions.append(_has_stock(wanted.stock))
    return and_(*conditions)


def _words(session: Session, query: str) -> ColumnElement[bool]:
    """Return what selects the products with a variant that has all the words, or the name."""
    match = match_variants(session, query)
    if not search_words(query):
        return match.condition
    return or_(match_products(session, query), _has_match(match))


def _has_match(match: VariantMatch) -> ColumnElement[bool]:
    if match.is_narrow:
        ids = select(Product.id).join(Variant, Variant.product_id == Product.id)
        return Product.id.in_(ids.where(match.condition).correlate(None))
    variants = select(Variant.id).where(Variant.product_id == Product.id, match.condition)
    return variants.correlate(Product).exists()


def _has_value(ids: Sequence[int]) -> ColumnElement[bool]:
    having = (
        select(Variant.product_id)
        .join(VariantOptionValue, VariantOptionValue.variant_id == Variant.id)
        .where(VariantOptionValue.option_value_id.in_(ids), Variant.status == VariantStatus.ACTIVE)
    )
    return Product.id.in_(having)


def _has_stock(stock: StockFilter) -> ColumnElement[bool]:
    if stock is StockFilter.LOW:
        return Product.id.in_(select(Variant.product_id).where(Variant.id.in_(low_variants())))
    active = Variant.status == VariantStatus.ACTIVE
    if stock is StockFilter.THERE:
        there = select(StockLevel.variant_id).where(StockLevel.available > 0)
        return Product.id.in_(select(Variant.product_id).where(Variant.id.in_(there), active))
    out = (
        select(StockLevel.variant_id)
        .group_by(StockLevel.variant_id)
        .having(func.max(StockLevel.available) <= 0)
    )
    return Product.id.in_(select(Variant.product_id).where(Variant.id.in_(out), active))


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
