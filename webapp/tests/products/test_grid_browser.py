"""The variant grid in a real browser, by keyboard alone: three options, and two editors at once."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from commerce_core import make_engine, make_session_factory, run_in_transaction
from commerce_core.catalog.models import Product, Variant
from webapp.accounts.roles import Role
from webapp.tests.browser.conftest import House, open_house, wait_for_figure, wait_until_live
from webapp.tests.products.catalog import COAT, fill_catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import Page
    from sqlalchemy.orm import Session

SKUS = ("SYL-MOS-S-LIGHT", "SYL-MOS-S-WARM", "SYL-MOS-M-LIGHT", "SYL-MOS-M-WARM")


@pytest.fixture
def house(sqlite_url: str, chromium: Chromium) -> Iterator[House]:
    engine = make_engine(sqlite_url)
    run_in_transaction(make_session_factory(engine), fill_catalog)
    engine.dispose()
    with open_house(sqlite_url, chromium) as opened:
        yield opened
    refused = "Failed to load resource: the server responded with a status of 4"
    assert [line for line in opened.problems if not line.startswith(refused)] == []


def in_shop(house: House, name: str) -> dict[str, object]:
    """The field ``name`` of the coat's variants by SKU, as the database has it."""

    def read(session: Session) -> dict[str, object]:
        column = getattr(Variant, name)
        query = select(Variant.sku, column).join(Product).where(Product.name == COAT)
        return dict(session.execute(query).all())

    engine = make_engine(house.url)
    found = run_in_transaction(make_session_factory(engine), read)
    engine.dispose()
    return found


def open_coat(house: House, role: Role = Role.MANAGER) -> Page:
    """Go from the list to the coat by typing, and put the focus into the grid's first price."""
    page = house.person(role)
    page.goto(f"{house.address}products")
    page.locator("#product-query").focus()
    page.keyboard.type("sylt")
    page.wait_for_url("**/products?q=sylt")
    page.wait_for_selector("#product-list tbody:not(:has(tr + tr)) tr")
    page.locator("#product-list .name a").focus()
    page.keyboard.press("Enter")
    wait_until_live(page)
    page.locator('[data-cell][tabindex="0"]').focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert focused(page).startswith("price.")
    return page


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.name ?? document.activeElement.id"))


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def wait_until_saved(page: Page) -> None:
    page.wait_for_selector("[data-save-button]:disabled")


def test_a_product_of_three_options_is_edited_by_keyboard_alone(house: House) -> None:
    page = open_coat(house)
    page.keyboard.type("139.90")
    press(page, "Enter")  # down
    press(page, "Enter")
    page.keyboard.type("0")  # at the end of what stood there: 149.000 is 149
    press(page, "Escape")  # and back to what it was
    press(page, "ArrowUp", "Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowDown")
    press(page, "Control+d")
    assert page.locator("[data-save-button]").inner_text() == "Save 4 changes"
    press(page, "Control+z")
    assert page.locator("[data-save-button]").inner_text() == "Save 1 change"
    press(page, "Tab")  # to the next cell of the row
    assert focused(page).startswith("compare_at_price.")
    page.keyboard.type("159")
    press(page, "Control+s")
    wait_until_saved(page)
    assert focused(page).startswith("compare_at_price.")
    prices = in_shop(house, "price")
    assert [prices[sku] for sku in SKUS[:2]] == [Decimal("139.9"), Decimal(149)]

    press(page, "Control+z")  # nothing typed is left to undo: what was saved is taken back
    page.wait_for_selector(".toast >> nth=1")
    assert in_shop(house, "price")[SKUS[0]] == Decimal(149)
    press(page, "Escape")
    assert not focused(page).startswith("compare_at_price.")


def test_a_column_is_pasted_and_a_wrong_cell_named(house: House) -> None:
    page = open_coat(house)
    press(page, "ArrowLeft")
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.setData("text/plain", "4260731840412\\t120,50\\r\\n4260731840523\\t121\\r\\n");
          const init = {clipboardData: data, bubbles: true, cancelable: true};
          const event = new ClipboardEvent("paste", init);
          document.activeElement.dispatchEvent(event);
        }"""
    )
    assert page.locator("[data-save-button]").inner_text() == "Save 4 changes"
    press(page, "Control+s")
    page.wait_for_selector('[data-cell][aria-invalid="true"]')
    assert focused(page).startswith("barcode.")
    assert "4260731840523" in page.locator("#grid-says").inner_text()
    press(page, "Delete", "Control+s")
    wait_until_saved(page)
    prices = in_shop(house, "price")
    assert [prices[sku] for sku in SKUS[:2]] == [Decimal("120.5"), Decimal(121)]


def test_two_editors_collide_and_neither_loses_work_silently(house: House) -> None:
    first, second = open_coat(house), open_coat(house, Role.ADMIN)
    second.keyboard.type("145")
    press(second, "Control+s")
    wait_until_saved(second)

    first.keyboard.type("139")
    press(first, "Enter")
    first.keyboard.type("141")
    press(first, "Control+s")
    first.wait_for_selector(".conflict")

    said = first.locator(".conflict").inner_text()
    assert "Some admin changed 1 cell while you were editing" in said
    assert "139" in said
    assert "145.00" in said
    assert in_shop(house, "price")[SKUS[0]] == Decimal(145)
    press(first, "Tab", "Enter")  # from "Save mine" to "Keep 145.00"
    wait_until_saved(first)
    prices = in_shop(house, "price")
    assert [prices[sku] for sku in SKUS[:2]] == [Decimal(145), Decimal(141)]


def test_stock_is_live_beside_a_cell_in_edit(house: House) -> None:
    page = open_coat(house)
    page.keyboard.type("13")
    sku = SKUS[0]
    number = in_shop(house, "id")[sku]
    house.writer.adjust(sku, 5)
    wait_for_figure(page, f"t{number}", "7")
    assert page.evaluate("document.activeElement.value") == "13"


def test_options_are_previewed_and_applied_in_the_browser(house: House) -> None:
    page = open_coat(house)
    page.goto(page.url.partition("?")[0] + "/options")
    page.locator('[name="add-1"]').fill("XL")
    page.wait_for_selector("text=12 kept, 4 created")
    page.locator('[name="skip"][value=\'["Rust", "XL", "Warm"]\']').press("Space")
    page.wait_for_selector("text=12 kept, 3 created")
    page.locator("text=Apply 3 changes").press("Enter")
    page.wait_for_selector("[data-grid]")
    assert len(in_shop(house, "id")) == 15


def values_of(page: Page) -> list[str]:
    places = page.locator("ol[data-order]").first.locator("> li > .line:first-child > span")
    return places.all_inner_texts()


def test_values_are_ordered_by_a_key_and_by_dragging(house: House) -> None:
    page = house.person(Role.MANAGER)

    def saved(act: Callable[[], object]) -> list[str]:
        with page.expect_response("**/order"):
            act()
        shown = values_of(page)
        page.goto(f"{house.address}products/options")
        assert values_of(page) == shown
        return shown

    page.goto(f"{house.address}products/options")
    first, second, *rest = values_of(page)
    items = page.locator("ol[data-order]").first.locator("> li")
    items.first.locator("[data-order-move='1']").focus()
    assert saved(lambda: page.keyboard.press("Enter"))[:2] == [second, first]
    last = items.last.locator("> .line").first
    assert saved(lambda: last.drag_to(items.first.locator("> .line").first))[1] == second
    assert values_of(page)[0] == [first, second, *rest][-1]
