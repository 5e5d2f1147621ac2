"""How many variants there are, are low, and are out: the numbers on the filters.

Counting reads every level. A small shop counts anew for each page. In a large one the counts are
kept for twenty times as long as counting took, then counted again beside the page that asked.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from commerce_core.catalog.models import Variant
from commerce_core.inventory.lowness import low_variants
from commerce_core.inventory.models import StockLevel
from webapp.database import WebDatabase

SMALL: Final = 5_000
"""Up to so many levels, counting takes a few milliseconds."""
MOST_OUT: Final = 2_000
"""More variants that are out than this are counted, but not remembered one by one."""
_KEEP_FACTOR: Final = 20
_STALE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Census:
    """The counts. ``out_ids`` is None when there are too many to list."""

    variants: int
    low: int
    out: int
    out_ids: frozenset[int] | None
    by_location: dict[int, int] = field(default_factory=dict)
    """By location: how many variants it has a level of."""

    @property
    def is_small(self) -> bool:
        """Whether counting again costs next to nothing."""
        return sum(self.by_location.values()) <= SMALL


def take_census(session: Session) -> Census:
    """Count. Four queries."""
    variants = session.scalar(select(func.count()).select_from(Variant)) or 0
    by_location = session.execute(
        select(StockLevel.location_id, func.count()).group_by(StockLevel.location_id)
    )
    low = low_variants().distinct().subquery()
    out = (
        select(StockLevel.variant_id)
        .group_by(StockLevel.variant_id)
        .having(func.max(StockLevel.available) <= 0)
    )
    out_ids = frozenset(session.scalars(out))
    return Census(
        variants=variants,
        low=session.scalar(select(func.count()).select_from(low)) or 0,
        out=len(out_ids),
        out_ids=out_ids if len(out_ids) <= MOST_OUT else None,
        by_location={location: int(count) for location, count in by_location},
    )


class CensusTaker:
    """Keeps the last census of a large shop. One for each process."""

    def __init__(self, database: WebDatabase) -> None:
        self._database = database
        self._census: Census | None = None
        self._taken_at = 0.0
        self._seconds = 0.0
        self._task: asyncio.Task[Census] | None = None

    async def current(self) -> Census:
        """Return the counts: fresh ones, or in a large shop some that are seconds old."""
        age = _now() - self._taken_at
        if self._census is None or self._census.is_small or age > _STALE_SECONDS:
            return await asyncio.shield(self._begin())
        if age > _KEEP_FACTOR * self._seconds:
            self._begin().add_done_callback(_forget)
        return self._census

    def _begin(self) -> asyncio.Task[Census]:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._take())
        return self._task

    async def _take(self) -> Census:
        began = _now()
        async with self._database.reads() as session:
            self._census = await session.run_sync(take_census)
        self._taken_at = _now()
        self._seconds = self._taken_at - began
        return self._census


def _forget(task: asyncio.Task[Census]) -> None:
    """Look at what became of a count nobody waited for; the next page will count again."""
    error = None if task.cancelled() else task.exception()
    if error is not None and not isinstance(error, SQLAlchemyError):
        raise error


def _now() -> float:
    return asyncio.get_running_loop().time()
