"""The fake's quota: calls a GMT day, and a gap between two calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta


@dataclass(slots=True)
class Quota:
    """``take`` says whether a call is allowed now, and counts it."""

    calls_per_day: int | None
    spacing_seconds: float
    used: int = 0
    day: date | None = None
    last: datetime | None = None
    closed_on: date | None = field(default=None)

    def take(self, now: datetime) -> bool:
        """Count a call, unless it comes too soon, or the day's are used."""
        today = now.astimezone(UTC).date()
        if today != self.day:
            self.day, self.used = today, 0
        gap = timedelta(seconds=self.spacing_seconds)
        too_soon = self.last is not None and now - self.last < gap
        all_used = self.calls_per_day is not None and self.used >= self.calls_per_day
        if self.closed_on == today or too_soon or all_used:
            return False
        self.used += 1
        self.last = now
        return True

    def close(self, now: datetime) -> None:
        """Allow nothing more today."""
        self.closed_on = now.astimezone(UTC).date()
