"""Reads the rows of a product file: every value typed, every problem noted at its column.

Products need not be repeated on every row: what the first row of a product says counts for all.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from commerce_core.catalog.amounts import Decimals
from commerce_core.catalog.categories import fold
from commerce_core.catalog.file_columns import PRODUCT_TARGETS, VARIANT_TARGETS
from commerce_core.catalog.images import require_url
from commerce_core.catalog.matrix import MOST_AXES
from commerce_core.catalog.models import NAME_LENGTH
from commerce_core.catalog.products import make_slug, read_product_field
from commerce_core.catalog.skus import normalize_sku
from commerce_core.catalog.variant_fields import VARIANT_FIELDS, read_field
from commerce_core.errors import ImportFileError, InvalidInputError
from commerce_core.money import Money
from commerce_core.tables import read_table
from commerce_core.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from commerce_core.tables import TableRow

_COMMA: Final = re.compile(r"[0-9],[0-9]{1,2}$|,[0-9]{4,}$|\.[0-9]{3},")
_POINT: Final = re.compile(r"[0-9]\.[0-9]{1,2}$|\.[0-9]{4,}$|,[0-9]{3}\.")
_MONEY: Final = ("price", "compare_at_price", "cost")
_NO_OPTION: Final = ("title", "default title")
"""What Shopify writes for a product without options."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row is refused. ``column`` is a column of the file, "" for the whole row."""

    column: str
    message: str


