"""The options of the shop: their values renamed, given a colour, and put into an order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from commerce_core.catalog.models import OptionType, OptionValue, VariantOptionValue
from commerce_core.catalog.option_values import (
    order_option_values,
    rename_option_value,
    set_swatch,
)
from commerce_core.catalog.options import list_option_types, list_option_values
from commerce_core.errors import CommerceError
from webapp.database import Transact
from webapp.errors import Problem
from webapp.fields import text_of
from webapp.people import actor_of
from webapp.products.filters import PATH
from webapp.products.ordering import read_order
from webapp.records import get_record
from webapp.replies import lead_to, refusal, show
from webapp.security import Right, signed_in_user

_HERE: Final = f"{PATH}/options"


@get("/options", right=Right.VIEW_PRODUCTS)
async def show_shop_options(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]
) -> Response[Any]:
    """Show all options with their values."""
    return await _show(request, session)


@post("/options/values/{number:int}", right=Right.EDIT_PRODUCTS, status_code=303)
async def edit_value(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Rename a value everywhere, and give it a colour or none."""
    form = await request.form()
    swatch = text_of(form, "swatch") if "has_swatch" in form else ""
    actor = actor_of(request)

    def edit(writing: Session) -> None:
        value = get_record(writing, OptionValue, number)
        if (value.swatch or "") != swatch:
            set_swatch(writing, value, swatch=swatch or None, actor=actor)
        if value.name != (name := text_of(form, "name")):
            rename_option_value(writing, value, name=name, actor=actor)

    return await _do(request, session, transact, edit)


@post("/options/{number:int}/order", right=Right.EDIT_PRODUCTS, status_code=303)
async def order_values(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Put the values of an option into another order; what the form does not name comes behind."""
    ids = read_order(await request.form())
    actor = actor_of(request)

    def order(writing: Session) -> None:
        known = list_option_values(writing, get_record(writing, OptionType, number))
        by_id = {value.id: value for value in known}
        first = [by_id[one] for one in ids if one in by_id]
        rest = [value for value in known if value not in first]
        order_option_values(writing, [*first, *rest], actor=actor)

    return await _do(request, session, transact, order)


async def _do(
    request: Request[Any, Any, Any], session: AsyncSession, transact: Transact, step: Any
) -> Response[Any]:
    try:
        await transact(step)
    except CommerceError as exc:
        return await _show(request, session, refusal(exc))
    return lead_to(request, f"{_HERE}?done=saved")


async def _show(
    request: Request[Any, Any, Any], session: AsyncSession, problem: Problem | None = None
) -> Response[Any]:
    def read(reading: Session) -> dict[str, Any]:
        used = select(VariantOptionValue.option_value_id, func.count()).group_by(
            VariantOptionValue.option_value_id
        )
        return {
            "options": list_option_types(reading),
            "values": _by_option(reading),
            "used": dict(reading.execute(used).all()),
        }

    context = await session.run_sync(read)
    context |= {
        "problem": problem,
        "done": request.query_params.get("done", ""),
        "may_edit": Right.EDIT_PRODUCTS.belongs_to(signed_in_user(request)),
    }
    status = problem.status if problem else 200
    return show("products/shop_options.html", context, status=status)


def _by_option(session: Session) -> dict[int, Sequence[OptionValue]]:
    """Return the values of all options in their order. One statement."""
    order = (OptionValue.option_type_id, OptionValue.position, OptionValue.id)
    found: dict[int, list[OptionValue]] = {}
    for value in session.scalars(select(OptionValue).order_by(*order)):
        found.setdefault(value.option_type_id, []).append(value)
    return dict(found)


HANDLERS: Final = (show_shop_options, edit_value, order_values)
