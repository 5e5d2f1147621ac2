"""The live board in real browsers over a real server, with stock moved by another program."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from webapp.accounts.roles import Role
from webapp.tests.browser.conftest import shown, wait_for_figure, wait_until_live

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from webapp.tests.browser.conftest import House

MINUS = "\u2212"
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_two_people_see_the_same_number_within_a_second_of_somebody_elses_commit(
    house: House,
) -> None:
    mara, petra = house.board(Role.ADMIN), house.board(Role.VIEWER)
    house.writer.adjust("ALM-CHA-S", 1)  # the program has connected
    for page in (mara, petra):
        wait_for_figure(page, "c1-1", "23")
    for pieces in (-4, 7, -1):
        on_hand = house.writer.adjust("ALM-CHA-S", pieces)
        committed = time.monotonic()
        for page in (mara, petra):
            wait_for_figure(page, "c1-1", str(on_hand), seconds=1)
        assert time.monotonic() - committed < 1
        assert shown(mara, "c1-1") == shown(petra, "c1-1") == str(on_hand)
        assert shown(mara, "t1") == shown(petra, "t1") == str(on_hand + 5)
    assert mara.locator("#h1-1").inner_text() == "25"
    assert mara.locator("#p1").inner_text() == "3 variants, 50 available"


def test_a_change_flashes_once_and_states_follow(house: House) -> None:
    page = house.board()
    assert page.locator("[data-flash]").count() == 0
    house.writer.adjust("ALM-CHA-S", -20)
    page.wait_for_selector("#c1-1[data-flash]")
    page.wait_for_selector('#s1 [data-state="low"]')
    assert "low" in (page.locator("#c1-1").get_attribute("class") or "")
    page.wait_for_selector("#c1-1:not([data-flash])")
    house.writer.adjust("ALM-CHA-S", 20)
    page.wait_for_selector('#s1:not(:has([data-state="low"]))', state="attached")


def test_pause_freezes_the_numbers_and_resuming_shows_the_last_ones(house: House) -> None:
    page = house.board()
    page.keyboard.press("p")
    page.wait_for_selector('#connection[data-state="paused"]')
    for _ in range(3):
        house.writer.adjust("ALM-CHA-S", -1)
    page.wait_for_function(
        "() => document.getElementById('connection').textContent.includes('waiting')"
    )
    page.wait_for_timeout(500)  # all three have come
    assert shown(page, "c1-1") == "22"
    page.locator("#pause").click()
    wait_for_figure(page, "c1-1", "19")
    assert page.locator("[data-flash]").count() == 0
    wait_until_live(page)


def test_search_as_you_type_keeps_the_focus_and_writes_the_address(house: House) -> None:
    page = house.board()
    field = page.get_by_role("searchbox", name="Search stock", exact=True)
    field.press_sequentially("chalk m", delay=30)
    page.wait_for_function(
        "() => document.querySelectorAll('#board tbody tr:not(.group)').length === 1"
    )
    page.wait_for_url("**/stock?q=chalk+m")
    assert field.input_value() == "chalk m"
    assert field.evaluate("field => field === document.activeElement")
    assert page.locator("#connection").get_attribute("data-state") == "live"
    house.writer.adjust("ALM-CHA-M", 1)
    wait_for_figure(page, "c2-1", "20")
    field.fill("")
    page.wait_for_function(
        "() => document.querySelectorAll('#board tbody tr:not(.group)').length === 6"
    )
    page.go_back()
    page.wait_for_url("**/stock?q=chalk+m")
    page.wait_for_function(
        "() => document.querySelectorAll('#board tbody tr:not(.group)').length === 1"
    )


def test_a_row_that_a_search_brings_back_is_not_older_than_what_was_told(house: House) -> None:
    page = house.board(query="?q=alma")
    # The answer to the search is held back while the stream goes on.
    page.route(re.compile(r"/stock\?q=moor"), lambda route: hold(route, house))
    page.get_by_role("searchbox", name="Search stock", exact=True).fill("moor")
    wait_for_figure(page, "c5-1", "33")


def hold(route: object, house: House) -> None:
    """Let the server answer, then move stock, and only then pass the answer on."""
    answer = route.fetch()  # type: ignore[attr-defined]
    house.writer.adjust("MOO-FOG", 3)
    time.sleep(0.5)
    route.fulfill(response=answer)  # type: ignore[attr-defined]


def shows_rows(page: Page, count: int) -> None:
    """Wait until the table shows so many variants: then what was asked for is there."""
    page.wait_for_function(
        "n => document.querySelectorAll('#board tbody tr:not(.group)').length === n", arg=count
    )


def test_facets_narrow_and_stay_open_while_several_are_ticked(house: House) -> None:
    page = house.board()
    page.locator("summary", has_text="Product").click()
    page.get_by_label("Linen shirt Alma").check()
    page.wait_for_url("**/stock?product=linen-shirt-alma")
    shows_rows(page, 3)
    page.wait_for_selector("#facets details[open]")
    page.get_by_label("Wool throw Moor").check()
    page.wait_for_url("**product=wool-throw-moor**")
    shows_rows(page, 5)
    page.keyboard.press("Escape")
    page.locator(".chip.on", has_text="Linen shirt Alma").click()
    shows_rows(page, 2)
    page.locator(".chip", has_text="Low").click()
    page.wait_for_selector(".note")
    page.locator(".note a.button").click()
    shows_rows(page, 6)


def open_adjustment(page: Page, key: str) -> None:
    page.locator(f"#{key} button").click()
    page.wait_for_selector("#adjust:popover-open form")


def test_a_clerk_adjusts_in_place_and_everybody_sees_it(house: House) -> None:
    clerk, viewer = house.board(Role.CLERK), house.board(Role.VIEWER)
    open_adjustment(clerk, "c1-1")
    delta = clerk.get_by_label("Change on hand by")
    assert delta.evaluate("field => field === document.activeElement")
    delta.fill("-3")
    assert clerk.locator("[data-result]").inner_text() == "19"
    clerk.get_by_label("Reason").select_option("Lost")
    clerk.get_by_role("button", name=f"Adjust by {MINUS}3").click()
    clerk.wait_for_selector("#adjust:not(:popover-open)", state="attached")
    for page in (clerk, viewer):
        wait_for_figure(page, "c1-1", "19")
    assert clerk.locator("#c1-1 button").evaluate("b => b === document.activeElement")
    assert f"adjusted by {MINUS}3, 19 on hand" in clerk.locator("#toasts").inner_text()
    clerk.get_by_role("button", name="Undo").click()
    wait_for_figure(viewer, "c1-1", "22")


def test_what_is_typed_stays_while_the_number_changes_under_it(house: House) -> None:
    page = house.board()
    open_adjustment(page, "c1-1")
    page.get_by_label("Change on hand by").fill("-3")
    house.writer.adjust("ALM-CHA-S", -2)
    page.wait_for_selector(".meanwhile:has-text('now 20, was 22')")
    assert page.get_by_label("Change on hand by").input_value() == "-3"
    assert shown(page, "c1-1") == "22"
    page.keyboard.press("Escape")
    wait_for_figure(page, "c1-1", "20")


def test_a_refused_adjustment_says_why_and_keeps_what_was_typed(house: House) -> None:
    page = house.board()
    open_adjustment(page, "c2-2")
    page.get_by_label("Change on hand by").fill("-5")
    page.get_by_role("button", name=f"Adjust by {MINUS}5").click()
    page.wait_for_selector("#adjust [aria-invalid=true]")
    assert "Only 1 on hand" in page.locator("#adjust").inner_text()
    assert page.get_by_label("Change on hand by").input_value() == "-5"
    house.problems.clear()  # the browser reports the status 409 as an error of its own


def test_a_server_that_comes_back_finds_the_page_where_it_was(house: House) -> None:
    page = house.board()
    page.context.set_offline(True)
    page.evaluate("dispatchEvent(new Event('offline'))")
    house.writer.adjust("ALM-CHA-S", -7)
    page.wait_for_timeout(300)
    page.context.set_offline(False)
    wait_for_figure(page, "c1-1", "15", seconds=20)
    wait_until_live(page)
    house.problems.clear()  # the browser reports the lost connection as an error of its own


def test_the_keyboard_reaches_a_number_and_the_history(house: House) -> None:
    page = house.board()
    page.locator("#main").press("j")
    page.keyboard.press("e")
    page.wait_for_selector("#adjust:popover-open form")
    page.keyboard.press("Escape")
    page.wait_for_selector("#adjust:not(:popover-open)", state="attached")
    page.locator("tbody a", has_text="Chalk · S").click()
    page.wait_for_url("**/stock/1")
    wait_until_live(page)
    house.writer.adjust("ALM-CHA-S", 1)
    wait_for_figure(page, "c1-1", "23")


def test_without_scripts_everything_still_works(house: House) -> None:
    context = house.chromium.new_context(java_script_enabled=False)
    signed_in = house.person()
    context.add_cookies(signed_in.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{house.address}stock")
    page.get_by_role("searchbox", name="Search stock", exact=True).fill("alma")
    page.get_by_role("searchbox", name="Search stock", exact=True).press("Enter")
    page.wait_for_url("**q=alma**")
    page.locator("#c1-1 button").click()
    page.get_by_label("Change on hand by").fill("-2")
    page.get_by_role("button", name="Adjust").click()
    page.wait_for_url("**/stock?q=alma")
    assert shown(page, "c1-1") == "20"
    context.close()


def test_the_board_fits_a_phone(house: House) -> None:
    page = house.person(width=390, height=844)
    page.goto(f"{house.address}stock")
    wait_until_live(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    house.writer.adjust("ALM-CHA-S", 1)
    wait_for_figure(page, "c1-1", "23")
