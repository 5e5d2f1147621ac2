"""What the hub counts: for the probe, the page for operators, and Prometheus."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webapp.live.changes import Changes


@dataclass(slots=True)
class Figures:
    """Counters since the start of the process. A delivery is one frame to one subscriber."""

    frames: int = 0
    deliveries: int = 0
    bytes: int = 0
    movements: int = 0
    levels: int = 0
    marked_behind: int = 0
    """How often a client was marked because it did not take what it was told."""
    caught_up_from_memory: int = 0
    caught_up_from_database: int = 0
    resets: int = 0
    epoch_changes: int = 0
    reads: int = 0
    relayed: int = 0
    """Messages of the leading process that were handed out."""
    gaps: int = 0
    """How often a message of the leading process was missing."""
    failures: int = 0
    cut_off: int = 0
    """Connections that were cut because the client took nothing for too long."""
    tail_seconds: float = 0.0
    """Sum, over all told levels with a movement, of the time from the movement to its telling."""
    tail_levels: int = 0

    def note(self, news: Changes, now: datetime) -> None:
        """Count what is being told."""
        self.movements += news.movements
        self.levels += len(news.levels)
        for level in news.levels:
            if level.occurred_at is not None:
                self.tail_levels += 1
                self.tail_seconds += max(0.0, (now - level.occurred_at).total_seconds())

    @property
    def conflated(self) -> int:
        """Movements that were not told because a newer state of the same level was."""
        return max(0, self.movements - self.levels)
