"""Every answer carries the security headers: pages, fragments, files, errors, redirects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from webapp.accounts.roles import Role
from webapp.page import STATIC
from webapp.settings import Settings

if TYPE_CHECKING:
    from webapp.tests.harness import Browser, Opener

pytestmark = pytest.mark.anyio

PATHS = [
    "/login",
    "/style",
    "/nothing",
    "/static/app.css",
    "/static/nothing.css",
    "/health/live",
    "/health/ready",
    "/api/v1/schema/openapi.json",
    "/api/v1/nothing",
]


@pytest.mark.parametrize("role", [None, Role.ADMIN])
@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_has_the_headers(browser: Browser, path: str, role: Role | None) -> None:
    await browser.become(role)
    answer = await browser.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "img-src 'self' data:" in policy
    assert "unsafe" not in policy
    for rule in ("base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
        assert rule in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera" in answer.headers["permissions-policy"]
    assert "server" not in answer.headers


@pytest.mark.parametrize("path", ["/login", "/style", "/nothing"])
async def test_pages_obey_their_own_policy(browser: Browser, path: str) -> None:
    await browser.become(Role.ADMIN if path != "/login" else None)
    text = (await browser.get(path)).text
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"\sstyle=", text)
    assert not re.search(r"\son\w+=", text)
    assert not re.search(r"(?:src|action)=[\"']https?:", text)


async def test_pages_are_not_kept_and_versioned_files_are_for_ever(browser: Browser) -> None:
    assert (await browser.get("/login")).headers["cache-control"] == "no-store"
    kept = (await browser.get("/static/app.css?v=1")).headers["cache-control"]
    assert kept == "public, max-age=31536000, immutable"
    assert "immutable" not in (await browser.get("/static/app.css")).headers["cache-control"]
    missing = await browser.get("/static/nothing.css?v=1")
    assert missing.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd"],
)
async def test_only_static_files_are_served(browser: Browser, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 404
    assert str(STATIC.parent) not in answer.text


async def test_other_hosts_are_refused_when_ours_are_named(sqlite_url: str, opener: Opener) -> None:
    settings = Settings(database_url=sqlite_url, allowed_hosts=("shop.test", "::1"), jobs=False)
    async with opener(settings) as browser:
        assert (await browser.get("/login")).status_code == 200
        for host, status in (
            ("SHOP.test:8000", 200),
            ("[::1]:8000", 200),
            ("evil.example", 421),
            ("shop.test.evil.example", 421),
            ("evil.example:8000", 421),
        ):
            answer = await browser.get("/login", headers={"host": host})
            assert answer.status_code == status, host
