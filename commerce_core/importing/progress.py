"""What an import tells whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """The parts of an import, in order."""

    READING = "reading"
    CATALOG = "catalog"
    OPENING = "opening stock"
    BOOKING = "booking"
    COUNTING = "counting"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a phase is: ``done`` of its units (rows, mostly), and the part from 0 to 1."""

    phase: Phase
    done: int
    part: float


OnProgress = Callable[[Progress], None]


def ignore(_progress: Progress) -> None:
    """Watch nothing."""
