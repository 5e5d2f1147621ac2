"""Reads returns for their pages. The number of statements does not depend on their lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commerce_core.inventory.models import StockLocation
from commerce_core.inventory.queries import list_locations
from commerce_core.journal import Cursor, read_cursor
from commerce_core.orders.event_models import OrderEvent
from commerce_core.orders.machine import Trigger
from commerce_core.orders.models import Order, OrderLine
from commerce_core.orders.return_models import (
    Claim,
    ClaimStatus,
    Exchange,
    Return,
    ReturnLine,
    ReturnStatus,
)
from commerce_core.orders.returns import list_return_lines, returnable
from webapp.orders.reading import Change, read_changes_since
from webapp.people import name_people
from webapp.records import get_record
from webapp.status_lists import StatusList, read_page
from webapp.variant_names import VariantName, name_variants


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """A line of the list."""

    found: Return
    order: str
    pieces: int
    received: int


@dataclass(frozen=True, slots=True)
class ReturnPage:
    """One return with its order."""

    found: Return
    order: Order
    lines: Sequence[tuple[ReturnLine, OrderLine]]
    variants: Mapping[int, VariantName]
    locations: Sequence[StockLocation]
    events: Sequence[OrderEvent]
    people: Mapping[str, str]
    exchange_id: int | None
    cursor: Cursor

    @property
    def last_event(self) -> int:
        """The id of the newest event about returns and refunds, 0 where there is none."""
        return max((event.id for event in self.events), default=0)

    @property
    def left(self) -> dict[int, int]:
        """Pieces that have not arrived yet, by order line."""
        return {sold.id: line.quantity - line.received - line.missing for line, sold in self.lines}


@dataclass(frozen=True, slots=True)
class NewReturn:
    """An order of which something may come back: its lines with how many pieces could."""

    order: Order
    lines: Sequence[tuple[OrderLine, int]]
    variants: Mapping[int, VariantName]


def list_returns(
    session: Session, status: ReturnStatus | None, before: int | None
) -> tuple[StatusList[ReturnRow], Cursor]:
    """Read a page of returns, the newest first, and where the stream goes on after it."""
    cursor = read_cursor(session)
    pieces, received = (
        select(func.coalesce(func.sum(column), 0))
        .where(ReturnLine.return_id == Return.id)
        .correlate(Return)
        .scalar_subquery()
        for column in (ReturnLine.quantity, ReturnLine.received)
    )
    query = select(Return, Order.number, pieces, received).join(Order, Order.id == Return.order_id)
    found = read_page(session, query, status, before)
    rows = [ReturnRow(row[0], row[1], int(row[2]), int(row[3])) for row in found.rows]
    return replace(found, rows=rows), cursor


def list_claims(
    session: Session, status: ClaimStatus | None, before: int | None
) -> StatusList[tuple[Claim, str]]:
    """Read a page of claims with the numbers of their orders, the newest first."""
    columns: tuple[Any, ...] = (Claim, Order.number)
    query = select(*columns).join(Order, Order.id == Claim.order_id)
    return read_page(session, query, status, before)


def read_return(session: Session, number: int) -> ReturnPage:
    """Read the return with this id; raises RecordNotFoundError."""
    cursor = read_cursor(session)
    found = get_record(session, Return, number)
    order = session.get_one(Order, found.order_id, populate_existing=True)
    sold = {
        line.id: line for line in session.scalars(select(OrderLine).filter_by(order_id=order.id))
    }
    lines = [(line, sold[line.order_line_id]) for line in list_return_lines(session, found)]
    triggers = (Trigger.RETURN.value, Trigger.REFUND.value)
    query = select(OrderEvent).where(
        OrderEvent.order_id == order.id, OrderEvent.trigger.in_(triggers)
    )
    events = session.scalars(query.order_by(OrderEvent.id.desc())).all()
    return ReturnPage(
        found=found,
        order=order,
        lines=lines,
        variants=name_variants(session, [one.variant_id for _, one in lines if one.variant_id]),
        locations=[place for place in list_locations(session) if place.is_open],
        events=events,
        people=name_people(session, [found.created_by, *(event.actor for event in events)]),
        exchange_id=session.scalar(select(Exchange.order_id).filter_by(return_id=found.id)),
        cursor=cursor,
    )


def read_changed(
    session: Session, number: int, seen: int | None
) -> tuple[ReturnPage, list[Change]]:
    """Read a return, and what was done to its order after the version that somebody saw."""
    page = read_return(session, number)
    return page, [] if seen is None else read_changes_since(session, page.order, seen)


def read_new(session: Session, number: int) -> NewReturn:
    """Read what of an order may come back; raises RecordNotFoundError."""
    order = get_record(session, Order, number)
    left = returnable(session, order)
    query = select(OrderLine).filter_by(order_id=order.id).order_by(OrderLine.position)
    lines = [(line, left[line.id]) for line in session.scalars(query) if left.get(line.id)]
    names = name_variants(session, [line.variant_id for line, _ in lines if line.variant_id])
    return NewReturn(order, lines, names)
