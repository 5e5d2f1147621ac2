"""The pages of counts: list, start, count on a phone, review, post, cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from commerce_core.catalog.models import Variant
from commerce_core.errors import CommerceError
from commerce_core.inventory.count_models import CountStatus, StockCount
from commerce_core.inventory.counts import cancel_count, count_stock, post_count, start_count
from commerce_core.inventory.models import StockLocation
from webapp.counts.forms import CountedForm, StartForm
from webapp.counts.reading import find_thing, list_counts, open_locations, read_count, read_thing
from webapp.counts.views import (
    PATH,
    counting_context,
    list_context,
    review_context,
    saved_context,
    start_context,
)
from webapp.database import Transact
from webapp.fields import whole_of
from webapp.once import once
from webapp.people import actor_of
from webapp.records import get_record
from webapp.replies import is_fragment, lead_to, refusal, show
from webapp.security import Right, signed_in_user
from webapp.status_lists import wanted_status

_REFUSED: Final = 422


@get("/", right=Right.VIEW_STOCK)
async def show_counts(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    status: FromQuery[str] = "",
    before: FromQuery[str] = "",
) -> Response[Any]:
    """List the counts, newest first."""
    wanted = wanted_status(CountStatus, status)
    found = await session.run_sync(list_counts, wanted, whole_of(before))
    return show("counts/list.html", list_context(found, wanted, signed_in_user(request)))


@get("/new", right=Right.CHANGE_STOCK)
async def show_start(session: NamedDependency[AsyncSession]) -> Response[Any]:
    """Ask what is to be counted."""
    locations = await session.run_sync(open_locations)
    return show("counts/new.html", start_context(StartForm(), locations))


@post("/new", right=Right.CHANGE_STOCK, status_code=303)
async def start(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
) -> Response[Any]:
    """Open a count and go to it."""
    form = StartForm.read(await request.form())
    problem = None
    if not form.errors:
        try:
            number = await transact(_start, form, actor_of(request))
        except CommerceError as exc:
            problem = refusal(exc)
        else:
            return lead_to(request, f"{PATH}/{number}")
    locations = await session.run_sync(open_locations)
    context = start_context(form, locations, problem)
    return show("counts/new.html", context, status=problem.status if problem else _REFUSED)


def _start(session: Session, form: StartForm, actor: str) -> int:
    def work() -> int:
        location = get_record(session, StockLocation, whole_of(form.location_id) or 0)
        return start_count(session, location, name=form.name, actor=actor).id

    content = (form.location_id, form.name)
    return once(session, work, actor=actor, verb="start_count", key=form.key, content=content)


@get("/{number:int}", right=Right.VIEW_STOCK)
async def show_count(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    number: FromPath[int],
    code: FromQuery[str] = "",
) -> Response[Any]:
    """Count: one variant at a time. A count that is closed shows what came of it."""
    user = signed_in_user(request)
    page = await session.run_sync(read_count, number, is_review=False)
    if page.count.status is not CountStatus.OPEN or not Right.CHANGE_STOCK.belongs_to(user):
        page = await session.run_sync(read_count, number, is_review=True)
        return show("counts/review.html", review_context(page, user))
    scanned = code.strip()
    thing = await session.run_sync(find_thing, page, scanned) if scanned else None
    is_unknown = bool(scanned) and thing is None
    template = "counts/_thing.html" if is_fragment(request) else "counts/count.html"
    context = counting_context(page, thing, unknown=scanned if is_unknown else "")
    return show(template, context, status=_REFUSED if is_unknown else 200)


@post("/{number:int}/lines", right=Right.CHANGE_STOCK, status_code=303)
async def save_line(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Note what was counted, and show what was scanned next, if anything was."""
    form = CountedForm.read(await request.form())
    problem = None
    if not form.error:
        try:
            await transact(_save_line, number, form, actor_of(request))
        except CommerceError as exc:
            problem = refusal(exc)
    if form.error or problem:
        page = await session.run_sync(read_count, number, is_review=False)
        wrong = await session.run_sync(read_thing, page, form.variant_id)
        template = "counts/_thing.html" if is_fragment(request) else "counts/count.html"
        context = counting_context(page, wrong, form=form, problem=problem)
        return show(template, context, status=problem.status if problem else _REFUSED)
    if not is_fragment(request):
        query = f"?{urlencode({'code': form.next_code})}" if form.next_code else ""
        return lead_to(request, f"{PATH}/{number}{query}")
    page = await session.run_sync(read_count, number, is_review=False)
    thing = await session.run_sync(find_thing, page, form.next_code) if form.next_code else None
    return show("counts/_saved.html", saved_context(page, thing, form))


def _save_line(session: Session, number: int, form: CountedForm, actor: str) -> None:
    count = get_record(session, StockCount, number)
    variant = get_record(session, Variant, form.variant_id)
    count_stock(session, count, variant, counted=form.pieces or 0, actor=actor)


@get("/{number:int}/review", right=Right.VIEW_STOCK)
async def show_review(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    number: FromPath[int],
    done: FromQuery[str] = "",
) -> Response[Any]:
    """Show the differences before they are posted, or what was posted."""
    page = await session.run_sync(read_count, number, is_review=True)
    return show("counts/review.html", review_context(page, signed_in_user(request), done=done))


@post("/{number:int}/post", right=Right.CHANGE_STOCK, status_code=303)
async def post_differences(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Book all differences and close the count."""

    def step(session: Session) -> None:
        post_count(session, get_record(session, StockCount, number), actor=actor_of(request))

    return await _close(request, session, transact, number, step=step, done="posted")


@post("/{number:int}/cancel", right=Right.CHANGE_STOCK, status_code=303)
async def cancel(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Close the count without booking anything."""

    def step(session: Session) -> None:
        cancel_count(session, get_record(session, StockCount, number), actor=actor_of(request))

    return await _close(request, session, transact, number, step=step, done="cancelled")


async def _close(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    transact: Transact,
    number: int,
    *,
    step: Callable[[Session], None],
    done: str,
) -> Response[Any]:
    try:
        await transact(step)
    except CommerceError as exc:
        problem = refusal(exc)
    else:
        return lead_to(request, f"{PATH}/{number}/review?done={done}")
    page = await session.run_sync(read_count, number, is_review=True)
    context = review_context(page, signed_in_user(request), problem=problem)
    return show("counts/review.html", context, status=problem.status)


router = Router(
    PATH,
    route_handlers=[
        show_counts,
        show_start,
        start,
        show_count,
        save_line,
        show_review,
        post_differences,
        cancel,
    ],
    include_in_schema=False,
)
