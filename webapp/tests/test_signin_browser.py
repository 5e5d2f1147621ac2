"""Signing in with a real Chromium over a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from webapp.tests.harness import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def sign_in(page: Page, address: str, path: str, password: str = PASSWORD) -> None:
    page.goto(f"{address}{path}")
    page.get_by_label("E-mail").fill("admin@example.com")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_wrong_password_keeps_the_address_and_the_focus(page: Page, server_address: str) -> None:
    sign_in(page, server_address, "style", "not the password")
    assert "E-mail or password is not right" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("E-mail").input_value() == "admin@example.com"
    assert page.get_by_label("Password").input_value() == ""
    assert page.get_by_label("Password").evaluate("field => field === document.activeElement")


def test_in_and_out_by_plain_forms(page: Page, server_address: str) -> None:
    sign_in(page, server_address, "style")
    page.wait_for_url(f"{server_address}style")
    form = page.locator("form[action='/logout']")
    form.evaluate("form => form.requestSubmit()")
    page.wait_for_url("**/login")
    page.goto(f"{server_address}style")
    assert page.url == f"{server_address}login?next=/style"


def test_htmx_leads_to_the_sign_in_page_when_the_session_has_ended(
    page: Page, server_address: str
) -> None:
    sign_in(page, server_address, "style")
    page.wait_for_url(f"{server_address}style")
    page.context.clear_cookies()
    page.evaluate("htmx.ajax('GET', '/style', {target: '#main'})")
    page.wait_for_url(f"{server_address}login?next=/style")
