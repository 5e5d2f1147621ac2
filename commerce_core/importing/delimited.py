"""A CSV file in UTF-8: one row on each line, fields between commas, quotes where needed.

Each line is read alone. A quote that is opened and not closed damages one line, not the rest of
the file.
"""

from __future__ import annotations

import codecs
import csv
import io
from typing import TYPE_CHECKING, Final

from commerce_core.errors import ImportFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

_BLOCK: Final = 1 << 18


class DelimitedTable:
    """The lines of a CSV file."""

    def __init__(
        self, path: Path, content: io.BufferedReader, *, part_read: Callable[[], float]
    ) -> None:
        self._path = path
        self._content = content
        self._line = 0
        self._is_cut_off = False
        self._blocks = self._read_blocks()
        self._first: list[str] = next(filter(None, self._blocks), [])
        header = self._first.pop(0) if self._first else ""
        self._line = 1
        self.header: Sequence[str] = [name.strip() for name in split_line(header) or [header]]
        self.part_read = part_read

    def lines(self) -> Iterator[tuple[int, Sequence[str]]]:
        """Yield (line number, fields). A line that cannot be split is one field, as it stands."""
        width, number = len(self.header), 1
        for block in self._all_blocks():
            for text in block:
                number += 1
                fields = text.split(",") if '"' not in text else split_line(text) or [text]
                if len(fields) == width and fields[0]:
                    yield number, fields
                elif any(map(str.strip, fields)):
                    self._require_whole(number, fields)
                    yield number, fields
            self._line = number

    def _all_blocks(self) -> Iterator[list[str]]:
        yield self._first
        yield from self._blocks

    def _read_blocks(self) -> Iterator[list[str]]:
        """Yield the lines of the file, many at a time; the last one may lack its end."""
        decoder = io.IncrementalNewlineDecoder(
            codecs.getincrementaldecoder("utf-8-sig")(), translate=True
        )
        rest = ""
        try:
            while block := self._content.read(_BLOCK):
                *lines, rest = (rest + decoder.decode(block)).split("\n")
                yield lines
            *lines, rest = (rest + decoder.decode(b"", final=True)).split("\n")
        except UnicodeDecodeError as exc:
            message = (
                f"{self._path.name} is not UTF-8 text (byte 0x{exc.object[exc.start]:02x} below "
                f"line {self._line}): save it as CSV UTF-8"
            )
            raise ImportFileError(message, file=str(self._path)) from exc
        yield lines
        if rest:
            self._is_cut_off = True
            yield [rest]

    def _require_whole(self, number: int, fields: Sequence[str]) -> None:
        """Refuse a file whose last line has no end and too few fields: there was more."""
        if self._is_cut_off and len(fields) < len(self.header):
            message = (
                f"{self._path.name} ends in the middle of line {number}: it is incomplete, "
                "get it again"
            )
            raise ImportFileError(message, file=str(self._path), line=number)


def split_line(text: str) -> list[str] | None:
    """Return the fields of one line, or None if its quotes are damaged."""
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        return None
