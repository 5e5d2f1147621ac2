"""Two open orders of one customer become one, to leave in one parcel."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from commerce_core.errors import InvalidInputError
from commerce_core.inventory.promises import allocations_of, hand_over
from commerce_core.journal import take_ids
from commerce_core.orders.case import Case, lock_order, opened
from commerce_core.orders.machine import Trigger
from commerce_core.orders.models import COUNTED, REASON_LENGTH, Order, OrderLine, OrderStatus
from commerce_core.orders.payment_models import Payment
from commerce_core.orders.payments import list_payments
from commerce_core.text import clean_text

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def merge_orders(session: Session, into: Order, other: Order, *, reason: str, actor: str) -> Order:
    """Move the lines of ``other``, their stock and its payments to ``into``; ``other`` ends.

    The promises move as they are: nobody else can get the pieces in between. The caller commits.

    Raises:
        InvalidInputError: they differ in currency, tax, customer or address, or something of one
            is in a parcel, or money of ``other`` has gone back.
        TransitionRefusedError: one of them is not open.
    """
    why = clean_text(reason, name="the reason", max_length=REASON_LENGTH)
    for number in sorted({into.id, other.id}):  # in one order, whoever merges whom
        lock_order(session, number)
    with opened(session, into, Trigger.CHANGE, actor=actor, reason=why) as target:
        with opened(session, other, Trigger.CANCEL, actor=actor, reason=why) as source:
            _require_alike(target, source)
            total, tax = source.order.total or Decimal(0), source.order.tax or Decimal(0)
            short = source.short()
            moved = _move_lines(session, target, source)
            _move_money(session, target, source)
            _empty(source)
            source.facts["merged_into"] = target.order.id
            source.write(short=0)
        target.facts["merged"] = source.order.id
        target.facts["lines"] = moved
        target.set_order(
            total=(target.order.total or Decimal(0)) + total,
            tax=(target.order.tax or Decimal(0)) + tax,
        )
        target.write(short=target.short() + short)
    return target.order


def _require_alike(target: Case, source: Case) -> None:
    one, two = target.order, source.order
    same = ("currency", "is_tax_included", "customer_id", "shipping_address", "country")
    differing = [name for name in same if getattr(one, name) != getattr(two, name)]
    if one.id == two.id:
        raise InvalidInputError("an order cannot be merged with itself")
    if differing:
        message = f"orders {one.number} and {two.number} differ in {', '.join(differing)}"
        raise InvalidInputError(message, differing=differing)
    if {one.status, two.status} != {OrderStatus.PROCESSING}:
        message = "only orders in processing can be merged"
        raise InvalidInputError(message, statuses=[one.status.value, two.status.value])
    if any(line.fulfilled for line in (*target.goods(), *source.goods())):
        raise InvalidInputError("something is in a parcel: cancel the fulfillment first")
    if two.refunded:
        raise InvalidInputError(f"money of order {two.number} has gone back")


def _move_lines(session: Session, target: Case, source: Case) -> list[int]:
    """Record copies of the lines that are wanted, and hand their promises over."""
    wanted = [line for line in source.lines if line.wanted]
    numbers = take_ids(session, {OrderLine: len(wanted)})[OrderLine]
    position = max(line.position for line in target.lines)
    columns = [c.key for c in OrderLine.__table__.columns if c.key not in COUNTED]
    heirs = {}
    for number, line in zip(numbers, wanted, strict=True):
        position += 1
        row = {name: getattr(line, name) for name in columns}
        row |= {"id": number, "order_id": target.order.id, "position": position}
        row |= {"cancelled": line.cancelled, "allocated": line.allocated}
        target.rows.insert(OrderLine, row)
        heirs[line.id] = number
    hand_over(target.rows, allocations_of(session, heirs), heirs)
    return numbers


def _move_money(session: Session, target: Case, source: Case) -> None:
    for payment in list_payments(session, source.order):
        target.rows.change(Payment, payment.id, {"order_id": target.order.id})
    target.set_order(paid=target.order.paid + source.order.paid)
    source.set_order(paid=Decimal(0), total=Decimal(0), tax=Decimal(0))


def _empty(source: Case) -> None:
    for line in source.lines:
        source.add(line, cancelled=line.wanted, allocated=-line.allocated)
