"""Tokens of programs: good for the API, for nothing else, and only as long as they were given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from commerce_core import utc_now
from commerce_core.errors import InvalidTextError
from commerce_core.testing import make_variant
from webapp.accounts.roles import Role
from webapp.accounts.sessions import end_sessions_of
from webapp.accounts.tokens import (
    PREFIX,
    InvalidTokenError,
    TokenNotFoundError,
    issue_token,
    list_tokens,
    revoke_token,
)
from webapp.accounts.users import get_user, set_user_active
from webapp.cli import main
from webapp.tests.harness import email_of, frozen_clock
from webapp.tests.orders.shop import place

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.orm import Session

    from webapp.settings import Settings
    from webapp.tests.harness import Browser, Opener

pytestmark = pytest.mark.anyio

LEVELS = "/api/v1/stock"


@pytest.fixture
async def clerk(opener: Opener, settings: Settings) -> AsyncIterator[Browser]:
    async with opener(settings) as opened:
        await opened.become(Role.CLERK)
        yield opened


async def issued(browser: Browser, role: Role, *, days: int = 30, name: str = "board") -> str:
    def issue(session: Session) -> str:
        user = get_user(session, email=email_of(role))
        return issue_token(session, user, name=name, days=days, as_of=utc_now())

    token: str = await browser.database.transact(issue)
    return token


def shows(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def test_a_token_reads_the_api_without_any_cookie(clerk: Browser) -> None:
    token = await issued(clerk, Role.VIEWER)
    await clerk.become(None)
    assert (await clerk.get(LEVELS)).status_code == 401
    assert (await clerk.get(LEVELS, headers=shows(token))).status_code == 200
    assert (await clerk.get(LEVELS, headers={"authorization": f"bearer  {token}"})).is_success
    for wrong in (token[:-1], token + "x", "", PREFIX):
        assert (await clerk.get(LEVELS, headers=shows(wrong))).status_code == 401
    assert (await clerk.get(LEVELS, headers={"authorization": f"Basic {token}"})).status_code == 401


async def test_it_opens_no_page_and_is_no_cookie_nor_is_a_cookie_a_token(clerk: Browser) -> None:
    cookie = dict(clerk.http.cookies)
    token = await issued(clerk, Role.ADMIN)
    assert (await clerk.get(LEVELS, headers=shows(next(iter(cookie.values()))))).status_code == 401
    await clerk.become(None)
    assert (await clerk.get("/stock", headers=shows(token))).status_code in {303, 401}
    for name in cookie:
        clerk.http.cookies.set(name, token)
    assert (await clerk.get("/stock")).status_code in {303, 401}
    assert (await clerk.get(LEVELS)).status_code == 401


async def test_what_it_may_change_depends_on_the_role_and_no_form_token_is_asked(
    clerk: Browser,
) -> None:
    weak, strong = await issued(clerk, Role.VIEWER), await issued(clerk, Role.CLERK)
    await clerk.become(None)

    def order(session: Session) -> int:
        return place(session, {make_variant(session, sku="ALONE", on_hand=5).sku: 1}).id

    number = await clerk.database.transact(order)

    async def hold(token: str) -> int:
        path, reason = f"/api/v1/orders/{number}/steps/hold", {"reason": "late"}
        return (await clerk.http.post(path, json=reason, headers=shows(token))).status_code

    assert [await hold(token) for token in (weak, "wrong", strong)] == [403, 401, 200]


async def test_it_ends_at_its_time_when_revoked_and_with_its_account(
    opener: Opener, settings: Settings
) -> None:
    with frozen_clock() as clock:
        async with opener(settings) as browser:
            short = await issued(browser, Role.VIEWER, days=1)
            revoked = await issued(browser, Role.VIEWER, name="till")
            other = await issued(browser, Role.CLERK, name="scanner")
            clock.move(minutes=23 * 60)  # a browser that is idle so long is signed out
            assert (await browser.get(LEVELS, headers=shows(short))).status_code == 200
            clock.move(minutes=60)
            assert (await browser.get(LEVELS, headers=shows(short))).status_code == 401

            listed: Any = await browser.database.transact(list_tokens, as_of=utc_now())
            assert [(one.name, one.email) for one in listed] == [
                ("scanner", email_of(Role.CLERK)),
                ("till", email_of(Role.VIEWER)),
            ]
            await browser.database.transact(revoke_token, listed[1].id)
            assert (await browser.get(LEVELS, headers=shows(revoked))).status_code == 401

            def switch_off(session: Session) -> None:
                user = get_user(session, email=email_of(Role.CLERK))
                set_user_active(session, user, active=False, actor="tests")

            await browser.database.transact(switch_off)
            assert (await browser.get(LEVELS, headers=shows(other))).status_code == 401


async def test_what_cannot_be_issued_or_revoked_is_said(clerk: Browser) -> None:
    for days in (0, -1, 100_000):
        with pytest.raises(InvalidTokenError, match="1 to 3650 days"):
            await issued(clerk, Role.VIEWER, days=days)
    for name in ("", "  ", "x" * 61):
        with pytest.raises(InvalidTextError):
            await issued(clerk, Role.VIEWER, name=name)
    with pytest.raises(TokenNotFoundError):
        await clerk.database.transact(revoke_token, 999_999)

    def of_a_browser(session: Session) -> None:
        user = get_user(session, email=email_of(Role.CLERK))
        assert end_sessions_of(session, user) == 1

    with pytest.raises(TokenNotFoundError):
        await clerk.database.transact(revoke_token, 1)  # a browser's session is none
    await clerk.database.transact(of_a_browser)


def test_at_the_terminal(sqlite_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    database = ["--database", sqlite_url]
    assert main(["token", "add", email_of(Role.VIEWER), "--name", "board", *database]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith(PREFIX)
    assert main(["token", "list", *database]) == 0
    line = capsys.readouterr().out
    assert f"{email_of(Role.VIEWER)}  board  until" in line
    assert main(["token", "revoke", line.split()[0], *database]) == 0
    assert main(["token", "revoke", line.split()[0], *database]) == 1
    assert "commerce token list" in capsys.readouterr().err
    assert main(["token", "list", *database]) == 0
    assert capsys.readouterr().out == ""
