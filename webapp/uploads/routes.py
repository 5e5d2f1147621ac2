"""The pages of stock files: choose one, see what it would change, apply it."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from commerce_core.errors import CommerceError
from commerce_core.flows import run_flow_async
from commerce_core.inventory.stock_file import preview_stock_file, stock_file_flow
from commerce_core.inventory.stock_file_rows import StockFile, read_stock_file
from webapp.database import Transact
from webapp.errors import Problem
from webapp.people import actor_of
from webapp.replies import refusal, show
from webapp.security import Right
from webapp.uploads.forms import MOST_BODY_BYTES, UploadForm
from webapp.uploads.views import PATH, form_context, result_context

_REFUSED: Final = 422


@get("/", right=Right.CHANGE_STOCK)
async def show_upload() -> Response[Any]:
    """Ask for the file and what its numbers mean."""
    return show("uploads/new.html", form_context(UploadForm()))


@post("/", right=Right.CHANGE_STOCK, status_code=200, request_max_body_size=MOST_BODY_BYTES)
async def preview(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]
) -> Response[Any]:
    """Show what the file would change. Nothing is booked."""
    form = await UploadForm.read(await request.form())
    if form.errors or form.semantics is None:
        return _ask_again(form)
    try:
        file = await _file_of(form)
    except CommerceError as exc:
        return _ask_again(form, refusal(exc))
    result = await session.run_sync(preview_stock_file, file, semantics=form.semantics)
    return show("uploads/preview.html", result_context(form, result))


@post("/apply", right=Right.CHANGE_STOCK, status_code=200, request_max_body_size=MOST_BODY_BYTES)
async def apply(
    request: Request[Any, Any, Any], transact: NamedDependency[Transact]
) -> Response[Any]:
    """Book the file. Sent twice, or cut off and sent again, each row is booked once."""
    form = UploadForm.read_again(await request.form())
    if form.errors or form.semantics is None:
        return _ask_again(form)
    try:
        flow = stock_file_flow(
            await _file_of(form),
            semantics=form.semantics,
            actor=actor_of(request),
            reason=form.reason or None,
        )
        result = await run_flow_async(transact.sessions, flow)
    except CommerceError as exc:
        return _ask_again(form, refusal(exc))
    return show("uploads/done.html", result_context(form, result))


async def _file_of(form: UploadForm) -> StockFile:
    """Read the rows in a thread: other people's pages do not wait for a large file."""
    name = form.name or "stock file"
    return await asyncio.to_thread(read_stock_file, form.content, name=name)


def _ask_again(form: UploadForm, problem: Problem | None = None) -> Response[Any]:
    status = problem.status if problem else _REFUSED
    return show("uploads/new.html", form_context(form, problem), status=status)


router = Router(PATH, route_handlers=[show_upload, preview, apply], include_in_schema=False)
