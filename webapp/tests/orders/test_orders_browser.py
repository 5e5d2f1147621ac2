"""Orders in real browsers: a clerk ships, somebody else sees it, and a stale click is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from commerce_core import make_engine, make_session_factory, run_in_transaction
from webapp.accounts.roles import Role
from webapp.tests.browser.conftest import house, shop_template, wait_until_live
from webapp.tests.orders.shop import POT, SHIRT, place

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from webapp.tests.browser.conftest import House

__all__ = ["house", "shop_template"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def commit(house: House, step: Callable[..., Any]) -> Any:
    """Do something beside the browsers, as a shop does."""
    engine = make_engine(house.url)
    result = run_in_transaction(make_session_factory(engine), step)
    engine.dispose()
    return result


def open_page(house: House, path: str, role: Role = Role.CLERK, **options: int) -> Page:
    page = house.person(role, **options)
    page.goto(f"{house.address}{path}")
    wait_until_live(page)
    return page


def test_a_clerk_ships_a_part_somebody_sees_it_and_a_stale_click_is_refused(house: House) -> None:
    number = commit(house, lambda s: place(s, {SHIRT: 3, POT: 1}, number="20418").id)
    clerk = open_page(house, f"orders/{number}")
    viewer = open_page(house, f"orders/{number}", Role.VIEWER)
    listed = open_page(house, "orders", Role.VIEWER)
    stale = open_page(house, f"orders/{number}")
    stale.keyboard.press("p")  # this one looks at a page that stands still
    stale.wait_for_selector('#connection[data-state="paused"]')

    clerk.get_by_role("link", name="Ship 4 pieces").click()
    field = clerk.get_by_label("Pieces of Linen shirt Alma, Chalk · S")
    assert field.evaluate("field => field === document.activeElement")
    field.fill("1")
    clerk.get_by_label("Carrier").fill("DHL")
    clerk.get_by_role("button", name="Ship", exact=True).click()
    clerk.wait_for_url(f"**/orders/{number}?done=ship")

    state = '[data-state="partially_shipped"]'
    viewer.wait_for_selector(f"#order-standing {state}")
    assert "Shipped" in viewer.locator("#story").inner_text()
    listed.wait_for_selector(f"#os{number} {state}")
    assert listed.locator(f"#op{number}").inner_text() == "2 of 4 left"

    assert stale.locator(f"#order-standing {state}").count() == 0
    stale.get_by_role("link", name="Hold…").click()
    stale.get_by_label("Reason").fill("the address looks odd")
    # The form knows the version of the moment it was opened; somebody is faster once more.
    commit_hold = clerk.get_by_role("link", name="Hold…")
    commit_hold.click()
    clerk.get_by_label("Reason").fill("called the customer")
    clerk.get_by_role("button", name="Hold order").click()
    clerk.wait_for_url("**?done=hold")
    stale.get_by_role("button", name="Hold order").click()
    conflict = stale.locator("dialog .conflict")
    conflict.wait_for()
    assert "Some clerk changed this order" in conflict.inner_text()
    assert "called the customer" in conflict.inner_text()
    assert stale.get_by_label("Reason").input_value() == "the address looks odd"
    assert stale.get_by_role("button", name="Hold order all the same").count() == 0
    house.problems.clear()  # the browser reports the status 409 as an error of its own


def test_new_orders_wait_above_the_list_and_a_click_shows_them(house: House) -> None:
    page = open_page(house, "orders?status=processing")
    commit(house, lambda s: place(s, {SHIRT: 1}, number="E1"))
    commit(house, lambda s: place(s, {SHIRT: 1}, number="E2", unpaid=True))
    page.wait_for_selector("#new-orders:has-text('1 new order, show')")
    commit(house, lambda s: place(s, {SHIRT: 1}, number="E3"))
    page.wait_for_selector("#new-orders:has-text('2 new orders, show')")
    assert page.locator("#orders-list tbody tr").count() == 0
    page.locator("#new-orders").click()
    page.wait_for_function("() => document.querySelectorAll('#orders-list tbody tr').length === 2")
    assert page.locator("#new-orders").is_hidden()
    wait_until_live(page)
    page.get_by_label("Select order E3").check()
    assert "1 order selected" in page.locator("[data-bulk]").inner_text()
    page.get_by_role("button", name="Ship what is there").click()
    page.wait_for_selector("text=1 of 1 orders done")


def test_the_pages_of_orders_fit_a_phone(house: House) -> None:
    number = commit(house, lambda s: place(s, {SHIRT: 3, POT: 1}, number="20418").id)
    page = open_page(house, "orders", width=390, height=844)
    for path in ("orders", f"orders/{number}", f"orders/{number}/steps/ship", "orders/pick-list"):
        page.goto(f"{house.address}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") == 390, path
