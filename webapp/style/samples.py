"""Made-up content for the style page. The numbers are fixed, so two renderings are the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from commerce_core.money import Money

NOON: Final = datetime(2026, 11, 24, 11, 52, tzinfo=UTC)
SOLD: Final = (1, 3, 2, 0, 5, 4, 2, 6, 3, 0, 2, 4, 7, 5)
TREND: Final = (23, 26, 24, 29, 27, 33, 30, 28, 34, 31, 36, 33, 39, 41)


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One variant of the sample table: figures of two locations, and its state."""

    key: int
    colour: str
    name: str
    sku: str
    here: tuple[int, int]
    there: tuple[int, int]
    minimum: int
    incoming: int | None
    state: str
    sold: tuple[int, ...]

    @property
    def available(self) -> int:
        """What can be sold from both locations."""
        return self.here[0] + self.there[0]


def _turn(values: tuple[int, ...], by: int) -> tuple[int, ...]:
    return values[by:] + values[:by]


ROWS: Final = (
    SampleRow(41, "#f1ede4", "Chalk · S", "ALM-CHA-S", (22, 22), (2, 5), 8, None, "in_stock", SOLD),
    SampleRow(
        42, "#f1ede4", "Chalk · M", "ALM-CHA-M", (17, 19), (16, 19), 10, None, "in_stock", TREND
    ),
    SampleRow(
        46, "#9caf94", "Sage · M", "ALM-SAG-M", (12, 14), (2, 4), 20, 60, "low", _turn(SOLD, 5)
    ),
    SampleRow(49, "#232a3b", "Ink · L", "ALM-INK-L", (0, 0), (0, 0), 4, 40, "out", _turn(SOLD, 9)),
    SampleRow(
        53, "#24483c", "Pine · L", "TJA-PIN-L", (-4, 0), (3, 3), 6, None, "backorder", (0,) * 14
    ),
)

_WEEKS: Final = 38
_TODAY: Final = 25
_SALES: Final = (
    5,
    6,
    6,
    7,
    5,
    8,
    7,
    9,
    8,
    0,
    0,
    8,
    9,
    7,
    8,
    10,
    9,
    11,
    10,
    14,
    13,
    10,
    9,
    11,
    12,
    14,
)
_LAST_YEAR: Final = (
    *(5, 6, 6, 7, 6, 5, 7, 8, 6, 8, 8, 7, 7, 8, 9, 8, 9, 10, 10, 9, 10, 12, 11, 12, 13, 14),
    *(15, 17, 20, 19, 11, 8, 8, 8, 9, 9, 9, 10),
)
_EXPECTED: Final = (14, 17, 20, 23, 24, 17, 10, 9, 9, 9, 9, 9, 9)


def forecast_chart() -> dict[str, Any]:
    """Return the keyword arguments of a line chart with all of its parts."""
    gap = [None] * _TODAY
    return {
        "actual": [*_SALES, *([None] * (_WEEKS - len(_SALES)))],
        "compared": _LAST_YEAR,
        "forecast": [*gap, *_EXPECTED],
        "band": [*gap, *((0.65 * v, 1.4 * v) for v in _EXPECTED)],
        "inner_band": [*gap, *((0.85 * v, 1.18 * v) for v in _EXPECTED)],
        "shade": [(9, 10)],
        "promotions": [(19, 20), (27, 29)],
        "today": _TODAY,
        "height": 252,
    }


def revenue_chart() -> dict[str, Any]:
    """Return the keyword arguments of a running total against another day."""
    last = [round(5730 * (hour / 23) ** 2.2) for hour in range(24)]
    today = [round(value * 1.09) for value in last[:15]] + [None] * 9
    return {"actual": today, "compared": last, "height": 220}


def events() -> list[dict[str, Any]]:
    """Return a timeline, newest first, with each of its tones."""

    def event(minutes: int, title: str, text: str = "", more: str = "", tone: str = "") -> Any:
        at = NOON - timedelta(minutes=minutes)
        return {"at": at, "title": title, "text": text, "more": more, "tone": tone}

    return [
        event(0, "Parcel delivered", "to Hanna Lindqvist", "DHL 00340434161094022115", "good now"),
        event(
            152, "Cancel order", "was refused", "Reason: 4 items are already with DHL", "refused"
        ),
        event(1214, "4 items shipped", "from Hamburg", "Aylin Demir, label €4.19"),
        event(
            1667, "Stock short in Hamburg", more="Slate · L counted 0, expected 1", tone="warned"
        ),
        event(2316, "Paid", "€501.00 by card", tone="good"),
    ]


def style_context() -> dict[str, Any]:
    """Return everything the style page shows."""
    return {
        "rows": ROWS,
        "sold": SOLD,
        "trend": TREND,
        "weeks": [f"W{(22 + week) % 52 + 1}" for week in range(_WEEKS)],
        "hours": [f"{hour:02}:00" for hour in range(24)],
        "forecast": forecast_chart(),
        "revenue": revenue_chart(),
        "events": events(),
        "at": NOON,
        "amounts": [
            Money.of("3184.00", "EUR"),
            Money.of("-12.5", "GBP"),
            Money(Decimal("0.072"), "EUR"),
        ],
        "cohorts": [
            ("Jul", [412, 96, 71, 60, 44]),
            ("Aug", [388, 104, 66, 51, None]),
            ("Sep", [501, 142, 90, None, None]),
            ("Oct", [466, 118, None, None, None]),
            ("Nov", [290, None, None, None, None]),
        ],
    }
