"""Writes CSV and Excel files that ``read_table`` gives back as they were, and that run nothing."""

from __future__ import annotations

import csv
import os
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from commerce_core.errors import ImportFileError
from commerce_core.tables.cells import safe_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

Cell = str | int | Decimal | None
_SUFFIXES: Final = (".csv", ".xlsx")


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """Write rows into ``path``, CSV or Excel by its suffix; return how many.

    CSV is UTF-8 with a byte order mark, which Excel needs to show umlauts. Texts that a
    spreadsheet would take for a formula get an apostrophe. The file appears complete or not at
    all: it is written beside its place and moved there.

    Raises:
        ImportFileError: another suffix, or the file cannot be written.
    """
    if path.suffix.lower() not in _SUFFIXES:
        message = f"{path.name} must end in {' or '.join(_SUFFIXES)}"
        raise ImportFileError(message, file=str(path))
    write = _write_csv if path.suffix.lower() == ".csv" else _write_xlsx
    with _replacing(path) as draft:
        return write(draft, header, rows)


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for count, row in enumerate(rows, 1):  # noqa: B007 - the count is the result
            writer.writerow([_safe(cell) for cell in row])
    return count


def _write_xlsx(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    try:
        from openpyxl import Workbook  # noqa: PLC0415 - only for those who write Excel
    except ImportError as exc:
        message = "writing .xlsx needs openpyxl: pip install 'commerce-core[excel]'"
        raise ImportFileError(message, file=str(path)) from exc
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    sheet.append(list(header))
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the count is the result
        sheet.append([_safe(cell) for cell in row])
    book.save(path)
    return count


def _safe(cell: Cell) -> Any:
    return safe_cell(cell) if isinstance(cell, str) else cell


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Yield a place beside ``path`` and move what was written there; take it away on failure."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield draft
        draft.replace(path)
    except OSError as exc:
        reason = (exc.strerror or str(exc)).lower()
        message = f"{path} cannot be written: {reason}"
        raise ImportFileError(message, file=str(path)) from exc
    finally:
        draft.unlink(missing_ok=True)
