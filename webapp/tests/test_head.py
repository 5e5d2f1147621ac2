"""HEAD answers as GET does, without the body."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from webapp.accounts.roles import Role

if TYPE_CHECKING:
    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio


async def test_head_says_what_get_says_without_the_body(browser: Browser) -> None:
    await browser.become(Role.VIEWER)
    for path in (
        "/health/live",
        "/health/ready",
        "/stock",
        "/stock/1",
        "/nothing",
        "/api/v1/stock",
    ):
        asked, got = await browser.http.head(path), await browser.get(path)
        assert asked.status_code == got.status_code, path
        assert asked.content == b""
        for name in ("content-type", "content-security-policy", "cache-control"):
            assert asked.headers[name] == got.headers[name]
    assert (await browser.http.head("/static/app.css")).status_code == 200


async def test_head_needs_the_same_right(browser: Browser) -> None:
    assert (await browser.http.head("/login")).status_code == 200
    asked = await browser.http.head("/stock")
    assert (asked.status_code, asked.headers["location"]) == (303, "/login?next=/stock")
    assert (await browser.http.head("/api/v1/stock")).status_code == 401


async def test_streams_and_changes_take_no_head(browser: Browser) -> None:
    await browser.become(Role.ADMIN)
    for path in ("/live/stock", "/api/v1/stock/stream", "/logout"):
        assert (await browser.http.head(path)).status_code == 405
