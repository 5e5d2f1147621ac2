"""Reads what the counting pages send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from webapp.fields import key_of, new_key, text_of, whole_of

_LONGEST_NAME: Final = 120
_MOST: Final = 1_000_000_000


@dataclass(slots=True)
class StartForm:
    """The form that starts a count. ``errors`` holds a code by field."""

    location_id: str = ""
    name: str = ""
    key: str = field(default_factory=new_key)
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, form: Mapping[str, Any]) -> StartForm:
        """Read the form and note what is wrong with it."""
        read = cls(text_of(form, "location"), text_of(form, "name"), key_of(form))
        if whole_of(read.location_id) is None:
            read.errors["location"] = "none"
        if not read.name:
            read.errors["name"] = "none"
        elif len(read.name) > _LONGEST_NAME:
            read.errors["name"] = "too_long"
        return read


@dataclass(slots=True)
class CountedForm:
    """One variant counted. ``next_code`` was scanned while it was still on the screen."""

    variant_id: int
    counted: str
    next_code: str
    error: str = ""

    @classmethod
    def read(cls, form: Mapping[str, Any]) -> CountedForm:
        """Read the form and note what is wrong with the number."""
        read = cls(
            whole_of(text_of(form, "variant")) or 0,
            text_of(form, "counted"),
            text_of(form, "next"),
        )
        if read.pieces is None:
            read.error = "not_whole"
        elif read.pieces < 0:
            read.error = "negative"
        elif read.pieces > _MOST:
            read.error = "too_large"
        return read

    @property
    def pieces(self) -> int | None:
        """The number, or None if it is none."""
        return whole_of(self.counted)
