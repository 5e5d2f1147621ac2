"""Scales: round ticks, and where a value or a word stands in a plot.

Coordinates of a plot run from 0 to 100 in both directions, so one drawing fits every width; words
are placed outside it, in percent across and in pixels down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from webapp.charts.paths import path, short

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from webapp.charts.paths import Number, Values

_MOST_TICKS: Final = 4
_MOST_LABELS: Final = 7
_SLACK: Final = 1e-9  # what binary fractions add to a round number


def nice_ticks(low: float, high: float, *, whole: bool = False) -> list[float]:
    """Return at most four round values that enclose ``low`` to ``high``.

    Args:
        low: what has to be in.
        high: what has to be in; equal to ``low`` it is raised by one.
        whole: no fractions between, for things that are counted.

    Raises:
        ValueError: there is no axis: a bound is not finite, or they are the wrong way round.
    """
    if not math.isfinite(low) or not math.isfinite(high) or high < low:
        message = f"no axis from {low} to {high}"
        raise ValueError(message)
    if high - low <= _SLACK * max(1.0, abs(low), abs(high)):
        high = low + 1
    rough = max((high - low) / (_MOST_TICKS - 1), 1.0 if whole else 0.0)
    magnitude = 10.0 ** math.floor(math.log10(rough))
    steps = (factor * magnitude for factor in (1, 2, 2.5, 5, 10, 20))
    axes = (_axis(low, high, step) for step in steps if not whole or step == round(step))
    return next(ticks for ticks in axes if len(ticks) <= _MOST_TICKS)


def _axis(low: float, high: float, step: float) -> list[float]:
    """Return the multiples of ``step`` from the last below ``low`` to the first above ``high``."""
    first = math.floor(low / step + _SLACK)
    last = max(first + 1, math.ceil(high / step - _SLACK))
    return [round(index * step, 10) for index in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Tick:
    """A gridline: its value and its height in pixels from the top of the chart."""

    value: float
    y: str
    text_y: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A word under the plot: where it stands (percent) and how it is aligned."""

    text: str
    x: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The scales of one plot: ``count`` points across, from the first to the last tick up.

    ``top`` and ``foot`` are the pixels kept for words above and below. ``gutter`` is the percent
    at the left where bars leave room for the words of the ticks; lines may run behind them.
    """

    count: int
    ticks: list[float]
    height: int
    top: int = 10
    foot: int = 32
    gutter: float = 0.0

    @property
    def inner(self) -> int:
        """Height of the plot itself, in pixels."""
        return self.height - self.top - self.foot

    def x(self, index: float) -> float:
        """Return where a point stands on a line."""
        return index / max(1, self.count - 1) * 100

    def slot(self, index: float) -> float:
        """Return where the place of a bar begins; ``index + 0.5`` is its middle."""
        return self.gutter + index * self.slot_width

    @property
    def slot_width(self) -> float:
        """Room for one bar and the gap beside it."""
        return (100 - self.gutter) / max(1, self.count)

    def y(self, value: Number) -> float:
        """Return the height of a value, counted from the top as SVG does."""
        low, high = self.ticks[0], self.ticks[-1]
        return 100 - (float(value) - low) / (high - low) * 100

    def grid(self) -> list[Tick]:
        """Return the gridlines in pixels of the whole drawing; words stand on them."""
        ticks = []
        for value in self.ticks:
            y = self.top + self.y(value) / 100 * self.inner
            ticks.append(Tick(value, short(y), short(y - 4)))
        return ticks

    def line(self, values: Values) -> str:
        """Return the path through ``values``."""
        return path(None if v is None else (self.x(i), self.y(v)) for i, v in enumerate(values))

    def area(self, values: Values) -> str:
        """Return the shape between the known values and zero."""
        known = [(self.x(i), self.y(v)) for i, v in enumerate(values) if v is not None]
        if not known:
            return ""
        floor = self.y(0)
        return f"{path([*known, (known[-1][0], floor), (known[0][0], floor)])}z"

    def dot(self, values: Values) -> str:
        """Return a point on the last known value; the stroke's round end draws it."""
        known = [(self.x(i), self.y(v)) for i, v in enumerate(values) if v is not None]
        return f"{path(known[-1:])}h0" if known else ""

    def band(self, ranges: Sequence[tuple[Number, Number] | None]) -> str:
        """Enclose the first to the last known range; a gap inside is bridged."""
        known = [(i, pair) for i, pair in enumerate(ranges) if pair is not None]
        if not known:
            return ""
        upper = [(self.x(i), self.y(pair[1])) for i, pair in known]
        lower = [(self.x(i), self.y(pair[0])) for i, pair in reversed(known)]
        return f"{path([*upper, *lower])}z"

    def marks(self, labels: Sequence[str], *, bars: bool = False) -> list[Mark]:
        """Choose at most seven labels, evenly, always with the first one."""
        step = max(1, math.ceil(len(labels) / _MOST_LABELS))
        edges = {0: "start", len(labels) - 1: "end"}
        marks = []
        for index in range(0, len(labels), step):
            x = self.slot(index + 0.5) if bars else self.x(index)
            anchor = "middle" if bars else edges.get(index, "middle")
            marks.append(Mark(labels[index], f"{short(x)}%", anchor))
        return marks

    def stretches(self, ranges: Iterable[tuple[int, int]]) -> list[tuple[str, str]]:
        """Return x and width in percent of index ranges, both ends included."""
        half = 50 / max(1, self.count - 1)
        found = []
        for first, last in ranges:
            start = max(0.0, self.x(first) - half)
            end = min(100.0, self.x(last) + half)
            found.append((short(start), short(end - start)))
        return found
