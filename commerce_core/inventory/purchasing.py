"""Buy stock: order, receive in parts, cancel the rest, and learn how long suppliers take.

Ordering raises ``incoming``; receiving turns it into ``on_hand``. Functions never commit.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import IntegrityError

from commerce_core.catalog.models import Variant
from commerce_core.clock import require_past
from commerce_core.errors import (
    DuplicateError,
    InvalidInputError,
    InvalidTimeError,
)
from commerce_core.inventory import ledger
from commerce_core.inventory.backorders import fill
from commerce_core.inventory.checks import (
    require_actor,
    require_open,
    require_pieces,
    require_quantity,
)
from commerce_core.inventory.models import MovementKind, StockLocation
from commerce_core.inventory.papers import PaperKind, make_draft, write_step
from commerce_core.inventory.purchasing_models import (
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseReceipt,
    PurchaseStatus,
    Supplier,
)
from commerce_core.inventory.replays import Once
from commerce_core.journal import RowsTogether
from commerce_core.money import Money
from commerce_core.records import id_of
from commerce_core.text import clean_optional, clean_text, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy.orm import Session

_OPEN = (PurchaseStatus.ORDERED, PurchaseStatus.PARTIALLY_RECEIVED)
_ORDERS: Final = PaperKind(
    PurchaseOrder, PurchaseOrderLine, "purchase order", "P", "purchase_order_id"
)


def create_supplier(session: Session, *, name: str, email: str | None = None) -> Supplier:
    """Create a supplier. Flushes; the caller commits.

    Raises:
        InvalidTextError: the name is empty or too long.
        DuplicateError: there is a supplier of this name.
    """
    supplier = Supplier(
        name=clean_text(name, name="the supplier's name", max_length=200),
        email=clean_optional(email, name="the supplier's address", max_length=254),
    )
    try:
        with session.begin_nested():
            session.add(supplier)
    except IntegrityError as exc:
        message = f"there is a supplier called {supplier.name!r} already"
        raise DuplicateError(message, name=supplier.name) from exc
    return supplier


def create_purchase_order(
    session: Session,
    supplier: Supplier,
    location: StockLocation,
    lines: Mapping[Variant, tuple[int, Money]],
    *,
    actor: str,
    expected_on: date | None = None,
    idempotency_key: str | None = None,
) -> PurchaseOrder:
    """Draft a purchase order: variant → (pieces, unit cost). Nothing is expected yet.

    A replay of the key returns the first order.

    Raises:
        InvalidInputError: no lines, a kit, a negative unit cost, or costs of two currencies.
        VariantNotFoundError, LocationNotFoundError: something does not exist.
        InvalidQuantityError: a quantity is not a whole number from 1.
        IdempotencyConflictError: the key was used with other content.
    """
    priced = {id_of(v, Variant): _priced(line) for v, line in lines.items()}
    currencies = {cost.currency for _, cost in priced.values()}
    if len(currencies) != 1:
        message = "a purchase order needs lines, all in one currency"
        raise InvalidInputError(message, currencies=sorted(currencies))
    if any(cost.amount < 0 for _, cost in priced.values()):
        raise InvalidInputError("a unit cost is negative")
    wanted = {number: (pieces, cost.amount) for number, (pieces, cost) in priced.items()}
    _require_day(expected_on)
    who = require_actor(actor)
    place = [id_of(supplier, Supplier), id_of(location, StockLocation), expected_on]
    content = {"lines": sorted(wanted.items()), "to": place}
    once = Once(session, actor=who, verb="create_purchase_order", key=idempotency_key, **content)
    values = {
        "supplier_id": supplier.id,
        "location_id": location.id,
        "status": PurchaseStatus.DRAFT,
        "currency": currencies.pop(),
        "created_by": who,
        "expected_on": expected_on,
    }
    return make_draft(
        session,
        _ORDERS,
        once,
        values,
        lines=[
            {"variant_id": v, "quantity": n, "unit_cost": cost}
            for v, (n, cost) in sorted(wanted.items())
        ],
        places=[(variant_id, location.id) for variant_id in wanted],
    )


def _priced(line: object) -> tuple[int, Money]:
    """Return a line's pieces and unit cost."""
    if not isinstance(line, tuple) or len(line) != len(("pieces", "cost")):  # what a host may give
        raise InvalidInputError("a line of a purchase order is (pieces, unit cost)")
    pieces, cost = line
    if not isinstance(cost, Money):
        message = f'a unit cost is Money such as Money.of("4.20", "EUR"), not {shown(cost)}'
        raise InvalidInputError(message)
    return require_quantity(pieces), cost


def _require_day(day: object) -> None:
    """Refuse what is no date; a moment would lose its time on one database and fail on another."""
    if day is not None and type(day) is not date:
        message = f"expected_on is a date such as date(2026, 1, 31), not {str(day)[:40]!r}"
        raise InvalidTimeError(message, name="expected_on", value=str(day)[:40])


