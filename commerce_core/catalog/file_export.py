"""Exports products and variants into a file that imports again and changes nothing."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from commerce_core.catalog.attribute_models import ProductImage
from commerce_core.catalog.category_models import Category
from commerce_core.catalog.changes import shown_value
from commerce_core.catalog.file_columns import (
    PRODUCT_TARGETS,
    SHOPIFY,
    TARGETS,
    VARIANT_TARGETS,
)
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
from commerce_core.tables import write_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqlalchemy.orm import Session

_PRODUCTS_AT_ONCE: Final = 100


class Layout(StrEnum):
    """Which columns an export has: all of ours, or those of Shopify's product CSV."""

    OURS = "ours"
    SHOPIFY = "shopify"


def export_products(
    session: Session,
    path: Path,
    *,
    layout: Layout = Layout.OURS,
    product_ids: Sequence[int] | None = None,
) -> int:
    """Write products with all their variants and pictures; return the number of rows.

    CSV or Excel by the suffix of ``path``. Cells that a spreadsheet would run are made safe.

    Raises:
        ImportFileError: another suffix, or the file cannot be written.
    """
    if layout is Layout.SHOPIFY:
        rows = (_as_shopify(row) for row in export_rows(session, product_ids))
        return write_table(path, list(SHOPIFY), _cells(rows, list(SHOPIFY.values())))
    return write_table(path, TARGETS, _cells(export_rows(session, product_ids), TARGETS))


def export_rows(
    session: Session, product_ids: Sequence[int] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the rows of an export, ``{target: text}``, product by product by id."""
    categories = {category.id: category for category in session.scalars(select(Category))}
    for products in _portions(session, product_ids):
        chunk = _Chunk(session, products)
        for product in products:
            yield from chunk.rows(product, _path(categories, product.category_id))


def _portions(session: Session, product_ids: Sequence[int] | None) -> Iterator[Sequence[Product]]:
    """Yield all products, or those wanted, by id and so many at once."""
    query = select(Product).order_by(Product.id)
    if product_ids is not None:
        wanted = sorted(set(product_ids))
        for start in range(0, len(wanted), _PRODUCTS_AT_ONCE):
            ids = wanted[start : start + _PRODUCTS_AT_ONCE]
            yield session.scalars(query.where(Product.id.in_(ids))).all()
        return
    last = 0
    while products := session.scalars(
        query.where(Product.id > last).limit(_PRODUCTS_AT_ONCE)
    ).all():
        last = products[-1].id
        yield products


def _cells(rows: Iterator[dict[str, Any]], targets: Sequence[str]) -> Iterator[list[Any]]:
    for row in rows:
        yield [row.get(target, "") for target in targets]


def _as_shopify(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as Shopify writes it: who tracks the stock, and a variant without options."""
    if "sku" not in row:
        return row
    tracker = "shopify" if row["track_inventory"] == "yes" else ""
    only = {} if "option1_name" in row else {"option1_name": "Title"}
    if only:
        only["option1_value"] = "Default Title"
    return {**row, **only, "track_inventory": tracker}


def _path(categories: dict[int, Category], number: int | None) -> str:
    if number is None:
        return ""
    ids = [int(part) for part in categories[number].path.strip("/").split("/")]
    return " > ".join(categories[one].name for one in ids)


class _Chunk:
    """Some products with everything an export says of them. Five statements."""

    def __init__(self, session: Session, products: Sequence[Product]) -> None:
        ids = [product.id for product in products]
        self._variants: dict[int, list[Any]] = {}
        query = select(*Variant.__table__.c).where(Variant.product_id.in_(ids))
        found = session.execute(query.order_by(Variant.position, Variant.id)).all()
        for variant in found:
            self._variants.setdefault(variant.product_id, []).append(variant)
        self._prices = prices_of(session, found, as_of=utc_now())
        self._options: dict[int, dict[str, str]] = {}
        chosen = (
            select(VariantOptionValue.variant_id, OptionType.name, OptionValue.name)
            .join(Variant, Variant.id == VariantOptionValue.variant_id)
            .join(OptionType, OptionType.id == VariantOptionValue.option_type_id)
            .join(OptionValue, OptionValue.id == VariantOptionValue.option_value_id)
            .where(Variant.product_id.in_(ids))
            .order_by(OptionType.position, OptionType.id)
        )
        for number, option, value in session.execute(chosen):
            self._options.setdefault(number, {})[option] = value
        self._axes: dict[int, list[str]] = {}
        axes = (
            select(ProductOptionType.product_id, OptionType.name)
            .join(OptionType, OptionType.id == ProductOptionType.option_type_id)
            .where(ProductOptionType.product_id.in_(ids))
            .order_by(ProductOptionType.position, ProductOptionType.option_type_id)
        )
        for number, option in session.execute(axes):
            self._axes.setdefault(number, []).append(option)
        self._images: dict[int, list[Any]] = {}
        images = select(ProductImage.product_id, ProductImage.url, ProductImage.alt).where(
            ProductImage.product_id.in_(ids), ProductImage.url.is_not(None)
        )
        for row in session.execute(images.order_by(ProductImage.position, ProductImage.id)):
            self._images.setdefault(row.product_id, []).append(row)

    def rows(self, product: Product, category: str) -> Iterator[dict[str, Any]]:
        """Yield a row for each variant; further pictures of the product have rows of their own."""
        images = list(self._images.get(product.id, ()))
        variants = self._variants.get(product.id, [])
        for place in range(max(len(variants), len(images))):
            row: dict[str, Any] = {"product": product.slug}
            if place == 0:
                for target, name in PRODUCT_TARGETS.items():
                    row[target] = category if name == "category" else _text(getattr(product, name))
            if place < len(variants):
                row |= self._variant(product.id, variants[place])
            if place < len(images):
                row |= {"image_url": images[place].url, "image_alt": images[place].alt}
            yield row

    def _variant(self, product_id: int, variant: Any) -> dict[str, Any]:
        row = {target: _text(getattr(variant, name)) for target, name in VARIANT_TARGETS.items()}
        row["price"] = _text(self._prices[variant.id].regular.amount)
        row["currency"] = variant.currency
        chosen = self._options.get(variant.id, {})
        order = self._axes.get(product_id, [])
        names = [name for name in order if name in chosen]
        names += [name for name in chosen if name not in order]
        for place, name in enumerate(names[:5], 1):
            row[f"option{place}_name"] = name
            row[f"option{place}_value"] = chosen[name]
        return row


def _text(value: Any) -> str:
    return shown_value(value) or ""
