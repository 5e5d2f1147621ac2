"""What is done to an order from its page: each verb asks by a dialog or is done at once.

Every form carries the version of the order that the person saw; where somebody else was faster the
answer is 409 and shows what they did, with the same form again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from litestar import Request, Response, Router
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from commerce_core.clock import utc_now
from commerce_core.errors import CommerceError
from webapp.database import Transact
from webapp.errors import Problem
from webapp.fields import new_key, whole_of
from webapp.line_forms import check_lines
from webapp.orders.actions import ACTIONS, Action, act, ask_gateway
from webapp.orders.changing import address_fields
from webapp.orders.dialogs import NOTHING_TOLD, Told, dialog_context
from webapp.orders.forms import ActionForm
from webapp.orders.previews import PreviewOnly
from webapp.orders.reading import Change, OrderPage, read_changes_since, read_order
from webapp.orders.verbs import VerbRoutes
from webapp.orders.views import PATH, order_context
from webapp.people import actor_of
from webapp.replies import is_fragment, lead_to, refusal, show
from webapp.security import signed_in_user

_REFUSED: Final = 422
_PAGE: Final = "orders/order.html"


async def _ask(
    request: Request[Any, Any, Any], session: AsyncSession, number: int, action: Action
) -> Response[Any]:
    page = await session.run_sync(read_order, number, as_of=utc_now())
    query = request.query_params
    form = ActionForm(
        version=page.order.version,
        parcel=whole_of(query.get("parcel", "")),
        claim=whole_of(query.get("claim", "")),
        address=address_fields(page.order),
    )
    return _dialog(request, page, action, form)


async def _do(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    transact: Transact,
    number: int,
    action: Action,
) -> Response[Any]:
    form = ActionForm.read(await request.form(), action.needs)
    lines_are_right = await session.run_sync(check_lines, form.additions)
    told = NOTHING_TOLD
    if form.wants_lines:
        form.errors.clear()
    elif lines_are_right and not form.errors:
        came = await _attempt(transact, number, action, form, actor=actor_of(request))
        if came is None:
            return lead_to(request, f"{PATH}/{number}?done={action.verb}")
        told = came
    page, changes = await session.run_sync(_read_again, number, form.version, told.problem)
    if told.problem is not None:
        form.version, form.key, form.seal = page.order.version, new_key(), ""
        if not (action.asks or changes):
            context = order_context(page, signed_in_user(request), problem=told.problem)
            return show(_PAGE, context, status=told.problem.status)
    if told.preview is not None:
        form.seal = told.preview.seal(form.content(number))
    is_shown_on = told.preview is not None or form.wants_lines
    status = told.problem.status if told.problem else 200 if is_shown_on else _REFUSED
    return _dialog(request, page, action, form, replace(told, changes=changes), status=status)


async def _attempt(
    transact: Transact, number: int, action: Action, form: ActionForm, *, actor: str
) -> Told | None:
    """Do it; None where it was done, otherwise what there is to say."""
    try:
        await transact.run(act(action, number, form, actor=actor), perform=ask_gateway)
    except PreviewOnly as shown:
        return Told(preview=shown.preview, is_new_preview=bool(form.seal))
    except CommerceError as exc:
        line = exc.fields.get("line_id")
        if line in form.pieces:
            form.errors[str(line)] = "too_many"
        return Told(refusal(exc))
    return None


def _read_again(
    session: Session, number: int, version: int | None, problem: Problem | None
) -> tuple[OrderPage, list[Change]]:
    """Return the order as it is now, and after a refusal what others did since ``version``."""
    page = read_order(session, number, as_of=utc_now())
    if problem is None or version is None:
        return page, []
    return page, read_changes_since(session, page.order, version)


def _dialog(
    request: Request[Any, Any, Any],
    page: OrderPage,
    action: Action,
    form: ActionForm,
    told: Told = NOTHING_TOLD,
    *,
    status: int = 200,
) -> Response[Any]:
    context = dialog_context(page, action, form, signed_in_user(request), told)
    name = "orders/_dialog.html" if is_fragment(request) else _PAGE
    return show(name, context, status=status)


router = Router(
    f"{PATH}/{{number:int}}",
    route_handlers=VerbRoutes(ACTIONS, _do, _ask).handlers(),
    include_in_schema=False,
)
