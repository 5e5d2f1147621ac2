"""Geometry of the charts that the server draws: numbers in, SVG coordinates out.

No markup here: templates/kit/charts.html writes it. Coordinates of a plot run from 0 to 100 in
both directions, so one drawing fits every width; text is placed outside, in pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from decimal import Decimal

Number: TypeAlias = "int | float | Decimal"
Values: TypeAlias = "Sequence[Number | None]"

SPARK_WIDTH: Final = 98.0  # the dot at the end needs the last two units
SPARK_HEIGHT: Final = 24.0
_SPARK_TOP: Final = 3.0
_SPARK_FLOOR: Final = 21.0
_BAR_STEP: Final = 6.0
_BAR_WIDTH: Final = 4.5
_MOST_TICKS: Final = 4
_MOST_LABELS: Final = 7
DASH: Final = "\u2013"
LINES: Final = ("actual", "compared", "forecast")
"""The lines of a chart, in the order of the table's columns."""


def _short(value: float) -> str:
    """Write a coordinate in at most two decimals, without a trailing zero."""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-0", "0", 1) if value else "0"


def _path(points: Iterable[tuple[float, float] | None]) -> str:
    """Join points to path data; a None lifts the pen, so a gap stays a gap."""
    parts: list[str] = []
    pen_down = False
    for point in points:
        if point is None:
            pen_down = False
            continue
        lead = "" if pen_down else "M"
        parts.append(f"{lead}{_short(point[0])} {_short(point[1])}")
        pen_down = True
    return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Spark:
    """A small line: its path, the area under it, and the dot on the newest value."""

    line: str
    area: str
    end: str


