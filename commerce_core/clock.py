"""The only module that reads the time. Everything else asks ``utc_now()`` or takes ``as_of``."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from commerce_core.errors import InvalidTimeError

if TYPE_CHECKING:
    from collections.abc import Iterator


CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far the clocks of two machines may be apart before a moment counts as ahead."""


class Clock(Protocol):
    """Anything that knows what time it is."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the machine's present moment in UTC."""
        return datetime.now(UTC)


_clock: ContextVar[Clock] = ContextVar("commerce_core_clock", default=SystemClock())  # noqa: B039 - stateless


def utc_now() -> datetime:
    """Return the present moment of the clock in use, aware, in UTC."""
    return _clock.get().now()


@contextmanager
def use_clock(clock: Clock) -> Iterator[Clock]:
    """Let ``utc_now()`` ask ``clock`` inside the block, in this context (thread or task) only."""
    token = _clock.set(clock)
    try:
        yield clock
    finally:
        _clock.reset(token)


def require_aware(moment: datetime, *, name: str) -> datetime:
    """Return ``moment`` in UTC.

    Raises:
        InvalidTimeError: it carries no time zone, so it names no instant, or it lies outside the
            years 1 to 9999.
    """
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        message = f"{name} needs a time zone, for example datetime(2026, 1, 31, tzinfo=UTC)"
        raise InvalidTimeError(message, name=name, value=str(moment)[:40])
    try:
        return moment.astimezone(UTC)
    except OverflowError as exc:
        message = f"{name} lies outside the years 1 to 9999"
        raise InvalidTimeError(message, name=name, value=str(moment)[:40]) from exc


def require_past(moment: datetime, *, name: str) -> datetime:
    """Return ``moment`` in UTC, unless it lies ahead by more than ``CLOCK_TOLERANCE``.

    Raises:
        InvalidTimeError: it lies ahead, or as ``require_aware``.
    """
    aware = require_aware(moment, name=name)
    if aware > utc_now() + CLOCK_TOLERANCE:
        message = f"{name} {aware.isoformat()} lies in the future"
        raise InvalidTimeError(message, name=name, value=aware.isoformat())
    return aware
