"""The option editor: choose options and values, see what that would do, and do it."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from commerce_core.catalog.matrix import MOST_AXES, MatrixPlan, MatrixResult
from commerce_core.catalog.matrix_apply import apply_matrix
from commerce_core.errors import CommerceError
from webapp.database import Transact
from webapp.errors import Problem
from webapp.people import actor_of
from webapp.products.filters import PATH
from webapp.products.matrix_form import MatrixForm
from webapp.products.matrix_reading import (
    BLOCKERS,
    begin_form,
    complete_form,
    present_options,
    read_available,
    read_plan,
    read_vocabulary,
    usual_pattern,
)
from webapp.products.matrix_views import plan_context
from webapp.products.reading import get_product_by_id, read_head
from webapp.products.views import product_context
from webapp.replies import is_fragment, lead_to, refusal, show
from webapp.security import Right

_MOST_BYTES: Final = 1_000_000
_REFUSED: Final = 422


@get("/{number:int}/options", right=Right.VIEW_PRODUCTS)
async def show_options(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], number: FromPath[int]
) -> Response[Any]:
    """Show the options as they are; nothing would change."""
    return await _show(request, session, number, None)


@post(
    "/{number:int}/options/preview",
    right=Right.EDIT_PRODUCTS,
    status_code=200,
    request_max_body_size=_MOST_BYTES,
)
async def preview_options(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], number: FromPath[int]
) -> Response[Any]:
    """Show what the choice would do. Nothing is done."""
    form = MatrixForm.read(await request.form())
    return await _show(request, session, number, form)


@post(
    "/{number:int}/options",
    right=Right.EDIT_PRODUCTS,
    status_code=200,
    request_max_body_size=_MOST_BYTES,
)
async def apply_options(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Do it, if it still is what was looked at; else show what it would do now."""
    form = MatrixForm.read(await request.form())
    if form.errors or form.wants_more:
        return await _show(request, session, number, form)
    try:
        await transact(_apply, number, form, actor=actor_of(request))
    except CommerceError as exc:
        return await _show(request, session, number, form, refusal(exc))
    return lead_to(request, f"{PATH}/{number}?done=applied")


def _apply(session: Session, number: int, form: MatrixForm, *, actor: str) -> MatrixResult:
    return apply_matrix(
        session,
        get_product_by_id(session, number),
        form.choice,
        actor=actor,
        expected=form.expected,
        blockers=BLOCKERS,
    )


async def _show(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    number: int,
    form: MatrixForm | None,
    problem: Problem | None = None,
) -> Response[Any]:
    def read(reading: Session) -> dict[str, Any]:
        head = read_head(reading, number)
        state, present = present_options(reading, head.product)
        shown = form or begin_form(state)
        complete_form(shown, words := read_vocabulary(reading), present)
        plan, trouble = _plan(reading, head.product, shown)
        available = read_available(reading, plan) if plan else {}
        context = product_context(request, head, "options")
        context |= plan_context(shown, plan, available, problem or trouble)
        return context | {
            "words": words,
            "is_new": not state.variants,
            "usual_pattern": usual_pattern(shown),
            "blank": len(shown.axes) < MOST_AXES,
        }

    context = await session.run_sync(read)
    template = "products/_plan.html" if is_fragment(request) else "products/options.html"
    status = context["problem"].status if context["problem"] else 200
    if form is not None and form.errors:
        status = _REFUSED
    return show(template, context, status=status)


def _plan(
    session: Session, product: Any, form: MatrixForm
) -> tuple[MatrixPlan | None, Problem | None]:
    try:
        return read_plan(session, product, form), None
    except CommerceError as exc:
        return None, refusal(exc)


HANDLERS: Final = (show_options, preview_options, apply_options)
