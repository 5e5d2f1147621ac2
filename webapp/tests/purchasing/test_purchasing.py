"""Purchase orders over HTTP: draft, place, receive in parts and too much, cancel, and refusals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from commerce_core.inventory.purchasing_models import PurchaseOrder, Supplier
from webapp.accounts.roles import Role
from webapp.tests.harness import frozen_clock
from webapp.tests.stockroom import (
    BARCODE,
    SHIRT,
    SHOE,
    level,
    location_id,
    on_hand,
    open_stockroom,
    submit,
    words,
)

if TYPE_CHECKING:
    import httpx

    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio
NEW = "/stock/purchase-orders/new"


async def send_form(browser: Browser, **changes: Any) -> httpx.Response:
    fields = {
        "new_supplier": "Weberei Nord",
        "location": await location_id(browser),
        "currency": "EUR",
        "expected_on": "2030-02-01",
        "sku": [BARCODE, SHOE],
        "quantity": ["6", "2"],
        "cost": ["12.50", "40"],
        "key": "one",
        **changes,
    }
    return await submit(browser, NEW, **fields)


async def draft(browser: Browser) -> str:
    answer = await send_form(browser)
    assert answer.status_code == 303, words(answer)
    return str(answer.headers["location"]).partition("?")[0]


async def open_order(browser: Browser) -> tuple[str, list[str]]:
    await open_stockroom(browser, Role.MANAGER)
    address = await draft(browser)
    assert (await submit(browser, f"{address}/place")).status_code == 303
    page = await browser.get(f"{address}/receive")
    return address, re.findall(r'name="(line-\d+)"', page.text)


async def incoming(browser: Browser) -> int:
    found = await level(browser)
    assert found is not None
    return found.incoming


async def test_an_order_from_draft_to_received(browser: Browser) -> None:
    address, (first, second) = await open_order(browser)
    assert await incoming(browser) == 6
    page = words(await browser.get(address))
    assert "€155.00" in page
    assert "not known yet" in page
    await submit(browser, f"{address}/receive", key="a", **{first: "4"})
    assert "Partially received" in words(await browser.get(address))
    await submit(browser, f"{address}/receive", key="b", **{first: "2", second: "2"})
    assert (await on_hand(browser), await on_hand(browser, SHOE)) == (26, 7)
    assert await incoming(browser) == 0
    story = words(await browser.get(address))
    assert all(part in story for part in ("8 ordered", "4 received", "from 3 deliveries"))
    supplier = re.search(r"/stock/purchase-orders/suppliers/\d+", (await browser.get(address)).text)
    assert supplier
    assert "Weberei Nord" in words(await browser.get(supplier[0]))


async def test_more_than_ordered_is_booked_and_told(browser: Browser) -> None:
    address, (first, _) = await open_order(browser)
    await submit(browser, f"{address}/receive", **{first: "9"})
    assert await on_hand(browser) == 29
    assert "3 more than ordered" in words(await browser.get(address))


async def test_a_delivery_sent_twice_is_booked_once(browser: Browser) -> None:
    address, (first, _) = await open_order(browser)
    for _ in range(2):
        answer = await submit(browser, f"{address}/receive", key="same", **{first: "1"})
        assert answer.status_code == 303
    assert await on_hand(browser) == 21


async def test_what_is_open_is_cancelled(browser: Browser) -> None:
    address, (first, _) = await open_order(browser)
    await submit(browser, f"{address}/receive", **{first: "4"})
    assert (await submit(browser, f"{address}/cancel")).status_code == 303
    assert await incoming(browser) == 0
    answer = await submit(browser, f"{address}/cancel")
    assert answer.status_code == 409
    assert "Somebody was faster" in words(answer)


@pytest.mark.parametrize("pieces", ["", "0", "x", "-2", "1.5", "2000000000"])
async def test_a_delivery_that_cannot_be_stays_in_the_dialog(browser: Browser, pieces: str) -> None:
    address, (first, _) = await open_order(browser)
    answer = await submit(browser, f"{address}/receive", **{first: pieces})
    assert answer.status_code == 422
    assert "<dialog" in answer.text
    assert await on_hand(browser) == 20


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"new_supplier": ""}, "Choose a supplier, or name a new one"),
        ({"new_supplier": "x" * 201}, "At most 200"),
        ({"supplier": "1"}, "not both"),
        ({"location": ""}, "Choose where it goes"),
        ({"currency": "eur"}, "Choose a currency"),
        ({"expected_on": "soon"}, "A day is needed"),
        ({"sku": [], "quantity": [], "cost": []}, "add at least one line"),
        ({"cost": ["cheap", "1"]}, "An amount is needed"),
        ({"cost": ["-1", "1"]}, "An amount is needed"),
        ({"cost": ["NaN", "1"]}, "An amount is needed"),
        ({"cost": ["1.23456", "1"]}, "At most four decimals"),
        ({"quantity": ["0", "1"]}, "At least 1"),
        ({"sku": [SHIRT, "nothing"]}, "No variant has this SKU"),
    ],
)
async def test_a_form_that_cannot_be_says_why_beside_the_field(
    browser: Browser, changes: dict[str, Any], told: str
) -> None:
    await open_stockroom(browser, Role.MANAGER)
    answer = await send_form(browser, **changes)
    assert answer.status_code == 422
    assert told in words(answer)
    async with browser.database.reads() as session:
        assert await session.scalar(select(func.count()).select_from(PurchaseOrder)) == 0


async def test_a_supplier_that_exists_is_chosen_not_made_again(browser: Browser) -> None:
    await open_stockroom(browser, Role.MANAGER)
    await draft(browser)
    answer = await send_form(browser, key="two")
    assert answer.status_code == 409
    assert "There is a supplier with this name" in words(answer)
    async with browser.database.reads() as session:
        assert await session.scalar(select(func.count()).select_from(Supplier)) == 1


async def test_a_clerk_receives_but_does_not_order(browser: Browser) -> None:
    await open_stockroom(browser, Role.MANAGER)
    address = await draft(browser)
    await browser.become(Role.CLERK)
    assert "Needs the manager role" in words(await browser.get(address))
    assert (await submit(browser, f"{address}/place")).status_code == 403
    assert (await browser.get(NEW)).status_code == 403
    assert NEW not in (await browser.get("/stock/purchase-orders")).text


async def test_late_orders_can_be_listed_alone(browser: Browser) -> None:
    await open_order(browser)  # due in 2030
    assert "Late" not in words(await browser.get("/stock/purchase-orders"))
    with frozen_clock() as clock:
        clock.move(days=5 * 366)
        await browser.become(Role.MANAGER)
        listed = words(await browser.get("/stock/purchase-orders"))
        assert "All 1 Late 1 Draft 0 Ordered 1" in listed
        late = await browser.get("/stock/purchase-orders?status=late")
        assert len(re.findall(r'<a class="name"', late.text)) == 1
        address = re.search(r'<a class="name" href="([^"]+)"', late.text)
        assert address
        await submit(browser, f"{address[1]}/cancel", reason="never came")
        nothing = words(await browser.get("/stock/purchase-orders?status=late"))
        assert "No purchase order in this state" in nothing
