"""What happened to a transfer or a purchase order, as its stock movements tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commerce_core.inventory.models import MovementKind, StockMovement


@dataclass(frozen=True, slots=True)
class Happening:
    """One booking: all movements of one kind that one person made in one moment.

    ``on_hand`` and ``incoming`` are the pieces it moved, over all variants.
    """

    at: datetime
    kind: MovementKind
    actor: str
    location_id: int
    on_hand: int
    incoming: int
    person: str = ""

    def by(self, person: str) -> Happening:
        """Return it with the name of who did it."""
        return replace(self, person=person)


def read_happenings(session: Session, cause: str, line_ids: Sequence[int]) -> list[Happening]:
    """Return what was booked for the lines, newest first. One statement, by the cause's index."""
    movement = StockMovement
    groups = (movement.occurred_at, movement.kind, movement.actor, movement.location_id)
    rows = session.execute(
        select(*groups, func.sum(movement.on_hand_delta), func.sum(movement.incoming_delta))
        .where(movement.cause_kind == cause, movement.cause_id.in_([str(n) for n in line_ids]))
        .group_by(*groups)
        .order_by(func.max(movement.id).desc())
    )
    return [Happening(*row[:4], int(row[4]), int(row[5])) for row in rows]
