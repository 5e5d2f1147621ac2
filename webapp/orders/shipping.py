"""Sends pieces of an order whichever parcels they lie in: parcels are made where there are none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from commerce_core.inventory.hold_models import Allocation
from commerce_core.inventory.promises import allocations_of
from commerce_core.orders.errors import QuantityNotLeftError
from commerce_core.orders.fulfilling import fulfill_order, ship_fulfillment
from commerce_core.orders.fulfillment_models import Fulfillment
from commerce_core.orders.models import LineKind, Order, OrderLine
from commerce_core.orders.parcels import (
    OPEN_STATUSES,
    Parcel,
    load_parcels,
    parts_of_line,
    whole_pieces,
)


def ready_pieces(
    lines: Iterable[OrderLine], parcels: Sequence[Parcel], allocations: Iterable[Allocation]
) -> dict[int, int]:
    """Return by order line how many pieces could be sent now.

    That are those in open parcels, and others that lie in stock for the line.
    """
    packed: Counter[int] = Counter()
    for parcel in parcels:
        if parcel.status in OPEN_STATUSES:
            packed.update(parcel.by_allocation())
    there: Counter[tuple[int, int]] = Counter()
    for one in allocations:
        free = max(0, one.open - one.backordered - packed[one.id])
        there[int(one.holder_ref), one.variant_id] += free + packed[one.id]
    return {
        line.id: whole_pieces(line, {v: there[line.id, v] for v in parts_of_line(line)})
        for line in lines
        if line.kind is LineKind.GOODS
    }


def ship_pieces(
    session: Session,
    order: Order,
    quantities: Mapping[int, int],
    *,
    actor: str,
    version: int | None,
    carrier: str | None = None,
    tracking_number: str | None = None,
) -> list[Fulfillment]:
    """Send pieces of lines (order line id → pieces); return the parcels that left. Caller commits.

    Raises:
        QuantityNotLeftError: more than could be sent now.
        TransitionRefusedError, VersionConflictError: as ``ship_fulfillment`` says.
    """
    query = select(OrderLine).filter_by(order_id=order.id).execution_options(populate_existing=True)
    lines = {line.id: line for line in session.scalars(query)}
    in_parcels = _in_open_parcels(lines, load_parcels(session, order.id))
    if any(pieces > in_parcels[line] for line, pieces in quantities.items()):
        ready = ready_pieces(
            lines.values(), load_parcels(session, order.id), allocations_of(session, lines)
        )
        _require_ready(lines, quantities, ready)
        fulfill_order(session, order, actor=actor, version=version)
        version = None
    left, sent = Counter(quantities), []
    for parcel in load_parcels(session, order.id):
        if parcel.status not in OPEN_STATUSES:
            continue
        inside = _inside(lines, parcel)
        going = {line: min(left[line], inside[line]) for line in left}
        going = {line: pieces for line, pieces in going.items() if pieces > 0}
        if not going:
            continue
        left.subtract(going)
        sent.append(
            ship_fulfillment(
                session,
                parcel.row,
                actor=actor,
                quantities=going,
                carrier=carrier,
                tracking_number=tracking_number,
                version=version,
            )
        )
        version = None
    return sent


def _require_ready(
    lines: Mapping[int, OrderLine], quantities: Mapping[int, int], ready: Mapping[int, int]
) -> None:
    for line, pieces in quantities.items():
        left = ready.get(line, 0)
        if pieces > left:
            name = lines[line].name or lines[line].code if line in lines else str(line)
            message = f"only {left} of {name} can be sent now, not {pieces}"
            raise QuantityNotLeftError(message, requested=pieces, left=left, line_id=line)


def _inside(lines: Mapping[int, OrderLine], parcel: Parcel) -> Counter[int]:
    pieces = parcel.by_line()
    return Counter(
        {
            line.id: whole_pieces(line, {v: pieces[line.id, v] for v in parts_of_line(line)})
            for line in lines.values()
            if line.kind is LineKind.GOODS
        }
    )


def _in_open_parcels(lines: Mapping[int, OrderLine], parcels: Iterable[Parcel]) -> Counter[int]:
    found: Counter[int] = Counter()
    for parcel in parcels:
        if parcel.status in OPEN_STATUSES:
            found.update(_inside(lines, parcel))
    return found
