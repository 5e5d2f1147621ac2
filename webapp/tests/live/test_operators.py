"""What operators see: the page, and the figures for Prometheus."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from webapp.accounts.roles import Role
from webapp.live.topics import Topic

if TYPE_CHECKING:
    from webapp.settings import Settings
    from webapp.tests.harness import Browser, Opener

pytestmark = pytest.mark.anyio


async def test_the_page_shows_this_process_and_its_streams(browser: Browser) -> None:
    await browser.become(Role.MANAGER)
    hub = browser.app.state.hub

    hub.subscribe(Topic("low"), "json", owner="somebody")
    page = (await browser.get("/live")).text
    assert hub.name in page
    assert "Reads alone" in page
    assert "Low stock" in page
    fragment = (await browser.get("/live-figures")).text
    assert 'id="live-figures"' in fragment
    assert "<html" not in fragment


async def test_prometheus_reads_with_the_token_and_nobody_without(
    settings: Settings, opener: Opener
) -> None:
    async with opener(replace(settings, metrics_token="open sesame")) as browser:
        assert (await browser.get("/metrics")).status_code == 404
        wrong = {"authorization": "Bearer open says me"}
        assert (await browser.get("/metrics", headers=wrong)).status_code == 404
        right = {"authorization": "Bearer open sesame"}
        answer = await browser.get("/metrics", headers=right)
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        lines = answer.text.splitlines()
        assert "commerce_live_deaf 0" in lines
        assert "# TYPE commerce_live_frames_total counter" in lines
        samples = [line for line in lines if not line.startswith("#")]
        assert all(float(line.rpartition(" ")[2]) >= 0 for line in samples)
