"""The first sheet of an Excel file (.xlsx), its cells as the texts a CSV export would have."""

from __future__ import annotations

import warnings
import zipfile
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self
from xml.etree.ElementTree import ParseError

from commerce_core.errors import ImportFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

_DAMAGED: Final = (zipfile.BadZipFile, KeyError, ParseError, ValueError, IndexError, EOFError)


class SheetTable:
    """The lines of an Excel sheet, read as they are asked for."""

    def __init__(self, path: Path, sheet: Any) -> None:
        self._path = path
        self._rows = enumerate(sheet.iter_rows(values_only=True), 1)
        self._line = 0
        self._count = max(1, sheet.max_row or 1)
        self.header: Sequence[str] = [text.strip() for text in self._next() or []]

    @classmethod
    @contextmanager
    def opened(cls, path: Path, content: BinaryIO) -> Iterator[Self]:
        """Yield the first sheet of the workbook in ``content``, a file that can be sought in.

        Raises:
            ImportFileError: it is no workbook, or what reads workbooks is not installed.
        """
        try:
            from openpyxl import load_workbook  # noqa: PLC0415 - only for those who import Excel
        except ImportError as exc:
            message = "reading .xlsx needs openpyxl: pip install 'commerce-core[excel]'"
            raise ImportFileError(message, file=str(path)) from exc
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl speaks of styles that nobody asked for
            try:
                book = load_workbook(content, read_only=True, data_only=True)
                sheet = book.worksheets[0]
            except _DAMAGED as exc:
                raise _damaged(path) from exc
            try:
                yield cls(path, sheet)
            finally:
                book.close()

    def lines(self) -> Iterator[tuple[int, Sequence[str]]]:
        """Yield (line number, fields) of every line that is not blank."""
        width = len(self.header)
        while (fields := self._next()) is not None:
            fields.extend([""] * (width - len(fields)))
            while len(fields) > width and not fields[-1]:
                fields.pop()
            if any(fields):
                yield self._line, fields

    def part_read(self) -> float:
        """Return the part of the lines that was read."""
        return min(1.0, self._line / self._count)

    def _next(self) -> list[str] | None:
        try:
            self._line, cells = next(self._rows)
        except StopIteration:
            return None
        except _DAMAGED as exc:
            raise _damaged(self._path) from exc
        return [_text(cell) for cell in cells]


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _damaged(path: Path) -> ImportFileError:
    message = f"{path.name} is not a complete Excel workbook: save it again, or get it again"
    return ImportFileError(message, file=str(path))
