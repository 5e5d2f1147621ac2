"""Buy stock: order, receive in parts, cancel the rest, and learn how long suppliers take.

Ordering raises ``incoming``; receiving turns it into ``on_hand``. Functions never commit.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from commerce_core.catalog.models import Variant
from commerce_core.clock import require_past
from commerce_core.errors import (
    DuplicateError,
    InvalidInputError,
    InvalidStateError,
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
from commerce_core.inventory.drafts import DraftKind, make_draft
from commerce_core.inventory.models import MovementKind, StockLocation
from commerce_core.inventory.purchasing_models import (
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseReceipt,
    PurchaseStatus,
    Supplier,
)
from commerce_core.inventory.replays import Once
from commerce_core.money import Money
from commerce_core.records import id_of, locked
from commerce_core.text import clean_optional, clean_text, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy.orm import Session

_OPEN = (PurchaseStatus.ORDERED, PurchaseStatus.PARTIALLY_RECEIVED)
_DRAFT: Final = DraftKind(PurchaseOrder, PurchaseOrderLine, "P", "purchase_order_id")


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
        _DRAFT,
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
    current, lines = _locked(session, order, (PurchaseStatus.DRAFT,), "ordered")
    with _levels(session, current, lines) as levels:
        batch = ledger.Batch(session, actor=who)
        for line in lines:
            level = levels[line.variant_id, current.location_id]
            deltas = {"incoming": line.quantity}
            batch.apply(level, MovementKind.EXPECTED, deltas, cause=_cause(line))
        batch.write()
    current.status = PurchaseStatus.ORDERED
    current.ordered_at = moment or batch.now
    session.flush()
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
    current = _lock(session, order)
    if once.earlier() is not None:
        return current
    lines = _require_state(session, current, _OPEN, "received")
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
        once.take()
        batch.write()
    for line_id, quantity in pieces.items():
        by_id[line_id].received += quantity
    receipt = {"received_at": batch.now, "actor": who}
    session.execute(
        insert(PurchaseReceipt),
        [receipt | {"line_id": line_id, "quantity": n} for line_id, n in pieces.items()],
    )
    done = not any(line.outstanding for line in lines)
    current.status = PurchaseStatus.RECEIVED if done else PurchaseStatus.PARTIALLY_RECEIVED
    current.closed_at = batch.now if done else None
    session.flush()
    once.record(current.id)
    return current


def cancel_purchase_order(session: Session, order: PurchaseOrder, *, actor: str) -> PurchaseOrder:
    """End a purchase order: what has not arrived is not expected any more.

    Raises:
        InvalidStateError: it has ended.
    """
    who = require_actor(actor)
    current, lines = _locked(session, order, (PurchaseStatus.DRAFT, *_OPEN), "cancelled")
    batch = ledger.Batch(session, actor=who)
    awaited = [line for line in lines if line.outstanding]
    if current.status is not PurchaseStatus.DRAFT and awaited:
        with _levels(session, current, awaited) as levels:
            for line in awaited:
                level = levels[line.variant_id, current.location_id]
                deltas = {"incoming": -line.outstanding}
                batch.apply(level, MovementKind.EXPECTED, deltas, cause=_cause(line))
            batch.write()
    arrived = any(line.received for line in lines)
    current.status = PurchaseStatus.RECEIVED if arrived else PurchaseStatus.CANCELLED
    current.closed_at = batch.now
    session.flush()
    return current


def list_purchase_order_lines(
    session: Session, order: PurchaseOrder
) -> Sequence[PurchaseOrderLine]:
    """Return the lines of a purchase order as they are now."""
    query = select(PurchaseOrderLine).filter_by(purchase_order_id=id_of(order, PurchaseOrder))
    ordered = query.order_by(PurchaseOrderLine.id).execution_options(populate_existing=True)
    return session.scalars(ordered).all()


def _locked(
    session: Session,
    order: PurchaseOrder,
    allowed: tuple[PurchaseStatus, ...],
    verb: str,
) -> tuple[PurchaseOrder, Sequence[PurchaseOrderLine]]:
    current = _lock(session, order)
    return current, _require_state(session, current, allowed, verb)


def _lock(session: Session, order: PurchaseOrder) -> PurchaseOrder:
    return locked(session, order, PurchaseOrder)


def _require_state(
    session: Session, current: PurchaseOrder, allowed: tuple[PurchaseStatus, ...], verb: str
) -> Sequence[PurchaseOrderLine]:
    if current.status not in allowed:
        message = f"purchase order {current.number} is {current.status.value}, not to be {verb}"
        raise InvalidStateError(message, number=current.number, status=current.status.value)
    return list_purchase_order_lines(session, current)


def _levels(
    session: Session, order: PurchaseOrder, lines: Sequence[PurchaseOrderLine]
) -> AbstractContextManager[dict[tuple[int, int], ledger.LevelState]]:
    return ledger.locked_or_new(session, [(line.variant_id, order.location_id) for line in lines])


def _cause(line: PurchaseOrderLine) -> ledger.Cause:
    return ledger.Cause("purchase_order_line", str(line.id))
