"""A stream ends by itself: at its age, with its session, and never with a heavy heart."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from webapp.accounts.roles import Role
from webapp.accounts.sessions import end_session
from webapp.live import pulse as pulse_module
from webapp.live import stream as stream_module
from webapp.security import session_cookie_name
from webapp.tests.harness import PATIENCE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio

STREAM = "/api/v1/stock/stream"


@pytest.fixture(autouse=True)
def _quick_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse_module, "PULSE_SECONDS", 0.05)
    monkeypatch.setattr(pulse_module, "HEARTBEAT_SECONDS", 0.0)


async def test_it_has_an_age_after_which_the_client_comes_back(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "LONGEST_SECONDS", 0.4)
    await browser.become(Role.VIEWER)
    async with asyncio.timeout(PATIENCE):
        answer = await browser.get(STREAM)
    assert answer.status_code == 200
    assert answer.text.startswith("retry: ")
    assert ": \n\n" in answer.text
    assert browser.app.state.hub.listeners.count() == 0


async def test_it_ends_with_its_session(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse_module, "RECHECK_SECONDS", 0.1)
    monkeypatch.setattr(pulse_module, "SESSIONS_SECONDS", 0.0)
    await browser.become(Role.VIEWER)
    token = browser.http.cookies[session_cookie_name(browser.app.state.settings)]
    listening = asyncio.create_task(browser.get(STREAM))
    await asyncio.sleep(0.5)
    assert not listening.done()
    await browser.database.transact(end_session, token)
    async with asyncio.timeout(PATIENCE):
        answer = await listening
    assert answer.status_code == 200
    assert (await browser.get(STREAM)).status_code == 401


async def test_a_database_that_cannot_be_asked_ends_no_stream(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse_module, "RECHECK_SECONDS", 0.0)
    monkeypatch.setattr(pulse_module, "SESSIONS_SECONDS", 0.0)
    monkeypatch.setattr(stream_module, "LONGEST_SECONDS", 5.0)
    await browser.become(Role.VIEWER)
    listening = asyncio.create_task(browser.get(STREAM))
    await asyncio.sleep(0.2)

    def lose_the_sessions(session: Session) -> None:
        session.execute(text("ALTER TABLE commerce_web_session RENAME TO commerce_web_lost"))

    await browser.database.transact(lose_the_sessions)
    await asyncio.sleep(0.4)
    assert not listening.done()
    async with asyncio.timeout(PATIENCE):
        assert (await listening).status_code == 200


async def test_nobody_hangs_on_the_head_of_a_stream(browser: Browser) -> None:
    await browser.become(Role.VIEWER)
    async with asyncio.timeout(PATIENCE):
        assert (await browser.http.head("/live/stock")).status_code == 405


async def test_a_process_that_ends_takes_no_new_streams(browser: Browser) -> None:
    await browser.become(Role.VIEWER)
    browser.app.state.drain.begin()
    async with asyncio.timeout(PATIENCE):
        answer = await browser.get(STREAM)
    assert answer.status_code == 503
