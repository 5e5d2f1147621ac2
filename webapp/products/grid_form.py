"""Reads what the variant grid sends: every cell, or only the changed ones as one JSON field.

Without scripts each row has its cells and a field ``row-ID`` that says what they showed. With
them the field ``changes`` holds ``[[variant, field, typed, version, shown], …]`` and nothing else
is sent, so that a column of 2,000 cells is no form of 20,000 fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from commerce_core.catalog.edits import CellEdit
from commerce_core.catalog.matrix import MOST_COMBINATIONS
from commerce_core.records import number_of
from webapp.fields import text_of
from webapp.products.columns import VIEWS, is_field
from webapp.records import address_number

Cell = tuple[int, str]
"""A variant's id and the name of its field."""
_LONGEST: Final = 500
_PARTS: Final = 5
_MOST: Final = MOST_COMBINATIONS * max(len(columns) for columns in VIEWS.values())


@dataclass(frozen=True, slots=True)
class TypedCell:
    """What somebody typed into a cell, the version of its row, and what the cell showed."""

    variant_id: int
    field: str
    text: str
    version: int
    shown: str

    @property
    def cell(self) -> Cell:
        """Which cell it is."""
        return self.variant_id, self.field

    @property
    def edit(self) -> CellEdit:
        """The edit the library is asked for."""
        return CellEdit(self.variant_id, self.field, self.text, self.version, self.shown)


def read_cells(form: Mapping[str, Any]) -> list[TypedCell]:
    """Return the cells that were changed. What cannot be a cell counts as not sent.

    With ``keep=theirs`` the cells named in ``clash`` fields are given up.
    """
    sent = form.get("changes")
    found = list(_from_json(sent) if isinstance(sent, str) and sent else _from_fields(form))
    if text_of(form, "keep") != "theirs":
        return found
    get_all = getattr(form, "getall", None)
    given_up = set(get_all("clash", []) if get_all else [])
    return [typed for typed in found if f"{typed.variant_id}.{typed.field}" not in given_up]


def _from_json(text: str) -> Iterable[TypedCell]:
    rows = _read_json(text)
    for row in rows[:_MOST] if isinstance(rows, list) else ():
        if isinstance(row, list) and len(row) == _PARTS:
            typed = _cell(*row)
            if typed is not None:
                yield typed


def _read_json(text: object) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def _cell(variant: object, field: object, text: object, version: object, shown: object) -> Any:
    texts = isinstance(field, str) and isinstance(text, str) and isinstance(shown, str)
    numbers = isinstance(variant, int) and isinstance(version, int)
    if not (texts and numbers) or number_of(variant) is None or not is_field(str(field)):
        return None
    return TypedCell(
        int(str(variant)),
        str(field),
        str(text).strip()[:_LONGEST],
        int(str(version)),
        str(shown)[:_LONGEST],
    )


def _from_fields(form: Mapping[str, Any]) -> Iterable[TypedCell]:
    get_all = getattr(form, "getall", None)
    elsewhere = get_all("elsewhere", []) if get_all else []
    yield from _from_json(f"[{','.join(text for text in elsewhere if isinstance(text, str))}]")
    for name in list(form):
        number = address_number(name.removeprefix("row-")) if name.startswith("row-") else None
        if number is None:
            continue
        version, shown = _row(form[name])
        for field, before in shown.items():
            typed = form.get(f"{field}.{number}")
            if isinstance(typed, str) and typed.strip() != before and is_field(field):
                yield TypedCell(number, field, typed.strip()[:_LONGEST], version, before)


def _row(text: object) -> tuple[int, dict[str, str]]:
    """Return the version of a row and what its cells showed."""
    read = _read_json(text)
    if not isinstance(read, dict):
        return 0, {}
    version = read.pop("version", 0)
    shown = {name: value for name, value in read.items() if isinstance(value, str)}
    return (version if isinstance(version, int) else 0), shown
