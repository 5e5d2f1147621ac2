"""Reads of the catalog. ``get_`` raises, ``find_`` returns None, ``list_`` a sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from commerce_core.catalog.models import Product, Variant
from commerce_core.catalog.skus import normalize_sku
from commerce_core.errors import InvalidTextError, ProductNotFoundError, VariantNotFoundError
from commerce_core.records import id_of
from commerce_core.text import searchable, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


def find_product(session: Session, *, slug: str) -> Product | None:
    """Return the product with this slug, or None."""
    wanted = searchable(slug)
    if wanted is None:
        return None
    return session.scalars(select(Product).filter_by(slug=wanted)).first()


def get_product(session: Session, *, slug: str) -> Product:
    """Return the product with this slug.

    Raises:
        ProductNotFoundError: there is none.
    """
    product = find_product(session, slug=slug)
    if product is None:
        message = f"no product {shown(slug)}: check the slug"
        raise ProductNotFoundError(
            message, slug=slug[:80] if isinstance(slug, str) else shown(slug)
        )
    return product


def find_variant(session: Session, *, sku: str) -> Variant | None:
    """Return the variant with this SKU (case and spaces do not count), or None."""
    try:
        key = normalize_sku(sku)
    except InvalidTextError:
        return None
    return session.scalars(select(Variant).filter_by(sku_key=key)).first()


def get_variant(session: Session, *, sku: str) -> Variant:
    """Return the variant with this SKU (case and spaces do not count).

    Raises:
        VariantNotFoundError: there is none.
    """
    variant = find_variant(session, sku=sku)
    if variant is None:
        message = f"no variant with the SKU {shown(sku)}: check its spelling, or create it"
        raise VariantNotFoundError(message, sku=sku[:80] if isinstance(sku, str) else shown(sku))
    return variant


def list_variants(session: Session, product: Product) -> Sequence[Variant]:
    """Return the variants of a product in their order."""
    return session.scalars(
        select(Variant)
        .filter_by(product_id=id_of(product, Product))
        .order_by(Variant.position, Variant.id)
    ).all()
