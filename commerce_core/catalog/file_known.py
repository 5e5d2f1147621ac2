"""What the database knows of a batch of rows: read at once, before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from commerce_core.catalog.categories import fold
from commerce_core.catalog.category_models import Category
from commerce_core.catalog.models import (
    OptionType,
    OptionValue,
    Product,
    ProductOptionType,
    Variant,
    VariantOptionValue,
)
from commerce_core.catalog.prices import prices_of
from commerce_core.clock import utc_now
from commerce_core.database import is_postgresql

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

    from commerce_core.catalog.file_rows import ProductRow

Pairs = frozenset[tuple[str, str]]
"""Options with their values, in the form in which names are compared."""


@dataclass(slots=True)
class Known:
    """Products, variants and options that a batch names."""

    products: dict[str, Any] = field(default_factory=dict)
    by_sku: dict[str, Any] = field(default_factory=dict)
    by_barcode: dict[str, Any] = field(default_factory=dict)
    by_pairs: dict[tuple[int, Pairs], int] = field(default_factory=dict)
    by_id: dict[int, Any] = field(default_factory=dict)
    prices: dict[int, Any] = field(default_factory=dict)
    pairs: dict[int, Pairs] = field(default_factory=dict)
    axes: dict[int, frozenset[str]] = field(default_factory=dict)
    next_positions: dict[int, int] = field(default_factory=dict)
    categories: dict[int, str] = field(default_factory=dict)

    def slug_of(self, product_id: int) -> str:
        """Return the slug of a product that was read."""
        return next((p.slug for p in self.products.values() if p.id == product_id), "")


def read_known(session: Session, rows: Sequence[ProductRow], *, lock: bool) -> Known:
    """Read what the rows name; with ``lock`` nobody changes it before we are done."""
    known = Known()
    slugs = {row.slug for row in rows if row.slug}
    _read_products(session, known, slugs, lock=lock)
    skus = {row.sku_key for row in rows if row.sku_key}
    barcodes = {row.barcode_key for row in rows if row.barcode_key}
    for variant in _variants(session, Variant.sku_key, skus, lock=lock):
        _note(known, variant)
    for variant in _variants(session, Variant.barcode_key, barcodes, lock=lock):
        _note(known, variant)
    _read_combinations(session, known, rows, lock=lock)
    found = list(known.by_id.values())
    quotes = prices_of(session, found, as_of=utc_now())
    known.prices = {number: quote.regular.amount for number, quote in quotes.items()}
    missing = {v.product_id for v in found} - {p.id for p in known.products.values()}
    if missing:
        query = select(*Product.__table__.c).where(Product.id.in_(missing))
        known.products |= {row.slug: row for row in session.execute(query)}
    known.categories = _category_paths(session, known)
    return known


def _note(known: Known, variant: Any) -> None:
    known.by_id[variant.id] = variant
    known.by_sku[variant.sku_key] = variant
    if variant.barcode_key:
        known.by_barcode[variant.barcode_key] = variant


def _read_products(session: Session, known: Known, slugs: Collection[str], *, lock: bool) -> None:
    query = select(*Product.__table__.c).where(Product.slug.in_(slugs)).order_by(Product.id)
    if lock and is_postgresql(session):
        query = query.with_for_update(key_share=True)
    known.products = {row.slug: row for row in session.execute(query)}
    ids = [row.id for row in known.products.values()]
    axes: dict[int, set[str]] = {}
    rows = session.execute(
        select(ProductOptionType.product_id, OptionType.name)
        .join(OptionType, OptionType.id == ProductOptionType.option_type_id)
        .where(ProductOptionType.product_id.in_(ids))
    )
    for product_id, name in rows:
        axes.setdefault(product_id, set()).add(fold(name))
    known.axes = {number: frozenset(axes.get(number, ())) for number in ids}


def _variants(session: Session, column: Any, keys: Collection[Any], *, lock: bool) -> list[Any]:
    if not keys:
        return []
    query = select(*Variant.__table__.c).where(column.in_(sorted(keys))).order_by(Variant.id)
    if lock and is_postgresql(session):
        query = query.with_for_update(key_share=True)
    return list(session.execute(query))


def _read_combinations(
    session: Session, known: Known, rows: Sequence[ProductRow], *, lock: bool
) -> None:
    """Read the options of the variants of products that get, or may get, another variant."""
    products = {
        known.products[row.slug].id
        for row in rows
        if row.slug in known.products and row.sku_key not in known.by_sku
    }
    ids = {variant.id for variant in known.by_id.values()}
    chosen: dict[int, set[tuple[str, str]]] = {number: set() for number in ids}
    owners = {variant.id: variant.product_id for variant in known.by_id.values()}
    if products:
        query = select(Variant.id, Variant.product_id, Variant.position)
        for number, owner, position in session.execute(
            query.where(Variant.product_id.in_(products))
        ):
            chosen[number] = set()
            owners[number] = owner
            last = known.next_positions.get(owner, 0)
            known.next_positions[owner] = max(last, position + 1)
    wanted = sorted(chosen)
    for start in range(0, len(wanted), 500):
        for number, option, value in session.execute(
            select(VariantOptionValue.variant_id, OptionType.name, OptionValue.name)
            .join(OptionType, OptionType.id == VariantOptionValue.option_type_id)
            .join(OptionValue, OptionValue.id == VariantOptionValue.option_value_id)
            .where(VariantOptionValue.variant_id.in_(wanted[start : start + 500]))
        ):
            chosen[number].add((fold(option), fold(value)))
    known.pairs = {number: frozenset(pairs) for number, pairs in chosen.items()}
    known.by_pairs = {
        (owners[number], pairs): number
        for number, pairs in known.pairs.items()
        if owners[number] in products
    }
    nameless = {
        known.by_pairs.get((known.products[row.slug].id, folded(row.options)))
        for row in rows
        if row.slug in known.products and not row.sku_key and not row.barcode_key
    } - ids
    for variant in _variants(session, Variant.id, {n for n in nameless if n}, lock=lock):
        _note(known, variant)


def folded(options: Sequence[tuple[str, str]]) -> Pairs:
    """Return the form in which the options of rows and variants are compared."""
    return frozenset((fold(name), fold(value)) for name, value in options)


def _category_paths(session: Session, known: Known) -> dict[int, str]:
    """Return how the categories of the products are written, by id."""
    if not any(product.category_id for product in known.products.values()):
        return {}
    names = {c.id: c for c in session.scalars(select(Category))}
    found: dict[int, str] = {}
    for product in known.products.values():
        if product.category_id and product.category_id not in found:
            ids = [int(part) for part in names[product.category_id].path.strip("/").split("/")]
            found[product.category_id] = " > ".join(names[number].name for number in ids)
    return found
