"""Charts with axes: lines with bands, and bars."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

from webapp.charts.axes import Frame, Mark, Tick, nice_ticks
from webapp.charts.paths import short
from webapp.charts.small import Bar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from webapp.charts.paths import Number, Values

DASH: Final = "\u2013"
LINES: Final = ("actual", "compared", "forecast")
"""The lines of a chart, in the order of the table's columns."""


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


_BAR_SHARE: Final = 0.7
_BAR_GUTTER: Final = 8.0


def _ticks(series: Iterable[Values], ranges: Sequence[tuple[Number, Number] | None]) -> list[float]:
    """Return ticks that hold zero and everything drawn; whole ones for whole numbers."""
    values = [v for one in series for v in one if v is not None]
    edges = [float(edge) for pair in ranges if pair is not None for edge in pair]
    whole = all(isinstance(value, int) for value in values)
    numbers = [float(value) for value in values] + edges
    return nice_ticks(min([0.0, *numbers]), max([0.0, *numbers]), whole=whole)


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
    frame = Frame(len(labels), _ticks((actual, compared, forecast), band), height)
    paths = {
        "area": frame.area(actual),
        "band": frame.band(band),
        "inner": frame.band(inner_band),
        "compared": frame.line(compared),
        "forecast": frame.line(forecast),
        "actual": frame.line(actual),
    }
    return Plot(
        height=height,
        top=frame.top,
        inner=frame.inner,
        ticks=frame.grid(),
        marks=frame.marks(labels),
        marks_y=height - 10,
        paths={name: drawn for name, drawn in paths.items() if drawn},
        shades=frame.stretches(shade),
        strips=frame.stretches(promotions),
        today="" if today is None else short(frame.x(today)),
        dot=frame.dot(actual),
    )


def line_rows(
    labels: Sequence[str], data: Mapping[str, Any], *, number: Callable[[Number | None], str]
) -> list[list[str]]:
    """Return the rows of the table beside a line chart: the numbers the lines are drawn from.

    ``data`` holds the keyword arguments of ``line_plot``; ``number`` writes one of them.
    """
    columns = [[number(value) for value in data[name]] for name in LINES if data.get(name)]
    if data.get("band"):
        pairs = data["band"]
        columns.append(
            [DASH if p is None else f"{number(p[0])}{DASH}{number(p[1])}" for p in pairs]
        )
    return [list(row) for row in zip_longest(labels, *columns, fillvalue=DASH)]


def bar_plot(labels: Sequence[str], values: Values, *, height: int = 200) -> Plot:
    """Return a chart of one bar per label; bars stand on zero, also those that go below."""
    frame = Frame(len(labels), _ticks((values,), ()), height, gutter=_BAR_GUTTER)
    margin = (1 - _BAR_SHARE) / 2
    zero = frame.y(0)
    bars = []
    for index, (label, value) in enumerate(zip(labels, values, strict=True)):
        y = frame.y(value or 0)
        bars.append(
            Bar(
                x=short(frame.slot(index + margin)),
                y=short(min(y, zero)),
                width=short(frame.slot_width * _BAR_SHARE),
                height=short(abs(zero - y)),
                is_zero=not value,
                label=label,
                value=value,
            )
        )
    return Plot(
        height=height,
        top=frame.top,
        inner=frame.inner,
        ticks=frame.grid(),
        marks=frame.marks(labels, bars=True),
        marks_y=height - 10,
        bars=bars,
    )
