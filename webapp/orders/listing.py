"""Reads the list of orders for its page. The number of statements is always the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from commerce_core.journal import Cursor, read_cursor
from commerce_core.money import Money
from commerce_core.orders.models import OrderStatus
from commerce_core.orders.queries import (
    OrderFilter,
    StateCounts,
    count_orders,
    list_channels,
    list_orders,
)
from commerce_core.orders.standing_queries import BETWEEN
from webapp.accounts.sessions import Identity
from webapp.live.order_changes import LiveOrder, state_of
from webapp.orders.filters import AGES, ListFilter
from webapp.security import Right

PAGE_SIZE: Final = 50
MOST_COUNTED: Final = 1000
"""A state is counted up to here; beyond, the page says that there are more."""
BOARD: Final = (
    OrderStatus.PENDING,
    OrderStatus.PROCESSING,
    OrderStatus.SHIPPED,
    OrderStatus.DELIVERED,
)
BOARD_CARDS: Final = 8


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """A line of the list: what is live of it, and what stays. ``customer`` is "" for a guest."""

    state: LiveOrder
    customer: str
    placed_at: datetime
    lines: int


@dataclass(frozen=True, slots=True)
class OrderListing:
    """A page of the list. ``cursor`` was read first: the stream completes the page after it."""

    cursor: Cursor
    rows: list[ListedOrder]
    next_cursor: str | None
    counts: StateCounts
    channels: Sequence[str]


@dataclass(frozen=True, slots=True)
class OrderBoard:
    """The newest orders of each state that moves."""

    cursor: Cursor
    columns: dict[OrderStatus, list[ListedOrder]]
    counts: StateCounts
    channels: Sequence[str]


def read_listing(session: Session, wanted: OrderFilter, after: str) -> OrderListing:
    """Read a page of the list.

    Raises:
        InvalidCursorError: ``after`` is no place in the list.
    """
    cursor = read_cursor(session)
    page = list_orders(session, wanted, after=after or None, limit=PAGE_SIZE)
    return OrderListing(
        cursor=cursor,
        rows=_rows(page.rows),
        next_cursor=page.next_cursor,
        counts=count_orders(session, at_most=MOST_COUNTED),
        channels=list_channels(session),
    )


def read_order_board(session: Session, wanted: dict[OrderStatus, OrderFilter]) -> OrderBoard:
    """Read the newest orders of each state."""
    cursor = read_cursor(session)
    columns = {
        status: _rows(list_orders(session, one, limit=BOARD_CARDS).rows)
        for status, one in wanted.items()
    }
    counts = count_orders(session, at_most=MOST_COUNTED)
    return OrderBoard(cursor, columns, counts, list_channels(session))


def _rows(summaries: Sequence[Any]) -> list[ListedOrder]:
    return [
        ListedOrder(state_of(one), one.customer or "", one.order.placed_at, one.lines)
        for one in summaries
    ]


def list_context(
    wanted: ListFilter,
    counts: StateCounts,
    channels: Sequence[str],
    user: Identity | None,
    *,
    as_of: datetime,
) -> dict[str, Any]:
    """Return what the bar above the list and above the board shows."""
    by_status = counts.by_status
    return {
        "filter": wanted,
        "counts": counts,
        "statuses": list(OrderStatus),
        "open": by_status[OrderStatus.PENDING] + by_status[OrderStatus.PROCESSING],
        "channels": channels,
        "ages": AGES,
        "standings": BETWEEN,
        "may_pack": Right.PACK_ORDERS.belongs_to(user),
        "may_decide": Right.DECIDE_ORDERS.belongs_to(user),
        "sees_people": Right.VIEW_CUSTOMERS.belongs_to(user),
        "money_of": Money,
        "as_of": as_of,
    }
