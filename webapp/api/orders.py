"""Orders for programs: the list, one order, what can be done with it, and the stream of changes.

``POST /api/v1/orders/7/steps/ship`` (for a manager's verbs ``decide``) does what the page does.
``version`` in the body is that of the order the program decided on: another one now is answered
with 409. A repeat with the same ``Idempotency-Key`` header is done once and answered alike.
"""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any, Final

from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from commerce_core.clock import utc_now
from commerce_core.errors import InvalidInputError
from commerce_core.journal import read_cursor
from commerce_core.orders.models import OrderLine
from commerce_core.orders.queries import list_orders
from webapp.api.order_bodies import read_body
from webapp.database import Transact
from webapp.live.answers import EventStream
from webapp.live.frames import order_as_json
from webapp.live.order_changes import state_of
from webapp.live.stream import open_stream
from webapp.orders.actions import ACTIONS, act, ask_gateway
from webapp.orders.filters import ListFilter
from webapp.orders.forms import ActionForm
from webapp.orders.previews import Preview, PreviewOnly
from webapp.orders.reading import OrderPage, read_order
from webapp.orders.routes import order_topic
from webapp.orders.verbs import verb_at
from webapp.people import actor_of
from webapp.security import Right, signed_in_user

PAGE_SIZE: Final = 100


@get("/orders", right=Right.VIEW_ORDERS)
async def list_all(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]
) -> dict[str, Any]:
    """Return up to 100 orders, the newest first; ``next`` is the address of the following page.

    The query is that of the page: ``status``, ``channel``, ``standing``, ``held=1``, ``short=1``,
    ``task=1``, ``age``, ``q``.
    ``cursor`` is where the stream has to begin so that nothing is missed.
    """
    wanted = ListFilter.read(request.query_params)
    sees_people = Right.VIEW_CUSTOMERS.belongs_to(signed_in_user(request))
    return await session.run_sync(_read_page, wanted, sees_people)


def _read_page(session: Session, wanted: ListFilter, sees_people: bool) -> dict[str, Any]:  # noqa: FBT001
    cursor = read_cursor(session)
    asked = wanted.wanted(as_of=utc_now(), searches_people=sees_people)
    page = list_orders(session, asked, after=wanted.after or None, limit=PAGE_SIZE)
    following = wanted.url(after=page.next_cursor) if page.next_cursor else None
    return {
        "cursor": str(cursor),
        "orders": [order_as_json(state_of(row)) for row in page.rows],
        "next": f"/api/v1{following}" if following else None,
    }


@get("/orders/stream", right=Right.VIEW_ORDERS, sync_to_thread=False)
def stream_orders(request: Request[Any, Any, Any]) -> EventStream:
    """Stream what happens to orders, or to the one of ``order=``: an event ``order`` each."""
    return open_stream(request, order_topic(request), "json")


@get("/orders/{number:int}", right=Right.VIEW_ORDERS)
async def get_one(session: NamedDependency[AsyncSession], number: FromPath[int]) -> dict[str, Any]:
    """Return an order with its lines, parcels, events and what can be done with it."""
    return _as_json(await session.run_sync(read_order, number, as_of=utc_now()))


@post("/orders/{number:int}/steps/{verb:str}", right=Right.PACK_ORDERS, status_code=200)
async def work(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
    verb: FromPath[str],
) -> dict[str, Any]:
    """Do what clerks do: ship, fulfill, allocate, pack, deliver, hold, address, claim and more."""
    return await _act(request, session, transact, (number, verb), Right.PACK_ORDERS)


@post("/orders/{number:int}/decide/{verb:str}", right=Right.DECIDE_ORDERS, status_code=200)
async def decide(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
    verb: FromPath[str],
) -> dict[str, Any]:
    """Do what managers do: confirm, pay, refund, change, merge, cancel, cancel-lines, reopen.

    And decide about claims: replace, settle, deny. ``"preview": true`` in the body of change,
    merge, replace, settle, deny (and of a clerk's address and claim) does nothing: the answer is
    what it would do. With another verb it is refused.
    """
    return await _act(request, session, transact, (number, verb), Right.DECIDE_ORDERS)


async def _act(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    transact: Transact,
    target: tuple[int, str],
    right: Right,
) -> dict[str, Any]:
    number, verb = target
    action = verb_at(ACTIONS, verb, right)
    fields = await read_body(request)
    form = ActionForm.read(fields, action.needs)
    form.seal = "" if "preview" in fields else None
    if form.seal == "" and action.plan is None:
        message = f"{verb} cannot be looked at before: leave out the preview"
        raise InvalidInputError(message, invalid={"preview": "none"})
    if form.errors:
        message = f"{verb} cannot be read: {', '.join(sorted(form.errors))}"
        raise InvalidInputError(message, invalid=form.errors)
    try:
        flow = act(action, number, form, actor=actor_of(request))
        await transact.run(flow, perform=ask_gateway)
    except PreviewOnly as shown:
        return {"preview": _preview_as_json(shown.preview)}
    return _as_json(await session.run_sync(read_order, number, as_of=utc_now()))


def _preview_as_json(preview: Preview) -> dict[str, Any]:
    """Write what a change would do: amounts before and after, and pieces by SKU."""
    return {
        "total": [_amount(one.amount) for one in preview.total],
        "refunded": [_amount(one.amount) for one in preview.refunded],
        "owed": [_amount(one.amount) for one in preview.owed],
        "stock": [
            {
                "sku": effect.variant.sku,
                "promised": list(effect.promised),
                "short": list(effect.short),
                "available": effect.available,
            }
            for effect in preview.effects
        ],
    }


def _as_json(page: OrderPage) -> dict[str, Any]:
    order = page.order
    return {
        "id": order.id,
        "channel": order.channel,
        "number": order.number,
        "version": order.version,
        "status": order.status.value,
        "standing": page.whole.standing.value,
        "placed_at": order.placed_at.isoformat(),
        "currency": order.currency,
        "total": _amount(order.total),
        "paid": _amount(order.paid),
        "refunded": _amount(order.refunded),
        "held": order.hold_reason,
        "stops": page.stops,
        "lines": [_line(page, line) for line in page.whole.lines],
        "parcels": [
            {
                "id": one.row.id,
                "number": one.row.number,
                "status": one.row.status.value,
                "location": page.locations[one.row.location_id].code,
                "carrier": one.row.carrier,
                "tracking_number": one.row.tracking_number,
            }
            for one in page.parcels
        ],
        "events": [
            {
                "trigger": event.trigger,
                "actor": event.actor,
                "at": event.occurred_at.isoformat(),
                "version": event.version,
                "status": event.to_status and event.to_status.value,
                "refusal": event.refusal,
                "reason": event.reason,
            }
            for event in page.whole.events
        ],
        "triggers": [
            {name: value for name, value in asdict(state).items() if value is not None}
            for state in page.triggers.values()
        ],
    }


def _line(page: OrderPage, line: OrderLine) -> dict[str, Any]:
    counts = ("quantity", "cancelled", "allocated", "fulfilled", "shipped", "delivered", "returned")
    return {
        "id": line.id,
        "kind": line.kind.value,
        "sku": line.code,
        "name": line.name,
        "unit_price": _amount(line.unit_price),
        "ready": page.ready.get(line.id, 0),
        **{name: getattr(line, name) for name in counts},
    }


def _amount(value: Decimal | None) -> str | None:
    """Write an amount exactly; None where nobody worked it out."""
    return None if value is None else f"{value:f}"


router = Router(
    "/api/v1",
    route_handlers=[list_all, stream_orders, get_one, work, decide],
    tags=["orders"],
)
