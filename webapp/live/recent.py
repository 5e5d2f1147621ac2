"""What the hub told lately, so that a client that was away for a moment costs no query.

After a restart of a proxy thousands come back at once, each with the id it saw last. What
happened since then is still in memory: told from here it is read by nobody and encoded once for
all who saw the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Hashable, Iterable
from dataclasses import replace
from typing import Final, TypeVar

from commerce_core.journal import Cursor
from webapp.live.changes import Changes
from webapp.live.order_changes import LiveOrder
from webapp.live.states import LevelState, ProductState, VariantState

MOST_LEVELS: Final = 5000
"""Levels and orders that are kept; about two megabytes."""

State = LevelState | VariantState | ProductState | LiveOrder
S = TypeVar("S", LevelState, VariantState, ProductState, LiveOrder)


class Recent:
    """The changes of the last while, without a gap, up to ``end``."""

    def __init__(self) -> None:
        # Beside the changes: the horizon after which they begin.
        self._entries: deque[tuple[int, Changes]] = deque()
        self._levels = 0
        self._start: Cursor | None = None
        self._versions: dict[Hashable, int] = {}
        self.end: Cursor | None = None

    def begin(self, cursor: Cursor) -> None:
        """Forget everything; go on from the cursor."""
        self._entries.clear()
        self._versions.clear()
        self._levels = 0
        self._start = self.end = cursor

    def add(self, changes: Changes) -> Changes:
        """Keep what happened after ``end``; return it without what is older than was told."""
        newer = replace(
            changes,
            levels=tuple(filter(self._is_news, changes.levels)),
            variants=tuple(filter(self._is_news, changes.variants)),
            products=tuple(filter(self._is_news, changes.products)),
            orders=tuple(filter(self._is_news, changes.orders)),
        )
        begins_at = 0 if self.end is None else self.end.horizon
        self.end = changes.cursor
        if newer.has_news:
            self._entries.append((begins_at, newer))
            self._levels += len(newer.levels) + len(newer.orders)
        while self._levels > MOST_LEVELS:
            self._drop_oldest()
        return newer

    def place_of(self, cursor: Cursor) -> int | None:
        """Return how many entries a client at the cursor has missed; None where nobody knows.

        Nor does anybody where the cursor points into the middle of an entry.
        """
        if self._start is None or self.end is None or cursor.epoch != self.end.epoch:
            return None
        if not self._start.horizon <= cursor.horizon <= self.end.horizon:
            return None
        seen = bisect_right(self._entries, cursor.horizon, key=_ends_at)
        if seen < len(self._entries) and self._entries[seen][0] < cursor.horizon:
            return None
        return len(self._entries) - seen

    def last(self, number: int) -> Changes:
        """Return the last so many entries as one, each thing in its newest state."""
        assert self.end is not None  # noqa: S101 - place_of said there is something
        missed = [self._entries[-place][1] for place in range(number, 0, -1)]
        return Changes(
            self.end,
            levels=_newest(state for entry in missed for state in entry.levels),
            variants=_newest(state for entry in missed for state in entry.variants),
            products=_newest(state for entry in missed for state in entry.products),
            orders=_newest(state for entry in missed for state in entry.orders),
        )

    def _is_news(self, state: State) -> bool:
        if state.version < self._versions.get(state.key, 0):
            return False
        self._versions[state.key] = state.version
        return True

    def _drop_oldest(self) -> None:
        _, entry = self._entries.popleft()
        self._levels -= len(entry.levels) + len(entry.orders)
        self._start = entry.cursor
        states: list[State] = [*entry.levels, *entry.variants, *entry.products, *entry.orders]
        for state in states:
            if self._versions.get(state.key) == state.version:
                del self._versions[state.key]


def _ends_at(entry: tuple[int, Changes]) -> int:
    return entry[1].cursor.horizon


def _newest(states: Iterable[S]) -> tuple[S, ...]:
    """Return the last state of each thing, with all that was touched on the way."""
    found: dict[Hashable, S] = {}
    for state in states:
        before = found.pop(state.key, None)
        found[state.key] = state if before is None else _merged(before, state)
    return tuple(found.values())


def _merged(before: S, after: S) -> S:
    if isinstance(before, ProductState) or isinstance(after, ProductState):
        return after
    if isinstance(before, LiveOrder) or isinstance(after, LiveOrder):
        return replace(after, is_new=before.is_new or after.is_new)
    touched = before.touched | after.touched
    if isinstance(before, LevelState) and isinstance(after, LevelState):
        return replace(after, touched=touched, was_low=before.was_low or after.was_low)
    return replace(after, touched=touched)
