"""Opens a CSV or xlsx file, plain or packed (.gz, .xz), and yields its lines as texts.

What the file is, is read from its first bytes, not from its name. What is wrong with the file as
a whole is an ``ImportFileError``; the lines themselves are not judged here.
"""

from __future__ import annotations

import gzip
import io
import lzma
import shutil
import tempfile
import zlib
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Protocol

from commerce_core.errors import ImportFileError
from commerce_core.importing.delimited import DelimitedTable
from commerce_core.importing.sheets import SheetTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_HEAD: Final = 65_536
"""Bytes that are unpacked at a time, and looked at to tell what the file is."""
_GZIP, _XZ, _ZIP, _OLD_EXCEL = b"\x1f\x8b", b"\xfd7zXZ\x00", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_UNPACKING: Final = (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error)


class Table(Protocol):
    """A file of lines with the same columns."""

    header: Sequence[str]

    def lines(self) -> Iterator[tuple[int, Sequence[str]]]:
        """Yield (line number, fields) of every line below the header that is not blank."""
        ...

    def part_read(self) -> float:
        """Return the part of the file that was read so far, from 0 to 1."""
        ...


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Yield the table in the file at ``path``.

    Raises:
        ImportFileError: the file is not there, empty, damaged, neither CSV nor xlsx, or not in
            UTF-8. Damage may be found only while its lines are read.
    """
    with ExitStack() as stack:
        try:
            raw = stack.enter_context(path.open("rb"))
            yield _table(path, raw, stack)
        except _UNPACKING as exc:
            message = f"{path.name} is damaged or incomplete ({exc}): get it again"
            raise ImportFileError(message, file=str(path)) from exc
        except OSError as exc:
            reason = (exc.strerror or str(exc)).lower()
            message = f"{path} cannot be read: {reason}"
            raise ImportFileError(message, file=str(path)) from exc


def _table(path: Path, raw: io.BufferedReader, stack: ExitStack) -> Table:
    size = path.stat().st_size
    content = _unpacked(raw, stack)
    head = content.peek(_HEAD)
    _require_text_or_sheet(path, head)
    if not head.startswith(_ZIP):
        return DelimitedTable(path, content, part_read=lambda: raw.tell() / size)
    book: BinaryIO = raw
    if content is not raw:
        book = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
        shutil.copyfileobj(content, book)
    return stack.enter_context(SheetTable.opened(path, book))


def _unpacked(raw: io.BufferedReader, stack: ExitStack) -> io.BufferedReader:
    head = raw.peek(_HEAD)
    packed: Any = None
    if head.startswith(_GZIP):
        packed = gzip.GzipFile(fileobj=raw)
    elif head.startswith(_XZ):
        packed = lzma.LZMAFile(raw)  # noqa: SIM115 - the stack closes it
    return raw if packed is None else io.BufferedReader(stack.enter_context(packed), _HEAD)


def _require_text_or_sheet(path: Path, head: bytes) -> None:
    if not head.strip():
        raise _refused(path, "is empty: choose another file")
    if head.startswith(_OLD_EXCEL):
        raise _refused(path, "is an old Excel file: save it as .xlsx or as CSV UTF-8")
    if head.startswith(_WIDE_MARKS):
        raise _refused(path, "is UTF-16 text: save it as CSV UTF-8")
    if not head.startswith(_ZIP) and b"\0" in head:
        raise _refused(path, "is neither CSV nor xlsx: choose another file")


def _refused(path: Path, problem: str) -> ImportFileError:
    return ImportFileError(f"{path.name} {problem}", file=str(path))
