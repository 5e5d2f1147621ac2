"""How pages reach the database: reads that block nobody, writes that nobody can cut in half.

A page gets ``session``, a read-only ``AsyncSession`` (on SQLite an open writing session would stop
every writer). What changes something calls ``await transact(step, ...)``: the step is a function
of the library on a ``Session``; it runs and commits as a task of its own (``commerce_core.flows``),
which the end of the request does not cancel: an abandoned one would keep SQLite's write lock.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from litestar.datastructures import State
from litestar.di import Provide
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Session

from commerce_core.database import make_async_engine, make_async_session_factory, read_only
from commerce_core.database.schema import NAMING_CONVENTION
from commerce_core.flows import Flow, run_flow_async, run_in_transaction_async

P = ParamSpec("P")
T = TypeVar("T")


class WebBase(DeclarativeBase):
    """Base of the tables that belong to the back office alone: accounts and sessions."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    __abstract__ = True


@dataclass(frozen=True, slots=True)
class Transact:
    """Runs one unit of work: committed when it returns, rolled back when it raises."""

    sessions: async_sessionmaker[AsyncSession]

    async def __call__(
        self, step: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``step(session, ...)`` in a transaction of its own and return its result.

        After a deadlock it is run again, so it must have no effect but those on the session.

        Raises:
            CommerceError: what the step raises, or what stopped the database.
        """

        def bound(session: Session) -> T:
            return step(session, *args, **kwargs)

        return await run_in_transaction_async(self.sessions, bound)

    async def run(
        self, flow: Flow[T], *, perform: Callable[[Any], Awaitable[Any]] | None = None
    ) -> T:
        """Drive a flow, committing after each of its steps; ``perform`` makes its calls.

        Raises:
            CommerceError: what the flow raises, or what stopped the database.
        """
        return await run_flow_async(self.sessions, flow, perform=perform)


@dataclass(frozen=True, slots=True)
class WebDatabase:
    """The engine of one process and its two kinds of session. Kept in ``app.state.database``."""

    engine: AsyncEngine
    reads: async_sessionmaker[AsyncSession]
    transact: Transact

    @classmethod
    def open(cls, url: str) -> WebDatabase:
        """Return the database at ``url``. Connects only when first used.

        Raises:
            InvalidDatabaseUrlError: the URL cannot be read.
        """
        engine = make_async_engine(url)
        return cls(
            engine=engine,
            reads=make_async_session_factory(read_only(engine)),
            transact=Transact(make_async_session_factory(engine)),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


async def provide_session(state: State) -> AsyncIterator[AsyncSession]:
    """Yield the read-only session of one request. It is closed before the answer is sent."""
    database: WebDatabase = state.database
    async with database.reads() as session:
        yield session


def provide_transact(state: State) -> Transact:
    """Return the callable that writes."""
    database: WebDatabase = state.database
    return database.transact


DEPENDENCIES = {
    "session": Provide(provide_session),
    "transact": Provide(provide_transact, sync_to_thread=False),
}
"""What a handler can ask for: ``session: NamedDependency[AsyncSession]`` to read, and
``transact: NamedDependency[Transact]`` to write."""
