"""Changes and exchanges in real browsers: shown first, then done; the slower of two is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from commerce_core.orders.fulfilling import ship_order
from commerce_core.orders.models import OrderLine
from commerce_core.orders.return_models import ReturnReason
from commerce_core.orders.returns import request_return
from webapp.accounts.roles import Role
from webapp.tests.browser.conftest import house, shop_template
from webapp.tests.orders.shop import POT, SHIRT, place
from webapp.tests.orders.test_orders_browser import commit, open_page

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from webapp.tests.browser.conftest import House

__all__ = ["house", "shop_template"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_two_managers_change_one_order_and_the_slower_sees_what_changed(house: House) -> None:
    number = commit(house, lambda s: place(s, {SHIRT: 3}, number="20418").id)
    first = open_page(house, f"orders/{number}", Role.MANAGER)
    second = open_page(house, f"orders/{number}", Role.MANAGER)
    for page, reason in ((first, "one pot for two shirts"), (second, "wants none")):
        page.get_by_role("link", name="Change…").click()
        page.get_by_label("Pieces of Linen shirt Alma, Chalk · S").fill("2")
        page.get_by_label("SKU or barcode, line 1").fill(POT)
        page.keyboard.press("Enter")
        page.keyboard.type("1")
        page.get_by_label("Reason").fill(reason)
        page.get_by_role("button", name="Preview").click()
        page.wait_for_selector("dialog [data-preview]")
    shown = first.locator("[data-preview]").inner_text()
    assert "ALM-CHA-S" in shown
    assert "OEL-SAG" in shown
    assert first.locator("#lines").inner_text().count(POT) == 0, "only shown, not done"

    first.get_by_role("button", name="Change order").click()
    first.wait_for_url("**?done=change")
    assert POT in first.locator("#lines").inner_text()
    # The page of the other is read again by itself; the dialog over it stays as it was typed.
    second.wait_for_selector(f"#lines :text('{POT}')", state="attached")
    second.wait_for_selector("dialog [data-changed]:not([hidden])")
    second.get_by_role("button", name="Change order").click()
    conflict = second.locator("dialog .conflict")
    conflict.wait_for()
    assert "one pot for two shirts" in conflict.inner_text()
    assert second.get_by_label("Reason").input_value() == "wants none"
    assert second.get_by_label("SKU or barcode, line 1").input_value() == POT
    house.problems.clear()  # the browser reports the status 409 as an error of its own


def _return_of(session: Session) -> int:
    order = place(session, {SHIRT: 2}, number="20419")
    ship_order(session, order, actor="tests")
    line = session.scalars(select(OrderLine).filter_by(order_id=order.id)).one()
    wanted = {line.id: (1, ReturnReason.TOO_SMALL)}
    return request_return(session, order, wanted, actor="tests").id


def test_an_exchange_begins_on_the_page_of_the_return_and_others_see_it(house: House) -> None:
    number = commit(house, _return_of)
    manager = open_page(house, f"returns/{number}", Role.MANAGER)
    clerk = open_page(house, f"returns/{number}")
    listed = open_page(house, "returns")
    assert "Needs the manager role" in clerk.locator("#actions").inner_text()
    manager.get_by_role("link", name="Exchange…").click()
    choice = manager.get_by_label("Instead of Linen shirt Alma, Chalk · S", exact=True)
    label = choice.locator("option", has_text="Chalk · M").inner_text()
    choice.select_option(label=label)
    manager.get_by_role("button", name="Preview").click()
    manager.wait_for_selector("[data-preview]")
    assert "ALM-CHA-M" in manager.locator("[data-preview]").inner_text()
    manager.get_by_role("button", name="Place the order in exchange").click()
    manager.wait_for_url("**?done=exchange")
    # Whoever has the return or the list open sees it without asking.
    clerk.wait_for_selector("text=Exchange ordered")
    listed.wait_for_selector("#new-orders:has-text('Returns of 1 order changed, show')")
    manager.get_by_role("link", name="Order in exchange").click()
    manager.wait_for_selector("text=in exchange for return R00001")
    manager.set_viewport_size({"width": 390, "height": 844})
    for path in (f"returns/{number}", "returns/claims", "orders/new", "orders/1/steps/claim"):
        manager.goto(f"{house.address}{path}")
        assert manager.evaluate("document.documentElement.scrollWidth") == 390, path
