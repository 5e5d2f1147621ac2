"""Coordinates as SVG writes them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Number: TypeAlias = int | float | Decimal
Values: TypeAlias = Sequence[Number | None]
"""One number per point; None where nothing is known, which is drawn as a gap."""


def short(value: float) -> str:
    """Write a coordinate in at most two decimals, without a trailing zero."""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-0", "0", 1) if value else "0"


def path(points: Iterable[tuple[float, float] | None]) -> str:
    """Join points to path data; a None lifts the pen, so a gap stays a gap."""
    parts: list[str] = []
    pen_down = False
    for point in points:
        if point is None:
            pen_down = False
            continue
        lead = "" if pen_down else "M"
        parts.append(f"{lead}{short(point[0])} {short(point[1])}")
        pen_down = True
    return " ".join(parts)
