"""Reads what a matrix starts from: a product's variants with their values, and the axes' values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from commerce_core.catalog.categories import fold
from commerce_core.catalog.models import (
    OptionType,
    OptionValue,
    Product,
    ProductOptionType,
    Variant,
    VariantOptionValue,
    VariantStatus,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class KnownVariant:
    """A variant as the matrix sees it: ``values`` maps option type ids to option value ids."""

    row: Any
    values: Mapping[int, int]

    @property
    def id(self) -> int:
        """Its id."""
        number: int = self.row.id
        return number

    @property
    def is_active(self) -> bool:
        """Tell whether it is offered."""
        return bool(self.row.status == VariantStatus.ACTIVE)


@dataclass(frozen=True, slots=True)
class KnownAxis:
    """An option of the choice: its id and the ids of its values where they exist already."""

    option: str
    option_type_id: int | None
    values: Sequence[str]
    value_ids: Sequence[int | None]


@dataclass(frozen=True, slots=True)
class MatrixState:
    """A product with its variants, in their order."""

    product: Product
    variants: Sequence[KnownVariant]
    option_names: Mapping[int, str]
    value_names: Mapping[int, str]
    axis_ids: Sequence[int]

    @property
    def active(self) -> list[KnownVariant]:
        """The variants that are offered."""
        return [variant for variant in self.variants if variant.is_active]

    def named(self, variant: KnownVariant) -> tuple[str, ...]:
        """Return the values of a variant by name, in the order of the product's axes."""
        order = {axis: place for place, axis in enumerate(self.axis_ids)}
        pairs = sorted(variant.values.items(), key=lambda pair: order.get(pair[0], len(order)))
        return tuple(self.value_names[value] for _, value in pairs)


def read_matrix(session: Session, product: Product) -> MatrixState:
    """Read the variants of a product with their option values. Three statements."""
    rows = session.execute(
        select(*Variant.__table__.c)
        .where(Variant.product_id == product.id)
        .order_by(Variant.position, Variant.id)
    ).all()
    chosen: dict[int, dict[int, int]] = {}
    options: dict[int, str] = {}
    names: dict[int, str] = {}
    query = (
        select(
            VariantOptionValue.variant_id,
            OptionType.id,
            OptionType.name,
            OptionValue.id,
            OptionValue.name,
        )
        .join(Variant, Variant.id == VariantOptionValue.variant_id)
        .join(OptionType, OptionType.id == VariantOptionValue.option_type_id)
        .join(OptionValue, OptionValue.id == VariantOptionValue.option_value_id)
        .where(Variant.product_id == product.id)
    )
    for variant, axis, option, value, name in session.execute(query):
        chosen.setdefault(variant, {})[axis] = value
        options[axis] = option
        names[value] = name
    axes = session.execute(
        select(ProductOptionType.option_type_id, OptionType.name)
        .join(OptionType, OptionType.id == ProductOptionType.option_type_id)
        .where(ProductOptionType.product_id == product.id)
        .order_by(ProductOptionType.position, ProductOptionType.option_type_id)
    ).all()
    options |= dict(axes)
    variants = [KnownVariant(row, chosen.get(row.id, {})) for row in rows]
    return MatrixState(product, variants, options, names, [number for number, _ in axes])


def know_axes(session: Session, axes: Sequence[tuple[str, Sequence[str]]]) -> list[KnownAxis]:
    """Return the axes with the ids of what exists of them; names are compared without case.

    An exact name goes before one that differs in case. Two statements.
    """
    types = _by_name(session.execute(select(OptionType.id, OptionType.name)).all())
    ids = [_find(types, option) for option, _ in axes]
    known = [number for number in ids if number is not None]
    values: dict[int, dict[str, int]] = {}
    query = select(OptionValue.option_type_id, OptionValue.id, OptionValue.name)
    by_axis: dict[int, list[Any]] = {}
    if known:
        for axis, number, name in session.execute(
            query.where(OptionValue.option_type_id.in_(known)).order_by(OptionValue.id)
        ):
            by_axis.setdefault(axis, []).append((number, name))
    values = {axis: _by_name(found) for axis, found in by_axis.items()}
    return [
        KnownAxis(option, number, names, [_find(values.get(number or 0, {}), n) for n in names])
        for number, (option, names) in zip(ids, axes, strict=True)
    ]


def _by_name(rows: Sequence[Any]) -> dict[str, int]:
    """Map exact names, and folded ones behind a mark, to ids; the oldest keeps a folded name."""
    found: dict[str, int] = {}
    for number, name in rows:
        found[f"={name}"] = number
        found.setdefault(f"~{fold(name)}", number)
    return found


def _find(known: Mapping[str, int], name: str) -> int | None:
    return known.get(f"={name}", known.get(f"~{fold(name)}"))
