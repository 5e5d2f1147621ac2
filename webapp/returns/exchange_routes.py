"""An exchange: what comes back is replaced by a new order, shown first and then placed."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from commerce_core.errors import CommerceError
from commerce_core.flows import Flow
from commerce_core.orders.attempts import attempt_flow
from commerce_core.orders.return_models import Return
from webapp.database import Transact
from webapp.fields import new_key
from webapp.line_forms import check_lines, with_blank_lines
from webapp.once import once_on
from webapp.orders.actions import looking
from webapp.orders.dialogs import NOTHING_TOLD, Told
from webapp.orders.forms import ActionForm
from webapp.orders.previews import PreviewOnly, sealed
from webapp.orders.reading import Change
from webapp.people import actor_of
from webapp.records import get_record
from webapp.replies import lead_to, refusal, show
from webapp.returns.exchanging import Choice, ExchangeForm, exchange, read_choices
from webapp.returns.reading import ReturnPage, read_changed
from webapp.returns.views import EXCHANGEABLE, PATH
from webapp.security import Right

_REFUSED: Final = 422
_ADDRESS: Final = f"{PATH}/{{number:int}}/exchange"


@get(_ADDRESS, right=Right.DECIDE_ORDERS)
async def ask(session: NamedDependency[AsyncSession], number: FromPath[int]) -> Response[Any]:
    """Ask what is sent instead: the same pieces, unless told otherwise."""
    page, choices, _ = await session.run_sync(_read, number, None)
    form = ActionForm(version=page.found.version, is_free=True, seen=page.order.version)
    form.pieces = {sold.id: str(line.quantity - line.missing) for line, sold in page.lines}
    swaps = {sold.id: sold.variant_id for _, sold in page.lines}
    return _page(page, choices, ExchangeForm(form, swaps))


@post(_ADDRESS, right=Right.DECIDE_ORDERS, status_code=303)
async def replace(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Show what the exchange does; the second time, make it."""
    form = ExchangeForm.read(await request.form())
    fields = form.fields
    lines_are_right = await session.run_sync(check_lines, fields.additions)
    told, status = NOTHING_TOLD, 200
    if fields.wants_lines:
        fields.errors.clear()
    elif fields.errors or not lines_are_right:
        status = _REFUSED
    else:
        try:
            await transact.run(_exchange(number, form, actor=actor_of(request)))
        except PreviewOnly as shown:
            told = Told(preview=shown.preview, is_new_preview=bool(fields.seal))
            fields.seal = shown.preview.seal(form.content(number))
        except CommerceError as exc:
            told = Told(refusal(exc))
            status = told.problem.status if told.problem else _REFUSED
        else:
            return lead_to(request, f"{PATH}/{number}?done=exchange")
    page, choices, changes = await session.run_sync(
        _read, number, fields.seen if told.problem else None
    )
    if told.problem is not None:
        fields.version, fields.seen = page.found.version, page.order.version
        fields.key, fields.seal = new_key(), ""
        told = Told(told.problem, changes)
    return _page(page, choices, form, told, status=status)


def _exchange(number: int, form: ExchangeForm, *, actor: str) -> Flow[int]:
    content = form.content(number)

    def work(session: Session, found: Return) -> object:
        plan = partial(exchange, session, found, form, actor)
        return sealed(session, (), plan, seal=form.fields.seal, content=content)

    def step(session: Session) -> int:
        return once_on(
            session,
            get_record(session, Return, number),
            partial(work, session),
            actor=actor,
            verb="return.exchange",
            key=form.fields.key,
            content=content,
        )

    return attempt_flow(step) if form.fields.seal else looking(step)


def _read(
    session: Session, number: int, seen: int | None
) -> tuple[ReturnPage, dict[int, Any], list[Change]]:
    page, changes = read_changed(session, number, seen)
    return page, read_choices(session, page), changes


def _page(
    page: ReturnPage,
    choices: dict[int, list[Choice]],
    form: ExchangeForm,
    told: Told = NOTHING_TOLD,
    *,
    status: int = 200,
) -> Response[Any]:
    fields = form.fields
    context = {
        "page": page,
        "found": page.found,
        "order": page.order,
        "choices": choices,
        "form": fields,
        "swaps": form.swaps,
        "lines": with_blank_lines(fields.additions, more=int(fields.wants_lines)),
        "is_possible": page.found.status in EXCHANGEABLE and page.exchange_id is None,
        "problem": told.problem,
        "changes": told.changes,
        "preview": told.preview,
        "is_new_preview": told.is_new_preview,
    }
    return show("returns/exchange.html", context, status=status)


router = Router("/", route_handlers=[ask, replace], include_in_schema=False)
