"""Where an order stands, in one word that follows from its pieces, and what may be done with it.

``partially_shipped`` and the like are never stored: they are what the counts of the lines say.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from commerce_core.clock import utc_now
from commerce_core.money import Money
from commerce_core.orders.machine import ORDERS, Situation, Trigger
from commerce_core.orders.models import LineKind, Order, OrderLine, OrderStatus, PaymentStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime


class Standing(StrEnum):
    """The statuses of an order, and those that lie between them."""

    PENDING = "pending"
    PAYMENT_UNCERTAIN = "payment_uncertain"
    PROCESSING = "processing"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    PARTIALLY_DELIVERED = "partially_delivered"
    DELIVERED = "delivered"
    PARTIALLY_RETURNED = "partially_returned"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class PaymentStanding(StrEnum):
    """How it stands with the money of an order."""

    FREE = "free"
    UNPAID = "unpaid"
    UNCERTAIN = "uncertain"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    OVERPAID = "overpaid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class Sums:
    """Pieces of goods over all lines of an order."""

    wanted: int = 0
    allocated: int = 0
    fulfilled: int = 0
    shipped: int = 0
    delivered: int = 0
    returned: int = 0


@dataclass(frozen=True, slots=True)
class TriggerState:
    """Whether a trigger is allowed; ``refusal`` and ``words`` say why not."""

    trigger: Trigger
    is_allowed: bool
    refusal: str | None = None
    words: str | None = None


_ENDED: Final = (OrderStatus.CANCELLED, OrderStatus.EXPIRED)
_UNKNOWN: Final = (PaymentStatus.CHARGING, PaymentStatus.UNCERTAIN)


def sums_of(lines: Iterable[OrderLine]) -> Sums:
    """Add the counts of the lines of goods up."""
    goods = [line for line in lines if line.kind is LineKind.GOODS]
    return Sums(
        sum(line.wanted for line in goods),
        *(
            sum(getattr(line, name) for line in goods)
            for name in ("allocated", "fulfilled", "shipped", "delivered", "returned")
        ),
    )


def standing_of(order: Order, sums: Sums) -> Standing:
    """Return where an order stands. One of history stands where it was left."""
    if sums.returned:
        done = order.is_history or sums.returned >= sums.wanted
        full = done and sums.returned >= sums.wanted
        return Standing.RETURNED if full else Standing.PARTIALLY_RETURNED
    if order.status is OrderStatus.PENDING and order.payment_status is PaymentStatus.UNCERTAIN:
        return Standing.PAYMENT_UNCERTAIN
    if order.is_history or order.status not in {OrderStatus.PROCESSING, OrderStatus.SHIPPED}:
        return Standing(order.status.value)
    if sums.delivered:
        return Standing.PARTIALLY_DELIVERED
    if sums.shipped and order.status is OrderStatus.PROCESSING:
        return Standing.PARTIALLY_SHIPPED
    return Standing(order.status.value)


def payment_standing_of(order: Order) -> PaymentStanding:
    """Return how it stands with the money."""
    if order.payment_status in _UNKNOWN:
        return PaymentStanding.UNCERTAIN
    kept, total = order.paid - order.refunded, order.total or Decimal(0)
    if order.refunded:
        return PaymentStanding.PARTIALLY_REFUNDED if kept else PaymentStanding.REFUNDED
    if not total and not order.paid:
        return PaymentStanding.FREE
    if not kept:
        return PaymentStanding.UNPAID
    if kept == total:
        return PaymentStanding.PAID
    return PaymentStanding.OVERPAID if kept > total else PaymentStanding.PARTIALLY_PAID


def balance(order: Order) -> Money:
    """Return what the customer still owes; negative is what we owe back.

    Nobody owes anything for an order that was cancelled or has expired.
    """
    due = Decimal(0) if order.status in _ENDED else order.total or Decimal(0)
    return Money(due - (order.paid - order.refunded), order.currency)


def situation_of(
    order: Order, lines: Sequence[OrderLine], *, as_of: datetime | None = None
) -> Situation:
    """Return what the machine's rules see of an order as it was read."""
    sums = sums_of(lines)
    now = as_of or utc_now()
    return Situation(
        status=order.status,
        is_history=order.is_history,
        is_held=order.held_at is not None,
        is_due=order.expires_at is not None and order.expires_at <= now,
        is_uncertain=order.payment_status in _UNKNOWN,
        paid=order.paid,
        refunded=order.refunded,
        wanted=sums.wanted,
        allocated=sums.allocated,
        fulfilled=sums.fulfilled,
        shipped=sums.shipped,
        delivered=sums.delivered,
        order=order,
    )


def allowed_triggers(
    order: Order, lines: Sequence[OrderLine], *, as_of: datetime | None = None
) -> list[TriggerState]:
    """Return every trigger with whether it is allowed now, and the rule that forbids it if not.

    Feeds buttons and programs alike; the verbs ask the same rules again under the lock.
    """
    situation = situation_of(order, lines, as_of=as_of)
    found = []
    for trigger in Trigger:
        if trigger is Trigger.PLACE:
            continue
        guard = ORDERS.refusal(trigger, situation)
        found.append(
            TriggerState(trigger, is_allowed=True)
            if guard is None
            else TriggerState(trigger, is_allowed=False, refusal=guard.code, words=guard.words)
        )
    return found
