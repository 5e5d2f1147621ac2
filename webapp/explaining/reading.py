"""Reads what explains a number: its parts now, on another day, and the movements that made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from commerce_core.catalog.models import Variant
from commerce_core.inventory import find_level
from commerce_core.inventory.models import StockLevel, StockLocation
from commerce_core.inventory.past import Explanation, PastLevel, explain, stock_as_of
from commerce_core.journal import Cursor, read_cursor
from webapp.people import name_people
from webapp.records import get_record
from webapp.variant_names import VariantName, name_variants

LINES: Final = 50
TAKEN_OFF: Final = ("damaged", "quality_control", "safety_stock", "allocated", "reserved")
"""What is on hand and cannot be promised: available is on hand without these."""


@dataclass(frozen=True, slots=True)
class Line:
    """One movement, in words, with the numbers after it.

    ``change`` is that of what is available, so that each line's number is the one below it plus
    its change.
    """

    told: Explanation
    text: str
    person: str
    change: int


@dataclass(frozen=True, slots=True)
class ExplainPage:
    """What the page shows. ``past`` is None where nothing had happened by that day."""

    variant: VariantName
    location: StockLocation
    level: StockLevel | None
    lines: list[Line]
    day: date | None
    past: PastLevel | None
    cursor: Cursor

    @property
    def parts(self) -> Sequence[tuple[str, int]]:
        """What is taken off the number on hand, without what is 0."""
        found = [(name, getattr(self.level, name) if self.level else 0) for name in TAKEN_OFF]
        return [(name, value) for name, value in found if value]


def read_explanation(
    session: Session, variant_id: int, location_id: int, day: date | None, zone: ZoneInfo
) -> ExplainPage:
    """Read why a level is what it is, and with ``day`` what it was when that day ended.

    Raises:
        RecordNotFoundError: there is no such variant or location.
    """
    cursor = read_cursor(session)  # first: what comes after it is told by the stream
    variant = get_record(session, Variant, variant_id)
    location = get_record(session, StockLocation, location_id)
    told = explain(session, variant, location, limit=LINES + 1)
    people = name_people(session, [one.actor for one in told])
    return ExplainPage(
        variant=name_variants(session, [variant.id])[variant.id],
        location=location,
        level=find_level(session, variant, location),
        lines=_lines(told, people),
        day=day,
        past=_past(session, variant, location, day, zone) if day else None,
        cursor=cursor,
    )


def _lines(told: Sequence[Explanation], people: Mapping[str, str]) -> list[Line]:
    """Return the lines; the oldest read only says from which number the one above it started."""
    before = [one.available for one in told[1:]] + ([0] if len(told) <= LINES else [])
    return [
        # The person stands on a line of its own.
        Line(
            one,
            one.text.removesuffix(f", by {one.actor}"),
            people[one.actor],
            one.available - earlier,
        )
        for one, earlier in zip(told, before, strict=False)
    ]


def _past(
    session: Session, variant: Variant, location: StockLocation, day: date, zone: ZoneInfo
) -> PastLevel | None:
    levels = stock_as_of(session, variant, end_of(day, zone))
    return next((level for level in levels if level.location_id == location.id), None)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the last moment of ``day`` in the shop, in UTC; for the last day there is, its UTC."""
    if day in {date.max, date.min}:
        return datetime.combine(day, time.max, tzinfo=UTC)
    after = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    return after.astimezone(UTC) - timedelta(microseconds=1)
