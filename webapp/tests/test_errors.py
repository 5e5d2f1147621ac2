"""What goes wrong is told in one sentence, in the form that was asked for, without a traceback."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

import webapp.app
from commerce_core import CommerceError, ConflictError, InvalidInputError, NotFoundError
from commerce_core.errors import DatabaseUnavailableError, InsufficientStockError, LedgerError
from webapp.accounts.roles import Role
from webapp.errors import status_of
from webapp.security import Right

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from webapp.settings import Settings
    from webapp.tests.harness import Browser, Opener

pytestmark = pytest.mark.anyio

ERRORS = {
    "missing": NotFoundError("There is no such lamp."),
    "conflict": InsufficientStockError(sku="LAMP", location="HAM", requested=3, available=1),
    "invalid": InvalidInputError("The quantity must be above 0.", field="quantity"),
    "down": DatabaseUnavailableError("the database db.internal:5432 does not answer"),
    "bug": RuntimeError("secret detail <script>"),
    "ledger": LedgerError("secret invariant"),
}


async def fail(kind: FromQuery[str]) -> None:
    """Fail as told."""
    raise ERRORS[kind]


@get("/sql", right=Right.PUBLIC)
async def sql(session: NamedDependency[AsyncSession]) -> None:
    """Ask for a table that is not there."""
    await session.execute(text("SELECT secret FROM nothing_here"))


@get("/number", right=Right.PUBLIC, sync_to_thread=False)
def number(count: FromQuery[int]) -> str:
    """Take a number."""
    return str(count)


@pytest.fixture
async def browser(
    monkeypatch: pytest.MonkeyPatch, opener: Opener, settings: Settings
) -> AsyncIterator[Browser]:
    pages = [get("/fail", right=Right.PUBLIC)(fail), get("/api/v1/fail", right=Right.PUBLIC)(fail)]
    router = Router("/", route_handlers=[*pages, sql, number])
    monkeypatch.setattr(webapp.app, "ROUTERS", (*webapp.app.ROUTERS, router))
    async with opener(settings) as opened:
        yield opened


IN_THE_SHOP = {"conflict": "LAMP in HAM: 3 wanted, 1 available. Nothing was changed."}
"""Pages say it in the words of the shop, programs get the library's sentence."""
STATUSES = {"missing": 404, "conflict": 409, "invalid": 422, "down": 503, "bug": 500, "ledger": 500}


@pytest.mark.parametrize(("kind", "status"), STATUSES.items())
async def test_a_page_a_fragment_and_a_program_get_the_same_answer(
    browser: Browser, kind: str, status: int
) -> None:
    page = await browser.get(f"/fail?kind={kind}")
    fragment = await browser.get(f"/fail?kind={kind}", headers={"HX-Request": "true"})
    problem = await browser.get(f"/api/v1/fail?kind={kind}")
    assert {page.status_code, fragment.status_code, problem.status_code} == {status}
    assert "<!doctype html>" in page.text
    assert "<!doctype" not in fragment.text
    assert 'role="alert"' in fragment.text
    body = problem.json()
    assert problem.headers["content-type"] == "application/problem+json"
    assert body["status"] == status
    for answer in (page, fragment, problem):
        for secret in ("Traceback", "secret", "db.internal", 'File "'):
            assert secret not in answer.text
    if status < 500:
        assert IN_THE_SHOP.get(kind, str(ERRORS[kind])) in page.text
        assert IN_THE_SHOP.get(kind, str(ERRORS[kind])) in fragment.text
        assert body["detail"] == str(ERRORS[kind])


async def test_an_error_carries_its_code_and_its_fields(browser: Browser) -> None:
    body = (await browser.get("/api/v1/fail?kind=conflict")).json()
    assert body["code"] == "insufficient_stock"
    assert body["fields"] == {"sku": "LAMP", "location": "HAM", "requested": 3, "available": 1}


async def test_a_fault_of_ours_is_logged_under_the_reference_that_is_shown(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="webapp"):
        body = (await browser.get("/api/v1/fail?kind=bug")).json()
    (record,) = caplog.records
    assert body["reference"] in record.getMessage()
    assert record.exc_info is not None
    assert "secret detail" in str(record.exc_info[1])


async def test_a_database_that_is_down_asks_to_come_back(browser: Browser) -> None:
    answer = await browser.get("/fail?kind=down")
    assert answer.headers["retry-after"] == "5"


async def test_a_driver_error_in_a_page_is_translated(browser: Browser) -> None:
    answer = await browser.get("/sql")
    assert answer.status_code == 503
    assert "nothing_here" not in answer.text


async def test_who_is_signed_in_keeps_the_house_around_the_error(browser: Browser) -> None:
    await browser.become(Role.CLERK)
    assert 'action="/logout"' in (await browser.get("/fail?kind=missing")).text
    await browser.become(None)
    assert 'action="/logout"' not in (await browser.get("/fail?kind=missing")).text


async def test_an_unknown_address_and_a_wrong_method(browser: Browser) -> None:
    assert (await browser.get("/nothing")).status_code == 404
    assert (await browser.get("/api/v1/nothing")).json()["code"] == "not_found"
    assert (await browser.get("/logout")).status_code == 405


async def test_a_parameter_that_is_no_number_is_400_without_internals(browser: Browser) -> None:
    answer = await browser.get("/number?count=many")
    assert answer.status_code == 400
    assert "Traceback" not in answer.text


async def test_forbidden_says_which_role_is_needed(browser: Browser) -> None:
    await browser.become(Role.VIEWER)
    answer = await browser.get("/style")
    assert answer.status_code == 403
    assert "needs the admin role" in answer.text


@pytest.mark.parametrize(
    ("error", "status"),
    [(NotFoundError("x"), 404), (ConflictError("x"), 409), (LedgerError("x"), 500)],
)
def test_categories_have_one_status(error: CommerceError, status: int) -> None:
    assert status_of(error) == status
