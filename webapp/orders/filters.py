"""What the address of the list of orders says: state, filters, search, and the place in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from commerce_core.orders.models import OrderStatus
from commerce_core.orders.queries import OrderFilter
from commerce_core.orders.standing import Standing
from commerce_core.orders.standing_queries import BETWEEN

PATH: Final = "/orders"
AGES: Final = (1, 2, 7)
"""Days: "older than" can be asked for these."""
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class ListFilter:
    """The state of the list. ``after`` is the cursor of a page, "" for the first one."""

    query: str = ""
    status: OrderStatus | None = None
    channel: str = ""
    is_short: bool = False
    is_held: bool = False
    has_task: bool = False
    standing: Standing | None = None
    age: int = 0
    after: str = ""

    @classmethod
    def read(cls, query: Mapping[str, Any]) -> ListFilter:
        """Read the query of a request. What cannot be read counts as not given."""
        stands = str(query.get("standing", ""))
        status, age = str(query.get("status", "")), str(query.get("age", ""))
        return cls(
            query=" ".join(str(query.get("q", "")).split())[:_LONGEST],
            status=OrderStatus(status) if status in set(OrderStatus) else None,
            channel=str(query.get("channel", ""))[:_LONGEST],
            is_short=query.get("short") == "1",
            is_held=query.get("held") == "1",
            has_task=query.get("task") == "1",
            standing=Standing(stands) if stands in BETWEEN else None,
            age=int(age) if age in {str(days) for days in AGES} else 0,
            after=str(query.get("after", ""))[:_LONGEST],
        )

    @property
    def is_set(self) -> bool:
        """Whether anything but the state and the place is chosen."""
        chips = self.is_short or self.is_held or self.has_task or self.standing
        return bool(self.query or self.channel or self.age or chips)

    def wanted(self, *, as_of: datetime, searches_people: bool) -> OrderFilter:
        """Return what to ask the library for."""
        return OrderFilter(
            status=self.status,
            channel=self.channel or None,
            is_short=self.is_short,
            is_held=self.is_held,
            has_task=self.has_task,
            standing=self.standing,
            search=self.query or None,
            searches_people=searches_people,
            placed_before=as_of - timedelta(days=self.age) if self.age else None,
        )

    def url(self, **changes: Any) -> str:
        """Return the address with some of its state changed; unless told, from the first page."""
        wanted = replace(self, **({"after": ""} | changes))
        pairs = [
            ("q", wanted.query),
            ("status", wanted.status.value if wanted.status else ""),
            ("channel", wanted.channel),
            ("short", "1" if wanted.is_short else ""),
            ("held", "1" if wanted.is_held else ""),
            ("task", "1" if wanted.has_task else ""),
            ("standing", wanted.standing.value if wanted.standing else ""),
            ("age", str(wanted.age) if wanted.age else ""),
            ("after", wanted.after),
        ]
        query = urlencode([(name, value) for name, value in pairs if value])
        return f"{PATH}?{query}" if query else PATH
