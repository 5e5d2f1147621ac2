"""Reads one order for its page: everything about it, with the names of what and who it names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from commerce_core.inventory.models import StockLocation
from commerce_core.inventory.queries import list_locations
from commerce_core.journal import Cursor, read_cursor
from commerce_core.orders.addresses import missing_in
from commerce_core.orders.event_models import OrderEvent
from commerce_core.orders.fulfillment_models import Fulfillment
from commerce_core.orders.machine import Trigger
from commerce_core.orders.models import LineKind, Order, OrderLine, OrderStatus
from commerce_core.orders.parcels import Parcel, Piece
from commerce_core.orders.queries import WholeOrder, read_whole_order
from commerce_core.orders.standing import TriggerState, allowed_triggers
from webapp.orders.changing import mergeable
from webapp.orders.shipping import ready_pieces
from webapp.people import name_people
from webapp.variant_names import VariantName, name_variants


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One order. ``ready`` are pieces that could be sent now, by line; ``stops`` are codes."""

    cursor: Cursor
    whole: WholeOrder
    variants: Mapping[int, VariantName]
    people: Mapping[str, str]
    locations: Mapping[int, StockLocation]
    triggers: Mapping[Trigger, TriggerState]
    parcels: Sequence[Parcel]
    ready: Mapping[int, int]
    mergeable: Sequence[Order]
    as_of: datetime

    @property
    def order(self) -> Order:
        """The order itself."""
        return self.whole.order

    @property
    def goods(self) -> list[OrderLine]:
        """The lines that move stock."""
        return [line for line in self.whole.lines if line.kind is LineKind.GOODS]

    @property
    def last_event(self) -> int:
        """The id of the newest event, 0 where there is none."""
        return max((event.id for event in self.whole.events), default=0)

    @property
    def missing(self) -> list[str]:
        """What the address lacks to be sent to, in words."""
        return missing_in(self.order.shipping_address)

    @property
    def stops(self) -> list[str]:
        """What stops it from being sent now: held, unpaid, address, short; codes in this order."""
        order = self.order
        if order.is_history or order.status not in {OrderStatus.PENDING, OrderStatus.PROCESSING}:
            return []
        checks = {
            "held": order.held_at is not None,
            "unpaid": order.status is OrderStatus.PENDING,
            "address": bool(self.missing),
            "short": order.short > 0,
        }
        return [code for code, stops in checks.items() if stops]

    def contents(self, parcel: Parcel) -> list[tuple[Piece, str]]:
        """Return what is in a parcel: pieces with the name of their variant."""
        found = []
        for piece in parcel.pieces:
            name = self.variants.get(piece.variant_id)
            found.append((piece, name.full if name else ""))
        return found


def read_order(session: Session, number: int, *, as_of: datetime) -> OrderPage:
    """Read the order with this id. The number of statements does not depend on what it holds.

    Raises:
        OrderNotFoundError: there is none.
    """
    cursor = read_cursor(session)
    whole = read_whole_order(session, number)
    actors = {event.actor for event in whole.events} | {pay.actor for pay in whole.payments}
    actors |= {claim.actor for claim in whole.claims}
    variants = {line.variant_id for line in whole.lines if line.variant_id is not None}
    variants |= {line.variant_id for line in whole.fulfillment_lines}
    variants |= {
        told[name]
        for task in whole.tasks
        for told in (*task.content.get("actions", ()), *task.content.get("clashes", ()))
        for name in ("add", "variant")
        if name in told
    }
    parcels = _parcels(whole)
    return OrderPage(
        cursor=cursor,
        whole=whole,
        variants=name_variants(session, variants),
        people=name_people(session, actors | {refund.actor for refund in whole.refunds}),
        locations={place.id: place for place in list_locations(session)},
        triggers={
            found.trigger: found
            for found in allowed_triggers(whole.order, whole.lines, as_of=as_of)
        },
        parcels=parcels,
        ready=ready_pieces(whole.lines, parcels, whole.allocations),
        mergeable=mergeable(session, whole.order),
        as_of=as_of,
    )


def _parcels(whole: WholeOrder) -> list[Parcel]:
    found = {row.id: Parcel(row, row.status) for row in whole.fulfillments}
    for line in whole.fulfillment_lines:
        piece = Piece(
            line.id, line.order_line_id, line.allocation_id, line.variant_id, line.quantity
        )
        found[line.fulfillment_id].pieces.append(piece)
    return list(found.values())


def cancellable(page: OrderPage) -> dict[int, int]:
    """Return by line how many pieces are open and in no parcel."""
    return {line.id: max(0, line.wanted - line.fulfilled) for line in page.whole.lines}


def in_parcel(page: OrderPage, parcel: int) -> dict[int, int]:
    """Return by line what lies in one parcel; of a kit its smallest number of parts."""
    found: Counter[int] = Counter()
    for one in page.parcels:
        if one.row.id == parcel:
            for piece in one.pieces:
                found[piece.order_line_id] += piece.quantity
    for line in page.goods:
        if line.parts and found[line.id]:
            found[line.id] //= sum(line.parts.values())
    return dict(found)


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody did meanwhile."""

    event: OrderEvent
    person: str


def read_changes_since(session: Session, order: Order, version: int) -> list[Change]:
    """Return what was done to the order after ``version``, the oldest first. Two statements."""
    query = (
        select(OrderEvent)
        .where(OrderEvent.order_id == order.id, OrderEvent.version > version)
        .where(OrderEvent.refusal.is_(None))
        .order_by(OrderEvent.id)
    )
    events = session.scalars(query).all()
    people = name_people(session, [event.actor for event in events])
    return [Change(event, people[event.actor]) for event in events]


def get_parcel(page: OrderPage, number: int | None) -> Fulfillment | None:
    """Return the parcel of the page with this id, or None."""
    return next((one.row for one in page.parcels if one.row.id == number), None)
