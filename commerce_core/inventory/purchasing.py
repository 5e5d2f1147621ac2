"""Buy stock: order, receive in parts, cancel the rest, and learn how long suppliers take.

Ordering raises ``incoming``; receiving turns it into ``on_hand``. Functions never commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from commerce_core.errors import InvalidInputError, InvalidStateError
from commerce_core.inventory import ledger
from commerce_core.inventory.allocations import fill
from commerce_core.inventory.checks import require_actor, require_open, require_quantity
from commerce_core.inventory.models import MovementKind
from commerce_core.inventory.purchasing_models import (
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseReceipt,
    PurchaseStatus,
    Supplier,
)
from commerce_core.text import clean_optional, clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from commerce_core.catalog.models import Variant
    from commerce_core.inventory.models import StockLocation
    from commerce_core.money import Money

_OPEN = (PurchaseStatus.ORDERED, PurchaseStatus.PARTIALLY_RECEIVED)


def create_supplier(session: Session, *, name: str, email: str | None = None) -> Supplier:
    """Create a supplier. Flushes; the caller commits."""
    supplier = Supplier(
        name=clean_text(name, name="the supplier's name", max_length=200),
        email=clean_optional(email, name="the supplier's address", max_length=254),
    )
    session.add(supplier)
    session.flush()
    return supplier


def create_purchase_order(
    session: Session,
    supplier: Supplier,
    location: StockLocation,
    lines: Mapping[Variant, tuple[int, Money]],
    *,
    actor: str,
    expected_on: date | None = None,
) -> PurchaseOrder:
    """Draft a purchase order: variant → (pieces, unit cost). Nothing is expected yet.

    Raises:
        InvalidInputError: no lines, or unit costs of two currencies.
        InvalidQuantityError: a quantity is not a whole number from 1.
    """
    currencies = {cost.currency for _, cost in lines.values()}
    if len(currencies) != 1:
        message = "a purchase order needs lines, all in one currency"
        raise InvalidInputError(message, currencies=sorted(currencies))
    for quantity, _ in lines.values():
        require_quantity(quantity)
    last = session.scalar(select(func.max(PurchaseOrder.id))) or 0
    order = PurchaseOrder(
        number=f"P{last + 1:05d}",
        supplier_id=supplier.id,
        location_id=location.id,
        currency=currencies.pop(),
        created_by=require_actor(actor),
        expected_on=expected_on,
    )
    session.add(order)
    session.flush()
    session.add_all(
        PurchaseOrderLine(
            purchase_order_id=order.id,
            variant_id=variant.id,
            quantity=quantity,
            unit_cost=cost.amount,
        )
        for variant, (quantity, cost) in lines.items()
    )
    session.flush()
    return order


def place_purchase_order(
    session: Session, order: PurchaseOrder, *, actor: str, ordered_at: datetime | None = None
) -> PurchaseOrder:
    """Send a draft to the supplier: its pieces are ``incoming`` from now on.

    Raises:
        InvalidStateError: it is not a draft.
    """
    current, lines = _locked(session, order, (PurchaseStatus.DRAFT,), "ordered")
    batch = ledger.Batch(session, actor=require_actor(actor))
    levels = _levels(session, current, lines)
    for line in lines:
        level = levels[line.variant_id, current.location_id]
        deltas = {"incoming": line.quantity}
        batch.apply(level, MovementKind.EXPECTED, deltas, cause=_cause(line))
    batch.write()
    current.status = PurchaseStatus.ORDERED
    current.ordered_at = ordered_at or batch.now
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

    A repeat of the key books nothing.

    Raises:
        InvalidStateError: the order is not open.
        InvalidInputError: no lines, or a line of another order.
        LocationClosedError, InvalidQuantityError: as in ``receive_stock``.
    """
    who = require_actor(actor)
    keys = {line_id: f"{idempotency_key}:{line_id}" for line_id in received}
    if idempotency_key is not None and _was_received(session, who, list(keys.values())):
        return session.get_one(PurchaseOrder, order.id, populate_existing=True)
    current, lines = _locked(session, order, _OPEN, "received")
    by_id = {line.id: line for line in lines}
    if not received or not received.keys() <= by_id.keys():
        message = "give at least one line of this purchase order"
        raise InvalidInputError(message, lines=sorted(received.keys() - by_id.keys()))
    batch = ledger.Batch(session, actor=who)
    levels = _levels(session, current, lines)
    for line_id, quantity in sorted(received.items()):
        pieces = require_quantity(quantity)
        line = by_id[line_id]
        level = levels[line.variant_id, current.location_id]
        require_open(level)
        deltas = {"on_hand": pieces, "incoming": -min(pieces, line.outstanding)}
        batch.apply(level, MovementKind.RECEIVED, deltas, cause=_cause(line), physical=True)
        fill(batch, level)
    batch.write()
    for line_id, pieces in received.items():
        by_id[line_id].received += pieces
        session.add(
            PurchaseReceipt(
                line_id=line_id,
                quantity=pieces,
                received_at=batch.now,
                actor=who,
                idempotency_key=None if idempotency_key is None else keys[line_id],
            )
        )
    done = not any(line.outstanding for line in lines)
    current.status = PurchaseStatus.RECEIVED if done else PurchaseStatus.PARTIALLY_RECEIVED
    current.closed_at = batch.now if done else None
    session.flush()
    return current


def cancel_purchase_order(session: Session, order: PurchaseOrder, *, actor: str) -> PurchaseOrder:
    """End a purchase order: what has not arrived is not expected any more.

    Raises:
        InvalidStateError: it has ended.
    """
    current, lines = _locked(session, order, (PurchaseStatus.DRAFT, *_OPEN), "cancelled")
    batch = ledger.Batch(session, actor=require_actor(actor))
    if current.status is not PurchaseStatus.DRAFT:
        levels = _levels(session, current, lines)
        for line in lines:
            if line.outstanding:
                level = levels[line.variant_id, current.location_id]
                deltas = {"incoming": -line.outstanding}
                batch.apply(level, MovementKind.EXPECTED, deltas, cause=_cause(line))
        if not batch.is_empty:
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
    query = select(PurchaseOrderLine).filter_by(purchase_order_id=order.id)
    ordered = query.order_by(PurchaseOrderLine.id).execution_options(populate_existing=True)
    return session.scalars(ordered).all()


def _was_received(session: Session, actor: str, keys: list[str]) -> bool:
    query = select(PurchaseReceipt.id).where(
        PurchaseReceipt.actor == actor, PurchaseReceipt.idempotency_key.in_(keys)
    )
    return session.scalars(query.limit(1)).first() is not None


def _locked(
    session: Session,
    order: PurchaseOrder,
    allowed: tuple[PurchaseStatus, ...],
    verb: str,
) -> tuple[PurchaseOrder, Sequence[PurchaseOrderLine]]:
    current = session.scalars(
        select(PurchaseOrder)
        .filter_by(id=order.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if current.status not in allowed:
        message = f"purchase order {current.number} is {current.status.value}, not to be {verb}"
        raise InvalidStateError(message, number=current.number, status=current.status.value)
    return current, list_purchase_order_lines(session, current)


def _levels(
    session: Session, order: PurchaseOrder, lines: Sequence[PurchaseOrderLine]
) -> dict[tuple[int, int], ledger.LevelState]:
    places = [(line.variant_id, order.location_id) for line in lines]
    ledger.ensure_levels(session, places)
    return ledger.lock_levels(session, places)


def _cause(line: PurchaseOrderLine) -> ledger.Cause:
    return ledger.Cause("purchase_order_line", str(line.id))
