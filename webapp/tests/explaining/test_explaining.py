"""Why is this 47? The answer over HTTP."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from commerce_core.catalog import get_variant
from commerce_core.inventory import adjust_stock, get_location, reserve_stock
from webapp.accounts.roles import Role
from webapp.explaining.reading import end_of
from webapp.tests.harness import frozen_clock
from webapp.tests.stockroom import SHIRT, location_id, open_stockroom, variant_id, words

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio


async def address(browser: Browser, code: str = "HAM") -> str:
    variant, location = await variant_id(browser), await location_id(browser, code)
    return f"/stock/explain/{variant}/{location}"


def change(session: Session) -> None:
    variant, here = get_variant(session, sku=SHIRT), get_location(session, code="HAM")
    adjust_stock(session, variant, here, quantity=-2, reason="Damaged", actor="user:2")
    reserve_stock(session, variant, here, quantity=3, actor="user:2")


async def test_the_number_is_taken_apart_and_told_backwards(browser: Browser) -> None:
    await open_stockroom(browser, Role.VIEWER)
    await browser.database.transact(change)
    page = words(await browser.get(await address(browser)))
    assert "Why is this 15?" in page
    assert "On hand 18 Reserved for baskets \u22123 Available 15" in page
    told = [page.index(part) for part in ("Reserved", "Adjusted (Damaged)", "Received")]
    assert told[1] < told[2]
    assert re.search(r"Some clerk , \d\d:\d\d \u22122 18 18", page)


async def test_the_number_of_another_day(browser: Browser) -> None:
    with frozen_clock() as clock:
        await open_stockroom(browser, Role.VIEWER)
        clock.move(days=1)
        await browser.become(Role.VIEWER)
        await browser.database.transact(change)
        page = words(await browser.get(await address(browser), params={"on": "2026-01-05"}))
    assert "Available, Mon 5 Jan" in page
    assert "Mon 5 Jan 20" in page


@pytest.mark.parametrize("on", ["0001-01-01", "9999-12-31", "x", "2026-13-01", ""])
async def test_any_day_gets_an_answer(browser: Browser, on: str) -> None:
    await open_stockroom(browser, Role.VIEWER)
    answer = await browser.get(await address(browser), params={"on": on})
    assert answer.status_code == 200


async def test_a_place_where_it_never_was(browser: Browser) -> None:
    await open_stockroom(browser, Role.VIEWER)
    page = words(await browser.get(await address(browser, "LEJ")))
    assert "Nothing has happened here" in page
    assert (await browser.get("/stock/explain/99999/1")).status_code == 404


def test_a_day_ends_when_it_ends_in_the_shop() -> None:
    end = end_of(date(2026, 7, 1), ZoneInfo("Europe/Berlin"))
    assert end == datetime(2026, 7, 1, 21, 59, 59, 999999, tzinfo=UTC)
