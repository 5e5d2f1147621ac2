"""The clean-up jobs delete what has ended and nothing else."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text

import webapp.jobs
from commerce_core import make_engine, make_session_factory
from commerce_core.errors import CommerceError
from commerce_core.idempotency import IdempotencyKey, claim
from webapp.accounts.models import LoginThrottle, WebSession
from webapp.accounts.roles import Role
from webapp.accounts.users import get_user
from webapp.jobs import JOBS, Job, run_job
from webapp.settings import Settings

if TYPE_CHECKING:
    from datetime import datetime

    from litestar import Litestar
    from sqlalchemy.orm import Session

    from webapp.tests.harness import Browser, Opener

from webapp.tests.harness import PATIENCE, frozen_clock

pytestmark = pytest.mark.anyio


async def counts(app: Litestar) -> list[int]:
    models = (WebSession, LoginThrottle, IdempotencyKey)
    async with app.state.database.reads() as session:
        return [await session.scalar(select(func.count()).select_from(model)) for model in models]


async def test_jobs_delete_what_has_ended_and_nothing_else(any_url: str, opener: Opener) -> None:
    async with opener(Settings(database_url=any_url, jobs=False)) as browser:
        transact = browser.app.state.database.transact

        def use_key(session: Session, key: str) -> None:
            claim(session, actor="tests", verb="test", key=key, fingerprint="x").record(None)

        with frozen_clock() as clock:
            await browser.become(Role.CLERK)
            await browser.become(None)
            await browser.log_in("clerk@example.com", "wrong")
            await transact(use_key, "old")
            clock.move(days=31)
            await browser.become(Role.CLERK)
            await transact(use_key, "new")
            assert await counts(browser.app) == [2, 3, 2]
            for job in JOBS:
                await run_job(job, transact)
            assert await counts(browser.app) == [1, 0, 1]


async def test_a_job_that_fails_is_logged_and_does_not_stop_the_process(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(session: Session, *, as_of: datetime) -> None:
        raise CommerceError("no")

    with caplog.at_level(logging.WARNING, logger="webapp.jobs"):
        job = Job("fail", timedelta(hours=1), fail)
        await run_job(job, browser.app.state.database.transact)
    assert "'fail' failed: no" in caplog.text


async def test_jobs_run_while_the_application_runs(
    sqlite_url: str, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = asyncio.Event()
    loop = asyncio.get_running_loop()

    def note(session: Session, *, as_of: datetime) -> None:
        loop.call_soon_threadsafe(ran.set)

    monkeypatch.setattr(webapp.jobs, "JOBS", (Job("note", timedelta(seconds=0.05), note),))
    async with opener(Settings(database_url=sqlite_url)):
        await asyncio.wait_for(ran.wait(), timeout=PATIENCE)


async def test_a_job_under_way_at_the_end_is_finished_and_not_torn(
    sqlite_url: str,
    opener: Opener,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    started = asyncio.Event()
    loop = asyncio.get_running_loop()

    def rename(session: Session, *, as_of: datetime) -> None:
        get_user(session, email="clerk@example.com").name = "Renamed"
        session.flush()
        loop.call_soon(started.set)
        session.execute(text("SELECT 1"))

    monkeypatch.setattr(webapp.jobs, "JOBS", (Job("rename", timedelta(seconds=0.05), rename),))
    async with opener(Settings(database_url=sqlite_url)):
        await asyncio.wait_for(started.wait(), timeout=PATIENCE)
    engine = make_engine(sqlite_url)
    with make_session_factory(engine)() as session:
        assert get_user(session, email="clerk@example.com").name == "Renamed"
    engine.dispose()
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []
