"""The pages of transfers: list, new, one transfer, send, receive, call back."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from commerce_core.errors import CommerceError
from commerce_core.inventory.models import StockLocation
from commerce_core.inventory.queries import list_locations
from commerce_core.inventory.transfer_models import StockTransfer, TransferStatus
from commerce_core.inventory.transfers import (
    cancel_transfer,
    create_transfer,
    receive_transfer,
    send_transfer,
)
from webapp.database import Transact
from webapp.deliveries import ReceiveForm
from webapp.errors import Problem
from webapp.fields import whole_of
from webapp.line_forms import check_lines
from webapp.once import once
from webapp.people import actor_of
from webapp.records import get_record
from webapp.replies import is_fragment, lead_to, refusal, show
from webapp.security import Right, signed_in_user
from webapp.status_lists import wanted_status
from webapp.transfers.forms import TransferForm
from webapp.transfers.reading import list_transfers, read_transfer
from webapp.transfers.views import PATH, form_context, list_context, transfer_context

_REFUSED: Final = 422
_PAGE: Final = "transfers/transfer.html"


@get("/", right=Right.VIEW_STOCK)
async def show_transfers(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    status: FromQuery[str] = "",
    before: FromQuery[str] = "",
) -> Response[Any]:
    """List the transfers, newest first."""
    wanted = wanted_status(TransferStatus, status)
    found = await session.run_sync(list_transfers, wanted, whole_of(before))
    return show("transfers/list.html", list_context(found, wanted, signed_in_user(request)))


@get("/new", right=Right.CHANGE_STOCK)
async def show_new(session: NamedDependency[AsyncSession]) -> Response[Any]:
    """Ask what goes where."""
    locations = await session.run_sync(list_locations)
    return show("transfers/new.html", form_context(TransferForm(), locations))


@post("/new", right=Right.CHANGE_STOCK, status_code=303)
async def create(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
) -> Response[Any]:
    """Draft a transfer and go to it; or show the form again, with more lines or what is wrong."""
    form = TransferForm.read(await request.form())
    problem: Problem | None = None
    if form.wants_lines:
        form.errors.clear()
    elif await session.run_sync(check_lines, form.lines) and not form.errors:
        try:
            number = await transact(_create, form, actor_of(request))
        except CommerceError as exc:
            problem = refusal(exc)
        else:
            return lead_to(request, f"{PATH}/{number}?done=drafted")
    locations = await session.run_sync(list_locations)
    status = 200 if form.wants_lines else problem.status if problem else _REFUSED
    return show("transfers/new.html", form_context(form, locations, problem), status=status)


def _create(session: Session, form: TransferForm, actor: str) -> int:
    def work() -> int:
        source = get_record(session, StockLocation, whole_of(form.source) or 0)
        destination = get_record(session, StockLocation, whole_of(form.destination) or 0)
        lines = {line.variant: line.pieces for line in form.lines if line.variant}
        return create_transfer(session, source, destination, lines, actor=actor).id

    content = (form.source, form.destination, [(line.sku, line.pieces) for line in form.lines])
    return once(session, work, actor=actor, verb="create_transfer", key=form.key, content=content)


@get("/{number:int}", right=Right.VIEW_STOCK)
async def show_transfer(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    number: FromPath[int],
    done: FromQuery[str] = "",
) -> Response[Any]:
    """Show one transfer."""
    page = await session.run_sync(read_transfer, number)
    user = signed_in_user(request)
    return show(_PAGE, transfer_context(page, user, done=done))


@get("/{number:int}/receive", right=Right.CHANGE_STOCK)
async def show_receive(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], number: FromPath[int]
) -> Response[Any]:
    """Ask what arrived: everything, unless told otherwise."""
    return await _show_receive(request, session, number, ReceiveForm())


@post("/{number:int}/receive", right=Right.CHANGE_STOCK, status_code=303)
async def receive(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Book what arrived."""
    form = ReceiveForm.read(await request.form())
    problem = None
    if not form.errors and not form.is_empty:
        try:
            await transact(_receive, number, form, actor_of(request))
        except CommerceError as exc:
            problem = None if form.notes(exc) else refusal(exc)
        else:
            return lead_to(request, f"{PATH}/{number}?done=received")
    return await _show_receive(request, session, number, form, problem)


def _receive(session: Session, number: int, form: ReceiveForm, actor: str) -> None:
    def work() -> int:
        transfer = get_record(session, StockTransfer, number)
        return receive_transfer(session, transfer, form.received, actor=actor).id

    content = (number, sorted(form.received.items()))
    once(session, work, actor=actor, verb="receive_transfer", key=form.key, content=content)


async def _show_receive(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    number: int,
    form: ReceiveForm,
    problem: Problem | None = None,
) -> Response[Any]:
    page = await session.run_sync(read_transfer, number)
    user = signed_in_user(request)
    context = transfer_context(page, user, form=form, problem=problem)
    was_sent = bool(form.pieces) or form.is_empty
    status = problem.status if problem else _REFUSED if was_sent else 200
    template = "transfers/_receive.html" if is_fragment(request) else _PAGE
    return show(template, context, status=status)


@post("/{number:int}/send", right=Right.CHANGE_STOCK, status_code=303)
async def send(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Take the pieces off the source and put them on their way."""
    try:
        await transact(_send, number, actor_of(request))
    except CommerceError as exc:
        return await _show_refused(request, session, number, refusal(exc))
    return lead_to(request, f"{PATH}/{number}?done=sent")


def _send(session: Session, number: int, actor: str) -> None:
    send_transfer(session, get_record(session, StockTransfer, number), actor=actor)


@post("/{number:int}/cancel", right=Right.CHANGE_STOCK, status_code=303)
async def cancel(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Call back what is on its way, or with ``lost`` write it off."""
    lost = "lost" in await request.form()
    try:
        await transact(_cancel, number, actor_of(request), lost=lost)
    except CommerceError as exc:
        return await _show_refused(request, session, number, refusal(exc))
    return lead_to(request, f"{PATH}/{number}?done={'lost' if lost else 'cancelled'}")


def _cancel(session: Session, number: int, actor: str, *, lost: bool) -> None:
    cancel_transfer(session, get_record(session, StockTransfer, number), actor=actor, lost=lost)


async def _show_refused(
    request: Request[Any, Any, Any], session: AsyncSession, number: int, problem: Problem
) -> Response[Any]:
    page = await session.run_sync(read_transfer, number)
    user = signed_in_user(request)
    context = transfer_context(page, user, problem=problem)
    return show(_PAGE, context, status=problem.status)


router = Router(
    PATH,
    route_handlers=[
        show_transfers,
        show_new,
        create,
        show_transfer,
        show_receive,
        receive,
        send,
        cancel,
    ],
    include_in_schema=False,
)
