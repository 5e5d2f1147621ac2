"""What is done to an order from its page: each verb asks by a dialog or is done at once.

Every form carries the version of the order that the person saw; where somebody else was faster the
answer is 409 and shows what they did, with the same form again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from litestar import Request, Response, Router
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from commerce_core.clock import utc_now
from commerce_core.errors import CommerceError, VersionConflictError
from webapp.database import Transact
from webapp.errors import Problem
from webapp.fields import new_key, whole_of
from webapp.orders.actions import ACTIONS, Action, act, ask_gateway
from webapp.orders.forms import ActionForm
from webapp.orders.reading import Change, OrderPage, read_changes_since, read_order
from webapp.orders.verbs import VerbRoutes
from webapp.orders.views import PATH, dialog_context, order_context
from webapp.people import actor_of
from webapp.replies import is_fragment, lead_to, refusal, show
from webapp.security import signed_in_user

_REFUSED: Final = 422
_PAGE: Final = "orders/order.html"


async def _ask(
    request: Request[Any, Any, Any], session: AsyncSession, number: int, action: Action
) -> Response[Any]:
    page = await session.run_sync(read_order, number, as_of=utc_now())
    parcel = whole_of(request.query_params.get("parcel", ""))
    form = ActionForm(version=page.order.version, parcel=parcel)
    return _dialog(request, page, action, form)


async def _do(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    transact: Transact,
    number: int,
    action: Action,
) -> Response[Any]:
    form = ActionForm.read(await request.form(), action.needs)
    problem: Problem | None = None
    changes: list[Change] = []
    if not form.errors:
        try:
            flow = act(action, number, form, actor=actor_of(request))
            await transact.run(flow, perform=ask_gateway)
        except VersionConflictError as exc:
            problem = refusal(exc)
        except CommerceError as exc:
            problem = refusal(exc)
            line = exc.fields.get("line_id")
            if line in form.pieces:
                form.errors[str(line)] = "too_many"
        else:
            return lead_to(request, f"{PATH}/{number}?done={action.verb}")
    page, changes = await session.run_sync(_read_again, number, form.version, problem)
    if problem is not None:
        form.version, form.key = page.order.version, new_key()
        if not (action.asks or changes):
            context = order_context(page, signed_in_user(request), problem=problem)
            return show(_PAGE, context, status=problem.status)
    status = problem.status if problem else _REFUSED
    return _dialog(request, page, action, form, problem=problem, changes=changes, status=status)


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
    *,
    problem: Problem | None = None,
    changes: Sequence[Change] = (),
    status: int = 200,
) -> Response[Any]:
    user = signed_in_user(request)
    context = dialog_context(page, action, form, user, problem=problem, changes=changes)
    name = "orders/_dialog.html" if is_fragment(request) else _PAGE
    return show(name, context, status=status)


router = Router(
    f"{PATH}/{{number:int}}",
    route_handlers=VerbRoutes(ACTIONS, _do, _ask).handlers(),
    include_in_schema=False,
)
