"""The hub's own way to the database: a few connections that read and do nothing else.

Apart from the pages' engine, so that a rush of page views never keeps the stream waiting. On
PostgreSQL each statement stands alone (autocommit): a look at the journal is one round trip.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session

from commerce_core.database import (
    make_async_engine,
    make_async_session_factory,
    read_only,
    translate_database_error,
)
from commerce_core.inventory.models import StockMovement
from commerce_core.journal import Cursor, journal_lag
from webapp.live.changes import Changes, read_changes
from webapp.live.looking import Look
from webapp.live.order_changes import read_orders

P = ParamSpec("P")
T = TypeVar("T")

MOST_CONNECTIONS: Final = 5


class Reader:
    """Asks the database questions, each in a session of its own. Connects when first asked."""

    def __init__(self, url: URL) -> None:
        self._engine = _open(url)
        self._sessions = make_async_session_factory(self._engine)
        is_postgresql = url.get_backend_name() == "postgresql"
        self._look = Look(self._engine) if is_postgresql else None

    async def ask(
        self, question: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return ``question(session, ...)``. The session is closed before this returns.

        Raises:
            CommerceError: the database does not answer.
        """

        def bound(session: Session) -> T:
            return question(session, *args, **kwargs)

        try:
            async with self._sessions() as session:
                return await session.run_sync(bound)
        except SQLAlchemyError as exc:
            raise translate_database_error(exc) from exc

    async def has_news(self, cursor: Cursor) -> bool:
        """Tell whether it is worth reading the journal after the cursor."""
        return self._look is None or await self._look.has_news(cursor)

    async def read(self, since: Cursor) -> tuple[Changes, float]:
        """Return what changed since the cursor, and by how many seconds the journal is late.

        For the feed, which asks one thing at a time.

        Raises:
            CommerceError: the database does not answer.
        """
        span = None if self._look is None else await self._look.span(since)
        if span is None:
            return await self.ask(_read_in_full, since)
        changes = span.changes
        if span.events:
            changes = replace(changes, orders=await self.ask(read_orders, span.events))
        return changes, span.lag_seconds

    async def renew(self) -> None:
        """Drop all connections: the server they lead to may be gone."""
        if self._look is not None:
            await self._look.forget()
        await self._engine.dispose()

    async def close(self) -> None:
        """Close all connections."""
        if self._look is not None:
            await self._look.forget()
        await self._engine.dispose()


def _read_in_full(session: Session, since: Cursor) -> tuple[Changes, float]:
    return read_changes(session, since), journal_lag(session, StockMovement).seconds


def _open(url: URL) -> AsyncEngine:
    # Not asked before each use whether it still lives: the hub connects anew after any failure.
    options: dict[str, Any] = {"pool_pre_ping": False}
    if url.get_backend_name() == "postgresql":
        options |= {"isolation_level": "AUTOCOMMIT", "pool_size": MOST_CONNECTIONS}
        options["max_overflow"] = 0
        return make_async_engine(url, **options)
    return read_only(make_async_engine(url, **options))
