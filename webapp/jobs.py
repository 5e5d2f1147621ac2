"""Small clean-up jobs inside the web process: what runs, how often, and nothing else.

Each job is one function of the library in one transaction, safe to run in several processes at
once. Heavy work does not belong here: it would stop the pages.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from litestar import Litestar
from sqlalchemy.orm import Session

from commerce_core.clock import utc_now
from commerce_core.errors import CommerceError
from commerce_core.idempotency import forget_old_keys
from webapp.accounts.sessions import delete_ended_sessions
from webapp.accounts.throttle import delete_old_attempts
from webapp.database import Transact, WebDatabase
from webapp.products.import_reading import forget_old_uploads
from webapp.reservations.sweep import sweep_reservations
from webapp.settings import Settings

_logger: Final = logging.getLogger("webapp.jobs")


class Step(Protocol):
    """A function of the library that does the job."""

    def __call__(self, session: Session, *, as_of: datetime) -> Any:
        """Do it, as of this moment; the caller commits."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """A step that runs again and again. It first runs one interval after the start."""

    name: str
    every: timedelta
    step: Step


JOBS: Final[Sequence[Job]] = (
    Job("delete ended sessions", timedelta(hours=1), delete_ended_sessions),
    Job("delete old sign-in attempts", timedelta(hours=1), delete_old_attempts),
    Job("expire reservations", timedelta(seconds=1), sweep_reservations),
    Job("forget old idempotency keys", timedelta(hours=24), forget_old_keys),
    Job("forget old product files", timedelta(hours=24), forget_old_uploads),
)
"""Every job. A new one adds one line."""


async def run_job(job: Job, transact: Transact) -> None:
    """Run ``job`` once, as of now. A failure is logged: the next run may do better."""
    try:
        await transact(job.step, as_of=utc_now())
    except CommerceError as exc:
        _logger.warning("job %r failed: %s", job.name, exc.message)


@asynccontextmanager
async def run_jobs(app: Litestar) -> AsyncIterator[None]:
    """Run all jobs while the application runs, unless the settings say no."""
    settings: Settings = app.state.settings
    database: WebDatabase = app.state.database
    if not settings.jobs:
        yield
        return
    running: set[asyncio.Task[Any]] = set()

    async def run(job: Job) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - the scheduler runs coroutines as tasks
        running.add(task)
        task.add_done_callback(running.discard)
        # The scheduler would log the end of the process as a failure, with a traceback.
        with suppress(asyncio.CancelledError):
            await run_job(job, database.transact)

    scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1})
    for job in JOBS:
        seconds = job.every.total_seconds()
        scheduler.add_job(run, "interval", args=[job], seconds=seconds, name=job.name)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)
        if running:  # cancelled by now, but each joins its transaction first
            await asyncio.wait(running)
