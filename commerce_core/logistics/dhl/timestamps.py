"""DHL's timestamps, read without inventing anything.

A text with an offset is an instant and stays that instant. A text without is the clock on the
wall of the event's place: where the country keeps one time it becomes an instant, elsewhere it
stays local. A date stays a date. What cannot be read is kept as text, with no value. No text
becomes "now".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from commerce_core.logistics.dhl.zones import country_in, zone_of

if TYPE_CHECKING:
    from collections.abc import Callable


class MomentKind(StrEnum):
    """How exactly a moment is known."""

    INSTANT = "instant"
    LOCAL = "local"
    DATE = "date"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Moment:
    """A timestamp of DHL.

    ``value`` is an aware datetime (instant), a naive one (local: the place's clock, zone unknown),
    a date, or None (unreadable). ``raw`` is DHL's text. ``zone`` names the IANA zone that *we*
    added because DHL named none.
    """

    raw: str
    kind: MomentKind
    value: datetime | date | None
    zone: str | None = None

    @property
    def instant(self) -> datetime | None:
        """The moment in UTC, if it is one that is known exactly."""
        if self.kind is MomentKind.INSTANT and isinstance(self.value, datetime):
            return self.value.astimezone(UTC)
        return None

    @property
    def is_exact(self) -> bool:
        """True if the moment is a known instant."""
        return self.kind is MomentKind.INSTANT

    def isoformat(self) -> str | None:
        """Return the value in ISO 8601, as exact as it is known, or None if it is unreadable."""
        return None if self.value is None else self.value.isoformat()


_ISO: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(Z|z|[+-]\d{1,2}(?::?\d\d)?)?)?",
    re.ASCII,
)
_GERMAN: Final = re.compile(r"(\d\d)\.(\d\d)\.(\d{4})(?: +(\d\d):(\d\d)(?::(\d\d))?)?", re.ASCII)
_new, _parse = object.__new__, datetime.fromisoformat
_fill: Final[Callable[[Moment, dict[str, object]], None]] = vars(Moment)["__dict__"].__set__
_INSTANT, _LOCAL = MomentKind.INSTANT, MomentKind.LOCAL
_EARLIEST_YEAR: Final = 2
_LATEST_YEAR: Final = 9998


def read_moment(text: object, place: object = None) -> Moment | None:
    """Return the moment that ``text`` names, or None if there is no text at all.

    ``place`` is where the clock of a time without offset hung: a country's code (ISO 3166-1
    alpha-2), or DHL's JSON of a place. ``17.03.2016 11:44``, as the Parcel DE XML API writes it,
    is read too.
    """
    if type(text) is str and text[10:11] == "T":
        # Nearly all are well formed; what Python refuses may still be DHL's "+2:00".
        try:
            value = _parse(text)
        except ValueError:
            return _read_slowly(text, _country(place))
        if value.tzinfo is None:
            return _place(text, value, _country(place))
        return _exact(text, value)
    if text is None or text == "":
        return None
    if not isinstance(text, str):
        return _make(_shown(text), MomentKind.UNREADABLE, None)
    return _read_slowly(text, _country(place))


def _country(place: object) -> str | None:
    return place if isinstance(place, str) else country_in(place)


def _make(
    raw: str, kind: MomentKind, value: datetime | date | None, zone: str | None = None
) -> Moment:
    """Make a moment at half the cost of calling its class: there are dozens in every answer."""
    moment = _new(Moment)
    _fill(moment, {"raw": raw, "kind": kind, "value": value, "zone": zone})
    return moment


def _read_slowly(text: str, country_code: str | None) -> Moment:
    stripped = text.strip()
    match = _ISO.fullmatch(stripped)
    if match is not None:
        year, month, day, *clock, offset = match.groups()
    else:
        match = _GERMAN.fullmatch(stripped)
        if match is None:
            return _make(text, MomentKind.UNREADABLE, None)
        day, month, year, *clock = *match.groups(), None
        offset = None
    try:
        day_of_event = date(int(year), int(month), int(day))
        return _with_clock(text, day_of_event, clock, offset, country_code)
    except (ValueError, OverflowError):
        return _make(text, MomentKind.UNREADABLE, None)


def _with_clock(
    text: str,
    day: date,
    clock: list[str | None],
    offset: str | None,
    country_code: str | None,
) -> Moment:
    hour, minute, second, fraction = clock
    if hour is None or minute is None:
        return _make(text, MomentKind.DATE, day)
    micro = int(fraction[:6].ljust(6, "0")) if fraction else 0
    naive = datetime(  # noqa: DTZ001 - the zone is the very question
        day.year, day.month, day.day, int(hour), int(minute), int(second or 0), micro
    )
    if offset is None:
        return _place(text, naive, country_code)
    return _offset_moment(text, naive, offset)


def _shown(value: object) -> str:
    try:
        return str(value)
    except (ValueError, RecursionError):  # a number of more digits than Python agrees to print
        return type(value).__name__


def place_moment(moment: Moment, country_code: str | None) -> Moment:
    """Return a local moment as an instant of the country's one zone, anything else unchanged."""
    if moment.kind is not MomentKind.LOCAL or not country_code:
        return moment
    value = moment.value
    return _place(moment.raw, value, country_code) if isinstance(value, datetime) else moment


def _offset_moment(text: str, naive: datetime, offset: str) -> Moment:
    if offset in ("Z", "z"):
        return _exact(text, naive.replace(tzinfo=UTC))
    digits = offset[1:].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")  # noqa: PLR2004
    if int(minutes) > 59:  # noqa: PLR2004
        return _make(text, MomentKind.UNREADABLE, None)
    shift = timedelta(hours=int(hours), minutes=int(minutes))
    zone = timezone(-shift if offset[0] == "-" else shift)
    return _exact(text, naive.replace(tzinfo=zone))


def _exact(text: str, value: datetime) -> Moment:
    """Return an instant; at the ends of the calendar it would have no time in UTC."""
    if _EARLIEST_YEAR <= value.year <= _LATEST_YEAR:
        return _make(text, _INSTANT, value)
    return _make(text, MomentKind.UNREADABLE, None)


def _place(text: str, naive: datetime, country_code: str | None) -> Moment:
    """Give a wall-clock time the zone of its country, if that makes exactly one instant of it."""
    found = zone_of(country_code) if country_code else None
    if found is None or not _EARLIEST_YEAR <= naive.year <= _LATEST_YEAR:
        return _make(text, _LOCAL, naive)
    name, zone = found
    placed = naive.replace(tzinfo=zone)
    if placed.utcoffset() != placed.replace(fold=1).utcoffset():
        # The hour that the change of clocks repeats or skips: two instants, or none.
        return _make(text, MomentKind.LOCAL, naive)
    return _make(text, MomentKind.INSTANT, placed, name)
