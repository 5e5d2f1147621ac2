"""Remembers which levels are low, so that the topic "low" also hears of those that recover."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from commerce_core.inventory.lowness import low_levels
from webapp.live.changes import Changes
from webapp.live.states import LevelState

Keys = set[tuple[int, int]]


def read_low(session: Session) -> Keys:
    """Return variant and location of every level that is low now."""
    return {(row.variant_id, row.location_id) for row in session.execute(low_levels())}


class Lowness:
    """Which levels are low. Until it is told all of them, every level may have been."""

    def __init__(self) -> None:
        self._low: Keys | None = None

    @property
    def is_known(self) -> bool:
        """Whether somebody read which levels are low."""
        return self._low is not None

    def begin(self, low: Keys | None) -> None:
        """Take these for all that are low; None: nobody knows."""
        self._low = low

    def mark(self, changes: Changes) -> Changes:
        """Return the changes with ``was_low`` as it is known here, and remember what is now."""
        if self._low is None or not changes.levels:
            return changes
        return replace(changes, levels=tuple(map(self._marked, changes.levels)))

    def _marked(self, level: LevelState) -> LevelState:
        assert self._low is not None  # noqa: S101 - mark() asked
        key = level.variant_id, level.location_id
        was_low = key in self._low
        if level.is_low:
            self._low.add(key)
        else:
            self._low.discard(key)
        return level if level.was_low == was_low else replace(level, was_low=was_low)
