"""A clock that stands still until it is told to move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FrozenClock:
    """A ``Clock`` for tests: ``with use_clock(FrozenClock()) as clock: clock.move(days=1)``."""

    def __init__(self, at: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)) -> None:
        self._now = at

    def now(self) -> datetime:
        """Return the moment at which the clock stands."""
        return self._now

    def move(self, *, seconds: float = 0, minutes: float = 0, days: float = 0) -> datetime:
        """Move the clock, forwards or backwards, and return the new moment."""
        self._now += timedelta(seconds=seconds, minutes=minutes, days=days)
        return self._now