def spark(values: Values) -> Spark:
    """Return the small line of ``values``, oldest first; a flat one runs along the middle."""
    known = [float(value) for value in values if value is not None]
    if not known:
        return Spark("", "", "")
    low, high = min(known), max(known)
    span = high - low
    step = SPARK_WIDTH / max(1, len(values) - 1)

    def place(index: int, value: Number) -> tuple[float, float]:
        share = (float(value) - low) / span if span else 0.5
        return index * step, _SPARK_FLOOR - share * (_SPARK_FLOOR - _SPARK_TOP)

    points = [None if v is None else place(i, v) for i, v in enumerate(values)]
    drawn = [point for point in points if point is not None]
    floor = _short(SPARK_HEIGHT)
    area = f"{_path(drawn)} {_short(drawn[-1][0])} {floor} {_short(drawn[0][0])} {floor}z"
    end = f"M{_short(drawn[-1][0])} {_short(drawn[-1][1])}h0"
    return Spark(_path(points), area, end)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; ``is_zero`` bars are drawn as a faint line on the floor."""

    x: str
    y: str
    width: str
    height: str
    is_zero: bool = False
    label: str = ""
    value: Number | None = None


def spark_bars(values: Values) -> list[Bar]:
    """Return small bars, one a day; a day without sales keeps a line of one unit."""
    top = max((float(value or 0) for value in values), default=0.0)
    room = SPARK_HEIGHT - 2
    bars = []
    for index, value in enumerate(values):
        size = max(0.0, float(value or 0))
        height = max(1.5, size / top * room) if top and size else 1.0
        y = SPARK_HEIGHT - height
        bars.append(
            Bar(_short(index * _BAR_STEP), _short(y), _short(_BAR_WIDTH), _short(height), not size)
        )
    return bars


def nice_ticks(low: float, high: float, most: int = _MOST_TICKS) -> list[float]:
    """Return round values that enclose ``low`` to ``high``: in steps that people count in."""
    if not math.isfinite(low) or not math.isfinite(high) or high < low:
        message = f"no axis from {low} to {high}"
        raise ValueError(message)
    high = high if high > low else low + 1
    rough = (high - low) / (most - 1)
    magnitude = 10.0 ** math.floor(math.log10(rough))
    steps = (1, 2, 2.5, 5, 10, 20, 25, 50)
    for factor in steps:
        step = factor * magnitude
        first = math.floor(low / step + 1e-9)
        last = math.ceil(high / step - 1e-9)
        if last - first + 1 <= most:
            return [round(index * step, 10) for index in range(first, last + 1)]
    return [low, high]


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
class Plot:
    """Everything a chart of one plot needs; paths are in 0 to 100, heights in pixels."""

    height: int
    top: int
    inner: int
    ticks: list[Tick]
    marks: list[Mark]
    marks_y: int
    paths: dict[str, str] = field(default_factory=dict)
    shades: list[tuple[str, str]] = field(default_factory=list)
    strips: list[tuple[str, str]] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    today: str = ""
    dot: str = ""


@dataclass(frozen=True, slots=True)
class _Frame:
    """The scales of one plot."""

    count: int
    ticks: list[float]
    height: int
    top: int = 10
    foot: int = 32

    @property
    def inner(self) -> int:
        return self.height - self.top - self.foot

    def x(self, index: float) -> float:
        return index / max(1, self.count - 1) * 100

    def y(self, value: Number) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        return 100 - (float(value) - low) / (high - low) * 100

    def grid(self) -> list[Tick]:
        ticks = []
        for value in self.ticks:
            y = self.top + self.y(value) / 100 * self.inner
            ticks.append(Tick(value, _short(y), _short(y - 4)))
        return ticks

    def line(self, values: Values) -> str:
        return _path(None if v is None else (self.x(i), self.y(v)) for i, v in enumerate(values))

    def band(self, ranges: Sequence[tuple[Number, Number] | None]) -> str:
        """Enclose the first to the last known range; a gap inside is bridged."""
        known = [(i, pair) for i, pair in enumerate(ranges) if pair is not None]
        if not known:
            return ""
        upper = [(self.x(i), self.y(pair[1])) for i, pair in known]
        lower = [(self.x(i), self.y(pair[0])) for i, pair in reversed(known)]
        return f"{_path([*upper, *lower])}z"

    def marks(self, labels: Sequence[str], *, centred: bool = False) -> list[Mark]:
        """Choose at most seven labels, evenly, always with the first one."""
        step = max(1, math.ceil(len(labels) / _MOST_LABELS))
        marks = []
        for index in range(0, len(labels), step):
            x = (index + 0.5) / len(labels) * 100 if centred else self.x(index)
            at_edge = {0: "start", len(labels) - 1: "end"}
            anchor = "middle" if centred else at_edge.get(index, "middle")
            marks.append(Mark(labels[index], f"{_short(x)}%", anchor))
        return marks

    def stretches(self, ranges: Iterable[tuple[int, int]]) -> list[tuple[str, str]]:
        """Return x and width in percent of index ranges, both ends included."""
        half = 50 / max(1, self.count - 1)
        found = []
        for first, last in ranges:
            start = max(0.0, self.x(first) - half)
            end = min(100.0, self.x(last) + half)
            found.append((_short(start), _short(end - start)))
        return found


def _bounds(
    series: Iterable[Values], ranges: Sequence[tuple[Number, Number] | None]
) -> list[float]:
    values = [float(v) for one in series for v in one if v is not None]
    values += [float(edge) for pair in ranges if pair is not None for edge in pair]
    return nice_ticks(min(0.0, *values, 0.0), max(values, default=1.0) or 1.0)


def line_plot(
    labels: Sequence[str],
    *,
    actual: Values = (),
    compared: Values = (),
    forecast: Values = (),
    band: Sequence[tuple[Number, Number] | None] = (),
    inner_band: Sequence[tuple[Number, Number] | None] = (),
    shade: Iterable[tuple[int, int]] = (),
    promotions: Iterable[tuple[int, int]] = (),
    today: int | None = None,
    height: int = 236,
) -> Plot:
    """Return a chart of up to three lines over ``labels``, with bands around the forecast.

    Args:
        labels: one word per point, for the axis and the table.
        actual: what was, drawn in ink; None where nothing is known yet.
        compared: what it is compared with, dashed.
        forecast: what is expected, blue.
        band: low and high per point (80 %).
        inner_band: the narrower one (50 %).
        shade: index ranges without stock, both ends included.
        promotions: index ranges of promotions, both ends included.
        today: index of the vertical line.
        height: of the whole drawing, in pixels.
    """
    frame = _Frame(len(labels), _bounds((actual, compared, forecast), band), height)
    drawn = {
        "compared": frame.line(compared),
        "actual": frame.line(actual),
        "forecast": frame.line(forecast),
        "band": frame.band(band),
        "inner": frame.band(inner_band),
    }
    last = max((i for i, v in enumerate(actual) if v is not None), default=None)
    if last is not None:
        first = next(i for i, v in enumerate(actual) if v is not None)
        floor = _short(frame.y(0))
        known = _path((frame.x(i), frame.y(v)) for i, v in enumerate(actual) if v is not None)
        drawn["area"] = f"{known} {_short(frame.x(last))} {floor} {_short(frame.x(first))} {floor}z"
    dot = "" if last is None else f"M{_short(frame.x(last))} {_short(frame.y(actual[last] or 0))}h0"
    return Plot(
        height=height,
        top=frame.top,
        inner=frame.inner,
        ticks=frame.grid(),
        marks=frame.marks(labels),
        marks_y=height - 10,
        paths={name: path for name, path in drawn.items() if path},
        shades=frame.stretches(shade),
        strips=frame.stretches(promotions),
        today="" if today is None else _short(frame.x(today)),
        dot=dot,
    )


def line_rows(
    labels: Sequence[str], data: Mapping[str, Any], *, number: Callable[[Number | None], str]
) -> list[list[str]]:
    """Return the rows of the table beside a line chart: the numbers the lines are drawn from.

    ``data`` holds the keyword arguments of ``line_plot``; ``number`` writes one of them.
    """

    def at(name: str, index: int) -> Any:
        values = data.get(name) or ()
        return values[index] if index < len(values) else None

    rows = []
    for index, label in enumerate(labels):
        row = [label]
        row += [number(at(name, index)) for name in LINES if data.get(name)]
        if data.get("band"):
            pair = at("band", index)
            row.append(
                number(None) if pair is None else f"{number(pair[0])}{DASH}{number(pair[1])}"
            )
        rows.append(row)
    return rows


def bar_plot(labels: Sequence[str], values: Values, *, height: int = 200) -> Plot:
    """Return a chart of one bar per label; bars stand on zero, also those that go below."""
    frame = _Frame(len(labels), _bounds((values,), ()), height)
    width = 100 / max(1, len(values))
    zero = frame.y(0)
    bars = []
    for index, value in enumerate(values):
        y = frame.y(value or 0)
        x = index * width + width * 0.15
        size = abs(zero - y)
        bars.append(
            Bar(
                _short(x),
                _short(min(y, zero)),
                _short(width * 0.7),
                _short(size),
                not value,
                labels[index],
                value,
            )
        )
    return Plot(
        height=height,
        top=frame.top,
        inner=frame.inner,
        ticks=frame.grid(),
        marks=frame.marks(labels, centred=True),
        marks_y=height - 10,
        bars=bars,
    )


HEAT_STEPS: Final = 7


def heat_step(value: Number | None, most: Number) -> int:
    """Return the step 0 to 6 of ``value`` on a scale that ends at ``most``; nothing is 0."""
    if not value or float(most) <= 0:
        return 0
    share = min(1.0, max(0.0, float(value) / float(most)))
    return min(HEAT_STEPS - 1, max(1, math.ceil(share * (HEAT_STEPS - 1))))
