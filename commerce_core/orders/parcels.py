"""Fulfillments as a verb sees them: what is in which parcel, changed in memory before any write.

How many pieces of a line are fulfilled, shipped and delivered is counted from the parcels, never
kept beside them; of a kit, a piece counts once all of its parts do.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, text

from commerce_core.database import is_postgresql
from commerce_core.journal.together import id_expression, numbers_from
from commerce_core.orders.errors import FulfillmentNotFoundError
from commerce_core.orders.fulfillment_models import Fulfillment, FulfillmentLine, FulfillmentStatus
from commerce_core.orders.machine import FULFILLMENTS, Trigger, next_status
from commerce_core.orders.models import Order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from commerce_core.database import Base
    from commerce_core.orders.case import Case
    from commerce_core.orders.models import OrderLine

OPEN_STATUSES: Final = (FulfillmentStatus.PENDING, FulfillmentStatus.PACKED)
_SENT: Final = (FulfillmentStatus.SHIPPED, FulfillmentStatus.DELIVERED)
_COUNTS: Final = {
    "fulfilled": (*OPEN_STATUSES, *_SENT),
    "shipped": _SENT,
    "delivered": (FulfillmentStatus.DELIVERED,),
}


@dataclass(slots=True)
class Piece:
    """``quantity`` pieces of one allocation in a parcel; ``id`` is that of its row."""

    id: int
    order_line_id: int
    allocation_id: int
    variant_id: int
    quantity: int


@dataclass(slots=True)
class Parcel:
    """A fulfillment: its row, its status as it will be, and what is in it."""

    row: Fulfillment
    status: FulfillmentStatus
    pieces: list[Piece] = field(default_factory=list)

    def by_allocation(self) -> dict[int, int]:
        """Return allocation id → pieces."""
        return {piece.allocation_id: piece.quantity for piece in self.pieces}

    def by_line(self) -> Counter[tuple[int, int]]:
        """Return (order line id, variant id) → pieces."""
        found: Counter[tuple[int, int]] = Counter()
        for piece in self.pieces:
            found[piece.order_line_id, piece.variant_id] += piece.quantity
        return found


def load_parcels(session: Session, order_id: int) -> list[Parcel]:
    """Return the parcels of an order by number. One statement."""
    return load_parcels_and_ids(session, order_id, {})[0]


def load_parcels_and_ids(
    session: Session, order_id: int, wanted: Mapping[type[Base], int]
) -> tuple[list[Parcel], dict[type[Base], list[int]]]:
    """Return the parcels of an order, and ids for so many new rows. One statement."""
    is_pg = is_postgresql(session)
    taken = [
        text(id_expression(model, name=f"n{i}", is_postgresql=is_pg))
        for i, model in enumerate(wanted)
    ]
    query = (
        select(Fulfillment, FulfillmentLine, *taken)
        .select_from(Order)
        .outerjoin(Fulfillment, Fulfillment.order_id == Order.id)
        .outerjoin(FulfillmentLine, FulfillmentLine.fulfillment_id == Fulfillment.id)
        .where(Order.id == order_id)
        .order_by(Fulfillment.number, FulfillmentLine.id)
        .execution_options(populate_existing=True)
    )
    counts = {f"n{i}": count for i, count in enumerate(wanted.values())}
    found: dict[int, Parcel] = {}
    ids: dict[type[Base], list[int]] = {}
    for row, line, *numbers in session.execute(query, counts):
        for (model, count), number in zip(wanted.items(), numbers, strict=True):
            ids[model] = numbers_from(number, count)
        if row is None:
            continue
        parcel = found.setdefault(row.id, Parcel(row, row.status))
        if line is not None:
            content = (line.order_line_id, line.allocation_id, line.variant_id, line.quantity)
            parcel.pieces.append(Piece(line.id, *content))
    return list(found.values()), ids


def parcel_of(parcels: Iterable[Parcel], fulfillment: Fulfillment) -> Parcel:
    """Return the parcel of a fulfillment; raises FulfillmentNotFoundError."""
    found = next((p for p in parcels if p.row.id == fulfillment.id), None)
    if found is None:
        message = f"there is no fulfillment {fulfillment.id}"
        raise FulfillmentNotFoundError(message, fulfillment_id=fulfillment.id)
    return found


def move(case: Case, parcel: Parcel, trigger: Trigger, **values: Any) -> None:
    """Take a parcel where ``trigger`` leads; raises TransitionRefusedError."""
    parcel.status = next_status(FULFILLMENTS, trigger, parcel.status)
    case.rows.change(Fulfillment, parcel.row.id, {"status": parcel.status, **values})


def recount(case: Case, parcels: Sequence[Parcel]) -> None:
    """Count anew, from the parcels, how far the pieces of each line got."""
    for name, statuses in _COUNTS.items():
        pieces: Counter[tuple[int, int]] = Counter()
        for parcel in parcels:
            if parcel.status in statuses:
                pieces.update(parcel.by_line())
        for line in case.goods():
            count = whole_pieces(line, {v: pieces[line.id, v] for v in parts_of_line(line)})
            if count != case.count(line, name):
                case.add(line, **{name: count - case.count(line, name)})


def whole_pieces(line: OrderLine, pieces: Mapping[int, int]) -> int:
    """Return how many whole pieces of a line its parts make: variant id → pieces."""
    return min(pieces.get(v, 0) // needed for v, needed in parts_of_line(line).items())


def parts_of_line(line: OrderLine) -> dict[int, int]:
    """Return what a piece of a line is made of: variant id → pieces."""
    if line.parts:
        return {int(number): pieces for number, pieces in line.parts.items()}
    return {} if line.variant_id is None else {line.variant_id: 1}
