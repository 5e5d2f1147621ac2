"""Writes the products and variants of a file. What exists already is left as it is.

Codes with the same five digits are variants of one product; the letters after them are the value
of the option "Suffix". Records begin when the thing was first sold.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, update

from commerce_core.catalog.models import (
    SLUG_LENGTH,
    OptionType,
    OptionValue,
    Product,
    ProductOptionType,
    ProductStatus,
    Variant,
    VariantOptionValue,
    VariantStatus,
)
from commerce_core.catalog.products import make_slug
from commerce_core.importing.rows import most_frequent
from commerce_core.money import from_units

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from commerce_core.importing.rows import Item

OPTION: Final = "Suffix"


@dataclass(frozen=True, slots=True)
class Suffixes:
    """The axis of suffixes and the ids of its values, in the database."""

    option_type_id: int
    values: dict[str, int]


def by_product(goods: Sequence[Item]) -> list[list[Item]]:
    """Return the items of each product together. ``goods`` are sorted by code."""
    return [list(items) for _, items in groupby(goods, key=lambda item: item.product_key)]


def write_suffixes(session: Session, goods: Sequence[Item], *, created_at: datetime) -> Suffixes:
    """Make the option type and its values where they are missing."""
    axis = session.scalar(select(OptionType.id).filter_by(name=OPTION))
    if axis is None:
        new = OptionType(name=OPTION, created_at=created_at)
        session.add(new)
        session.flush()
        axis = new.id
    known = _suffix_ids(session, axis)
    wanted = sorted({item.suffix for item in goods} - {""} - known.keys())
    rows = [
        {"option_type_id": axis, "name": name, "position": position, "created_at": created_at}
        for position, name in enumerate(wanted, len(known))
    ]
    if rows:
        session.execute(insert(OptionValue), rows)
    return Suffixes(axis, _suffix_ids(session, axis))


def _suffix_ids(session: Session, axis: int) -> dict[str, int]:
    query = select(OptionValue.name, OptionValue.id).filter_by(option_type_id=axis)
    return dict(session.execute(query).all())


def write_products(
    session: Session, system: str, groups: Sequence[Sequence[Item]], suffixes: Suffixes
) -> dict[str, int]:
    """Make products and variants where they are missing; return the variants' ids by code."""
    items = [item for group in groups for item in group]
    variants = _variant_ids(session, system, items)
    missing = [fresh for group in groups if (fresh := [i for i in group if i.key not in variants])]
    if missing:
        products = _write_missing_products(session, system, missing)
        _write_axes(session, missing, products, suffixes)
        _write_variants(session, system, missing, products, suffixes)
        variants = _variant_ids(session, system, items)
        _write_options(session, missing, variants, suffixes)
    return variants


def _variant_ids(session: Session, system: str, items: Sequence[Item]) -> dict[str, int]:
    """Return the ids of the variants that exist, and put our reference on those without one."""
    query = select(Variant.sku_key, Variant.id, Variant.system).where(
        Variant.sku_key.in_([item.key for item in items])
    )
    found = session.execute(query).all()
    for key, number, owner in found:
        if owner is None:
            change = update(Variant).where(Variant.id == number, Variant.system.is_(None))
            session.execute(
                change.values(system=system, external_id=key, version=Variant.version + 1)
            )
    return {key: number for key, number, _ in found}


def _write_missing_products(
    session: Session, system: str, groups: Sequence[Sequence[Item]]
) -> dict[str, int]:
    keys = [group[0].product_key for group in groups]
    known = _product_ids(session, system, keys)
    rows = [_product_row(system, group) for group in groups if group[0].product_key not in known]
    if rows:
        session.connection().execute(insert(Product.__table__), rows)  # type: ignore[arg-type]  # a Table
        known = _product_ids(session, system, keys)
    return known


def _product_ids(session: Session, system: str, keys: Sequence[str]) -> dict[str, int]:
    query = select(Product.external_id, Product.id).where(
        Product.system == system, Product.external_id.in_(keys)
    )
    return {key: number for key, number in session.execute(query) if key is not None}


def _product_row(system: str, group: Sequence[Item]) -> dict[str, Any]:
    key = group[0].product_key
    names: dict[str, int] = {}
    for item in group:
        for name, count in item.names.items():
            names[name] = names.get(name, 0) + count
    name = most_frequent(names) or key
    began_at = min(item.began_at for item in group if item.began_at)
    return {
        "name": name,
        "slug": f"{make_slug(name)[: SLUG_LENGTH - 20]}-{key}".lstrip("-"),
        "description": "",
        "status": ProductStatus.ACTIVE,
        "version": 1,
        "system": system,
        "external_id": key,
        "details": {},
        "created_at": began_at,
        "updated_at": began_at,
    }


def _write_axes(
    session: Session,
    groups: Sequence[Sequence[Item]],
    products: dict[str, int],
    suffixes: Suffixes,
) -> None:
    axis = suffixes.option_type_id
    wanted = {
        products[group[0].product_key] for group in groups if any(item.suffix for item in group)
    }
    query = select(ProductOptionType.product_id).where(
        ProductOptionType.option_type_id == axis, ProductOptionType.product_id.in_(wanted)
    )
    rows: list[dict[str, int]] = [
        {"product_id": product, "option_type_id": axis, "position": 0}
        for product in sorted(wanted - set(session.scalars(query)))
    ]
    if rows:
        session.execute(insert(ProductOptionType), rows)


def _write_variants(
    session: Session,
    system: str,
    groups: Sequence[Sequence[Item]],
    products: dict[str, int],
    suffixes: Suffixes,
) -> None:
    rows: list[dict[str, Any]] = [
        {
            "product_id": products[item.product_key],
            "sku": item.key,
            "sku_key": item.key,
            "name": item.name,
            "combination": str(suffixes.values[item.suffix]) if item.suffix else "",
            "position": suffix_position(item.suffix),
            "price": from_units(item.price),
            "currency": "GBP",
            "status": VariantStatus.ACTIVE,
            "version": 1,
            "system": system,
            "external_id": item.key,
            "details": {},
            "created_at": item.began_at,
            "updated_at": item.began_at,
        }
        for item in items_of(groups)
    ]
    session.connection().execute(insert(Variant.__table__), rows)  # type: ignore[arg-type]  # a Table


def _write_options(
    session: Session,
    groups: Sequence[Sequence[Item]],
    variants: dict[str, int],
    suffixes: Suffixes,
) -> None:
    rows: list[dict[str, int]] = [
        {
            "variant_id": variants[item.key],
            "option_type_id": suffixes.option_type_id,
            "option_value_id": suffixes.values[item.suffix],
        }
        for item in items_of(groups)
        if item.suffix
    ]
    if rows:
        session.execute(insert(VariantOptionValue), rows)


def items_of(groups: Sequence[Sequence[Item]]) -> Iterator[Item]:
    """Yield the items of all groups."""
    return (item for group in groups for item in group)


def suffix_position(suffix: str) -> int:
    """Return a number that sorts variants as their suffixes: none, A to Z, AA and on."""
    number = 0
    for letter in suffix[:4]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
