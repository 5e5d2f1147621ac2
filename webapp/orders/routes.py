"""The pages of orders that are read: the list, the board, one order, and the live stream."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from commerce_core.clock import utc_now
from webapp.fields import new_key
from webapp.live.answers import EventStream
from webapp.live.stream import open_stream
from webapp.live.topics import Topic
from webapp.orders.filters import PATH, ListFilter
from webapp.orders.listing import BOARD, list_context, read_listing, read_order_board
from webapp.orders.reading import read_order
from webapp.orders.views import order_context
from webapp.records import address_number
from webapp.replies import show
from webapp.security import Right, signed_in_user
from webapp.stock.views import new_address, wants_fragment


@get(PATH, right=Right.VIEW_ORDERS)
async def show_orders(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]
) -> Response[Any]:
    """Show the list, or to htmx the parts of it that the filters change."""
    wanted = ListFilter.read(request.query_params)
    user, as_of = signed_in_user(request), utc_now()
    asked = wanted.wanted(as_of=as_of, searches_people=Right.VIEW_CUSTOMERS.belongs_to(user))
    listing = await session.run_sync(read_listing, asked, wanted.after)
    context = list_context(wanted, listing.counts, listing.channels, user, as_of=as_of) | {
        "listing": listing,
        "stream": f"/live/orders?after={listing.cursor}",
        "view": "list",
        "key": new_key(),
    }
    is_part = wants_fragment(request)
    answer = show("orders/_results.html" if is_part else "orders/list.html", context)
    answer.headers["vary"] = "HX-Request"
    if is_part:
        answer.headers["hx-push-url"] = new_address(request, wanted.url(after=wanted.after))
    return answer


@get(f"{PATH}/board", right=Right.VIEW_ORDERS)
async def show_board(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]
) -> Response[Any]:
    """Show the newest orders of each state side by side."""
    wanted = ListFilter.read(request.query_params)
    user, as_of = signed_in_user(request), utc_now()
    asked = wanted.wanted(as_of=as_of, searches_people=Right.VIEW_CUSTOMERS.belongs_to(user))
    columns = {status: replace(asked, status=status) for status in BOARD}
    board = await session.run_sync(read_order_board, columns)
    context = list_context(wanted, board.counts, board.channels, user, as_of=as_of) | {
        "board": board,
        "stream": f"/live/orders?after={board.cursor}",
        "view": "board",
    }
    return show("orders/board.html", context)


@get(f"{PATH}/{{number:int}}", right=Right.VIEW_ORDERS)
async def show_order(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    number: FromPath[int],
    done: FromQuery[str] = "",
) -> Response[Any]:
    """Show one order."""
    page = await session.run_sync(read_order, number, as_of=utc_now())
    return show("orders/order.html", order_context(page, signed_in_user(request), done=done))


@get("/live/orders", right=Right.VIEW_ORDERS, sync_to_thread=False)
def stream_orders(request: Request[Any, Any, Any]) -> EventStream:
    """Tell pages what happened to all orders, or to the one that ``order=`` names."""
    return open_stream(request, order_topic(request), "html")


def order_topic(request: Request[Any, Any, Any]) -> Topic:
    """Return what the query asks for.

    Raises:
        HTTPException: 400, the value is no number.
    """
    value = request.query_params.get("order")
    if not value:
        return Topic("orders")
    number = address_number(value)
    if number is None:
        raise HTTPException("order must be a number.", status_code=400)
    return Topic("order", number)


router = Router(
    "/",
    route_handlers=[show_orders, show_board, show_order, stream_orders],
    include_in_schema=False,
)
