"""The feed's own line to PostgreSQL: two prepared questions on one connection.

Whether a journal has anything new is asked twenty times a second by every process that hears of
no commit in another way; what is new, at every tick. Through a session a question takes a
millisecond of the processor; this way, a tenth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from commerce_core.database import Xid8
from commerce_core.inventory.models import StockMovement
from commerce_core.journal import Cursor, position_columns
from commerce_core.orders.event_models import OrderEvent
from webapp.live.span import Span, span_of, span_query


@dataclass(frozen=True, slots=True)
class Question:
    """A statement as the driver takes it, with the parameters that never change."""

    text: str
    constants: Mapping[str, Any]

    @classmethod
    def of(cls, query: Select[Any], dialect: Dialect) -> Question:
        """Compile a query once and for all."""
        compiled = query.compile(dialect=dialect)
        return cls(str(compiled), {k: v for k, v in compiled.params.items() if v is not None})


class Look:
    """Asks questions on one connection, which it opens when it is first asked. One at a time."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._connection: AsyncConnection | None = None
        self._driver: Any = None
        self._has_news = Question.of(_news_query(), engine.dialect)
        self._span = Question.of(span_query(), engine.dialect)

    async def has_news(self, cursor: Cursor) -> bool:
        """Tell whether anything stands after the cursor. In doubt there are: read."""
        answer = await self._ask(self._has_news, cursor)
        return answer is None or bool(answer[0])

    async def span(self, since: Cursor) -> Span | None:
        """Return what changed since the cursor; None where it has to be read in another way."""
        answer = await self._ask(self._span, since)
        return None if answer is None else span_of(answer, since)

    async def _ask(self, question: Question, since: Cursor) -> Any:
        """Return the only row of the answer, or None: reading will tell what is wrong."""
        try:
            if self._connection is None:
                self._connection = await self._engine.connect()
                raw = await self._connection.get_raw_connection()
                self._driver = raw.driver_connection
            values = {**question.constants, "since": str(since.horizon)}
            answer = await self._driver.execute(question.text, values, prepare=True)
            return await answer.fetchone()
        except Exception:  # noqa: BLE001 - whatever it is, the other way says it better
            await self.forget()
            return None

    async def forget(self) -> None:
        """Drop the connection: the server it leads to may be gone."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.invalidate()
            await connection.close()


def _news_query() -> Select[Any]:
    _, horizon, _ = position_columns(on_postgresql=True)
    since = bindparam("since", type_=Xid8())
    news = [
        select(journal.id).where(journal.xid >= since).where(journal.xid < horizon).exists()
        for journal in (StockMovement, OrderEvent)
    ]
    return select(or_(*news))
