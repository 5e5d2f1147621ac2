"""Small charts beside a number: the spark line, spark bars, and the steps of a heat map."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from webapp.charts.paths import path, short

if TYPE_CHECKING:
    from webapp.charts.paths import Number, Values

SPARK_WIDTH: Final = 98.0  # the dot at the end needs the last two units
SPARK_HEIGHT: Final = 24.0
HEAT_STEPS: Final = 7
_TOP: Final = 3.0
_FLOOR: Final = 21.0
_BAR_STEP: Final = 6.0
_BAR_WIDTH: Final = 4.5


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
        return index * step, _FLOOR - share * (_FLOOR - _TOP)

    points = [None if v is None else place(i, v) for i, v in enumerate(values)]
    drawn = [point for point in points if point is not None]
    floor = short(SPARK_HEIGHT)
    area = f"{path(drawn)} {short(drawn[-1][0])} {floor} {short(drawn[0][0])} {floor}z"
    end = f"M{short(drawn[-1][0])} {short(drawn[-1][1])}h0"
    return Spark(path(points), area, end)


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
            Bar(short(index * _BAR_STEP), short(y), short(_BAR_WIDTH), short(height), not size)
        )
    return bars


def heat_step(value: Number | None, most: Number) -> int:
    """Return the step 0 to 6 of ``value`` on a scale that ends at ``most``; nothing is 0."""
    if not value or float(most) <= 0:
        return 0
    share = min(1.0, max(0.0, float(value) / float(most)))
    return min(HEAT_STEPS - 1, max(1, math.ceil(share * (HEAT_STEPS - 1))))
