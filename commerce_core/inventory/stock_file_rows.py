"""Reads a stock file: CSV with the columns sku, location, quantity and perhaps reason.

UTF-8 with or without BOM; commas, semicolons or tabs between the fields. Each line is read
alone, so that a damaged one spoils nothing but itself.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from commerce_core.catalog import normalize_sku
from commerce_core.errors import ImportFileError, InvalidTextError
from commerce_core.inventory.checks import require_reason
from commerce_core.inventory.ledger import MAX_QUANTITY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MAX_FILE_BYTES: Final = 20_000_000
NEEDED: Final = ("sku", "location", "quantity")
KNOWN: Final = (*NEEDED, "reason")
_DELIMITERS: Final = (",", ";", "\t")
_WHOLE: Final = re.compile(r"[+-]?[0-9]+")
_SHOWN: Final = 40
"""So much of a wrong value is quoted in a message."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row is refused. ``column`` is one of the file's columns, or "" for the whole row.

    ``words`` are the sentence with %(names)s of ``values``, so that it can be translated.
    """

    code: str
    column: str
    words: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The reason as a sentence in English."""
        return self.words % self.values


@dataclass(frozen=True, slots=True)
class StockFileRow:
    """A row as it was written, and what was read from it. ``quantity`` is None if it is none."""

    line: int
    sku: str
    location: str
    quantity: int | None
    reason: str | None
    sku_key: str
    problem: RowProblem | None = None


@dataclass(frozen=True, slots=True)
class StockFile:
    """A file whose columns are known. ``text`` is its content as all its copies have it."""

    name: str
    text: str
    rows: Sequence[StockFileRow]

    def fingerprint(self, semantics: str) -> str:
        """Return a digest (SHA-256) of the content and of how it is meant."""
        return hashlib.sha256(f"{semantics}\n{self.text}".encode()).hexdigest()


def read_stock_file(content: str | bytes, *, name: str = "stock file") -> StockFile:
    """Read ``content``. What is wrong with a row is noted in it and stops nothing.

    Raises:
        ImportFileError: empty, no text, larger than 20 MB, or without a needed column.
    """
    text = _text_of(content, name)
    lines = text.split("\n")
    head = next((number for number, line in enumerate(lines) if line.strip()), None)
    if head is None:
        raise _unusable(name, "is empty: it needs a line of column names and a line for each level")
    delimiter = _delimiter_of(lines[head])
    columns = _columns_of(lines[head], delimiter, name)
    fields = _Fields(columns, delimiter)
    numbered = enumerate(lines[head + 1 :], head + 2)
    rows = [fields.read(number, line) for number, line in numbered if line.strip(f" {delimiter}")]
    if not rows:
        raise _unusable(name, "has column names but no rows")
    return StockFile(name, text, list(_without_twins(rows)))


