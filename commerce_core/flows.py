"""Flows: units of work that need several transactions, and the only code that commits.

A flow is a generator. It yields ``Transaction(step)``, a function of a session that the driver
runs and commits, or ``Call(request)``, something to ask of the outside world while no
transaction is open, and gets the outcome back (a failure is raised at the ``yield``). The same
generator runs under both drivers, ``run_flow`` and ``run_flow_async``.

``run_in_transaction`` is the flow of one step: it begins, commits, and tries again after a
deadlock or serialisation failure.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from commerce_core.database import translate_database_error
from commerce_core.database.driver_errors import is_retriable
from commerce_core.errors import ConcurrencyError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
    from sqlalchemy.orm import Session, sessionmaker

_Result = TypeVar("_Result")

ATTEMPTS: Final = 5
_FIRST_PAUSE_SECONDS: Final = 0.01
PATIENCE_SECONDS: Final = 10.0
"""After this time nothing is tried again: on SQLite one attempt alone may wait this long for the
write lock, and who waits for an answer has waited enough."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One step of a flow: ``step(session)`` runs in a transaction that the driver commits."""

    step: Callable[[Session], Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A request to the outside world. Whoever runs the flow says how it is performed."""

    request: Any


Flow = Generator[Transaction | Call, Any, _Result]
"""A generator of commands that returns the flow's result."""


def run_flow(
    factory: sessionmaker[Session],
    flow: Flow[_Result],
    *,
    perform: Callable[[Any], Any] | None = None,
    attempts: int = ATTEMPTS,
) -> _Result:
    """Drive ``flow`` to its end and return its result. Commits after each step.

    ``perform(request)`` answers each ``Call``. What a step or call raises is raised inside the
    flow, which may handle it; what the flow raises comes out of here.
    """
    outcome: Any = None
    failure: Exception | None = None
    while True:
        try:
            command = flow.send(outcome) if failure is None else flow.throw(failure)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # StopIteration is not generic
        outcome, failure = None, None
        try:
            if isinstance(command, Transaction):
                outcome = run_in_transaction(factory, command.step, attempts=attempts)
            else:
                outcome = _require(perform)(command.request)
        except Exception as exc:  # noqa: BLE001 - the flow decides what a failure means
            failure = exc


async def run_flow_async(
    factory: async_sessionmaker[AsyncSession],
    flow: Flow[_Result],
    *,
    perform: Callable[[Any], Awaitable[Any]] | None = None,
    attempts: int = ATTEMPTS,
) -> _Result:
    """Drive ``flow`` as ``run_flow`` does, on an event loop."""
    outcome: Any = None
    failure: Exception | None = None
    while True:
        try:
            command = flow.send(outcome) if failure is None else flow.throw(failure)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # StopIteration is not generic
        outcome, failure = None, None
        try:
            if isinstance(command, Transaction):
                outcome = await run_in_transaction_async(factory, command.step, attempts=attempts)
            else:
                outcome = await _require(perform)(command.request)
        except Exception as exc:  # noqa: BLE001 - the flow decides what a failure means
            failure = exc


def run_in_transaction(
    factory: sessionmaker[Session], fn: Callable[[Session], _Result], *, attempts: int = ATTEMPTS
) -> _Result:
    """Run ``fn(session)`` in a transaction of its own, commit, and return its result.

    After a deadlock or serialisation failure it is run again from the start, at most
    ``attempts`` times and not after ten seconds, so ``fn`` must have no effect but those on the
    session.

    Raises:
        ConcurrencyError: every attempt was chosen as a victim.
        DatabaseError: the database does not answer, or is not migrated.
    """
    began = time.monotonic()
    for attempt in range(1, attempts + 1):
        try:
            with factory() as session, session.begin():
                return fn(session)
        except (SQLAlchemyError, ConcurrencyError) as exc:
            is_last = attempt == attempts or time.monotonic() - began >= PATIENCE_SECONDS
            pause = _pause_or_raise(exc, attempt, is_last=is_last)
        time.sleep(pause)
    raise AssertionError  # pragma: no cover - the last attempt returns or raises


async def run_in_transaction_async(
    factory: async_sessionmaker[AsyncSession],
    fn: Callable[[Session], _Result],
    *,
    attempts: int = ATTEMPTS,
) -> _Result:
    """Run ``fn`` as ``run_in_transaction`` does, through ``AsyncSession.run_sync``.

    The work is a task of its own, shielded from the caller's cancellation and joined before
    this returns: a cancelled request never leaves SQLite's write lock behind, and either
    commits or rolls back completely.
    """
    began = time.monotonic()
    for attempt in range(1, attempts + 1):
        try:
            return await joined(_unit_of_work(factory, fn))
        except (SQLAlchemyError, ConcurrencyError) as exc:
            is_last = attempt == attempts or time.monotonic() - began >= PATIENCE_SECONDS
            pause = _pause_or_raise(exc, attempt, is_last=is_last)
        await asyncio.sleep(pause)
    raise AssertionError  # pragma: no cover - the last attempt returns or raises


async def _unit_of_work(
    factory: async_sessionmaker[AsyncSession], fn: Callable[[Session], _Result]
) -> _Result:
    async with factory() as session, session.begin():
        return await session.run_sync(fn)


async def joined(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Await ``work`` as a task that runs to its end, however often the caller is cancelled."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # it was seen: no "never retrieved" warning
        raise


def _pause_or_raise(
    error: SQLAlchemyError | ConcurrencyError, attempt: int, *, is_last: bool
) -> float:
    """Return how long to wait before the next attempt, or raise what ends the matter."""
    if not is_retriable(error):
        if isinstance(error, ConcurrencyError):
            raise error
        raise translate_database_error(error) from error
    if is_last:
        message = f"the database stayed too busy: {attempt} attempts, each stopped by another"
        raise ConcurrencyError(message, attempts=attempt) from error
    jitter = random.uniform(0.5, 1.5)  # noqa: S311 - not a secret
    return _FIRST_PAUSE_SECONDS * float(2**attempt) * jitter


def _require(perform: Callable[[Any], _Result] | None) -> Callable[[Any], _Result]:
    if perform is None:
        message = "this flow makes calls: pass perform= to say how they are made"
        raise TypeError(message)
    return perform
