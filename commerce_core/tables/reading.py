"""Opens a CSV or Excel file and yields its rows as texts, each with the line it stands in.

What the file is, is read from its first bytes, not from its name. CSV may have a byte order mark,
commas, semicolons or tabs, line breaks inside quotes, and be UTF-8, UTF-16 or Windows-1252.
"""

from __future__ import annotations

import csv
import io
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from commerce_core.errors import ImportFileError
from commerce_core.tables.cells import plain_cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MAX_FILE_BYTES: Final = 100_000_000
MAX_COLUMNS: Final = 500
_DELIMITERS: Final = (",", ";", "\t")
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_MARKS: Final = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row: its line in the file, its cells by column, and how many fields it had too many."""

    line: int
    cells: Mapping[str, str]
    surplus: int = 0


class Table(ABC):
    """A file with a line of column names. ``rows`` begins anew each time.

    ``decimal_comma`` tells that the file comes from a country that writes 12,50.
    """

    name: str
    header: tuple[str, ...]
    decimal_comma: bool = False

    @abstractmethod
    def _lines(self) -> Iterator[tuple[int, Sequence[str]]]:
        """Yield (line number, fields) of the whole file, the header included."""

    def rows(self) -> Iterator[TableRow]:
        """Yield the rows that are not blank. Cells that are missing at the end are "".

        Outer spaces go, and the apostrophe that ``safe_cell`` puts before a formula.

        Raises:
            ImportFileError: the file turns out to be damaged here.
        """
        lines = _not_blank(self._lines())
        next(lines, None)
        width = len(self.header)
        for line, fields in lines:
            cells = {name: "" for name in self.header if name}
            named = zip(self.header, fields, strict=False)
            cells.update((name, plain_cell(text.strip())) for name, text in named if name)
            surplus = sum(1 for text in fields[width:] if text.strip())
            yield TableRow(line, cells, surplus)

    def _read_header(self) -> None:
        _, fields = next(_not_blank(self._lines()), (0, ()))
        if not fields:
            raise refused(self.name, "is empty: it needs a line of column names and rows below")
        if len(fields) > MAX_COLUMNS:
            raise refused(self.name, f"has more than {MAX_COLUMNS} columns")
        self.header = tuple(text.strip() for text in fields)
        named = [name for name in self.header if name]
        twice = next((name for name in named if named.count(name) > 1), None)
        if twice is not None:
            raise refused(self.name, f"has the column {twice[:80]!r} twice: rename one")


class _Delimited(Table):
    """A CSV file, all of its text in memory."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._text = text
        first = text.lstrip("\r\n").split("\n", 1)[0]
        self._delimiter = max(_DELIMITERS, key=lambda mark: _count_outside_quotes(first, mark))
        self.decimal_comma = self._delimiter == ";"
        self._read_header()

    def _lines(self) -> Iterator[tuple[int, Sequence[str]]]:
        content = io.StringIO(self._text, newline="")
        reader = csv.reader(content, delimiter=self._delimiter, strict=True)
        begun = 1
        try:
            for fields in reader:
                yield begun, fields
                begun = reader.line_num + 1
        except csv.Error as exc:
            problem = f"cannot be read from line {begun} on"
            if "field limit" in str(exc):
                problem += ": a cell has more than 131,072 characters"
            else:
                problem += ": a quotation mark is opened and not closed, or stands in a cell alone"
            raise refused(self.name, problem) from exc


def read_table(source: bytes | str | Path, *, name: str = "") -> Table:
    """Return the table in a file, or in the content of one. ``name`` is used in messages.

    Raises:
        ImportFileError: the file is not there, empty, damaged, too large, neither CSV nor xlsx, or
            has no usable line of column names. Damage further down shows while rows are read.
    """
    name = name or (source.name if isinstance(source, Path) else "the file")
    content = _content_of(source, name)
    if isinstance(content, str):
        return _Delimited(name, content)
    if not content.strip():
        raise refused(name, "is empty: choose another file")
    if content.startswith(_OLD_EXCEL):
        raise refused(name, "is an old or a protected Excel file: save it as .xlsx or CSV UTF-8")
    if content.startswith(_ZIP):
        from commerce_core.tables.workbooks import Workbook  # noqa: PLC0415 - needs openpyxl

        return Workbook(name, content)
    return _Delimited(name, _text_of(content, name))


def _content_of(source: bytes | str | Path, name: str) -> bytes | str:
    if isinstance(source, Path):
        try:
            size = source.stat().st_size
            content: bytes | str = source.read_bytes() if size <= MAX_FILE_BYTES else b""
        except OSError as exc:
            raise refused(name, f"cannot be read: {(exc.strerror or str(exc)).lower()}") from exc
    else:
        content, size = source, len(source)
    if size > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 1_000_000
        raise refused(name, f"has {size / 1e6:.0f} MB; at most {limit} MB are read: split it")
    return content


def _text_of(content: bytes, name: str) -> str:
    encoding = next((found for mark, found in _MARKS.items() if content.startswith(mark)), None)
    tried = (encoding,) if encoding else ("utf-8", "cp1252")
    for encoding in tried:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise refused(name, "is no text that can be read: save it as CSV UTF-8 or as .xlsx")


def _count_outside_quotes(line: str, mark: str) -> int:
    return "".join(line.split('"')[::2]).count(mark)


def _not_blank(lines: Iterator[tuple[int, Sequence[str]]]) -> Iterator[tuple[int, Sequence[str]]]:
    return ((line, fields) for line, fields in lines if any(text.strip() for text in fields))


def refused(name: str, problem: str) -> ImportFileError:
    """Return the error that says why a file cannot be used."""
    return ImportFileError(f"{name[:120]} {problem}", file=name[:120])
