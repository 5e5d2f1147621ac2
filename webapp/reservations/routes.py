"""The page of reservations running out, its rows anew every few seconds, and the release."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from commerce_core.clock import utc_now
from commerce_core.errors import CommerceError
from commerce_core.inventory import Reservation, release_reservation
from webapp.database import Transact
from webapp.errors import Problem
from webapp.people import actor_of
from webapp.records import get_record
from webapp.replies import lead_to, refusal, show
from webapp.reservations.reading import Holds, read_holds
from webapp.security import Right, signed_in_user

PATH: Final = "/stock/reservations"


def _context(
    request: Request[Any, Any, Any], holds: Holds, *, done: str = "", problem: Problem | None = None
) -> dict[str, Any]:
    return {
        "holds": holds,
        "may_release": Right.CHANGE_STOCK.belongs_to(signed_in_user(request)),
        "done": done,
        "problem": problem,
    }


@get("/", right=Right.VIEW_STOCK)
async def show_reservations(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    done: FromQuery[str] = "",
) -> Response[Any]:
    """Show who holds what, the next to end first."""
    holds = await session.run_sync(read_holds, as_of=utc_now())
    return show("reservations/page.html", _context(request, holds, done=done))


@get("/rows", right=Right.VIEW_STOCK, is_polled=True)
async def show_rows(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]
) -> Response[Any]:
    """Show the list alone: the page asks for it again and again."""
    holds = await session.run_sync(read_holds, as_of=utc_now())
    return show("reservations/_list.html", _context(request, holds))


@post("/{number:int}/release", right=Right.CHANGE_STOCK, status_code=303)
async def release(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Give back what a reservation holds."""
    try:
        await transact(_release, number, actor_of(request))
    except CommerceError as exc:
        problem = refusal(exc)
        holds = await session.run_sync(read_holds, as_of=utc_now())
        context = _context(request, holds, problem=problem)
        return show("reservations/page.html", context, status=problem.status)
    return lead_to(request, f"{PATH}?done=released")


def _release(session: Session, number: int, actor: str) -> None:
    release_reservation(session, get_record(session, Reservation, number), actor=actor)


router = Router(
    PATH, route_handlers=[show_reservations, show_rows, release], include_in_schema=False
)
