"""The rows of a batch on their way into the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

ALLOCATION_PARTS: Final = ("shipped", "released", "backordered")
"""The quantities of an allocation that change, always by deltas."""
RESERVATIONS: Final = "reservations"
"""Where the answer to an idempotency key keeps the ids of the new reservations."""


@dataclass(slots=True)
class Rows:
    """What a batch wants written, table by table, each row a mapping of columns."""

    claims: list[dict[str, Any]] = field(default_factory=list)
    levels: list[dict[str, Any]] = field(default_factory=list)
    movements: list[dict[str, Any]] = field(default_factory=list)
    reservations: list[dict[str, Any]] = field(default_factory=list)
    closed: list[dict[str, Any]] = field(default_factory=list)
    extended: list[dict[str, Any]] = field(default_factory=list)
    allocations: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    level_columns: tuple[str, ...] = ()
    """Which columns of the only level changed (of several, all are written)."""

    def claimed(self, reservation_ids: list[int]) -> list[dict[str, Any]]:
        """Return the rows that claim keys, with the ids of the new reservations in the answers."""
        ids = {RESERVATIONS: reservation_ids}
        return [row | {"result": row["result"] | ids} for row in self.claims]


@dataclass(frozen=True, slots=True)
class Written:
    """The ids the database gave, in the order of the rows, and how many levels it changed."""

    levels: int
    movement_ids: list[int]
    reservation_ids: list[int]
    allocation_ids: list[int]
    xid: int
