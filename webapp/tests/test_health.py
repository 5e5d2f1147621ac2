"""The probes: alive, ready, and why not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from commerce_core import make_engine
from commerce_core.errors import CommerceError
from webapp import health
from webapp.health import Finding, Readiness
from webapp.settings import Settings

if TYPE_CHECKING:
    from webapp.tests.harness import Browser, Opener

pytestmark = pytest.mark.anyio


async def test_a_working_process_is_live_and_ready(any_url: str, opener: Opener) -> None:
    async with opener(Settings(database_url=any_url, jobs=False)) as browser:
        assert (await browser.get("/health/live")).json() == {"status": "live"}
        answer = await browser.get("/health/ready")
    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == "ready"
    assert body["reasons"] == []
    database = body["checks"]["database"]
    assert len(database["epoch"]) > 4
    assert database["lag_seconds"] == 0
    assert database["oldest_writer"] is None


@pytest.mark.postgres
async def test_the_oldest_writer_is_named(postgres_url: str, opener: Opener) -> None:
    blocker = make_engine(postgres_url)
    async with opener(Settings(database_url=postgres_url, jobs=False)) as browser:
        with blocker.connect() as connection:
            connection.execute(text("CREATE TABLE held_open (id int)"))
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            writer = (await browser.get("/health/ready")).json()["checks"]["database"][
                "oldest_writer"
            ]
            connection.rollback()
    blocker.dispose()
    assert writer["pid"] == pid
    assert writer["database"] in postgres_url
    assert writer["age_seconds"] >= 0


async def test_a_database_that_lost_its_tables_is_red_with_the_reason(
    browser: Browser, settings: Settings
) -> None:
    engine = make_engine(settings.database_url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE commerce_web_version"))
    engine.dispose()
    answer = await browser.get("/health/ready")
    assert answer.status_code == 503
    (reason,) = answer.json()["reasons"]
    assert reason.startswith("database: ")
    assert "commerce migrate" in reason


async def test_a_check_that_fails_makes_it_red_and_a_warning_does_not(browser: Browser) -> None:
    async def broken() -> Finding:
        raise CommerceError("the hub is deaf")

    async def slow_but_well() -> Finding:
        return Finding({"streams": 3}, warnings=["one client is slow"])

    readiness = browser.app.state.readiness
    readiness.add("streams", slow_but_well)
    assert (await browser.get("/health/ready")).status_code == 200
    readiness.add("hub", broken)
    answer = await browser.get("/health/ready")
    assert answer.status_code == 503
    body = answer.json()
    assert body["reasons"] == ["hub: the hub is deaf"]
    assert body["warnings"] == ["streams: one client is slow"]
    assert body["checks"]["streams"] == {"streams": 3}


async def test_a_check_that_hangs_does_not_hang_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.05)

    async def hanging() -> Finding:
        await asyncio.sleep(60)
        return Finding()

    readiness = Readiness()
    readiness.add("relay", hanging)
    assert (await readiness.examine())["relay"].faults == ["no answer within 0.05 s"]


async def test_a_process_that_drains_is_not_ready(browser: Browser) -> None:
    called = []
    browser.app.state.drain.add(lambda: called.append("ended"))
    browser.app.state.drain.begin()
    browser.app.state.drain.begin()
    assert called == ["ended"]
    answer = await browser.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["the process is shutting down"]
    assert (await browser.get("/health/live")).status_code == 200
