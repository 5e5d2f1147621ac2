"""The page that answers "why is this 47?". It changes nothing."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.explaining.reading import read_explanation
from webapp.fields import date_of
from webapp.replies import show
from webapp.security import Right
from webapp.settings import Settings


@get("/{variant_id:int}/{location_id:int}", right=Right.VIEW_STOCK)
async def show_explanation(
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    variant_id: FromPath[int],
    location_id: FromPath[int],
    on: FromQuery[str] = "",
) -> Response[Any]:
    """Explain the number of a variant at a location, and what it was on a day."""
    zone = ZoneInfo(settings.time_zone)
    page = await session.run_sync(read_explanation, variant_id, location_id, date_of(on), zone)
    context = {
        "page": page,
        "is_no_day": bool(on) and page.day is None,
        "stream": f"/live/stock?variant={variant_id}&after={page.cursor}",
    }
    return show("explaining/page.html", context)


router = Router("/stock/explain", route_handlers=[show_explanation], include_in_schema=False)