def _text_of(content: str | bytes, name: str) -> str:
    if len(content) > MAX_FILE_BYTES:
        size = f"{len(content) / 1e6:.0f} MB"
        raise _unusable(name, f"has {size}; at most 20 MB are read: split it")
    if isinstance(content, bytes):
        try:
            content = content.decode("utf-8-sig")
        except UnicodeDecodeError as exc:
            raise _unusable(name, "is not UTF-8 text: save it as CSV UTF-8") from exc
    if "\0" in content:
        raise _unusable(name, "is no text file: save it as CSV UTF-8")
    return content.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _delimiter_of(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def _columns_of(header: str, delimiter: str, name: str) -> Mapping[str, int]:
    """Return the place of each column that means something here; others are left alone."""
    names = [field.strip().lower() for field in _split(header, delimiter) or [header]]
    missing = [column for column in NEEDED if column not in names]
    if missing:
        found = ", ".join(names)[:_SHOWN]
        needed = ", ".join(NEEDED)
        raise _unusable(
            name, f"has no column {missing[0]!r} (found: {found}); it needs {needed}", missing[0]
        )
    twice = next((column for column in KNOWN if names.count(column) > 1), None)
    if twice is not None:
        raise _unusable(name, f"has the column {twice!r} twice", twice)
    return {column: names.index(column) for column in names if column in KNOWN} | {
        "": len(names)  # how many there are
    }


@dataclass(frozen=True, slots=True)
class _Fields:
    """Where the fields of a line stand."""

    columns: Mapping[str, int]
    delimiter: str

    def read(self, number: int, line: str) -> StockFileRow:
        """Read one line and note the first thing that is wrong with it."""
        width = self.columns[""]
        fields = _split(line, self.delimiter)
        if fields is None:
            problem = RowProblem("damaged", "", "A quotation mark is opened and not closed.")
            return StockFileRow(number, line[:_SHOWN], "", None, None, "", problem)
        extra = any(field.strip() for field in fields[width:])
        found = {name: at for name, at in self.columns.items() if name}
        values = {
            name: fields[at].strip() if at < len(fields) else "" for name, at in found.items()
        }
        row = _row_of(number, values)
        if extra:
            words = "The row has %(fields)s fields, the column names are %(names)s."
            counts = {"fields": str(len(fields)), "names": str(width)}
            return replace(row, problem=RowProblem("too_many_fields", "", words, counts))
        return row


def _row_of(number: int, values: Mapping[str, str]) -> StockFileRow:
    problem: RowProblem | None = None
    sku_key, reason = "", None
    quantity = _whole_of(values["quantity"])
    if problem_of_quantity := _quantity_problem(values["quantity"], quantity):
        problem, quantity = problem_of_quantity, None
    try:
        reason = require_reason(values.get("reason"))
    except InvalidTextError as exc:
        words = f"{exc.message[:1].upper()}{exc.message[1:]}.".replace("%", "%%")
        problem = RowProblem("reason", "reason", words)
    if not values["location"]:
        problem = RowProblem("no_location", "location", "The location is missing.")
    try:
        sku_key = normalize_sku(values["sku"])
    except InvalidTextError:
        shown = values["sku"][:_SHOWN]
        words = "%(sku)s is no SKU." if shown else "The SKU is missing."
        problem = RowProblem("no_sku", "sku", words, {"sku": repr(shown)})
    return StockFileRow(
        number, values["sku"], values["location"], quantity, reason, sku_key, problem
    )


def _whole_of(text: str) -> int | None:
    """Return the whole number ``text`` writes. "1.240" and "1,240" differ between countries."""
    plain = text.replace("\u2212", "-")
    return int(plain) if len(plain) <= _SHOWN and _WHOLE.fullmatch(plain) else None


def _quantity_problem(text: str, quantity: int | None) -> RowProblem | None:
    if not text:
        return RowProblem("no_quantity", "quantity", "The quantity is missing.")
    if quantity is None:
        words = "%(text)s is not a whole number, such as 12 or -3."
        return RowProblem("not_whole", "quantity", words, {"text": repr(text[:_SHOWN])})
    if abs(quantity) > MAX_QUANTITY:
        words = "The quantity is larger than %(most)s."
        return RowProblem("too_large", "quantity", words, {"most": f"{MAX_QUANTITY:,}"})
    return None


def _without_twins(rows: Sequence[StockFileRow]) -> Iterator[StockFileRow]:
    """Yield the rows; those of one SKU and location are all refused, for none is the right one."""
    lines: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in rows:
        lines[row.sku_key, row.location].append(row.line)
    for row in rows:
        same = lines[row.sku_key, row.location]
        if len(same) > 1 and row.sku_key and row.location:
            others = ", ".join(str(line) for line in same if line != row.line)
            words = "%(sku)s at %(location)s stands in line %(lines)s too: put both into one row."
            names = {"sku": row.sku, "location": row.location, "lines": others[:_SHOWN]}
            yield replace(row, problem=RowProblem("twice", "sku", words, names))
        else:
            yield row


def _split(line: str, delimiter: str) -> list[str] | None:
    """Return the fields of one line, or None if its quotes are damaged."""
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


def _unusable(name: str, what: str, column: str = "") -> ImportFileError:
    return ImportFileError(f"{name[:120]} {what}", file=name[:120], column=column)
