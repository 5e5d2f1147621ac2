"""Signing in and out over HTTP, on both databases."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from webapp.accounts import passwords, signin
from webapp.accounts.models import LoginThrottle, WebSession
from webapp.accounts.roles import Role
from webapp.accounts.sessions import find_identity, hash_token
from webapp.accounts.throttle import _LIMITS
from webapp.accounts.users import get_user, set_user_password
from webapp.security import live_sessions
from webapp.settings import Settings

if TYPE_CHECKING:
    from litestar import Litestar
    from sqlalchemy.orm import Session

    from webapp.database import WebBase
    from webapp.tests.harness import Browser, Opener

from webapp.tests.harness import frozen_clock, log_in_from

pytestmark = pytest.mark.anyio

PASSWORD = "correct horse battery"
CLERK = "clerk@example.com"
COOKIE = "commerce_session"


async def count(app: Litestar, model: type[WebBase]) -> int:
    async with app.state.database.reads() as session:
        return int(await session.scalar(select(func.count()).select_from(model)) or 0)


async def test_the_right_password_opens_the_page_that_was_wanted(
    any_url: str, opener: Opener
) -> None:
    async with opener(Settings(database_url=any_url, jobs=False)) as browser:
        away = await browser.get("/health/live?x=1")
        assert away.status_code == 200
        refused = await browser.get("/style?x=1")
        assert refused.status_code == 303
        assert refused.headers["location"] == "/login?next=/style%3Fx%3D1"
        page = await browser.get(refused.headers["location"])
        assert 'name="next" value="/style?x=1"' in page.text
        answer = await browser.log_in("ADMIN@example.com ", next="/style?x=1")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/style?x=1"
        assert (await browser.get("/style")).status_code == 200


async def test_the_cookie_holds_a_token_whose_hash_alone_is_stored(browser: Browser) -> None:
    answer = await browser.log_in(CLERK)
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Max-Age" not in cookie
    assert "Secure" not in cookie
    token = browser.http.cookies[COOKIE]
    assert len(token) >= 43
    async with browser.app.state.database.reads() as session:
        stored = (await session.scalars(select(WebSession))).one()
    assert stored.token_hash == hash_token(token)
    assert token.encode() not in stored.token_hash


async def test_under_https_cookies_are_secure_and_pinned_to_the_host(
    sqlite_url: str, opener: Opener
) -> None:
    settings = Settings(database_url=sqlite_url, secure_cookies=True, jobs=False)
    async with opener(settings, base_url="https://shop.test") as browser:
        page = await browser.get("/login")
        answer = await browser.log_in(CLERK)
    for cookie, name in (
        (page.headers["set-cookie"], "__Host-commerce_form"),
        (answer.headers["set-cookie"], "__Host-commerce_session"),
    ):
        assert cookie.startswith(f"{name}=")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
    assert answer.headers["strict-transport-security"].startswith("max-age=")


async def test_staying_signed_in_outlives_the_browser(browser: Browser) -> None:
    answer = await browser.log_in(CLERK, stay="on")
    assert f"Max-Age={30 * 24 * 3600}" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("email", "password"),
    [(CLERK, "wrong"), ("nobody@example.com", PASSWORD), ("", ""), (CLERK, "x" * 100_000)],
)
async def test_what_is_wrong_is_not_said(email: str, password: str, browser: Browser) -> None:
    answer = await browser.log_in(email, password)
    assert answer.status_code == 422
    assert "E-mail or password is not right" in answer.text
    assert COOKIE not in browser.http.cookies
    if password:
        assert password not in answer.text


async def test_an_unknown_account_costs_a_real_verification(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    async def spy(password: str, password_hash: str | None) -> bool:
        seen.append(password_hash)
        return await real(password, password_hash)

    real = passwords.verify_password_async
    monkeypatch.setattr(signin, "verify_password_async", spy)
    await browser.log_in("nobody@example.com", PASSWORD)
    assert seen == [None]


async def test_an_account_that_is_off_cannot_sign_in_and_its_sessions_end(browser: Browser) -> None:
    await browser.become(Role.CLERK)
    assert (await browser.get("/api/v1/schema/openapi.json")).status_code == 200

    def switch_off(session: Session) -> None:
        get_user(session, email=CLERK).is_active = False

    await browser.app.state.database.transact(switch_off)
    assert (await browser.get("/api/v1/schema/openapi.json")).status_code == 401
    browser.http.cookies.clear()
    assert (await browser.log_in(CLERK)).status_code == 422


async def test_signing_in_gives_a_new_token_and_kills_the_old_one(browser: Browser) -> None:
    await browser.log_in(CLERK)
    old = browser.http.cookies[COOKIE]
    await browser.log_in("admin@example.com")
    new = browser.http.cookies[COOKIE]
    assert new != old
    assert await count(browser.app, WebSession) == 1
    browser.http.cookies.clear()
    browser.http.cookies.set(COOKIE, old)
    assert (await browser.get("/api/v1/schema/openapi.json")).status_code == 401


async def test_a_token_planted_before_sign_in_is_never_used(browser: Browser) -> None:
    browser.http.cookies.set(COOKIE, "planted")
    page = await browser.get("/login")
    assert page.status_code == 200
    browser.http.cookies.delete(COOKIE)
    token = await browser.token()
    browser.http.cookies.set(COOKIE, "planted")
    await browser.http.post(
        "/login", data={"email": CLERK, "password": PASSWORD, "_csrf_token": token}
    )
    jar = [c.value for c in browser.http.cookies.jar if c.name == COOKIE]
    async with browser.app.state.database.reads() as session:
        stored = (await session.scalars(select(WebSession.token_hash))).one()
    assert stored != hash_token("planted")
    assert stored in {hash_token(value) for value in jar if value}


async def test_signing_out_ends_the_session_on_the_server(browser: Browser) -> None:
    await browser.log_in(CLERK)
    token = browser.http.cookies[COOKIE]
    answer = await browser.post("/logout")
    assert answer.headers["location"] == "/login"
    assert COOKIE not in browser.http.cookies
    assert await count(browser.app, WebSession) == 0
    browser.http.cookies.set(COOKIE, token)
    assert (await browser.get("/api/v1/schema/openapi.json")).status_code == 401


async def test_a_new_password_ends_all_sessions_of_the_account(
    browser: Browser, password_hash: str
) -> None:
    await browser.become(Role.CLERK)

    def change(session: Session) -> None:
        set_user_password(session, get_user(session, email=CLERK), password_hash, actor="tests")

    await browser.app.state.database.transact(change)
    assert (await browser.get("/api/v1/schema/openapi.json")).status_code == 401


async def test_a_session_ends_when_it_is_idle_and_pages_keep_it_alive(browser: Browser) -> None:
    with frozen_clock() as clock:
        await browser.become(Role.CLERK)
        for _ in range(3):
            clock.move(minutes=200)
            assert (await browser.get("/api/v1/schema/openapi.json")).status_code == 200
        clock.move(minutes=241)
        assert (await browser.get("/api/v1/schema/openapi.json")).status_code == 401


async def test_a_session_ends_after_its_lifetime_however_busy(browser: Browser) -> None:
    with frozen_clock() as clock:
        await browser.become(Role.CLERK)
        for _ in range(15):
            clock.move(minutes=60)
            assert (await browser.get("/api/v1/schema/openapi.json")).status_code == 200
        clock.move(minutes=61)
        assert (await browser.get("/api/v1/schema/openapi.json")).status_code == 401


async def test_a_stream_can_ask_whether_its_live_sessions_without_keeping_it_so(
    browser: Browser,
) -> None:
    database = browser.app.state.database
    with frozen_clock() as clock:
        await browser.become(Role.CLERK)
        async with database.reads() as session:
            row = (await session.scalars(select(WebSession))).one()
        token = browser.http.cookies[COOKIE]
        async with database.reads() as session:
            user = await session.run_sync(find_identity, token, as_of=clock.now())
        assert user is not None
        assert user.session_id == row.id
        for _ in range(4):
            clock.move(minutes=59)
            assert await live_sessions(database, [user.session_id]) == {user.session_id}
        clock.move(minutes=5)
        assert await live_sessions(database, [user.session_id]) == set()


async def test_guessing_is_slowed_down_and_the_right_password_waits_too(
    any_url: str, opener: Opener
) -> None:
    async with opener(Settings(database_url=any_url, jobs=False)) as browser:
        with frozen_clock() as clock:
            statuses = [(await browser.log_in(CLERK, f"wrong {n}")).status_code for n in range(6)]
            assert statuses == [422] * 5 + [429]
            answer = await browser.log_in(CLERK, PASSWORD)
            assert answer.status_code == 429
            assert int(answer.headers["retry-after"]) == 15 * 60 + 1
            assert "Try again in" in answer.text
            elsewhere = await log_in_from(browser.app, "198.51.100.7", CLERK, PASSWORD)
            assert elsewhere.status_code == 303
            clock.move(minutes=16)
            assert (await browser.log_in(CLERK, PASSWORD)).status_code == 303


async def test_attempts_made_at_the_same_moment_do_not_slip_through(
    any_url: str, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified = []

    async def spy(password: str, _hash: str | None) -> bool:
        verified.append(password)
        return False

    monkeypatch.setattr(signin, "verify_password_async", spy)
    async with opener(Settings(database_url=any_url, jobs=False)) as browser:
        answers = await asyncio.gather(
            *(log_in_from(browser.app, "203.0.113.9", CLERK, f"wrong {n}") for n in range(12))
        )
    assert len(verified) == 5
    assert sorted(answer.status_code for answer in answers) == [422] * 5 + [429] * 7


async def test_spelling_an_address_in_another_way_does_not_get_more_attempts(
    browser: Browser,
) -> None:
    spellings = [CLERK, CLERK.upper(), f" {CLERK}", f"{CLERK} ", "Clerk@Example.com", CLERK]
    statuses = [(await browser.log_in(text, "wrong")).status_code for text in spellings]
    assert statuses == [422] * 5 + [429]


async def test_an_unknown_account_is_slowed_down_just_the_same(browser: Browser) -> None:
    statuses = [(await browser.log_in("nobody@example.com", "x")).status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]


async def test_the_right_password_clears_the_count(browser: Browser) -> None:
    for _ in range(4):
        await browser.log_in(CLERK, "wrong")
    assert (await browser.log_in(CLERK)).status_code == 303
    browser.http.cookies.clear()
    statuses = [(await browser.log_in(CLERK, "wrong")).status_code for _ in range(5)]
    assert statuses == [422] * 5


async def test_right_passwords_are_not_counted_against_an_office(browser: Browser) -> None:
    """Behind one address, all day: a right password leaves the wide counters as they were."""
    for _ in range(2):
        assert (await browser.log_in("admin@example.com", "wrong")).status_code == 422
    for _ in range(_LIMITS["address"] + 5):
        browser.http.cookies.clear()
        assert (await browser.log_in(CLERK)).status_code == 303
    async with browser.app.state.database.reads() as session:
        counted = (await session.scalars(select(LoginThrottle.attempts))).all()
    assert counted == [2, 2, 2]  # the admin, the pair, the address; nothing of the clerk


async def test_the_counters_name_nobody(browser: Browser) -> None:
    await browser.log_in(CLERK, "wrong")
    async with browser.app.state.database.reads() as session:
        rows = (await session.scalars(select(LoginThrottle))).all()
    assert len(rows) == 3
    assert all(len(row.key) == 32 and b"clerk" not in row.key for row in rows)


async def test_a_password_changed_during_the_check_does_not_let_the_old_one_in(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, password_hash: str
) -> None:
    async def slow(password: str, known: str | None) -> bool:
        def change(session: Session) -> None:
            user = get_user(session, email=CLERK)
            set_user_password(session, user, password_hash[:-2] + "xx", actor="tests")

        await browser.app.state.database.transact(change)
        return await real(password, known)

    real = passwords.verify_password_async
    monkeypatch.setattr(signin, "verify_password_async", slow)
    assert (await browser.log_in(CLERK)).status_code == 422
    assert await count(browser.app, WebSession) == 0


async def test_the_sign_in_page_sends_on_who_is_signed_in(browser: Browser) -> None:
    await browser.become(Role.CLERK)
    answer = await browser.get("/login?next=/health/live")
    assert (answer.status_code, answer.headers["location"]) == (303, "/health/live")


async def test_a_session_row_is_written_at_most_every_few_minutes(browser: Browser) -> None:
    with frozen_clock() as clock:
        await browser.become(Role.CLERK)
        start = clock.now()
        clock.move(minutes=4)
        await browser.get("/login")
        assert await seen_at(browser.app) == start
        clock.move(minutes=2)
        await browser.get("/login")
        assert await seen_at(browser.app) == start + timedelta(minutes=6)


async def seen_at(app: Litestar) -> datetime:
    async with app.state.database.reads() as session:
        found: datetime = (await session.scalars(select(WebSession.seen_at))).one()
    return found
