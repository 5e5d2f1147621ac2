"""Variants as pages name them, and how a person or a scanner names them to us."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from commerce_core.catalog import normalize_sku
from commerce_core.catalog.models import OptionValue, Product, Variant, VariantOptionValue
from commerce_core.errors import InvalidTextError


@dataclass(frozen=True, slots=True)
class VariantName:
    """How a variant is written: "Linen shirt Alma, Sage · M" with its SKU and colour."""

    id: int
    product: str
    name: str
    sku: str
    barcode: str | None
    swatch: str | None

    @property
    def full(self) -> str:
        """Product and variant in one line."""
        return f"{self.product}, {self.name}" if self.name else self.product


def name_variants(session: Session, ids: Collection[int]) -> Mapping[int, VariantName]:
    """Return the names of variants by id. One statement."""
    swatch = (
        select(OptionValue.swatch)
        .join(VariantOptionValue, VariantOptionValue.option_value_id == OptionValue.id)
        .where(VariantOptionValue.variant_id == Variant.id, OptionValue.swatch.is_not(None))
        .order_by(OptionValue.id)
        .limit(1)
        .correlate(Variant)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Variant.id, Product.name, Variant.name, Variant.sku, Variant.barcode, swatch)
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.id.in_(sorted(set(ids))))
    )
    return {row[0]: VariantName(*row) for row in rows}


def find_by_code(session: Session, codes: Collection[str]) -> Mapping[str, Variant]:
    """Return the variant that each code names, by SKU first and by barcode second.

    A code that names none is missing, as is a barcode that several variants carry. One statement.
    """
    keys = {code: _key(code) for code in codes if code.isprintable()}
    condition = or_(
        Variant.sku_key.in_(sorted(set(keys.values()))), Variant.barcode.in_(sorted(keys))
    )
    by_sku: dict[str, Variant] = {}
    by_barcode: dict[str, list[Variant]] = {}
    for variant in session.scalars(select(Variant).where(condition)):
        by_sku[variant.sku_key] = variant
        by_barcode.setdefault(variant.barcode or "", []).append(variant)
    found = {}
    for code, key in keys.items():
        same = by_barcode.get(code, [])
        match = by_sku.get(key) or (same[0] if len(same) == 1 and code else None)
        if match is not None:
            found[code] = match
    return found


def _key(code: str) -> str:
    try:
        return normalize_sku(code)
    except InvalidTextError:
        return ""  # no SKU is empty
