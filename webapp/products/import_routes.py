"""The pages of product files: choose one, say what its columns mean, see what it does, apply it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from commerce_core.catalog.file_columns import TARGETS
from commerce_core.catalog.file_results import RowOutcome
from commerce_core.catalog.file_rows import ProductFile, read_product_file
from commerce_core.clock import utc_now
from commerce_core.errors import CommerceError
from commerce_core.money import Money
from webapp.database import Transact
from webapp.errors import Problem
from webapp.fields import text_of
from webapp.people import actor_of, name_people
from webapp.products.columns import cell_text
from webapp.products.filters import PATH
from webapp.products.import_desk import desk_of
from webapp.products.import_reading import (
    MOST_SHOWN,
    UploadPage,
    UploadState,
    begin_import,
    forget_upload,
    get_upload,
    keep_upload,
    map_columns,
    read_page,
    read_recent,
)
from webapp.products.views import decimal_mark
from webapp.replies import is_fragment, lead_to, refusal, show
from webapp.security import Right

MOST_FILE_BYTES: Final = 10_000_000
"""About 80,000 rows. A larger file is for ``commerce import products``."""
_MOST_BODY_BYTES: Final = MOST_FILE_BYTES + 100_000
_HERE: Final = f"{PATH}/import"
_REFUSED: Final = 422
_LONGEST_NAME: Final = 120


@get("/import", right=Right.EDIT_PRODUCTS)
async def choose_file(
    session: NamedDependency[AsyncSession],
) -> Response[Any]:
    """Ask for a file, and list those of the last days."""
    return await _ask(session)


@post("/import", right=Right.EDIT_PRODUCTS, status_code=303, request_max_body_size=_MOST_BODY_BYTES)
async def take_file(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
) -> Response[Any]:
    """Keep the file and lead to its preview."""
    form = await request.form()
    sent, currency = form.get("file"), text_of(form, "currency") or "EUR"
    content = await sent.read(MOST_FILE_BYTES + 1) if isinstance(sent, UploadFile) else b""
    if not content or len(content) > MOST_FILE_BYTES:
        wrong = "too_large" if content else "none"
        return await _ask(session, currency=currency, wrong=wrong)
    name = _name_of(sent.filename) if isinstance(sent, UploadFile) else ""
    try:
        currency = Money.of(0, currency).currency
        file = await asyncio.to_thread(read_product_file, content, name=name or "the file")
        keep = partial(keep_upload, currency=currency, actor=actor_of(request))
        number = await transact(keep, file, content)
    except CommerceError as exc:
        return await _ask(session, refusal(exc), currency=currency)
    return lead_to(request, f"{_HERE}/{number}")


@get("/import/{number:int}", right=Right.EDIT_PRODUCTS)
async def show_file(request: Request[Any, Any, Any], number: FromPath[int]) -> Response[Any]:
    """Show what the file would do; once it is applied, how far it is and what came of it."""
    return await _show(request, number)


@post("/import/{number:int}/columns", right=Right.EDIT_PRODUCTS, status_code=303)
async def save_columns(
    request: Request[Any, Any, Any],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Decide what the columns mean. The same is assumed of the next file with this header."""
    form = await request.form()
    file = await _file(request, number)
    fields = enumerate(file.header)
    said = {column: text_of(form, f"column-{place}") for place, column in fields}
    mapping = {column: target for column, target in said.items() if target}
    try:
        await transact(map_columns, number, file.header, mapping, actor=actor_of(request))
    except CommerceError as exc:
        return await _show(request, number, refusal(exc), mapping)
    return lead_to(request, f"{_HERE}/{number}")


@post("/import/{number:int}/apply", right=Right.EDIT_PRODUCTS, status_code=303)
async def apply_file(
    request: Request[Any, Any, Any],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Begin to import the file, or go on with it. Sent twice, it is imported once."""
    file = await _file(request, number)
    begin = partial(begin_import, as_of=utc_now(), actor=actor_of(request))
    try:
        is_open = await transact(begin, number, file)
    except CommerceError as exc:
        return await _show(request, number, refusal(exc))
    if is_open:
        desk_of(request).start(number)
    return lead_to(request, f"{_HERE}/{number}")


@post("/import/{number:int}/forget", right=Right.EDIT_PRODUCTS, status_code=303)
async def forget_file(
    request: Request[Any, Any, Any],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Forget a file that was only looked at."""
    await transact(forget_upload, number)
    return lead_to(request, _HERE)


async def _file(request: Request[Any, Any, Any], number: int) -> ProductFile:
    def read(session: Any) -> ProductFile:
        upload = get_upload(session, number, content=True)
        return read_product_file(upload.content, name=upload.name)

    return await desk_of(request).read(read)


async def _ask(
    session: AsyncSession,
    problem: Problem | None = None,
    *,
    currency: str = "EUR",
    wrong: str = "",
) -> Response[Any]:
    def read(reading: Any) -> dict[str, Any]:
        recent = read_recent(reading, as_of=utc_now())
        people = name_people(reading, {one.upload.actor for one in recent})
        return {"recent": recent, "people": people}

    context = await session.run_sync(read)
    context |= {"problem": problem, "currency": currency, "wrong": wrong}
    status = problem.status if problem else _REFUSED if wrong else 200
    return show("products/import.html", context, status=status)


async def _show(
    request: Request[Any, Any, Any],
    number: int,
    problem: Problem | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Response[Any]:
    page = await desk_of(request).read(partial(read_page, number=number, as_of=utc_now()))
    context = _context(page, mapping) | {"problem": problem, "address": f"{_HERE}/{number}"}
    context["shown"] = partial(cell_text, mark=decimal_mark(request))
    is_part = is_fragment(request) and page.progress.done is not None
    template = "products/_import_done.html" if is_part else "products/import_file.html"
    return show(template, context, status=problem.status if problem else 200)


def _context(page: UploadPage, mapping: Mapping[str, str] | None) -> dict[str, Any]:
    upload, result = page.progress.upload, page.preview
    context = {
        "page": page,
        "upload": upload,
        "done": page.progress.done,
        "state": page.progress.state.value,
        "is_running": page.progress.state is UploadState.RUNNING,
        "mapping": upload.mapping if mapping is None else mapping,
        "targets": TARGETS,
        "counts": {},
        "moving": [],
        "moving_count": 0,
    }
    if result is not None:
        moving = [r for r in result.rows if r.outcome in {RowOutcome.CREATED, RowOutcome.CHANGED}]
        context["moving"], context["moving_count"] = moving[:MOST_SHOWN], len(moving)
        context["counts"] = {one.value: number for one, number in result.counts.items()}
    if page.progress.done is not None:
        done = page.progress.done
        context["counts"] = {one.value: getattr(done, one.value) for one in RowOutcome}
    return context


def _name_of(sent: str) -> str:
    """Return the file's own name without folders and without what cannot be printed."""
    name = sent.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in name if letter.isprintable()).strip()[:_LONGEST_NAME]


HANDLERS: Final = (choose_file, take_file, show_file, save_columns, apply_file, forget_file)
