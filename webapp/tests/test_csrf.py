"""Nothing is changed by a request that another site made a browser send."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from litestar import Router, get, post
from litestar.response import Template

import webapp.app
from webapp.accounts.roles import Role
from webapp.csrf import MOST_BYTES, MOST_FIELDS, FormToken
from webapp.security import Right

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any

    from webapp.settings import Settings
    from webapp.tests.harness import Browser, Opener

pytestmark = pytest.mark.anyio

COOKIE = "commerce_session"
changes: list[str] = []


@post("/change", right=Right.CHANGE_STOCK, sync_to_thread=False, status_code=200)
def change() -> str:
    """Something that must not happen by itself."""
    changes.append("changed")
    return "done"


@get("/form", right=Right.VIEW_STOCK, sync_to_thread=False)
def form() -> Template:
    """A page with our form field and the header for htmx."""
    return Template(
        template_str='{% include "kit/_csrf.html" %}|{{ csrf_token() }}', media_type="text/html"
    )


@pytest.fixture
async def browser(
    monkeypatch: pytest.MonkeyPatch, opener: Opener, settings: Settings
) -> AsyncIterator[Browser]:
    changes.clear()
    router = Router("/", route_handlers=[change, form])
    monkeypatch.setattr(webapp.app, "ROUTERS", (*webapp.app.ROUTERS, router))
    async with opener(settings) as opened:
        await opened.become(Role.CLERK)
        yield opened


async def test_a_form_of_ours_works(browser: Browser) -> None:
    page = await browser.get("/form")
    field, header = page.text.split("|")
    assert f'value="{header}"' in field
    answer = await browser.http.post("/change", data={"_csrf_token": header})
    assert answer.status_code == 200
    answer = await browser.http.post("/change", files={"file": b"x"}, data={"_csrf_token": header})
    assert answer.status_code == 200
    answer = await browser.http.post("/change", headers={"X-CSRF-Token": header})
    assert answer.status_code == 200
    assert changes == ["changed"] * 3


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"data": {"_csrf_token": ""}},
        {"data": {"_csrf_token": "0" * 64}},
        {"data": {"_csrf_token": "ä"}},
        {"headers": {"X-CSRF-Token": "1" * 64}},
        {"json": {"_csrf_token": "0" * 64}},
        {"content": b"\x00\xff", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
    ],
)
async def test_without_the_right_token_nothing_happens(
    browser: Browser, sent: dict[str, Any]
) -> None:
    answer = await browser.http.post("/change", **sent)
    assert answer.status_code in {400, 403}
    assert changes == []


FORM = {"content-type": "application/x-www-form-urlencoded"}


async def test_a_form_from_nowhere_is_not_even_read(browser: Browser) -> None:
    await browser.become(None)
    browser.http.cookies.clear()
    body = b"a=1&" * (MOST_BYTES // 2)
    answer = await browser.http.post("/login", content=body, headers=FORM)
    assert answer.status_code == 403  # 413 would mean that somebody looked at the body


async def test_too_large_a_form_is_refused_before_it_is_parsed(browser: Browser) -> None:
    await browser.become(None)
    await browser.token()
    fields = b"&".join(b"a%d=1" % number for number in range(MOST_FIELDS + 1))
    answer = await browser.http.post("/login", content=fields, headers=FORM)
    assert answer.status_code == 413
    assert "too many fields" in answer.text
    long = b"a=" + b"x" * MOST_BYTES
    assert (await browser.http.post("/login", content=long, headers=FORM)).status_code == 413
    files = {"file": b"x" * MOST_BYTES}
    assert (await browser.http.post("/login", files=files)).status_code == 413
    parts = {f"a{number}": (None, "1") for number in range(MOST_FIELDS + 1)}
    assert (await browser.http.post("/login", files=parts)).status_code in {400, 413}


async def test_the_answer_says_what_to_do_and_still_has_working_forms(browser: Browser) -> None:
    answer = await browser.http.post("/change")
    assert "This page is out of date. Load it again" in answer.text
    assert f'value="{await browser.token()}"' in answer.text


async def test_a_token_of_another_session_is_worth_nothing(browser: Browser) -> None:
    stolen = await browser.token()
    await browser.become(Role.ADMIN)
    answer = await browser.http.post("/change", data={"_csrf_token": stolen})
    assert answer.status_code == 403
    assert changes == []


async def test_the_token_does_not_give_away_the_session(browser: Browser) -> None:
    cookie = browser.http.cookies[COOKIE]
    token = await browser.token()
    assert cookie not in token
    assert token == FormToken(cookie).value()
    assert len(token) == 64


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://shop.test.evil.example"},
        {"Origin": "http://shop.test:8080"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://shop.test"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_origin_is_refused_even_with_the_token(
    browser: Browser, headers: dict[str, str]
) -> None:
    answer = await browser.http.post(
        "/change", data={"_csrf_token": await browser.token()}, headers=headers
    )
    assert answer.status_code == 403
    assert changes == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://shop.test"},
        {"Origin": "https://shop.test"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_our_own_origin_is_let_through(browser: Browser, headers: dict[str, str]) -> None:
    answer = await browser.http.post(
        "/change", data={"_csrf_token": await browser.token()}, headers=headers
    )
    assert answer.status_code == 200


async def test_signing_in_needs_the_token_too(browser: Browser) -> None:
    await browser.become(None)
    fields = {"email": "clerk@example.com", "password": "correct horse battery"}
    answer = await browser.http.post("/login", data=fields)
    assert answer.status_code == 403
    await browser.token()
    answer = await browser.http.post("/login", data={**fields, "_csrf_token": "0" * 64})
    assert answer.status_code == 403
    assert COOKIE not in browser.http.cookies


async def test_two_tabs_that_sign_in_share_one_token(browser: Browser) -> None:
    await browser.become(None)
    first = await browser.token()
    assert await browser.token() == first


async def test_a_form_sent_after_the_session_ended_leads_to_the_sign_in_page(
    browser: Browser,
) -> None:
    token = await browser.token()
    browser.http.cookies.set(COOKIE, "ended")
    answer = await browser.http.post(
        "/change",
        data={"_csrf_token": token},
        headers={"referer": "http://shop.test/form?page=2"},
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/form%3Fpage%3D2"
    assert changes == []


async def test_reading_pages_sets_no_cookie_unless_a_form_asked_for_it(browser: Browser) -> None:
    await browser.become(None)
    for path in ("/health/live", "/static/app.css", "/nothing"):
        assert "set-cookie" not in (await browser.get(path)).headers
