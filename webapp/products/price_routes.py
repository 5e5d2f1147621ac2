"""The pages of a product's prices and of its history."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from commerce_core.clock import utc_now
from commerce_core.errors import CommerceError
from webapp.database import Transact
from webapp.errors import Problem
from webapp.fields import texts_of
from webapp.people import actor_of
from webapp.products.filters import PATH
from webapp.products.history import read_history
from webapp.products.price_changes import (
    PriceForm,
    add_price,
    digest_of,
    plan_prices,
)
from webapp.products.prices import cancel_prices, read_prices
from webapp.products.reading import read_head
from webapp.products.views import product_context
from webapp.records import address_number
from webapp.replies import lead_to, refusal, show
from webapp.security import Right
from webapp.settings import Settings

_REFUSED: Final = 422


@get("/{number:int}/prices", right=Right.VIEW_PRODUCTS)
async def show_prices(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], number: FromPath[int]
) -> Response[Any]:
    """Show planned prices, those in force, and past ones."""
    return await _show(request, session, number, PriceForm())


@post("/{number:int}/prices", right=Right.EDIT_PRODUCTS, status_code=303)
async def plan_price(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Set a price now, or plan one; where prices changed since the preview, show it anew."""
    form = PriceForm.read(await request.form())
    if form.errors:
        return await _show(request, session, number, form)
    try:
        actor = actor_of(request)
        done = await transact(
            add_price, number, form, zone=_zone(request), as_of=utc_now(), actor=actor
        )
    except CommerceError as exc:
        return await _show(request, session, number, form, refusal(exc))
    if not done:
        return await _show(request, session, number, form, is_preview=True)
    return lead_to(request, f"{PATH}/{number}/prices?done=planned")


@post("/{number:int}/prices/preview", right=Right.EDIT_PRODUCTS, status_code=200)
async def preview_price(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], number: FromPath[int]
) -> Response[Any]:
    """Show what each variant costs and would cost. Nothing is done."""
    form = PriceForm.read(await request.form())
    form.expected = ""
    return await _show(request, session, number, form, is_preview=not form.errors)


def _zone(request: Request[Any, Any, Any]) -> ZoneInfo:
    settings: Settings = request.app.state.settings
    return ZoneInfo(settings.time_zone)


@post("/{number:int}/prices/cancel", right=Right.EDIT_PRODUCTS, status_code=303)
async def cancel(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Take back what is planned, or end a sale."""
    texts = texts_of(await request.form(), "price")
    ids = [found for text in texts if (found := address_number(text)) is not None]
    try:
        await transact(cancel_prices, number, ids, actor=actor_of(request))
    except CommerceError as exc:
        return await _show(request, session, number, PriceForm(), refusal(exc))
    return lead_to(request, f"{PATH}/{number}/prices?done=cancelled")


async def _show(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    number: int,
    form: PriceForm,
    problem: Problem | None = None,
    *,
    is_preview: bool = False,
) -> Response[Any]:
    before = address_number(request.query_params.get("before", ""))

    def read(reading: Session) -> dict[str, Any]:
        head = read_head(reading, number)
        now, trouble, changes = utc_now(), problem, []
        if is_preview:
            try:
                changes = plan_prices(reading, number, form, zone=_zone(request), as_of=now)
            except CommerceError as exc:
                trouble = refusal(exc)
        page = read_prices(reading, head.product, as_of=now, before=before)
        context = product_context(request, head, "prices", form=form, page=page)
        return context | {
            "problem": trouble,
            "changes": changes,
            "digest": digest_of(changes) if changes else "",
            "is_outrun": bool(changes and form.expected),
        }

    context = await session.run_sync(read)
    trouble = context["problem"]
    status = trouble.status if trouble else _REFUSED if form.errors else 200
    return show("products/prices.html", context, status=409 if context["is_outrun"] else status)


@get("/{number:int}/history", right=Right.VIEW_PRODUCTS)
async def show_history(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], number: FromPath[int]
) -> Response[Any]:
    """Show who changed what, newest first."""
    before = address_number(request.query_params.get("before", ""))

    def read(reading: Session) -> dict[str, Any]:
        head = read_head(reading, number)
        page = read_history(reading, head.product, before=before)
        return product_context(request, head, "history", page=page, is_first=before is None)

    return show("products/history.html", await session.run_sync(read))


HANDLERS: Final = (show_prices, plan_price, preview_price, cancel, show_history)
