"""Products as programs read them: amounts as exact texts, moments in ISO 8601."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from commerce_core.catalog.attributes import product_attributes
from commerce_core.catalog.categories import category_path
from commerce_core.catalog.images import list_images
from commerce_core.catalog.matrix_state import KnownVariant, MatrixState, read_matrix
from commerce_core.catalog.models import Product, Variant
from commerce_core.catalog.price_models import PriceList, VariantPrice
from commerce_core.catalog.prices import PriceQuote, prices_of
from commerce_core.catalog.variant_fields import VARIANT_FIELDS
from commerce_core.money import Money
from webapp.products.columns import cell_text
from webapp.products.listing import ListedProduct
from webapp.products.reading import read_head


def listed_as_json(row: ListedProduct) -> dict[str, Any]:
    """Return a line of the list."""
    product, state = row.product, row.state
    return {
        "id": product.id,
        "slug": product.slug,
        "name": product.name,
        "brand": product.brand,
        "status": product.status.value,
        "category": row.category and row.category.name,
        "version": product.version,
        "variants": state.variants if state else 0,
        "available": state.available if state else 0,
        "lowest": _money(row.lowest),
        "highest": _money(row.highest),
    }


def product_as_json(session: Session, number: int, *, as_of: datetime) -> dict[str, Any]:
    """Return a product with all its variants, whatever their number, in the same few statements.

    Raises:
        ProductNotFoundError: there is none.
    """
    head = read_head(session, number)
    product = head.product
    state = read_matrix(session, product)
    quotes = prices_of(session, [variant.row for variant in state.variants], as_of=as_of)
    images = list_images(session, product)
    said = product_attributes(session, product)
    return {
        **_described(product),
        "category": None if head.category is None else category_path(session, head.category),
        "options": _options(state),
        "variants": [variant_as_json(state, one, quotes.get(one.id)) for one in state.variants],
        "attributes": {attribute.name: plain(value) for attribute, value in said},
        "pictures": [
            {"id": one.id, "url": one.url or f"/products/images/{one.storage_key}", "alt": one.alt}
            for one in images
        ],
    }


def _described(product: Product) -> dict[str, Any]:
    return {
        "id": product.id,
        "slug": product.slug,
        "name": product.name,
        "brand": product.brand,
        "description": product.description,
        "status": product.status.value,
        "version": product.version,
    }


def _options(state: MatrixState) -> list[dict[str, Any]]:
    named = [state.named(variant) for variant in state.active]
    return [
        {
            "name": state.option_names[axis],
            "values": list(dict.fromkeys(values[place] for values in named if len(values) > place)),
        }
        for place, axis in enumerate(state.axis_ids)
    ]


def variant_as_json(
    state: MatrixState, variant: KnownVariant, quote: PriceQuote | None
) -> dict[str, Any]:
    """Return a variant: its fields, its options, and what it costs now."""
    row = variant.row
    fields = {name: plain(getattr(row, name)) for name in VARIANT_FIELDS}
    chosen = {state.option_names[a]: state.value_names[v] for a, v in variant.values.items()}
    if quote is not None:
        fields["price"] = plain(quote.regular.amount)
    return {
        "id": row.id,
        "version": row.version,
        "options": chosen,
        "currency": row.currency,
        **fields,
        "asked": None if quote is None else plain(quote.price.amount),
        "is_sale": quote is not None and quote.is_sale,
    }


def prices_as_json(session: Session, product: Product) -> list[dict[str, Any]]:
    """Return all prices of a product, planned ones first, the oldest last. One statement."""
    query = (
        select(VariantPrice, PriceList.code)
        .join(Variant, Variant.id == VariantPrice.variant_id)
        .outerjoin(PriceList, PriceList.id == VariantPrice.price_list_id)
        .where(Variant.product_id == product.id)
        .order_by(VariantPrice.valid_from.desc(), VariantPrice.id.desc())
    )
    return [
        {
            "id": price.id,
            "variant": price.variant_id,
            "kind": price.kind.value,
            "amount": plain(price.amount),
            "currency": price.currency,
            "from": price.valid_from.isoformat(),
            "until": price.valid_until and price.valid_until.isoformat(),
            "price_list": code,
            "actor": price.actor,
        }
        for price, code in session.execute(query)
    ]


def _money(value: Money | None) -> Mapping[str, str] | None:
    if value is None:
        return None
    return {"amount": plain(value.amount), "currency": value.currency}


def plain(value: Any) -> Any:
    """Return a value as JSON holds it: an amount as a text, because a float is not exact."""
    if isinstance(value, Decimal):
        return cell_text(value)
    return getattr(value, "value", value)
