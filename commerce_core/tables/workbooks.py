"""The first sheet of an Excel file (.xlsx), its cells as the texts a CSV export would have."""

from __future__ import annotations

import io
import warnings
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import ParseError

from commerce_core.errors import ImportFileError
from commerce_core.tables.reading import MAX_COLUMNS, Table, refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_UNPACKED_BYTES: Final = 400_000_000
"""What a workbook may unpack to. A sheet of 100,000 rows with 20 columns has about 60 MB."""
_DAMAGED: Final = (zipfile.BadZipFile, KeyError, ParseError, ValueError, IndexError, EOFError)


class Workbook(Table):
    """A workbook. Only its first sheet is read, and of formulas their last results."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        self._content = content
        self._require_harmless()
        self._read_header()

    def _require_harmless(self) -> None:
        """Refuse a small file that unpacks into a flood. A part cannot hold more than it says."""
        try:
            with zipfile.ZipFile(io.BytesIO(self._content)) as archive:
                size = sum(part.file_size for part in archive.infolist())
        except zipfile.BadZipFile as exc:
            raise self._damaged() from exc
        if size > MAX_UNPACKED_BYTES:
            limit = MAX_UNPACKED_BYTES // 1_000_000
            raise refused(
                self.name, f"unpacks to {size / 1e6:,.0f} MB; at most {limit} MB are read: split it"
            )

    def _lines(self) -> Iterator[tuple[int, Sequence[str]]]:
        try:
            from openpyxl import load_workbook  # noqa: PLC0415 - only for those who read Excel
        except ImportError as exc:
            message = "reading .xlsx needs openpyxl: pip install 'commerce-core[excel]'"
            raise ImportFileError(message, file=self.name) from exc
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl speaks of styles that nobody asked for
            try:
                book = load_workbook(io.BytesIO(self._content), read_only=True, data_only=True)
                sheet = book.worksheets[0]
            except _DAMAGED as exc:
                raise self._damaged() from exc
        try:
            rows = sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS + 1)
            for line, cells in enumerate(rows, 1):
                fields = [_text(cell) for cell in cells]
                while fields and not fields[-1]:
                    fields.pop()
                yield line, fields
        except _DAMAGED as exc:
            raise self._damaged() from exc
        finally:
            book.close()

    def _damaged(self) -> ImportFileError:
        return refused(self.name, "is not a complete Excel workbook: save it again as .xlsx")


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        return f"{Decimal(repr(cell)).normalize():f}"
    return str(cell)
