"""Writes what was decided of a batch: one statement a table, whatever the number of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, insert, select, update

from commerce_core.catalog.attribute_models import ProductImage
from commerce_core.catalog.categories import ensure_category, fold
from commerce_core.catalog.change_models import ChangeKind
from commerce_core.catalog.changes import ChangeLog
from commerce_core.catalog.file_results import RowOutcome
from commerce_core.catalog.models import (
    OptionType,
    OptionValue,
    Product,
    ProductOptionType,
    ProductStatus,
    Variant,
    VariantOptionValue,
    VariantStatus,
)
from commerce_core.catalog.options import combination_of, insert_unless_there, next_position
from commerce_core.catalog.prices import record_prices
from commerce_core.catalog.skus import normalize_sku
from commerce_core.catalog.variant_fields import VARIANT_FIELDS
from commerce_core.catalog.variants import named_by, searched_options
from commerce_core.clock import utc_now
from commerce_core.database.bulk import insert_rows, moment_storer
from commerce_core.money import to_units

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from commerce_core.catalog.file_decide import Decision
    from commerce_core.catalog.file_known import Known

_VARIANTS: Any = Variant.__table__
_PRODUCTS: Any = Product.__table__
_CHOSEN: Any = VariantOptionValue.__table__
_SHOWN: Final = 20
"""So many SKUs are named in a product's history."""
_MONEY: Final = ("price", "compare_at_price", "cost")
_COLUMNS: Final = (
    *VARIANT_FIELDS, "product_id", "sku_key", "barcode_key", "option_text", "combination",
    "position", "currency", "version", "created_at", "updated_at",
)  # fmt: skip
_OPTIONAL: Any = {name: None for name, field in VARIANT_FIELDS.items() if field.is_optional}


