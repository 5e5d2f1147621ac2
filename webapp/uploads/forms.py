"""Reads what the pages of stock files send: the file itself, or what the preview was made of."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from litestar.datastructures import UploadFile

from commerce_core.inventory.models import REASON_LENGTH
from commerce_core.inventory.stock_file_rules import StockFileSemantics
from webapp.fields import text_of

MOST_FILE_BYTES: Final = 1_000_000
"""About 40,000 rows. A larger file is for the library's own ``apply_stock_file``."""
MOST_BODY_BYTES: Final = 1_500_000
"""Such a file in the preview's form (base64 takes a third more), and the other fields."""
_LONGEST_NAME: Final = 120


@dataclass(slots=True)
class UploadForm:
    """A stock file and how it is meant. ``errors`` holds a code by field."""

    semantics: StockFileSemantics | None = None
    reason: str = ""
    name: str = ""
    content: bytes = b""
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def read(cls, form: Mapping[str, Any]) -> UploadForm:
        """Read the first form, with the file in it, and note what is wrong."""
        sent = form.get("file")
        read = cls._of(form)
        if isinstance(sent, UploadFile):
            read.name = _name_of(sent.filename)
            read.content = await sent.read(MOST_FILE_BYTES + 1)
        read.check()
        return read

    @classmethod
    def read_again(cls, form: Mapping[str, Any]) -> UploadForm:
        """Read what the preview sends: the same content in a hidden field."""
        read = cls._of(form)
        read.name = _name_of(text_of(form, "name"))
        content = form.get("content")
        try:
            read.content = base64.urlsafe_b64decode(content if isinstance(content, str) else "")
        except (binascii.Error, ValueError):
            read.content = b""
        read.check()
        return read

    @classmethod
    def _of(cls, form: Mapping[str, Any]) -> UploadForm:
        word = text_of(form, "semantics")
        semantics = StockFileSemantics(word) if word in set(StockFileSemantics) else None
        return cls(semantics, text_of(form, "reason"))

    def check(self) -> None:
        """Note what is wrong, field by field."""
        if self.semantics is None:
            self.errors["semantics"] = "none"
        if len(self.reason) > REASON_LENGTH or not (self.reason or "-").isprintable():
            self.errors["reason"] = "too_long"
        if not self.content:
            self.errors["file"] = "none"
        elif len(self.content) > MOST_FILE_BYTES:
            self.errors["file"] = "too_large"

    @property
    def encoded(self) -> str:
        """The content for a hidden field, which would change the line ends of plain text."""
        return base64.urlsafe_b64encode(self.content).decode()


def _name_of(sent: str) -> str:
    """Return the file's own name without folders and without what no reason can hold."""
    name = sent.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in name if letter.isprintable()).strip()[:_LONGEST_NAME]
