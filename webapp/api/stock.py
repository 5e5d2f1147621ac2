"""Stock for programs: the levels page by page, those of one variant, and the stream of changes.

A program reads ``/api/v1/stock`` to its end, then follows ``/api/v1/stock/stream?after=CURSOR``
with the ``cursor`` of the *first* page: nothing falls between. After an event ``reset`` it reads
again. For each variant and location it keeps the highest ``version`` and drops lower ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from litestar import Request, Router, get
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from commerce_core.catalog import get_variant
from commerce_core.catalog.models import Variant
from commerce_core.journal import read_cursor
from webapp.live.answers import EventStream
from webapp.live.frames import as_json
from webapp.live.states import LevelState, read_levels
from webapp.live.stream import open_stream, topic_of
from webapp.records import address_number
from webapp.security import Right

PAGE_SIZE: Final = 100
MOST_ROWS: Final = 500


@get("/stock", right=Right.VIEW_STOCK)
async def list_stock(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]
) -> dict[str, Any]:
    """Return the levels of up to ``limit`` variants, by ascending variant id, or of one ``sku``.

    ``next`` is the address of the following page, null on the last one. ``cursor`` is where the
    stream has to begin so that nothing is missed.
    """
    sku = request.query_params.get("sku")
    if sku is not None:
        return await session.run_sync(_read_variant, sku)
    after = _number(request, "after", 0)
    limit = max(1, min(_number(request, "limit", PAGE_SIZE), MOST_ROWS))
    return await session.run_sync(_read_page, after, limit)


@get("/stock/stream", right=Right.VIEW_STOCK, sync_to_thread=False)
def stream_stock(request: Request[Any, Any, Any]) -> EventStream:
    """Stream every change: events ``stock``, ``status`` and ``reset``."""
    return open_stream(request, topic_of(request), "json")


def _read_page(session: Session, after: int, limit: int) -> dict[str, Any]:
    cursor = read_cursor(session)
    ids: Sequence[int] = session.scalars(
        select(Variant.id).where(Variant.id > after).order_by(Variant.id).limit(limit + 1)
    ).all()
    levels = read_levels(session, ids[:limit])
    more = f"/api/v1/stock?after={ids[limit - 1]}&limit={limit}" if len(ids) > limit else None
    return {"cursor": str(cursor), "levels": _as_list(levels), "next": more}


def _read_variant(session: Session, sku: str) -> dict[str, Any]:
    cursor = read_cursor(session)
    variant = get_variant(session, sku=sku)
    levels = read_levels(session, [variant.id])
    return {"cursor": str(cursor), "levels": _as_list(levels), "next": None}


def _as_list(levels: Sequence[LevelState]) -> list[dict[str, Any]]:
    return [as_json(level) for level in levels]


def _number(request: Request[Any, Any, Any], name: str, default: int) -> int:
    """Return a whole number of the query.

    Raises:
        HTTPException: 400, it is none.
    """
    text = request.query_params.get(name)
    if text is None:
        return default
    number = address_number(text)
    if number is None:
        raise HTTPException(f"{name} must be a whole number.", status_code=400)
    return number


router = Router("/api/v1", route_handlers=[list_stock, stream_stock], tags=["stock"])
