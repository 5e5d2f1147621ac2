"""What the address of the list of products says: search, facets, and the place in the list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode

from commerce_core.catalog.models import ProductStatus
from webapp.records import address_number

PATH: Final = "/products"
_LONGEST_QUERY: Final = 200
_MOST_VALUES: Final = 50


class StockFilter(StrEnum):
    """Which products are shown by what is available of their variants."""

    THERE = "in"
    """Something is available of a variant."""
    LOW = "low"
    """A variant has less than its minimum at a location, or than its own threshold in all."""
    OUT = "out"
    """A variant that was stocked has nothing at any location."""


@dataclass(frozen=True, slots=True)
class ListFilter:
    """The state of the list.

    ``after`` and ``before`` are product ids: the page begins behind the one, or ends before the
    other. ``values`` are ids of option values: of one option any will do, of each option one must.
    """

    query: str = ""
    categories: tuple[int, ...] = ()
    statuses: tuple[ProductStatus, ...] = ()
    values: tuple[int, ...] = ()
    stock: StockFilter | None = None
    is_descending: bool = False
    after: int | None = None
    before: int | None = None

    @classmethod
    def read(cls, query: Mapping[str, Any]) -> ListFilter:
        """Read the query of a request. What cannot be read counts as not given."""
        get_all = getattr(query, "getall", None)

        def texts(name: str) -> tuple[str, ...]:
            found = get_all(name, []) if get_all else [query[name]] if name in query else []
            return tuple(dict.fromkeys(value for value in found if value))[:_MOST_VALUES]

        def numbers(name: str) -> tuple[int, ...]:
            found = (address_number(text) for text in texts(name))
            return tuple(number for number in found if number is not None)

        stock = query.get("stock", "")
        return cls(
            query=" ".join(str(query.get("q", "")).split())[:_LONGEST_QUERY],
            categories=numbers("category"),
            statuses=tuple(ProductStatus(t) for t in texts("status") if t in set(ProductStatus)),
            values=numbers("value"),
            stock=StockFilter(stock) if stock in set(StockFilter) else None,
            is_descending=query.get("sort") == "-name",
            after=address_number(str(query.get("after", ""))),
            before=address_number(str(query.get("before", ""))),
        )

    @property
    def is_set(self) -> bool:
        """Whether anything but the place in the list is chosen."""
        return bool(self.query or self.categories or self.statuses or self.values or self.stock)

    def export_url(self, kind: str) -> str:
        """Return the address of the file (csv or xlsx) of what the filters leave."""
        return self.url(is_descending=False).replace(PATH, f"{PATH}/export.{kind}", 1)

    def url(self, **changes: Any) -> str:
        """Return the address of the list with some of its state changed.

        Unless the change is about the place, the list begins anew.
        """
        if not {"after", "before"} & set(changes):
            changes = {"after": None, "before": None} | changes
        wanted = replace(self, **changes)
        pairs: list[tuple[str, object]] = [("q", wanted.query)] if wanted.query else []
        pairs += [("category", number) for number in wanted.categories]
        pairs += [("status", status.value) for status in wanted.statuses]
        pairs += [("value", number) for number in wanted.values]
        if wanted.stock:
            pairs.append(("stock", wanted.stock.value))
        if wanted.is_descending:
            pairs.append(("sort", "-name"))
        pairs += [
            (name, number)
            for name, number in (("after", wanted.after), ("before", wanted.before))
            if number
        ]
        return f"{PATH}?{urlencode(pairs)}" if pairs else PATH