@dataclass(slots=True)
class ProductRow:
    """A row as it is meant. ``fields`` holds only what the file has columns for."""

    line: int
    slug: str = ""
    product: dict[str, Any] = field(default_factory=dict)
    options: tuple[tuple[str, str], ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)
    sku_key: str = ""
    barcode_key: str = ""
    currency: str = ""
    image: tuple[str, str] | None = None
    is_variant: bool = True
    problems: list[RowProblem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ProductFile:
    """A product file that was opened: its columns, and its rows as texts."""

    name: str
    header: Sequence[str]
    rows: Sequence[TableRow]

    def fingerprint(self, mapping: Mapping[str, str], currency: str) -> str:
        """Return a digest of the content and of how it is meant."""
        digest = hashlib.sha256(repr((sorted(mapping.items()), currency)).encode())
        for row in self.rows:
            digest.update(repr(list(row.cells.values())).encode())
        return digest.hexdigest()


def read_product_file(source: bytes | str | Path, *, name: str = "") -> ProductFile:
    """Open a CSV or Excel file of products.

    Raises:
        ImportFileError: it is empty, damaged, too large, or neither CSV nor xlsx.
    """
    table = read_table(source, name=name)
    rows = list(table.rows())
    if not rows:
        message = f"{table.name} has column names but no rows"
        raise ImportFileError(message, file=table.name)
    return ProductFile(table.name, [name for name in table.header if name], rows)


def understand(file: ProductFile, mapping: Mapping[str, str], *, currency: str) -> list[ProductRow]:
    """Return the rows of ``file`` as ``mapping`` says they are meant. Asks no database."""
    reader = _Reader(file, mapping, Money.of(0, currency).currency)
    rows = [reader.read(row) for row in file.rows]
    _share_product_fields(rows, reader.columns)
    _refuse_twins(rows, reader.columns)
    return rows


class _Reader:
    """Reads cells; each text of a column is read once and remembered."""

    def __init__(self, file: ProductFile, mapping: Mapping[str, str], currency: str) -> None:
        self.columns = {target: column for column, target in mapping.items()}
        self._currency = currency
        self._decimals = _decimals_of(file, self.columns)
        self._memory: dict[tuple[str, str], Any] = {}
        self._option_names: dict[str, dict[int, str]] = {}
        self._variant = [
            (target, name) for target, name in VARIANT_TARGETS.items() if target in self.columns
        ]
        self._product = [
            (target, name) for target, name in PRODUCT_TARGETS.items() if target in self.columns
        ]
        self._axes = [
            number for number in range(1, MOST_AXES + 1) if f"option{number}_value" in self.columns
        ]

    def read(self, raw: TableRow) -> ProductRow:
        row = ProductRow(raw.line)
        if raw.surplus:
            message = f"the row has {raw.surplus} more cells than there are columns"
            row.problems.append(RowProblem("", message))
        cells = raw.cells
        handle = self._cell(cells, "product") or self._cell(cells, "title")
        if handle:
            row.slug = self._value(row, "product", handle, make_slug_of) or ""
        for target, name in self._product:
            if text := cells[self.columns[target]]:
                read = _product_reader(name)
                value = self._value(row, target, text, read)
                if value is not None:
                    row.product[name] = value
        self._read_options(row, cells)
        self._read_variant(row, cells)
        self._read_image(row, cells)
        row.is_variant = bool(
            row.sku_key or row.barcode_key or row.options or row.fields.get("price") is not None
        ) or (row.image is None and not row.problems)
        return row

    def _read_options(self, row: ProductRow, cells: Mapping[str, str]) -> None:
        names = self._option_names.setdefault(row.slug, {})
        options: list[tuple[str, str]] = []
        for number in self._axes:
            target = f"option{number}_name"
            if text := self._cell(cells, target):
                names[number] = self._value(row, target, text, _option_text) or ""
            value = self._cell(cells, f"option{number}_value")
            if not value:
                continue
            name = names.get(number, "")
            if not name:
                column = self.columns.get(target, self.columns[f"option{number}_value"])
                row.problems.append(RowProblem(column, "which option is this a value of?"))
                continue
            if (name.lower(), value.lower()) == _NO_OPTION:
                continue
            read = self._value(row, f"option{number}_value", value, _option_text)
            if read is not None:
                options.append((name, read))
        if len({fold(name) for name, _ in options}) < len(options):
            row.problems.append(RowProblem("", "an option is there twice"))
        row.options = tuple(options)

    def _read_variant(self, row: ProductRow, cells: Mapping[str, str]) -> None:
        for target, name in self._variant:
            text = cells[self.columns[target]]
            if not text and not VARIANT_FIELDS[name].is_optional:
                if name == "track_inventory" and self.columns[target].startswith("Variant "):
                    text = "no"  # an empty tracker of Shopify's: nobody counts it
                else:
                    continue
            value = self._value(row, target, text, self._field_reader(name))
            row.fields[name] = value
        if row.fields.get("sku"):
            row.sku_key = self._value(row, "sku", row.fields["sku"], normalize_sku) or ""
        if row.fields.get("barcode"):
            row.barcode_key = row.fields["barcode"].zfill(14)
        row.currency = self._currency
        if text := self._cell(cells, "currency"):
            row.currency = self._value(row, "currency", text.upper(), _currency) or self._currency

    def _read_image(self, row: ProductRow, cells: Mapping[str, str]) -> None:
        if url := self._cell(cells, "image_url"):
            read = self._value(row, "image_url", url, require_url)
            if read is not None:
                row.image = (read, self._cell(cells, "image_alt")[:300])

    def _field_reader(self, name: str) -> Callable[[str], Any]:
        return lambda text: read_field(name, text, decimals=self._decimals)

    def _cell(self, cells: Mapping[str, str], target: str) -> str:
        column = self.columns.get(target)
        return "" if column is None else cells[column]

    def _value(self, row: ProductRow, target: str, text: str, read: Callable[[str], Any]) -> Any:
        """Return what ``read`` makes of a cell, or None with a problem noted in ``row``."""
        key = (target if read is not normalize_sku else "sku_key", text)
        found = self._memory.get(key, self)
        if found is self:
            try:
                found = read(text)
            except InvalidInputError as exc:
                found = exc
            self._memory[key] = found
        if isinstance(found, InvalidInputError):
            row.problems.append(RowProblem(self.columns[target], str(found)))
            return None
        return found


def make_slug_of(text: str) -> str:
    """Return the slug that a handle or title means; raises InvalidTextError for what is none."""
    return make_slug(clean_text(text, name="the product", max_length=NAME_LENGTH))


def _option_text(text: str) -> str:
    return clean_text(text, name="the option", max_length=NAME_LENGTH)


def _currency(text: str) -> str:
    return Money.of(0, text).currency


def _product_reader(name: str) -> Callable[[str], Any]:
    return lambda text: read_product_field(name, text.lower() if name == "status" else text)


def _decimals_of(file: ProductFile, columns: Mapping[str, str]) -> Decimals:
    """Tell from all amounts of a file what it writes before decimals."""
    has_comma = has_point = False
    for column in (columns[target] for target in _MONEY if target in columns):
        for row in file.rows:
            text = row.cells[column]
            has_comma = has_comma or _COMMA.search(text) is not None
            has_point = has_point or _POINT.search(text) is not None
    if has_comma == has_point:
        return Decimals.EITHER
    return Decimals.COMMA if has_comma else Decimals.POINT


def _share_product_fields(rows: Sequence[ProductRow], columns: Mapping[str, str]) -> None:
    """Let every row of a product say the same of it; refuse one that says something else."""
    targets = {name: target for target, name in PRODUCT_TARGETS.items()}
    shared: dict[str, dict[str, tuple[int, Any]]] = {}
    for row in rows:
        known = shared.setdefault(row.slug, {}) if row.slug else {}
        for name, value in row.product.items():
            line, first = known.setdefault(name, (row.line, value))
            if first != value:
                message = f"row {line} says something else of the same product"
                row.problems.append(RowProblem(columns[targets[name]], message))
    for row in rows:
        if row.slug:
            row.product = {name: value for name, (_, value) in shared[row.slug].items()}


def _refuse_twins(rows: Sequence[ProductRow], columns: Mapping[str, str]) -> None:
    """Refuse a row whose SKU, barcode or combination an earlier row has."""
    skus: dict[Any, int] = {}
    barcodes: dict[Any, int] = {}
    combinations: dict[Any, int] = {}
    for row in rows:
        if not row.is_variant:
            continue
        pairs = frozenset((fold(name), fold(value)) for name, value in row.options)
        checks: tuple[tuple[dict[Any, int], Any, str], ...] = (
            (skus, row.sku_key, "sku"),
            (barcodes, row.barcode_key, "barcode"),
            (combinations, (row.slug, pairs) if row.slug and pairs else "", "option1_value"),
        )
        for known, key, target in checks:
            if key and known.setdefault(key, row.line) != row.line:
                message = f"row {known[key]} has the same already"
                row.problems.append(RowProblem(columns.get(target, ""), message))
