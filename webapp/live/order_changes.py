"""What happened to orders since a cursor: their events say which, the orders say what is now.

Nothing about people is in it: everybody who may see the list of orders hears the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from commerce_core.journal import Cursor, tail
from commerce_core.orders.event_models import OrderEvent
from commerce_core.orders.machine import Trigger
from commerce_core.orders.models import OrderStatus
from commerce_core.orders.queries import OrderSummary, list_summaries
from commerce_core.orders.standing import PaymentStanding, Standing, payment_standing_of


@dataclass(frozen=True, slots=True)
class LiveOrder:
    """An order as it is now. ``event_id`` is its newest event, refused attempts included.

    ``wanted``, ``shipped`` and ``short`` are pieces. ``is_new`` tells that it was placed since
    the cursor, ``is_return`` that something about a return or claim of it was done.
    """

    order_id: int
    channel: str
    number: str
    version: int
    event_id: int
    status: OrderStatus
    standing: Standing
    payment: PaymentStanding
    is_held: bool
    is_history: bool
    short: int
    wanted: int
    shipped: int
    total: Decimal
    currency: str
    has_task: bool = False
    is_new: bool = False
    is_return: bool = False

    @property
    def key(self) -> tuple[str, int]:
        """What this is the state of."""
        return "order", self.order_id


@dataclass(frozen=True, slots=True)
class OrderChanges:
    """The orders that changed, and up to where their journal was read."""

    horizon: int
    orders: tuple[LiveOrder, ...] = ()


Event = tuple[int, int, str, bool]
"""Of an event of an order: its id, the order's, the trigger, whether it was done."""


def read_order_changes(session: Session, since: Cursor, *, limit: int) -> OrderChanges:
    """Return the orders that changed since the cursor. One statement where none did, else three.

    A cursor of another epoch is the caller's to deal with: nothing is told then.
    """
    page = tail(session, OrderEvent, since, limit=limit)
    if page.reset:
        return OrderChanges(page.cursor.horizon)
    events = [(row.id, row.order_id, row.trigger, row.refusal is None) for row in page.rows]
    return OrderChanges(page.cursor.horizon, read_orders(session, events))


def read_orders(session: Session, events: Iterable[Event]) -> tuple[LiveOrder, ...]:
    """Return the orders that these events happened to, as they are now. Two statements."""
    newest: dict[int, int] = {}
    done: set[tuple[int, str]] = set()
    for number, order_id, trigger, was_done in events:
        newest[order_id] = max(number, newest.get(order_id, 0))
        if was_done:
            done.add((order_id, trigger))
    return live_orders(list_summaries(session, newest), newest, done)


def live_orders(
    summaries: Sequence[OrderSummary], newest: dict[int, int], done: set[tuple[int, str]]
) -> tuple[LiveOrder, ...]:
    """Return the states of orders that were read.

    ``newest`` has the last event by order, ``done`` orders with what was done to them.
    """
    return tuple(
        state_of(
            one,
            event_id=newest.get(one.order.id, 0),
            is_new=(one.order.id, Trigger.PLACE.value) in done,
            is_return=(one.order.id, Trigger.RETURN.value) in done,
        )
        for one in summaries
    )


def state_of(
    found: OrderSummary, *, event_id: int = 0, is_new: bool = False, is_return: bool = False
) -> LiveOrder:
    """Return the state of one order, as the list shows it and the stream tells it."""
    order = found.order
    return LiveOrder(
        order_id=order.id,
        channel=order.channel,
        number=order.number,
        version=order.version,
        event_id=event_id,
        status=order.status,
        standing=found.standing,
        payment=payment_standing_of(order),
        is_held=order.held_at is not None,
        is_history=order.is_history,
        short=order.short,
        wanted=found.sums.wanted,
        shipped=found.sums.shipped,
        total=found.total,
        currency=order.currency,
        has_task=found.has_task,
        is_new=is_new,
        is_return=is_return,
    )
