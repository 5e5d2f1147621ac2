"""The pages of purchase orders: list, new, one order, place, receive, cancel, a supplier."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from commerce_core.clock import utc_now
from commerce_core.errors import CommerceError, DuplicateError
from commerce_core.inventory.queries import list_locations
from webapp.database import Transact
from webapp.deliveries import ReceiveForm
from webapp.errors import Problem
from webapp.fields import whole_of
from webapp.line_forms import check_lines
from webapp.people import actor_of
from webapp.purchasing import steps
from webapp.purchasing.forms import PurchaseForm
from webapp.purchasing.reading import (
    list_purchase_orders,
    list_suppliers,
    read_purchase_order,
    read_supplier,
)
from webapp.purchasing.views import (
    PATH,
    form_context,
    list_context,
    order_context,
    supplier_context,
)
from webapp.replies import is_fragment, lead_to, refusal, show
from webapp.security import Right, signed_in_user
from webapp.settings import Settings

_REFUSED: Final = 422
_PAGE: Final = "purchasing/order.html"


def _today(request: Request[Any, Any, Any]) -> date:
    settings: Settings = request.app.state.settings
    return utc_now().astimezone(ZoneInfo(settings.time_zone)).date()


@get("/", right=Right.VIEW_STOCK)
async def show_orders(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    status: FromQuery[str] = "",
    before: FromQuery[str] = "",
) -> Response[Any]:
    """List the purchase orders, newest first."""
    today = _today(request)
    found = await session.run_sync(list_purchase_orders, status, whole_of(before), today)
    context = list_context(found, status, signed_in_user(request), today=today)
    return show("purchasing/list.html", context)


@get("/suppliers/{number:int}", right=Right.VIEW_STOCK)
async def show_supplier(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], number: FromPath[int]
) -> Response[Any]:
    """Show how long a supplier takes, and its last orders."""
    page = await session.run_sync(read_supplier, number)
    return show("purchasing/supplier.html", supplier_context(page, today=_today(request)))


@get("/new", right=Right.ORDER_STOCK)
async def show_new(session: NamedDependency[AsyncSession]) -> Response[Any]:
    """Ask what is bought, where, and where it goes."""
    return await _show_form(session, PurchaseForm(), status=200)


@post("/new", right=Right.ORDER_STOCK, status_code=303)
async def create(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
) -> Response[Any]:
    """Draft an order and go to it; or show the form again, with more lines or what is wrong."""
    form = PurchaseForm.read(await request.form())
    if form.wants_lines:
        form.errors.clear()
        return await _show_form(session, form, status=200)
    is_right = await session.run_sync(check_lines, form.lines, with_cost=True)
    if not is_right or form.errors:
        return await _show_form(session, form, status=_REFUSED)
    try:
        number = await transact(steps.draft, form, actor_of(request))
    except DuplicateError as exc:
        form.errors["new_supplier"] = "exists"
        return await _show_form(session, form, status=refusal(exc).status)
    except CommerceError as exc:
        problem = refusal(exc)
        return await _show_form(session, form, status=problem.status, problem=problem)
    return lead_to(request, f"{PATH}/{number}?done=drafted")


async def _show_form(
    session: AsyncSession, form: PurchaseForm, *, status: int, problem: Problem | None = None
) -> Response[Any]:
    suppliers = await session.run_sync(list_suppliers)
    locations = await session.run_sync(list_locations)
    context = form_context(form, suppliers, locations, problem)
    return show("purchasing/new.html", context, status=status)


@get("/{number:int}", right=Right.VIEW_STOCK)
async def show_order(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    number: FromPath[int],
    done: FromQuery[str] = "",
) -> Response[Any]:
    """Show one purchase order."""
    return await _show_order(request, session, number, done=done)


@get("/{number:int}/receive", right=Right.CHANGE_STOCK)
async def show_receive(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], number: FromPath[int]
) -> Response[Any]:
    """Ask what arrived: everything, unless told otherwise."""
    return await _show_order(request, session, number, form=ReceiveForm())


@post("/{number:int}/receive", right=Right.CHANGE_STOCK, status_code=303)
async def receive(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Book a delivery; more than was ordered is booked too."""
    form = ReceiveForm.read(await request.form())
    if form.errors or form.is_empty:
        return await _show_order(request, session, number, form=form, status=_REFUSED)
    try:
        await transact(steps.receive, number, form, actor_of(request))
    except CommerceError as exc:
        problem = refusal(exc)
        return await _show_order(request, session, number, form=form, problem=problem)
    return lead_to(request, f"{PATH}/{number}?done=received")


@post("/{number:int}/place", right=Right.ORDER_STOCK, status_code=303)
async def place(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Send a draft to the supplier."""
    try:
        await transact(steps.place, number, actor_of(request))
    except CommerceError as exc:
        return await _show_order(request, session, number, problem=refusal(exc))
    return lead_to(request, f"{PATH}/{number}?done=ordered")


@post("/{number:int}/cancel", right=Right.ORDER_STOCK, status_code=303)
async def cancel(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """End an order: what has not arrived is not expected any more."""
    try:
        await transact(steps.cancel, number, actor_of(request))
    except CommerceError as exc:
        return await _show_order(request, session, number, problem=refusal(exc))
    return lead_to(request, f"{PATH}/{number}?done=cancelled")


async def _show_order(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    number: int,
    *,
    form: ReceiveForm | None = None,
    problem: Problem | None = None,
    status: int = 200,
    done: str = "",
) -> Response[Any]:
    page = await session.run_sync(read_purchase_order, number)
    user, today = signed_in_user(request), _today(request)
    context = order_context(page, user, today=today, form=form, problem=problem, done=done)
    template = "purchasing/_receive.html" if form and is_fragment(request) else _PAGE
    return show(template, context, status=problem.status if problem else status)


router = Router(
    PATH,
    route_handlers=[
        show_orders,
        show_supplier,
        show_new,
        create,
        show_order,
        show_receive,
        receive,
        place,
        cancel,
    ],
    include_in_schema=False,
)
