"""What arrives of a return, and in what condition: received, inspected, into stock once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_core.inventory import ledger
from commerce_core.inventory.promises import put_back
from commerce_core.orders.case import Case, require_left
from commerce_core.orders.machine import RETURNS, ReturnTrigger, next_status
from commerce_core.orders.models import Order, OrderLine
from commerce_core.orders.parcels import parts_of_line
from commerce_core.orders.return_models import Return, ReturnLine
from commerce_core.orders.return_rules import propose_refund
from commerce_core.orders.returns import about_returns, change_return, read_return
from commerce_core.records import id_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from commerce_core.inventory import StockLocation


def receive_return(
    session: Session,
    found: Return,
    pieces: Mapping[int, int],
    location: StockLocation,
    *,
    actor: str,
    version: int | None = None,
    idempotency_key: str | None = None,
) -> Return:
    """Note what arrived at ``location``: order line id → pieces. The caller commits.

    It is ``received`` when everything has arrived, else ``partially_received``.

    Raises:
        QuantityNotLeftError: more than was announced.
        TransitionRefusedError, VersionConflictError, IdempotencyConflictError: as elsewhere.
    """
    asked = {"return": found.id, "pieces": {str(k): n for k, n in sorted(pieces.items())}}
    order = session.get_one(Order, found.order_id)
    with about_returns(session, order, actor=actor, key=idempotency_key, asked=asked) as case:
        current, lines = read_return(session, found, version)
        if case.replayed is not None:
            return current
        by_line = {line.order_line_id: line for line in lines}
        for line_id, count in pieces.items():
            line = by_line.get(line_id)
            left = 0 if line is None else line.quantity - line.received - line.missing
            require_left(count, left, what=f"line {line_id} of return {current.number}")
            if line is not None:
                case.rows.change(ReturnLine, line.id, {"received": line.received + count})
        arrived = sum(line.received for line in lines) + sum(pieces.values())
        announced = sum(line.quantity for line in lines)
        status = next_status(
            RETURNS,
            ReturnTrigger.RECEIVE,
            current.status,
            wanted=announced,
            delivered=arrived,
        )
        changes = {"received_at": case.now, "location_id": id_of(location, type(location))}
        change_return(case, current, status, changes)
    return current


def inspect_return(
    session: Session,
    found: Return,
    damaged: Mapping[int, int],
    *,
    actor: str,
    version: int | None = None,
    idempotency_key: str | None = None,
) -> Return:
    """Put what was received into stock: ``damaged`` pieces by order line, all others for sale.

    What was announced and never came is ``missing``. The pieces count as returned, and the refund
    is proposed. The caller commits.

    Raises:
        QuantityNotLeftError: more damaged than received.
        TransitionRefusedError, VersionConflictError, IdempotencyConflictError: as elsewhere.
    """
    asked = {"return": found.id, "damaged": {str(k): n for k, n in sorted(damaged.items())}}
    order = session.get_one(Order, found.order_id)
    with about_returns(session, order, actor=actor, key=idempotency_key, asked=asked) as case:
        current, lines = read_return(session, found, version)
        if case.replayed is not None:
            return current
        status = next_status(RETURNS, ReturnTrigger.INSPECT, current.status)
        by_id = {line.id: line for line in case.lines}
        good: dict[tuple[int, int], dict[int, int]] = {}
        bad: dict[tuple[int, int], dict[int, int]] = {}
        for line in lines:
            broken = damaged.get(line.order_line_id, 0)
            if broken:
                require_left(broken, line.received, what=f"line {line.order_line_id} received")
            sold = by_id[line.order_line_id]
            whole = line.received - broken
            _shelve(good, sold, whole, current.location_id)
            _shelve(bad, sold, broken, current.location_id)
            counts = {"resellable": whole, "damaged": broken}
            counts["missing"] = line.quantity - line.received
            case.rows.change(ReturnLine, line.id, counts)
            if line.received:
                case.add(sold, returned=line.received)
        _restock(case, good, bad, current)
        amount = propose_refund(case.order, case.lines, lines)
        change_return(case, current, status, {"refund_amount": amount.amount})
    return current


def _shelve(
    pieces: dict[tuple[int, int], dict[int, int]],
    line: OrderLine,
    count: int,
    location_id: int | None,
) -> None:
    for variant_id, needed in parts_of_line(line).items():
        if count and location_id is not None:
            pieces.setdefault((variant_id, location_id), {})[line.id] = needed * count


def _restock(
    case: Case,
    good: dict[tuple[int, int], dict[int, int]],
    bad: dict[tuple[int, int], dict[int, int]],
    found: Return,
) -> None:
    ledger.ensure_levels(case.session, [*good, *bad])
    reason = f"return {found.number}"
    both = {place: {**good.get(place, {})} for place in (*good, *bad)}
    if bad:
        put_back(case.batch, bad, damaged=True, reason=reason)
        if good:  # the same level may be in both: what was decided has to be there
            case.batch.write()
            case.renew_batch()
    if good:
        put_back(case.batch, {p: n for p, n in both.items() if n}, reason=reason)
