"""Writes locations, movements, minimums and promises of a story through the inventory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert

from commerce_core.catalog.models import Variant
from commerce_core.inventory import (
    Cause,
    MovementKind,
    StockLocation,
    allocate_stock,
    create_location,
)
from commerce_core.inventory.ledger.bulk import PastMovement, post_history
from commerce_core.inventory.models import StockPolicy
from webapp.demo.checkout import ACTORS
from webapp.demo.plan import LOCATIONS, OPEN
from webapp.demo.shelves import STAFF

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from webapp.demo.plan import Level, PlannedMovement, PlannedOrder, Story

_PLANNER = STAFF[2]


def write_locations(session: Session) -> None:
    """Create the locations: their ids are their numbers in the story plus 1."""
    for number, (code, name) in enumerate(LOCATIONS):
        create_location(session, code=code, name=name, priority=number)


def write_movements(session: Session, batch: list[PlannedMovement]) -> None:
    """Book movements that lie in the past."""
    post_history(session, [_past(movement) for movement in batch])


def _past(movement: PlannedMovement) -> PastMovement:
    cause_kind, cause_id = movement.cause or (None, None)
    variant, location = movement.level
    return PastMovement(
        variant_id=variant + 1,
        location_id=location + 1,
        kind=movement.kind,
        on_hand_delta=movement.pieces,
        occurred_at=movement.occurred_at,
        actor=movement.actor,
        reason=movement.reason,
        cause_kind=cause_kind,
        cause_id=cause_id,
    )


def write_minimums(
    session: Session, batch: list[tuple[Level, int]], *, decided_at: datetime
) -> None:
    """Write what the buyers decided to keep at least."""
    rows = []
    movements = []
    for (variant, location), minimum in batch:
        rows.append(
            {
                "variant_id": variant + 1,
                "location_id": location + 1,
                "minimum": minimum,
                "updated_by": _PLANNER,
            }
        )
        movements.append(
            PastMovement(
                variant_id=variant + 1,
                location_id=location + 1,
                kind=MovementKind.POLICY_CHANGED,
                on_hand_delta=0,
                occurred_at=decided_at,
                actor=_PLANNER,
                policy={"minimum": minimum},
            )
        )
    session.execute(insert(StockPolicy), rows)
    post_history(session, movements)


def open_orders(story: Story) -> Iterator[PlannedOrder]:
    """Yield the orders whose goods are promised and still on the shelf."""
    return (order for order in story.orders if order.status in OPEN)


def write_promises(session: Session, batch: list[PlannedOrder]) -> None:
    """Allocate the goods of open orders."""
    for order in batch:
        for line in order.lines:
            allocate_stock(
                session,
                session.get_one(Variant, line.variant.number + 1),
                session.get_one(StockLocation, line.location + 1),
                quantity=line.quantity,
                holder=Cause("order_line", str(line.id)),
                actor=ACTORS[order.channel],
            )
