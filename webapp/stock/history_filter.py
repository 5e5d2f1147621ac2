"""What the address of a variant's page says of its movements: kinds, a location, from when on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from commerce_core.inventory.models import MovementKind
from webapp.fields import date_of, text_of, texts_of
from webapp.records import address_number

GROUPS: Final[Mapping[str, Sequence[MovementKind]]] = {
    "arrivals": (MovementKind.RECEIVED, MovementKind.RESTOCKED),
    "shipments": (MovementKind.SHIPPED,),
    "corrections": (
        MovementKind.ADJUSTED,
        MovementKind.COUNTED,
        MovementKind.DAMAGED,
        MovementKind.WRITTEN_OFF,
        MovementKind.QUALITY_HELD,
        MovementKind.QUALITY_RELEASED,
    ),
    "transfers": (MovementKind.TRANSFER_SENT, MovementKind.TRANSFER_RECEIVED),
    "orders": (
        MovementKind.ALLOCATED,
        MovementKind.DEALLOCATED,
        MovementKind.BACKORDERED,
        MovementKind.BACKORDER_FILLED,
    ),
    "baskets": (
        MovementKind.RESERVED,
        MovementKind.EXTENDED,
        MovementKind.RELEASED,
        MovementKind.EXPIRED,
    ),
    "plans": (MovementKind.EXPECTED, MovementKind.POLICY_CHANGED),
}
"""What people look for, and the kinds of movement it means. Each kind stands in one group."""


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """The state of the list. ``before`` is the last movement of the page before."""

    groups: tuple[str, ...] = ()
    location: str = ""
    """Code of a location; empty for all."""
    since: date | None = None
    before: int | None = None

    @classmethod
    def read(cls, query: Mapping[str, Any]) -> HistoryFilter:
        """Read the query of a request. What cannot be read counts as not given."""
        wanted = set(texts_of(query, "what"))
        return cls(
            groups=tuple(group for group in GROUPS if group in wanted),
            location=text_of(query, "location"),
            since=date_of(text_of(query, "since")),
            before=address_number(text_of(query, "before")),
        )

    @property
    def is_set(self) -> bool:
        """Whether anything but the place in the list is chosen."""
        return bool(self.groups or self.location or self.since)

    @property
    def kinds(self) -> frozenset[MovementKind]:
        """The kinds that are wanted; none for all of them."""
        return frozenset(kind for group in self.groups for kind in GROUPS[group])

    def begins(self, zone: ZoneInfo) -> datetime | None:
        """Return the first moment of the day in the shop; for the first day there is, in UTC."""
        if self.since is None:
            return None
        if self.since in {date.min, date.max}:
            return datetime.combine(self.since, time(), tzinfo=UTC)
        return datetime.combine(self.since, time(), tzinfo=zone).astimezone(UTC)

    def url(self, path: str, **changes: Any) -> str:
        """Return the address with some of it changed; unless told, the list begins anew."""
        wanted = replace(self, **({"before": None} | changes))
        pairs: list[tuple[str, object]] = [("what", group) for group in wanted.groups]
        for name, value in (("location", wanted.location), ("since", wanted.since)):
            if value:
                pairs.append((name, value))
        if wanted.before is not None:
            pairs.append(("before", wanted.before))
        return f"{path}?{urlencode(pairs)}" if pairs else path
