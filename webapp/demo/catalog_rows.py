"""The assortment as rows: options and products through the library, the many variants as rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from commerce_core.catalog import create_product
from commerce_core.catalog.models import OptionValue
from commerce_core.catalog.options import combination_key, ensure_option_value
from commerce_core.catalog.skus import normalize_sku
from webapp.demo.assortment_data import COLOURS
from webapp.demo.sales_rows import CURRENCY, amount

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from webapp.demo.assortment import PlannedProduct, PlannedVariant

_Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Catalog:
    """What the database knows of the assortment: ids of products and values of options."""

    products: dict[str, int]
    """Product id by code."""
    values: dict[tuple[str, str], OptionValue]
    """Option value by option and value."""


def write_products(session: Session, variants: Sequence[PlannedVariant]) -> Catalog:
    """Create products, options and their values. Flushes; the caller commits."""
    products: dict[str, int] = {}
    values: dict[tuple[str, str], OptionValue] = {}
    for variant in variants:
        product = variant.product
        if product.code not in products:
            products[product.code] = _create(session, product)
        for option, value in variant.options.items():
            if (option, value) not in values:
                values[option, value] = ensure_option_value(
                    session, option=option, value=value, swatch=COLOURS.get(value)
                )
    return Catalog(products, values)


def _create(session: Session, product: PlannedProduct) -> int:
    department = "fashion" if product.is_fashion else "home"
    return create_product(
        session,
        name=product.name,
        description=f"{product.name}, made for us by {product.supplier}.",
        brand="Kiefer & Kalk",
        category=product.category,
        details={"department": department, "supplier": product.supplier},
    ).id


def axis_rows(catalog: Catalog, variants: Sequence[PlannedVariant]) -> Iterator[_Row]:
    """Yield which options each product uses, in order."""
    seen: set[str] = set()
    for variant in variants:
        if variant.product.code in seen:
            continue
        seen.add(variant.product.code)
        for position, pair in enumerate(variant.options.items()):
            yield {
                "product_id": catalog.products[variant.product.code],
                "option_type_id": catalog.values[pair].option_type_id,
                "position": position,
            }


def variant_rows(
    catalog: Catalog, variants: Sequence[PlannedVariant], *, created_at: datetime
) -> Iterator[_Row]:
    """Yield the variants; a variant's id is its number in the story plus 1."""
    for variant in variants:
        values = [catalog.values[pair] for pair in variant.options.items()]
        yield {
            "id": variant.number + 1,
            "product_id": catalog.products[variant.product.code],
            "sku": variant.sku,
            "sku_key": normalize_sku(variant.sku),
            "name": variant.name,
            "barcode": variant.barcode,
            "barcode_key": variant.barcode.zfill(14),
            "combination": combination_key(values),
            "position": variant.number,
            "price": amount(variant.product.price),
            "currency": CURRENCY,
            "created_at": created_at,
            "updated_at": created_at,
        }


def option_rows(catalog: Catalog, variants: Sequence[PlannedVariant]) -> Iterator[_Row]:
    """Yield the option values of each variant."""
    for variant in variants:
        for pair in variant.options.items():
            value = catalog.values[pair]
            yield {
                "variant_id": variant.number + 1,
                "option_type_id": value.option_type_id,
                "option_value_id": value.id,
            }
