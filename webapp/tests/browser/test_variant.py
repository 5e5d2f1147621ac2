"""A variant's page in a real browser: its movements follow, and what was done is told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from commerce_core import make_engine
from webapp.tests.browser.conftest import wait_until_live

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from webapp.tests.browser.conftest import House

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONG = "Donaudampfschifffahrtsgesellschaftskapitaensmuetze" * 3


def open_variant(house: House, query: str = "", *, width: int = 1280) -> Page:
    page = house.person(width=width)
    page.goto(f"{house.address}stock/1{query}")
    wait_until_live(page)
    return page


def rows(page: Page) -> int:
    return page.locator("#movements tbody tr").count()


def test_a_movement_appears_by_itself_and_a_filter_holds(house: House) -> None:
    page, narrowed = open_variant(house), open_variant(house, "?what=shipments")
    before = rows(page)
    assert "Nothing matches these filters" in narrowed.locator("#movements").inner_text()
    house.writer.adjust("ALM-CHA-S", -3)
    page.wait_for_function(
        "(n) => document.querySelectorAll('#movements tbody tr').length === n", arg=before + 1
    )
    assert "Adjusted" in page.locator("#movements tbody tr").first.inner_text()
    narrowed.wait_for_timeout(1000)  # it has been read anew as well
    assert rows(narrowed) == 0
    page.get_by_text("What", exact=True).first.click()
    page.get_by_label("Corrections and counts").check()
    page.wait_for_url("**what=corrections**")
    assert rows(page) == 1


def test_every_number_leads_to_its_why(house: House) -> None:
    page = open_variant(house)
    page.get_by_text("Why?").first.click()
    page.wait_for_url("**/stock/explain/1/1")
    assert page.locator("h1").inner_text().startswith("Why is this ")


def test_what_was_done_is_told_once(house: House) -> None:
    page = house.person()
    page.goto(f"{house.address}stock/reservations?done=released")
    page.get_by_text("Released, the pieces are available again").wait_for()
    assert page.url.endswith("/stock/reservations")
    page.reload()
    page.wait_for_timeout(300)
    assert page.locator("[data-toast]").count() == 0


def test_a_refused_adjustment_is_a_line_of_words_beside_its_field(house: House) -> None:
    for width in (1280, 390):
        page = open_variant(house, width=width)
        page.locator("button[data-popup]").first.click()
        page.locator("#adjust [name=delta]").fill("x")
        page.locator("#adjust button[type=submit]").click()
        error = page.locator("#adjust .error")
        error.wait_for()
        box, popup = error.bounding_box(), page.locator("#adjust").bounding_box()
        assert box is not None
        assert popup is not None
        assert box["width"] > popup["width"] * 0.8
        assert box["height"] < 45  # two lines at the most
    house.problems[:] = [line for line in house.problems if "422" not in line]  # as it should


def test_a_long_name_stays_inside_the_page(house: House) -> None:
    engine = make_engine(house.url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE commerce_variant SET name = ? WHERE id = 1", (LONG,))
    engine.dispose()
    for width in (390, 1280):
        page = open_variant(house, width=width)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert LONG in page.locator("h1").inner_text()
