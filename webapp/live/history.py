"""The last minute of the hub, second by second, for the small lines on the page for operators."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from webapp.live.hub import Hub

SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Second:
    """What happened in about a second. Rates are for each second; ``delay`` is in seconds."""

    streams: int = 0
    changes: float = 0.0
    deliveries: float = 0.0
    kilobytes: float = 0.0
    behind: int = 0
    delay: float = 0.0


class History:
    """The last ``SECONDS`` seconds, oldest first."""

    def __init__(self) -> None:
        self._seconds: deque[Second] = deque(maxlen=SECONDS)
        self._before: tuple[float, int, int, int] | None = None

    @property
    def seconds(self) -> list[Second]:
        """Return them; at least one."""
        return list(self._seconds) or [Second()]

    def note(self, hub: Hub, now: float, *, behind: int) -> None:
        """Write down what happened since the last call."""
        counted = hub.figures.levels, hub.figures.deliveries, hub.figures.bytes
        before, self._before = self._before, (now, *counted)
        if before is None:
            return
        span = max(now - before[0], 1e-3)
        levels, deliveries, size = (
            (here - there) / span for here, there in zip(counted, before[1:], strict=True)
        )
        second = Second(
            streams=hub.listeners.count(),
            changes=levels,
            deliveries=deliveries,
            kilobytes=size / 1000,
            behind=behind,
            delay=hub.feed.condition.lateness(now),
        )
        self._seconds.append(second)
