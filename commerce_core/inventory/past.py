"""The ledger as memory: the stock of any moment, and why a number is what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from commerce_core.catalog.models import Variant
from commerce_core.clock import require_aware
from commerce_core.inventory.checks import require_limit
from commerce_core.inventory.models import (
    QUANTITIES,
    MovementKind,
    StockLevel,
    StockLocation,
    StockMovement,
)
from commerce_core.records import id_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class PastLevel:
    """The quantities of a level after its last movement at or before a moment."""

    location_id: int
    occurred_at: datetime
    quantities: dict[str, int]
    available: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """One line of the answer to "why is this 47?": what happened, and the number after it."""

    occurred_at: datetime
    text: str
    change: int
    on_hand: int
    available: int
    actor: str

    def __str__(self) -> str:
        sign = "+" if self.change > 0 else ""
        moment = f"{self.occurred_at:%Y-%m-%d %H:%M}"
        change = f"{sign}{self.change}" if self.change else "±0"
        after = f"{self.on_hand} on hand, {self.available} available"
        return f"{moment}  {change:>6}  → {after}  {self.text}"


def stock_as_of(session: Session, variant: Variant, at: datetime) -> Sequence[PastLevel]:
    """Return the levels of ``variant`` as they were at ``at``, by the time things occurred.

    Locations where nothing had happened yet are missing. One statement.

    Raises:
        InvalidTimeError: ``at`` is naive.
    """
    moment = require_aware(at, name="at")
    last = (
        select(func.max(StockMovement.version))
        .where(StockMovement.level_id == StockLevel.id, StockMovement.occurred_at <= moment)
        .correlate(StockLevel)
        .scalar_subquery()
    )
    query = (
        select(StockMovement)
        .join(StockLevel, StockMovement.level_id == StockLevel.id)
        .where(StockLevel.variant_id == id_of(variant, Variant), StockMovement.version == last)
        .order_by(StockMovement.location_id)
    )
    return [
        PastLevel(
            row.location_id,
            row.occurred_at,
            {name: getattr(row, name) for name in QUANTITIES},
            row.available,
        )
        for row in session.scalars(query)
    ]


_SENTENCES: Final = {
    MovementKind.RECEIVED: "received",
    MovementKind.SHIPPED: "shipped",
    MovementKind.ADJUSTED: "adjusted",
    MovementKind.COUNTED: "corrected by a count",
    MovementKind.RESTOCKED: "came back from a customer",
    MovementKind.DAMAGED: "set aside as damaged",
    MovementKind.WRITTEN_OFF: "written off",
    MovementKind.QUALITY_HELD: "held for quality control",
    MovementKind.QUALITY_RELEASED: "put back into sale",
    MovementKind.RESERVED: "reserved",
    MovementKind.EXTENDED: "reservation extended",
    MovementKind.RELEASED: "reservation released",
    MovementKind.EXPIRED: "reservation expired",
    MovementKind.ALLOCATED: "promised to an order",
    MovementKind.DEALLOCATED: "promise taken back",
    MovementKind.BACKORDERED: "promised, partly on backorder",
    MovementKind.BACKORDER_FILLED: "backorder filled",
    MovementKind.EXPECTED: "expected quantity changed",
    MovementKind.TRANSFER_SENT: "sent to another location",
    MovementKind.TRANSFER_RECEIVED: "arrived from another location",
    MovementKind.POLICY_CHANGED: "policy changed",
}
_SHOWN: Final = ("on_hand", "allocated", "reserved", "damaged", "quality_control", "incoming")


def explain(
    session: Session, variant: Variant, location: StockLocation, *, limit: int = 50
) -> Sequence[Explanation]:
    """Return the last ``limit`` movements of a level as readable lines, newest first.

    Each line's numbers follow from the one below it by its change, so that the first line is
    the present and the answer to "why is this 47?".
    """
    query = (
        select(StockMovement)
        .filter_by(variant_id=id_of(variant, Variant), location_id=id_of(location, StockLocation))
        .order_by(StockMovement.id.desc())
        .limit(require_limit(limit))
    )
    return [_line(row) for row in session.scalars(query)]


def _line(row: StockMovement) -> Explanation:
    changes = {name: int(getattr(row, f"{name}_delta")) for name in _SHOWN}
    main = next((value for value in changes.values() if value), 0)
    parts = [_SENTENCES[row.kind]]
    if row.cause_kind:
        parts.append(f"for {row.cause_kind.replace('_', ' ')} {row.cause_id}")
    if row.reason:
        parts.append(f"({row.reason})")
    if row.short:
        parts.append(f"{row.short} short")
    change = changes["on_hand"] or main
    text = f"{' '.join(parts)}, by {row.actor}"
    return Explanation(row.occurred_at, text, change, row.on_hand, row.available, row.actor)