class BatchWriter:
    """Writes the decisions of one batch. Refused rows are none of its business."""

    def __init__(
        self, session: Session, known: Known, decisions: Sequence[Decision], actor: str
    ) -> None:
        self._session = session
        self._known = known
        self._all = [d for d in decisions if d.outcome is not RowOutcome.REFUSED]
        self._new = [d for d in self._all if d.outcome is RowOutcome.CREATED]
        self._actor = actor
        self._now = utc_now()
        self._log = ChangeLog(actor, self._now)
        self._products = {slug: row.id for slug, row in known.products.items()}
        self._categories: dict[str, int] = {}
        self._values: dict[tuple[str, str], tuple[int, int]] = {}

    def write(self) -> None:
        """Write products first, then what points to them."""
        self._create_products()
        self._change_products()
        if self._new:
            self._learn_options()
            self._create_variants()
        self._change_variants()
        self._add_images()
        self._log.write(self._session)

    # --- products ------------------------------------------------------------------------

    def _create_products(self) -> None:
        missing: dict[str, Decision] = {}
        for made in self._all:
            if made.row.slug and made.row.slug not in self._products:
                missing.setdefault(made.row.slug, made)
        if not missing:
            return
        rows = [self._product_row(slug, made) for slug, made in missing.items()]
        columns = (_PRODUCTS.c.slug, _PRODUCTS.c.id)
        added = self._session.connection().execute(
            insert(_PRODUCTS).returning(*columns, sort_by_parameter_order=True), rows
        )
        self._products |= {slug: number for slug, number in added}  # noqa: C416 - rows
        for slug, made in missing.items():
            name = made.row.product.get("name")
            change = {"name": (None, name)}
            self._log.add(self._products[slug], change, kind=ChangeKind.IMPORTED)

    def _product_row(self, slug: str, made: Decision) -> dict[str, Any]:
        said = made.row.product
        return {
            "slug": slug,
            "name": said["name"],
            "description": said.get("description", ""),
            "brand": said.get("brand"),
            "category_id": self._category(said.get("category")),
            "status": said.get("status", ProductStatus.ACTIVE),
            "details": {},
            "version": 1,
            "created_at": self._now,
            "updated_at": self._now,
        }

    def _category(self, path: str | None) -> int | None:
        if path is None or not path.strip():
            return None
        if path not in self._categories:
            self._categories[path] = ensure_category(self._session, path).id
        return self._categories[path]

    def _change_products(self) -> None:
        for made in self._all:
            if not made.product_changes:
                continue
            columns = {name: after for name, (_, after) in made.product_changes.items()}
            if "category" in columns:
                columns["category_id"] = self._category(columns.pop("category"))
            change = update(_PRODUCTS).where(_PRODUCTS.c.id == made.product.id)
            columns |= {"version": _PRODUCTS.c.version + 1, "updated_at": self._now}
            self._session.connection().execute(change.values(columns))
            self._log.add(made.product.id, made.product_changes, kind=ChangeKind.IMPORTED)

    # --- options -------------------------------------------------------------------------

    def _learn_options(self) -> None:
        """Know the ids of all options and values of new variants; create what is missing."""
        wanted: dict[tuple[str, str], tuple[str, str]] = {}
        for made in self._new:
            for name, value in made.row.options:
                wanted.setdefault((fold(name), fold(value)), (name, value))
        if not wanted:
            return
        types = self._ensure_types({key[0]: pair[0] for key, pair in wanted.items()})
        missing = dict(wanted)
        self._read_values(types, missing)
        for axis in types.values():
            names = [pair[1] for key, pair in missing.items() if types[key[0]] == axis]
            if names:
                first = next_position(self._session, OptionValue, option_type_id=axis)
                rows = [
                    {"option_type_id": axis, "name": name, "position": place,
                     "created_at": self._now}
                    for place, name in enumerate(names, first)
                ]  # fmt: skip
                insert_unless_there(self._session, OptionValue, *rows)
        if missing:
            self._read_values(types, missing)

    def _ensure_types(self, names: dict[str, str]) -> dict[str, int]:
        found = self._types(names)
        for key, name in names.items():
            if key not in found:
                position = next_position(self._session, OptionType)
                values = {"name": name, "position": position, "created_at": self._now}
                insert_unless_there(self._session, OptionType, values)
        return found if len(found) == len(names) else self._types(names)

    def _types(self, names: dict[str, str]) -> dict[str, int]:
        rows = self._session.execute(select(OptionType.name, OptionType.id)).all()
        exact = {name: number for name, number in rows}  # noqa: C416 - rows
        loose: dict[str, int] = {}
        for name, number in rows:
            loose.setdefault(fold(name), number)
        return {
            key: exact.get(name, loose.get(key, 0))
            for key, name in names.items()
            if name in exact or key in loose
        }

    def _read_values(
        self, types: dict[str, int], missing: dict[tuple[str, str], tuple[str, str]]
    ) -> None:
        """Move what exists from ``missing`` to what is known. The oldest of two twins counts."""
        axes = {number: key for key, number in types.items()}
        query = select(OptionValue.option_type_id, OptionValue.name, OptionValue.id)
        query = query.where(OptionValue.option_type_id.in_(axes)).order_by(OptionValue.id)
        for axis, name, number in self._session.execute(query):
            key = (axes[axis], fold(name))
            if key in missing:
                self._values[key] = (axis, number)
                del missing[key]

    def _chosen(self, made: Decision) -> list[tuple[int, int]]:
        return [self._values[fold(name), fold(value)] for name, value in made.row.options]

    # --- variants ------------------------------------------------------------------------

    def _create_variants(self) -> None:
        rows = [self._variant_row(made) for made in self._new]
        stored = _stored(rows, moment_storer(self._session))
        insert_rows(self._session, _VARIANTS, _COLUMNS, stored)
        keys = [row["sku_key"] for row in rows]
        query = select(_VARIANTS.c.sku_key, _VARIANTS.c.id).where(_VARIANTS.c.sku_key.in_(keys))
        found: dict[str, int] = {name: number for name, number in self._session.execute(query)}  # noqa: C416 - rows are pairs
        ids = [found[key] for key in keys]
        chosen = [
            (number, axis, value)
            for number, made in zip(ids, self._new, strict=True)
            for axis, value in self._chosen(made)
        ]
        names = ("variant_id", "option_type_id", "option_value_id")
        insert_rows(self._session, _CHOSEN, names, chosen)
        self._write_axes()
        by_product: dict[int, list[str]] = {}
        for row in rows:
            by_product.setdefault(row["product_id"], []).append(row["sku"])
        for number, skus in by_product.items():
            more = "" if len(skus) <= _SHOWN else f" and {len(skus) - _SHOWN} more"
            change = {"variants": (None, ", ".join(skus[:_SHOWN]) + more)}
            self._log.add(number, change, kind=ChangeKind.IMPORTED)

    def _variant_row(self, made: Decision) -> dict[str, Any]:
        row = made.row
        product_id = self._products[row.slug]
        position = self._known.next_positions.get(product_id, 0)
        self._known.next_positions[product_id] = position + 1
        values = [value for _, value in row.options]
        name = row.fields.get("name") or named_by(values) or self._name_of(row.slug, made)
        return {
            **_OPTIONAL,
            "track_inventory": True,
            "status": VariantStatus.ACTIVE,
            **row.fields,
            "product_id": product_id,
            "sku": made.sku,
            "sku_key": normalize_sku(made.sku),
            "barcode_key": row.barcode_key or None,
            "name": name,
            "option_text": searched_options(name, values),
            "combination": combination_of([value for _, value in self._chosen(made)]),
            "position": position,
            "currency": row.currency,
            "version": 1,
            "created_at": self._now,
            "updated_at": self._now,
        }

    def _name_of(self, slug: str, made: Decision) -> str:
        known = self._known.products.get(slug)
        return str(made.row.product.get("name") or (known.name if known is not None else slug))

    def _write_axes(self) -> None:
        """Give products the options of their first variants."""
        rows: dict[tuple[int, int], dict[str, int]] = {}
        for made in self._new:
            product_id = self._products[made.row.slug]
            for place, (axis, _) in enumerate(self._chosen(made)):
                row = {"product_id": product_id, "option_type_id": axis, "position": place}
                rows.setdefault((product_id, axis), row)
        if rows:
            insert_unless_there(self._session, ProductOptionType, *rows.values())

    def _change_variants(self) -> None:
        same: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        prices: list[tuple[Any, Any]] = []
        for made in self._all:
            if made.variant is None or not made.changes:
                continue
            columns: dict[str, Any] = {}
            for name, (_, after) in made.changes.items():
                columns |= VARIANT_FIELDS[name].columns(after)
            if "price" in made.changes:
                prices.append((made.variant, made.changes["price"][1]))
            columns = {"variant": made.variant.id, **columns}
            same.setdefault(tuple(columns), []).append(columns)
            kind = ChangeKind.IMPORTED
            variant = made.variant
            self._log.add(variant.product_id, made.changes, kind=kind, variant_id=variant.id)
        record_prices(self._session, prices, actor=self._actor, at=self._now)
        for names, rows in same.items():
            columns = {name: bindparam(name) for name in names if name != "variant"}
            columns |= {"version": _VARIANTS.c.version + 1, "updated_at": self._now}
            change = update(_VARIANTS).where(_VARIANTS.c.id == bindparam("variant"))
            self._session.connection().execute(change.values(columns), rows)

    # --- images --------------------------------------------------------------------------

    def _add_images(self) -> None:
        rows = []
        places: dict[int, int] = {}
        for made in self._all:
            if made.new_image is None:
                continue
            number = made.product.id if made.product is not None else self._products[made.row.slug]
            if number not in places:
                places[number] = next_position(self._session, ProductImage, product_id=number)
            url, alt = made.new_image
            rows.append({"product_id": number, "url": url, "alt": alt,
                         "position": places[number], "created_at": self._now})  # fmt: skip
            places[number] += 1
            self._log.add(number, {"image": (None, url)}, kind=ChangeKind.IMPORTED)
        if rows:
            self._session.execute(insert(ProductImage), rows)


def _stored(
    rows: Sequence[dict[str, Any]], moment: Callable[[datetime], Any]
) -> list[tuple[Any, ...]]:
    """Return rows as the driver takes them: money in units, enums as text, moments as kept."""
    stored: list[tuple[Any, ...]] = []
    for row in rows:
        values = row | {
            "status": str(row["status"]),
            "created_at": moment(row["created_at"]),
            "updated_at": moment(row["updated_at"]),
        }
        for name in _MONEY:
            values[name] = None if row[name] is None else to_units(row[name])
        stored.append(tuple(values[name] for name in _COLUMNS))
    return stored
