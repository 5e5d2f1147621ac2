"""Sheets to print: the packing slip of an order or parcel, and the pick list of open orders."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from commerce_core.clock import utc_now
from webapp.fields import texts_of, whole_of
from webapp.orders.reading import get_parcel, read_order
from webapp.orders.sheets import read_pick_list
from webapp.orders.views import PATH
from webapp.records import address_number
from webapp.replies import lead_to, show
from webapp.security import Right

_MOST: int = 500


@get(f"{PATH}/{{number:int}}/packing-slip", right=Right.PACK_ORDERS)
async def show_packing_slip(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], number: FromPath[int]
) -> Response[Any]:
    """Show what belongs into one parcel, or into all that have not left yet."""
    page = await session.run_sync(read_order, number, as_of=utc_now())
    parcel = get_parcel(page, whole_of(request.query_params.get("parcel", "")))
    open_ones = [one for one in page.parcels if one.status.value in {"pending", "packed"}]
    shown = [one for one in page.parcels if parcel and one.row.id == parcel.id] or open_ones
    context = {"page": page, "order": page.order, "parcels": shown}
    return show("orders/packing_slip.html", context)


@get(f"{PATH}/pick-list", right=Right.PACK_ORDERS)
async def show_pick_list(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]
) -> Response[Any]:
    """Show what has to be taken from the shelves, for the orders of the query or all open ones."""
    texts = texts_of(request.query_params, "order")[:_MOST]
    numbers = [number for text in texts if (number := address_number(text)) is not None]
    found = await session.run_sync(read_pick_list, numbers)
    return show("orders/pick_list.html", {"found": found, "as_of": utc_now()})


@post(f"{PATH}/pick-list", right=Right.PACK_ORDERS, status_code=303)
async def choose_pick_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """Lead from the ticked orders of the list to their sheet, which has an address of its own."""
    chosen = [("order", text) for text in texts_of(await request.form(), "order")[:_MOST]]
    return lead_to(request, f"{PATH}/pick-list?{urlencode(chosen)}")


router = Router(
    "/",
    route_handlers=[show_packing_slip, show_pick_list, choose_pick_list],
    include_in_schema=False,
)
