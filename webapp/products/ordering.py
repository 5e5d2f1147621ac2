"""Things in an order that people change: by buttons, by keys, or by dragging.

The form holds the ids in the order of the page, and the script moves them there. A button says
which one goes a place ahead (``earlier``) or back (``later``), for who has no script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from webapp.fields import text_of, texts_of
from webapp.records import address_number


def read_order(form: Mapping[str, Any]) -> list[int]:
    """Return the ids in the order that the form wants. What is no id counts as not sent."""
    found = (address_number(text) for text in texts_of(form, "id"))
    ids = list(dict.fromkeys(number for number in found if number is not None))
    for name, by in (("earlier", -1), ("later", 1)):
        number = address_number(text_of(form, name))
        if number in ids:
            ids = moved(ids, number, by)
    return ids


def moved(ids: Sequence[int], number: int, by: int) -> list[int]:
    """Return ``ids`` with one of them ``by`` places further, at most to the end."""
    rest = [one for one in ids if one != number]
    place = max(0, min(len(rest), list(ids).index(number) + by))
    return [*rest[:place], number, *rest[place:]]
