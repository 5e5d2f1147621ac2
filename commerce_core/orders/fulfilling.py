"""From stock to the customer: allocate, put into parcels, pack, ship, deliver.

Every verb locks the order first, flushes, and never commits; ``version`` is the order's version
that the caller decided on, and a replay of the key changes nothing. Refusals come as
``TransitionRefusedError`` with the rule's name; run a verb through ``attempt_flow`` and they are
written down.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from commerce_core.inventory.ledger.objects import persistent
from commerce_core.inventory.promises import Wish, allocations_of, ship_promised
from commerce_core.journal import take_ids
from commerce_core.orders.case import Case, opened, require_left
from commerce_core.orders.errors import QuantityNotLeftError
from commerce_core.orders.fulfillment_models import Fulfillment, FulfillmentLine, FulfillmentStatus
from commerce_core.orders.machine import Trigger
from commerce_core.orders.models import Order, OrderLine
from commerce_core.orders.parcels import (
    OPEN_STATUSES,
    Parcel,
    Piece,
    load_parcels,
    load_parcels_and_ids,
    move,
    parcel_of,
    parts_of_line,
    recount,
)
from commerce_core.orders.payments import promise_missing
from commerce_core.records import id_of
from commerce_core.text import clean_optional

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy.orm import Session

    from commerce_core.database import Base
    from commerce_core.inventory import Allocation, StockLocation


def allocate_order(
    session: Session,
    order: Order,
    *,
    actor: str,
    version: int | None = None,
    idempotency_key: str | None = None,
) -> Order:
    """Promise to an order's short lines what is there now. The caller commits.

    Raises:
        TransitionRefusedError: the order is not processing, or nothing is short.
        VersionConflictError, OrderNotFoundError: as ``opened`` says.
    """
    with opened(
        session,
        order,
        Trigger.ALLOCATE,
        actor=actor,
        version=version,
        idempotency_key=idempotency_key,
    ) as case:
        if case.replayed is None:
            short = [line for line in case.goods() if line.short > 0]
            promise_missing(case, [Wish(x.id, x.variant_id or 0, x.short) for x in short])
            case.write()
    return case.order


def fulfill_order(
    session: Session,
    order: Order,
    *,
    actor: str,
    location: StockLocation | None = None,
    version: int | None = None,
    idempotency_key: str | None = None,
) -> Sequence[Fulfillment]:
    """Put what is allocated and in no parcel yet into parcels, one for each location.

    With ``location`` only what lies there. Pieces on backorder wait until they are filled. Returns
    the new fulfillments (none for a replay). The caller commits.

    Raises:
        TransitionRefusedError: not processing, on hold, or nothing waits for a parcel.
        VersionConflictError, OrderNotFoundError, IdempotencyConflictError: as ``opened`` says.
    """
    with opened(
        session,
        order,
        Trigger.FULFILL,
        actor=actor,
        version=version,
        idempotency_key=idempotency_key,
        asked=None if location is None else {"location": location.id},
    ) as case:
        if case.replayed is not None:
            return []
        promised = allocations_of(session, [line.id for line in case.goods()])
        rows = sum(found.open > 0 for found in promised)
        places = len({found.location_id for found in promised})
        wanted = {Fulfillment: places, FulfillmentLine: rows}
        parcels, ids = load_parcels_and_ids(session, order.id, wanted)
        waiting = _waiting(promised, parcels, location)
        if not waiting:
            message = f"order {case.order.number}: nothing in stock waits for a parcel there"
            raise QuantityNotLeftError(message, requested=None, left=0)
        fresh = _add_parcels(case, parcels, waiting, ids)
        case.facts["fulfillments"] = [parcel["id"] for parcel in fresh]
        recount(case, parcels)
        case.write()
    return [persistent(session, Fulfillment, row) for row in fresh]


def _waiting(
    promised: Sequence[Allocation], parcels: Sequence[Parcel], location: StockLocation | None
) -> dict[int, list[Piece]]:
    """Return location id → pieces that are promised, there, and in no open parcel."""
    packed: dict[int, int] = {}
    for parcel in parcels:
        if parcel.status in OPEN_STATUSES:
            for number, pieces in parcel.by_allocation().items():
                packed[number] = packed.get(number, 0) + pieces
    found: dict[int, list[Piece]] = {}
    for allocation in promised:
        free = allocation.open - allocation.backordered - packed.get(allocation.id, 0)
        if free > 0 and (location is None or allocation.location_id == location.id):
            piece = Piece(0, int(allocation.holder_ref), allocation.id, allocation.variant_id, free)
            found.setdefault(allocation.location_id, []).append(piece)
    return found


def _add_parcels(
    case: Case,
    parcels: list[Parcel],
    contents: Mapping[int, list[Piece]],
    ids: Mapping[type[Base], list[int]],
) -> list[dict[str, Any]]:
    """Record a new parcel for each location; return their rows, and add them to ``parcels``."""
    number = max((parcel.row.number for parcel in parcels), default=0)
    rows = []
    for fulfillment_id, (location_id, pieces) in zip(
        ids[Fulfillment], sorted(contents.items()), strict=False
    ):
        number += 1
        row = {
            "id": fulfillment_id,
            "order_id": case.order.id,
            "location_id": location_id,
            "number": number,
            "status": FulfillmentStatus.PENDING,
            "details": {},
            "created_at": case.now,
        }
        case.rows.insert(Fulfillment, row)
        rows.append(row)
        for piece in pieces:
            if piece.id:  # it moves, whole
                case.rows.change(FulfillmentLine, piece.id, {"fulfillment_id": fulfillment_id})
                continue
            piece.id = ids[FulfillmentLine].pop(0)
            case.rows.insert(FulfillmentLine, _line_row(piece, fulfillment_id))
        parcels.append(Parcel(Fulfillment(**row), FulfillmentStatus.PENDING, list(pieces)))
    return rows


def _line_row(piece: Piece, fulfillment_id: int) -> dict[str, Any]:
    return {
        "id": piece.id,
        "fulfillment_id": fulfillment_id,
        "order_line_id": piece.order_line_id,
        "allocation_id": piece.allocation_id,
        "variant_id": piece.variant_id,
        "quantity": piece.quantity,
    }


def pack_fulfillment(
    session: Session,
    fulfillment: Fulfillment,
    *,
    actor: str,
    version: int | None = None,
    idempotency_key: str | None = None,
) -> Fulfillment:
    """Say that a parcel is packed. The caller commits.

    Raises:
        TransitionRefusedError: the order is on hold, or the parcel is not pending.
        VersionConflictError, FulfillmentNotFoundError: as ``opened`` says, or there is none.
    """
    story: dict[str, Any] = {"actor": actor, "version": version, "key": idempotency_key}
    with opened_parcel(session, fulfillment, Trigger.PACK, **story) as case:
        if case.replayed is None:
            parcel = parcel_of(load_parcels(session, case.order.id), fulfillment)
            move(case, parcel, Trigger.PACK, packed_at=case.now)
            case.write()
    return fulfillment


def ship_fulfillment(
    session: Session,
    fulfillment: Fulfillment,
    *,
    actor: str,
    quantities: Mapping[int, int] | None = None,
    carrier: str | None = None,
    tracking_number: str | None = None,
    version: int | None = None,
    idempotency_key: str | None = None,
) -> Fulfillment:
    """Send a parcel, whole or of each order line ``quantities`` pieces (line id → pieces).

    What is left over moves to a new pending parcel. The stock leaves the house in the same
    transaction, which the caller commits.

    Raises:
        TransitionRefusedError: the order is on hold, or the parcel has left or was cancelled.
        QuantityNotLeftError: more of a line than is in the parcel.
        InsufficientStockError, AllocationClosedError: the stock is not there.
        VersionConflictError, FulfillmentNotFoundError, IdempotencyConflictError: as elsewhere.
    """
    asked = None if quantities is None else {str(k): n for k, n in sorted(quantities.items())}
    story: dict[str, Any] = {"actor": actor, "version": version, "key": idempotency_key}
    with opened_parcel(session, fulfillment, Trigger.SHIP, asked=asked, **story) as case:
        if case.replayed is not None:
            return fulfillment
        parcels = load_parcels(session, case.order.id)
        parcel = parcel_of(parcels, fulfillment)
        move(
            case,
            parcel,
            Trigger.SHIP,
            shipped_at=case.now,
            carrier=clean_optional(carrier, name="the carrier", max_length=32),
            tracking_number=clean_optional(tracking_number, name="the number", max_length=64),
        )
        if quantities is not None:
            _leave_behind(case, parcels, parcel, quantities)
        ship_promised(case.batch, parcel.by_allocation())
        recount(case, parcels)
        case.write()
    return fulfillment


def _leave_behind(
    case: Case, parcels: list[Parcel], parcel: Parcel, quantities: Mapping[int, int]
) -> None:
    """Move what is not shipped into a new parcel of the same location."""
    lines = {line.id: line for line in case.goods()}
    inside = parcel.by_line()
    going: dict[tuple[int, int], int] = {}
    for line_id, pieces in quantities.items():
        line = lines.get(line_id)
        parts = parts_of_line(line) if line is not None else {}
        left = min((inside[line_id, v] // n for v, n in parts.items()), default=0)
        require_left(pieces, left, what=f"line {line_id} in fulfillment {parcel.row.number}")
        going |= {(line_id, v): n * pieces for v, n in parts.items()}
    staying: list[Piece] = []
    for piece in parcel.pieces:
        key = (piece.order_line_id, piece.variant_id)
        goes = min(piece.quantity, going.get(key, 0))
        going[key] = going.get(key, 0) - goes
        if not goes:
            staying.append(piece)
        elif goes < piece.quantity:
            staying.append(replace(piece, id=0, quantity=piece.quantity - goes))
            piece.quantity = goes
            case.rows.change(FulfillmentLine, piece.id, {"quantity": goes})
    parcel.pieces = [piece for piece in parcel.pieces if piece not in staying]
    if staying:
        ids = take_ids(case.session, {Fulfillment: 1, FulfillmentLine: len(staying)})
        _add_parcels(case, parcels, {parcel.row.location_id: staying}, ids)


def deliver_fulfillment(
    session: Session,
    fulfillment: Fulfillment,
    *,
    actor: str,
    version: int | None = None,
    idempotency_key: str | None = None,
) -> Fulfillment:
    """Say that a parcel has arrived. The caller commits.

    Raises:
        TransitionRefusedError: it is not under way.
        VersionConflictError, FulfillmentNotFoundError: as elsewhere.
    """
    story: dict[str, Any] = {"actor": actor, "version": version, "key": idempotency_key}
    return move_parcel(session, fulfillment, Trigger.DELIVER, "delivered_at", **story)


def move_parcel(
    session: Session, fulfillment: Fulfillment, trigger: Trigger, stamp: str, **story: Any
) -> Fulfillment:
    """Take a parcel as a whole one step further, noting when in ``stamp``, and count anew.

    ``story`` is what ``opened_parcel`` takes. The caller commits.
    """
    with opened_parcel(session, fulfillment, trigger, **story) as case:
        if case.replayed is None:
            parcels = load_parcels(session, case.order.id)
            move(case, parcel_of(parcels, fulfillment), trigger, **{stamp: case.now})
            recount(case, parcels)
            case.write()
    return fulfillment


def ship_order(session: Session, order: Order, *, actor: str) -> Sequence[Fulfillment]:
    """Send everything of an order that is there: parcels are made for what is in none yet.

    Returns the parcels that left. The caller commits. Errors as in ``ship_fulfillment``.
    """
    waits = any(line.allocated > line.fulfilled for line in _goods(session, order))
    if waits:
        fulfill_order(session, order, actor=actor)
    open_ones = [p.row for p in load_parcels(session, order.id) if p.status in OPEN_STATUSES]
    if not open_ones:
        with opened(session, order, Trigger.SHIP, actor=actor):
            message = f"order {order.number} has nothing to ship"
            raise QuantityNotLeftError(message, requested=None, left=0)
    return [ship_fulfillment(session, row, actor=actor) for row in open_ones]


def deliver_order(session: Session, order: Order, *, actor: str) -> Sequence[Fulfillment]:
    """Say that every parcel of an order that is under way has arrived. The caller commits."""
    parcels = load_parcels(session, order.id)
    sent = [p.row for p in parcels if p.status is FulfillmentStatus.SHIPPED]
    if not sent:
        with opened(session, order, Trigger.DELIVER, actor=actor):
            message = f"order {order.number} has no parcel under way"
            raise QuantityNotLeftError(message, requested=None, left=0)
    return [deliver_fulfillment(session, row, actor=actor) for row in sent]


def _goods(session: Session, order: Order) -> list[OrderLine]:
    lines = session.query(OrderLine).filter_by(order_id=order.id)
    return list(lines.execution_options(populate_existing=True))


def opened_parcel(
    session: Session,
    fulfillment: Fulfillment,
    trigger: Trigger,
    *,
    actor: str,
    reason: str | None = None,
    version: int | None = None,
    key: str | None = None,
    asked: Mapping[str, Any] | None = None,
) -> AbstractContextManager[Case]:
    """Open the order of a fulfillment; what the key is about includes which fulfillment it is."""
    id_of(fulfillment, Fulfillment)
    return opened(
        session,
        fulfillment.order_id,
        trigger,
        actor=actor,
        reason=reason,
        version=version,
        idempotency_key=key,
        asked={"fulfillment": fulfillment.id, **({"quantities": asked} if asked else {})},
    )
