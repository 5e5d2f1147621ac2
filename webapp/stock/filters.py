"""What the address of the board says: search, filters, and the place in the list.

All state of the page is in its address, so a page can be sent to a colleague or opened again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode

from webapp.records import address_number

PATH: Final = "/stock"
_LONGEST_QUERY: Final = 200
_MOST_VALUES: Final = 50


class StateFilter(StrEnum):
    """Which variants are shown by what is available of them."""

    LOW = "low"
    """Less than the minimum at a location."""
    OUT = "out"
    """Nothing at any location."""


@dataclass(frozen=True, slots=True)
class BoardFilter:
    """The state of the board.

    ``after`` and ``before`` are variant ids: the page begins behind the one, or ends before the
    other. ``start`` is the number of rows before the page, for display only.
    """

    query: str = ""
    products: tuple[str, ...] = ()
    """Slugs of products."""
    locations: tuple[str, ...] = ()
    """Codes of locations."""
    state: StateFilter | None = None
    is_descending: bool = False
    after: int | None = None
    before: int | None = None
    start: int = 0

    @classmethod
    def read(cls, query: Mapping[str, Any]) -> BoardFilter:
        """Read the query of a request. What cannot be read counts as not given."""
        get_all = getattr(query, "getall", None)

        def values(name: str) -> tuple[str, ...]:
            found = get_all(name, []) if get_all else [query[name]] if name in query else []
            return tuple(dict.fromkeys(value for value in found if value))[:_MOST_VALUES]

        state = query.get("state", "")
        return cls(
            query=" ".join(str(query.get("q", "")).split())[:_LONGEST_QUERY],
            products=values("product"),
            locations=values("location"),
            state=StateFilter(state) if state in set(StateFilter) else None,
            is_descending=query.get("sort") == "-name",
            after=_number(query.get("after")),
            before=_number(query.get("before")),
            start=_number(query.get("start")) or 0,
        )

    @property
    def is_set(self) -> bool:
        """Whether anything but the place in the list is chosen."""
        return bool(self.query or self.products or self.locations or self.state)

    @property
    def only_state(self) -> bool:
        """Whether the state is all that is chosen, so that its count is the list's length."""
        return not (self.query or self.products or self.locations)

    def url(self, **changes: Any) -> str:
        """Return the address of the board with some of its state changed.

        Unless the change is about the place, the list begins anew.
        """
        if not {"after", "before"} & set(changes):
            changes = {"after": None, "before": None, "start": 0} | changes
        wanted = replace(self, **changes)
        pairs: list[tuple[str, object]] = [("q", wanted.query)] if wanted.query else []
        pairs += [("product", slug) for slug in wanted.products]
        pairs += [("location", code) for code in wanted.locations]
        if wanted.state:
            pairs.append(("state", wanted.state.value))
        if wanted.is_descending:
            pairs.append(("sort", "-name"))
        for name, value in (
            ("after", wanted.after),
            ("before", wanted.before),
            ("start", wanted.start),
        ):
            if value:
                pairs.append((name, value))
        return f"{PATH}?{urlencode(pairs)}" if pairs else PATH


def _number(text: Any) -> int | None:
    return address_number(str(text or ""))
