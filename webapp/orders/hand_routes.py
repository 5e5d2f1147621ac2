"""An order made by hand: on the telephone, at the counter, or to make good for something."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from commerce_core.customers.models import Customer
from commerce_core.errors import CommerceError, InvalidInputError
from commerce_core.money import Money
from commerce_core.orders.baskets import Checkout, CheckoutLine
from commerce_core.orders.gateways import MANUAL
from commerce_core.orders.models import Order
from commerce_core.orders.placement import Terms, place_in_books
from commerce_core.text import searchable
from webapp.database import Transact
from webapp.fields import new_key
from webapp.line_forms import check_lines, pieces_by_variant, with_blank_lines
from webapp.once import once
from webapp.orders.dialogs import NOTHING_TOLD, Told
from webapp.orders.filters import PATH
from webapp.orders.forms import ActionForm
from webapp.orders.previews import PreviewOnly, sealed
from webapp.people import actor_of
from webapp.replies import lead_to, refusal, show
from webapp.security import Right

CHANNEL: Final = "by hand"
_REFUSED: Final = 422
_NEEDS: Final = frozenset({"lines", "reason"})


@get(f"{PATH}/new", right=Right.DECIDE_ORDERS, sync_to_thread=False)
def show_new() -> Response[Any]:
    """Ask what is ordered, by whom, and why by hand."""
    return _page(ActionForm())


@post(f"{PATH}/new", right=Right.DECIDE_ORDERS, status_code=303)
async def create(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
) -> Response[Any]:
    """Show what the order would cost and take; the second time, place it."""
    form = ActionForm.read(await request.form(), _NEEDS)
    lines_are_right = await session.run_sync(check_lines, form.additions)
    if form.wants_lines:
        form.errors.clear()
        return _page(form)
    if form.errors or not lines_are_right:
        return _page(form, status=_REFUSED)
    try:
        made = await transact(_place, form, actor_of(request))
    except PreviewOnly as shown:
        told = Told(preview=shown.preview, is_new_preview=bool(form.seal))
        form.seal = shown.preview.seal(form.content(0))
        return _page(form, told)
    except CommerceError as exc:
        problem = refusal(exc)
        form.key, form.seal = new_key(), ""
        return _page(form, Told(problem), status=problem.status)
    return lead_to(request, f"{PATH}/{made}?done=placed")


def _place(session: Session, form: ActionForm, actor: str) -> int:
    content = form.content(0)

    def work() -> int:
        plan = partial(_order, session, form, actor)
        return sealed(session, (), plan, seal=form.seal, content=content).id

    return once(session, work, actor=actor, verb="order.new", key=form.key, content=content)


def _order(session: Session, form: ActionForm, actor: str) -> Order:
    """Put the order into the books: on account, or waiting for its money.

    Raises:
        InvalidInputError: no customer, or more than one, is known by what was typed.
    """
    wanted = pieces_by_variant(session, form.additions)
    customer = _customer(session, form.customer) if form.customer else None
    checkout = Checkout(
        [
            CheckoutLine(
                variant, pieces, price=Money.of(0, variant.currency) if form.is_free else None
            )
            for variant, pieces in wanted.items()
        ],
        channel=CHANNEL,
        customer=customer,
        shipping_address=form.address if set(form.address) - {"kind"} else None,
        details={"by_hand": True},
    )
    return place_in_books(
        session,
        checkout,
        actor=actor,
        terms=Terms(MANUAL if form.waits else None),
        allow_partial=form.is_partial,
        reason=form.reason,
    ).order


def _customer(session: Session, text: str) -> Customer:
    """Return the customer with this number or e-mail address."""
    key = searchable(text) or ""
    query = select(Customer).where(or_(Customer.number == key, Customer.email == key)).limit(2)
    found = session.scalars(query).all()
    if len(found) != 1:
        message = f"no customer, or more than one, has the number or e-mail address {text[:80]}"
        raise InvalidInputError(message, customer=text[:80])
    return found[0]


def _page(form: ActionForm, told: Told = NOTHING_TOLD, *, status: int = 200) -> Response[Any]:
    context = {
        "form": form,
        "lines": with_blank_lines(form.additions, more=int(form.wants_lines)),
        "problem": told.problem,
        "preview": told.preview,
        "is_new_preview": told.is_new_preview,
    }
    return show("orders/new.html", context, status=status)


router = Router("/", route_handlers=[show_new, create], include_in_schema=False)
