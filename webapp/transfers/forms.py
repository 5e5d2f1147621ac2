"""Reads what the pages of transfers send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from webapp.fields import key_of, new_key, text_of, whole_of
from webapp.line_forms import FormLine, read_lines


@dataclass(slots=True)
class TransferForm:
    """The form of a new transfer. ``errors`` holds a code by field; lines hold their own."""

    source: str = ""
    destination: str = ""
    lines: list[FormLine] = field(default_factory=list)
    key: str = field(default_factory=new_key)
    wants_lines: bool = False
    """The button "More lines" was pressed: nothing is to be made yet."""
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, form: Mapping[str, Any]) -> TransferForm:
        """Read the form and note what is wrong, but for the lines."""
        read = cls(
            source=text_of(form, "source"),
            destination=text_of(form, "destination"),
            lines=read_lines(form),
            key=key_of(form),
            wants_lines="more" in form,
        )
        for name in ("source", "destination"):
            if whole_of(getattr(read, name)) is None:
                read.errors[name] = "none"
        if not read.errors and read.source == read.destination:
            read.errors["destination"] = "same"
        if not read.lines:
            read.errors["lines"] = "none"
        return read