def place_purchase_order(
    session: Session, order: PurchaseOrder, *, actor: str, ordered_at: datetime | None = None
) -> PurchaseOrder:
    """Send a draft to the supplier: its pieces are ``incoming`` from now on.

    Raises:
        InvalidStateError: it is not a draft.
        InvalidTimeError: ``ordered_at`` has no time zone, or lies in the future.
    """
    who = require_actor(actor)
    moment = None if ordered_at is None else require_past(ordered_at, name="ordered_at")
    current, lines = _ORDERS.lock(session, order)
    _ORDERS.require_state(current, (PurchaseStatus.DRAFT,), "ordered")
    with _levels(session, current, lines) as levels:
        batch = ledger.Batch(session, actor=who)
        for line in lines:
            level = levels[line.variant_id, current.location_id]
            deltas = {"incoming": line.quantity}
            batch.apply(level, MovementKind.EXPECTED, deltas, cause=_cause(line))
        ordered = {"status": PurchaseStatus.ORDERED, "ordered_at": moment or batch.now}
        ledger.write_with(batch, {current: ordered})
    return current


def receive_purchase_order(
    session: Session,
    order: PurchaseOrder,
    received: Mapping[int, int],
    *,
    actor: str,
    idempotency_key: str | None = None,
) -> PurchaseOrder:
    """Book a delivery: line id → pieces. More than was ordered is booked too.

    A replay of the key books nothing.

    Raises:
        InvalidStateError: the order is not open.
        InvalidInputError: no lines, or a line of another order.
        LocationClosedError, InvalidQuantityError: as in ``receive_stock``.
        IdempotencyConflictError: the key was used with other content.
    """
    pieces = require_pieces(received)
    who = require_actor(actor)
    content = {"order": id_of(order, PurchaseOrder), "received": list(pieces.items())}
    once = Once(session, actor=who, verb="receive_purchase_order", key=idempotency_key, **content)
    current, lines = _ORDERS.lock(session, order)
    if once.earlier() is not None:
        return current
    _ORDERS.require_state(current, _OPEN, "received")
    by_id = {line.id: line for line in lines}
    if not pieces or not pieces.keys() <= by_id.keys():
        message = "give at least one line of this purchase order"
        raise InvalidInputError(message, lines=sorted(pieces.keys() - by_id.keys()))
    with _levels(session, current, lines) as levels:
        batch = ledger.Batch(session, actor=who)
        for line_id, quantity in pieces.items():
            line = by_id[line_id]
            level = levels[line.variant_id, current.location_id]
            require_open(level)
            deltas = {"on_hand": quantity, "incoming": -min(quantity, line.outstanding)}
            batch.apply(level, MovementKind.RECEIVED, deltas, cause=_cause(line), physical=True)
        fill(batch, *levels.values())
        receipts, receipt = RowsTogether(), {"received_at": batch.now, "actor": who}
        changes: dict[Any, dict[str, Any]] = {}
        for line_id, n in pieces.items():
            receipts.insert(PurchaseReceipt, receipt | {"line_id": line_id, "quantity": n})
            changes[by_id[line_id]] = {"received": by_id[line_id].received + n}
        done = all(line.outstanding <= pieces.get(line.id, 0) for line in lines)
        status = PurchaseStatus.RECEIVED if done else PurchaseStatus.PARTIALLY_RECEIVED
        changes[current] = {"status": status, "closed_at": batch.now if done else None}
        write_step(batch, changes, once, current.id, receipts)
    return current


def cancel_purchase_order(session: Session, order: PurchaseOrder, *, actor: str) -> PurchaseOrder:
    """End a purchase order: what has not arrived is not expected any more.

    Raises:
        InvalidStateError: it has ended.
    """
    who = require_actor(actor)
    current, lines = _ORDERS.lock(session, order)
    _ORDERS.require_state(current, (PurchaseStatus.DRAFT, *_OPEN), "cancelled")
    batch = ledger.Batch(session, actor=who)
    arrived = any(line.received for line in lines)
    status = PurchaseStatus.RECEIVED if arrived else PurchaseStatus.CANCELLED
    is_draft = current.status is PurchaseStatus.DRAFT
    awaited = [] if is_draft else [line for line in lines if line.outstanding]
    with _levels(session, current, awaited) as levels:
        for line in awaited:
            level = levels[line.variant_id, current.location_id]
            deltas = {"incoming": -line.outstanding}
            batch.apply(level, MovementKind.EXPECTED, deltas, cause=_cause(line))
        ledger.write_with(batch, {current: {"status": status, "closed_at": batch.now}})
    return current


def list_purchase_order_lines(
    session: Session, order: PurchaseOrder
) -> Sequence[PurchaseOrderLine]:
    """Return the lines of a purchase order as they are now."""
    return _ORDERS.list_lines(session, order)


def _levels(
    session: Session, order: PurchaseOrder, lines: Sequence[PurchaseOrderLine]
) -> AbstractContextManager[dict[tuple[int, int], ledger.LevelState]]:
    return ledger.locked_or_new(session, [(line.variant_id, order.location_id) for line in lines])


def _cause(line: PurchaseOrderLine) -> ledger.Cause:
    return ledger.Cause("purchase_order_line", str(line.id))
