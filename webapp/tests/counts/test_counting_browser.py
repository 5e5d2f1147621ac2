"""Counting on a phone with nothing but a keyboard, which is what a scanner is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from commerce_core import make_engine, make_session_factory, run_in_transaction
from commerce_core.catalog import get_variant
from commerce_core.inventory import find_level, get_location
from webapp.tests.harness import PASSWORD
from webapp.tests.stockroom import BARCODE, SHIRT, SHOE, fill_stockroom

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def phone(page: Page, sqlite_url: str, server_address: str) -> Page:
    """A clerk who has just started a count."""
    engine = make_engine(sqlite_url)
    run_in_transaction(make_session_factory(engine), fill_stockroom)
    engine.dispose()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server_address}login?next=/stock/counts/new")
    page.get_by_label("E-mail").fill("clerk@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/stock/counts/new")
    page.get_by_label("Location").select_option(label="HAM")
    page.get_by_label("Name", exact=True).fill("A3")
    page.keyboard.press("Enter")
    page.wait_for_url("**/stock/counts/1")
    return page


def scan(page: Page, code: str) -> None:
    """What a scanner does, wherever the focus is."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def shown(page: Page, sku: str) -> None:
    page.locator("#thing .thing", has_text=sku).wait_for()


def counted(page: Page) -> str:
    return page.get_by_label("Counted", exact=True).input_value()


def has_focus(page: Page) -> bool:
    return bool(
        page.get_by_label("SKU or barcode", exact=True).evaluate(
            "it => it === document.activeElement"
        )
    )


def test_counting_by_scanner_alone(phone: Page, sqlite_url: str) -> None:
    scan(phone, BARCODE)
    shown(phone, SHIRT)
    assert counted(phone) == "1"
    scan(phone, BARCODE)  # another piece of the same
    scan(phone, SHIRT.lower())  # and by its other name
    assert counted(phone) == "3"
    assert "17 fewer than expected" in phone.locator("#difference").inner_text()
    scan(phone, "20")  # or say how many there are
    assert "as expected" in phone.locator("#difference").inner_text()
    scan(phone, SHOE)  # the next one saves this one
    shown(phone, SHOE)
    phone.locator("#recent", has_text=SHIRT).wait_for()
    scan(phone, "4")
    scan(phone, "")  # Enter alone saves
    phone.get_by_role("heading", name="Scan the next variant").wait_for()
    assert has_focus(phone)
    assert "2 of" in phone.locator("#count-head").inner_text()
    scan(phone, "no such thing")
    phone.get_by_text("No variant has the SKU or barcode").wait_for()
    assert has_focus(phone)
    wide = phone.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    post(phone)
    engine = make_engine(sqlite_url)
    with make_session_factory(engine)() as session:
        here = get_location(session, code="HAM")
        levels = [find_level(session, get_variant(session, sku=sku), here) for sku in (SHIRT, SHOE)]
        assert [level.on_hand for level in levels if level] == [20, 4]
    engine.dispose()


def post(page: Page) -> None:
    """Go to the review and post, with Tab and Enter."""
    page.get_by_role("link", name="Review and post").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/review")
    page.get_by_role("button", name="Post 1 difference").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/review?done=posted")


def test_a_glance_without_a_number_saves_nothing(phone: Page) -> None:
    scan(phone, SHIRT)
    shown(phone, SHIRT)
    scan(phone, SHOE)
    shown(phone, SHOE)
    assert phone.get_by_text("Just counted").count() == 0


def test_the_pads_and_the_steps(phone: Page) -> None:
    scan(phone, SHIRT)
    shown(phone, SHIRT)
    for name, value in (("+10", "11"), ("+5", "16"), ("One less", "15"), ("Clear", "0")):
        phone.get_by_role("button", name=name, exact=True).click()
        assert counted(phone) == value
    phone.get_by_role("button", name="Undo").click()
    assert counted(phone) == "15"
    save = phone.get_by_role("button", name="Save and next").bounding_box()
    others = [box.bounding_box() for box in phone.locator("#thing .pads button").all()]
    assert save is not None
    assert all(box is not None and box["width"] < save["width"] for box in others)
    save_height = phone.locator("#thing .stepper input").bounding_box()
    assert save_height is not None
    assert save_height["height"] == 72
