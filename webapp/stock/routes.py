"""The pages of stock: the board, a variant's history, and the adjustment of a level."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_OID, uuid5
from zoneinfo import ZoneInfo

from litestar import MediaType, Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from commerce_core.catalog.models import Product
from commerce_core.catalog.search import find_products
from commerce_core.clock import utc_now
from commerce_core.errors import InsufficientStockError
from webapp.database import Transact
from webapp.security import Right, signed_in_user
from webapp.settings import Settings
from webapp.stock.adjustments import Adjusted, adjust, read_subject
from webapp.stock.board import MOST_CHOICES, read_board, read_products_by_slug
from webapp.stock.census import CensusTaker
from webapp.stock.filters import PATH, BoardFilter
from webapp.stock.forms import AdjustForm, Place
from webapp.stock.history import read_history
from webapp.stock.history_filter import HistoryFilter
from webapp.stock.views import board_context, menu_of, new_address, wants_fragment
from webapp.wire import safe_next


@get(PATH, right=Right.VIEW_STOCK)
async def show_board(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    state: State,
) -> Template:
    """Show the board, or to htmx the parts of it that the filters change."""
    wanted = BoardFilter.read(request.query_params)
    as_of = utc_now()
    census: CensusTaker = state.census
    board = await session.run_sync(
        read_board, wanted, await census.current(), zone=ZoneInfo(settings.time_zone), as_of=as_of
    )
    user = signed_in_user(request)
    context = board_context(board, wanted, user, cells=state.cells, as_of=as_of)
    headers = {"vary": "HX-Request"}
    if wants_fragment(request):
        # The address as we would write it, without the empty fields of the form.
        headers["hx-push-url"] = new_address(request, wanted.url())
        return _template("stock/_results.html", context, headers=headers)
    return _template("stock/page.html", context, headers=headers)


@get("/stock/products", right=Right.VIEW_STOCK)
async def find_choices(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]
) -> Template:
    """Show the products of the filter's menu: those that are ticked, and those with the words."""
    wanted = BoardFilter.read(request.query_params)
    words = request.query_params.get("find", "")

    def read(session: Session) -> list[Product]:
        chosen = read_products_by_slug(session, wanted.products)
        return menu_of(chosen, find_products(session, words, limit=MOST_CHOICES))

    products = await session.run_sync(read)
    return _template("stock/_products.html", {"products": products, "chosen": wanted.products})


@get("/stock/{variant_id:int}", right=Right.VIEW_STOCK)
async def show_variant(
    request: Request[Any, Any, Any],
    variant_id: FromPath[int],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    state: State,
) -> Template:
    """Show a variant's levels and movements."""
    wanted = HistoryFilter.read(request.query_params)
    zone = ZoneInfo(settings.time_zone)
    history = await session.run_sync(read_history, variant_id, wanted, zone=zone)
    stream = f"/live/stock?variant={variant_id}&after={history.cursor}"
    user = signed_in_user(request)
    context = {
        "history": history,
        "cells": state.cells,
        "stream": stream,
        "may_adjust": Right.CHANGE_STOCK.belongs_to(user),
        "wanted": wanted,
        "is_first": wanted.before is None,
        "as_of": utc_now(),
    }
    return _template("stock/variant.html", context)


@get("/stock/adjust", right=Right.CHANGE_STOCK)
async def show_adjust(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]
) -> Template:
    """Show the form that adjusts a level: as a page, or as the inside of a popup."""
    query = request.query_params
    form = AdjustForm(Place.parse(query.get("at")), back=safe_next(query.get("back") or PATH))
    return await _adjust_form(request, session, form)


@post("/stock/adjust", right=Right.CHANGE_STOCK, status_code=200)
async def adjust_level(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
) -> Response[Any]:
    """Book the adjustment; show the form again where something is wrong with it."""
    form = AdjustForm.read(await request.form())
    if form.errors:
        return await _adjust_form(request, session, form, status_code=422)
    user = signed_in_user(request)
    assert user is not None  # noqa: S101 - the route's right says so
    try:
        done = await transact(adjust, form, actor=user.actor)
    except InsufficientStockError as error:
        refused = form.with_errors(delta="not_enough")
        return await _adjust_form(
            request, session, refused, status_code=409, available=error.fields["available"]
        )
    return _adjusted(request, form, done)


async def _adjust_form(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    form: AdjustForm,
    *,
    status_code: int = 200,
    **more: Any,
) -> Template:
    subject = await session.run_sync(read_subject, form.place)
    name = "stock/_adjust.html" if wants_fragment(request) else "stock/adjust.html"
    return _template(name, {"form": form, "subject": subject, **more}, status_code=status_code)


def _adjusted(
    request: Request[Any, Any, Any], form: AdjustForm, done: Adjusted
) -> Template | Redirect:
    """Say what happened. The number itself comes by the stream, as for everybody else."""
    if not wants_fragment(request):
        return Redirect(form.back, status_code=303)
    key = uuid5(NAMESPACE_OID, form.key).hex  # of this adjustment, so it is undone once
    undo = AdjustForm(form.place, back=form.back, key=key)
    headers = {"hx-trigger": '{"popup:close": {}}'}
    context = {"form": form, "done": done, "undo": undo}
    return _template("stock/_adjusted.html", context, headers=headers)


def _template(
    name: str,
    context: dict[str, Any],
    *,
    headers: dict[str, str] | None = None,
    status_code: int = 200,
) -> Template:
    return Template(
        name, context=context, headers=headers, status_code=status_code, media_type=MediaType.HTML
    )


router = Router(
    "/",
    route_handlers=[show_board, find_choices, show_variant, show_adjust, adjust_level],
    include_in_schema=False,
)
