"""The pages of returns: list, new, one return, and what is done to it."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from commerce_core.errors import CommerceError
from commerce_core.money import Money
from commerce_core.orders.models import Order
from commerce_core.orders.return_models import ClaimStatus, ReturnReason, ReturnStatus
from commerce_core.orders.returns import request_return
from webapp.database import Transact
from webapp.errors import Problem
from webapp.fields import new_key, text_of, whole_of
from webapp.orders.forms import ActionForm
from webapp.orders.verbs import VerbRoutes, address_of
from webapp.people import actor_of
from webapp.records import address_number, get_record
from webapp.replies import lead_to, refusal, show
from webapp.returns.actions import ACTIONS, ReturnAction, do, location_of
from webapp.returns.reading import list_claims, list_returns, read_changed, read_new
from webapp.returns.views import EXCHANGEABLE, PATH
from webapp.security import Right, signed_in_user
from webapp.status_lists import status_context, wanted_status

_REFUSED: Final = 422


@get("/", right=Right.VIEW_ORDERS)
async def show_returns(
    session: NamedDependency[AsyncSession],
    status: FromQuery[str] = "",
    before: FromQuery[str] = "",
) -> Response[Any]:
    """List the returns, newest first."""
    wanted = wanted_status(ReturnStatus, status)
    found, cursor = await session.run_sync(list_returns, wanted, whole_of(before))
    context = status_context(found, wanted, ReturnStatus, path=PATH) | {
        "stream": f"/live/orders?after={cursor}",
        "view": "returns",
    }
    return show("returns/list.html", context)


@get("/claims", right=Right.VIEW_ORDERS)
async def show_claims(
    session: NamedDependency[AsyncSession],
    status: FromQuery[str] = "",
    before: FromQuery[str] = "",
) -> Response[Any]:
    """List the claims, newest first."""
    wanted = wanted_status(ClaimStatus, status)
    found = await session.run_sync(list_claims, wanted, whole_of(before))
    context = status_context(found, wanted, ClaimStatus, path=f"{PATH}/claims")
    context["view"] = "claims"
    return show("returns/claims.html", context)


@get("/new", right=Right.PACK_ORDERS)
async def show_new(
    session: NamedDependency[AsyncSession], order: FromQuery[str] = ""
) -> Response[Any]:
    """Ask what of an order comes back, and why."""
    return await _new(session, address_number(order), ActionForm(), {})


@post("/new", right=Right.PACK_ORDERS, status_code=303)
async def create(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
) -> Response[Any]:
    """Announce the return and go to it."""
    sent = await request.form()
    form = ActionForm.read(sent, frozenset({"pieces"}))
    number = address_number(text_of(sent, "order"))
    reasons = {line: text_of(sent, f"reason-{line}") for line in form.pieces}
    problem = None
    if not form.errors and number is not None:
        try:
            made = await transact(_request, number, form, reasons, actor_of(request))
        except CommerceError as exc:
            problem = refusal(exc)
        else:
            return lead_to(request, f"{PATH}/{made}?done=requested")
    status = problem.status if problem else _REFUSED
    return await _new(session, number, form, reasons, problem, status=status)


def _request(
    session: Session, number: int, form: ActionForm, reasons: dict[int, str], actor: str
) -> int:
    order = get_record(session, Order, number)
    lines = {
        line: (
            pieces,
            ReturnReason(why)
            if (why := reasons[line]) in set(ReturnReason)
            else ReturnReason.OTHER,
        )
        for line, pieces in form.quantities.items()
    }
    note = form.reason or None
    return request_return(
        session, order, lines, actor=actor, note=note, idempotency_key=form.key
    ).id


async def _new(
    session: AsyncSession,
    number: int | None,
    form: ActionForm,
    reasons: dict[int, str],
    problem: Problem | None = None,
    *,
    status: int = 200,
) -> Response[Any]:
    if number is None:
        return show("returns/new.html", {"found": None}, status=status)
    found = await session.run_sync(read_new, number)
    context = {
        "found": found,
        "form": form,
        "reasons": reasons,
        "reason_choices": list(ReturnReason),
        "problem": problem,
    }
    return show("returns/new.html", context, status=status)


@get("/{number:int}", right=Right.VIEW_ORDERS)
async def show_return(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    number: FromPath[int],
    done: FromQuery[str] = "",
) -> Response[Any]:
    """Show one return."""
    return await _page(request, session, number, done=done)


async def _do(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    transact: Transact,
    number: int,
    action: ReturnAction,
) -> Response[Any]:
    sent = await request.form()
    form = ActionForm.read(sent, action.fields & {"reason", "amount", "pieces"})
    problem = None
    if not form.errors:
        try:
            await do(
                transact, action, number, form, actor=actor_of(request), location=location_of(sent)
            )
        except CommerceError as exc:
            problem = refusal(exc)
        else:
            return lead_to(request, f"{PATH}/{number}?done={action.verb}")
    return await _page(request, session, number, form=form, verb=action.verb, problem=problem)


async def _page(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    number: int,
    *,
    done: str = "",
    form: ActionForm | None = None,
    verb: str = "",
    problem: Problem | None = None,
) -> Response[Any]:
    seen = form.seen if form and problem else None
    page, changes = await session.run_sync(read_changed, number, seen)
    user = signed_in_user(request)
    proposed = Money(page.found.refund_amount, page.order.currency)
    context = {
        "page": page,
        "found": page.found,
        "order": page.order,
        "actions": [one for one in ACTIONS.values() if page.found.status in one.states],
        "address_of": address_of,
        "rights": {verb: one.right.belongs_to(user) for verb, one in ACTIONS.items()},
        "proposed": proposed,
        "proposed_text": f"{proposed.rounded().amount:.2f}",
        "form": form or ActionForm(),
        "verb": verb,
        "problem": problem,
        "changes": changes,
        "exchangeable": page.found.status in EXCHANGEABLE,
        "may_decide": Right.DECIDE_ORDERS.belongs_to(user),
        "stream": f"/live/orders?order={page.order.id}&after={page.cursor}",
        "new_key": new_key,
        "done": done,
    }
    status = problem.status if problem else _REFUSED if form else 200
    return show("returns/return.html", context, status=status)


_verbs = Router("/{number:int}", route_handlers=VerbRoutes(ACTIONS, _do).handlers())

router = Router(
    PATH,
    route_handlers=[show_returns, show_claims, show_new, create, show_return, _verbs],
    include_in_schema=False,
)
