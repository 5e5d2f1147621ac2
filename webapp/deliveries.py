"""The form of a delivery: how many pieces of each line arrived.

Used for transfers and purchase orders. A line left empty or at 0 did not arrive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from commerce_core.errors import CommerceError, InvalidInputError
from webapp.fields import key_of, new_key, text_of, whole_of

MOST_PIECES: Final = 1_000_000_000


@dataclass(slots=True)
class ReceiveForm:
    """The form of a delivery: pieces by line id."""

    pieces: dict[int, str] = field(default_factory=dict)
    key: str = field(default_factory=new_key)
    errors: dict[int, str] = field(default_factory=dict)
    is_empty: bool = False

    @classmethod
    def read(cls, form: Mapping[str, Any]) -> ReceiveForm:
        """Read the form and note what is wrong with its numbers."""
        read = cls(key=key_of(form))
        for name in form:
            line = whole_of(name.removeprefix("line-")) if name.startswith("line-") else None
            if line is not None:
                read.pieces[line] = text_of(form, name)
        for line, text in read.pieces.items():
            number = whole_of(text) if text else 0
            if number is None or number < 0:
                read.errors[line] = "not_whole"
            elif number > MOST_PIECES:
                read.errors[line] = "too_large"
        read.is_empty = not read.errors and not read.received
        return read

    def notes(self, error: CommerceError) -> bool:
        """Note beside its line that more was entered than is on the way, if that is the error."""
        line = error.fields.get("line_id") if isinstance(error, InvalidInputError) else None
        if line in self.pieces:
            self.errors[line] = "too_many"
        return line in self.pieces

    @property
    def received(self) -> dict[int, int]:
        """What arrived, by line id."""
        numbers = {line: whole_of(text) or 0 for line, text in self.pieces.items()}
        return {line: number for line, number in numbers.items() if number > 0}
