"""Transfers over HTTP: draft, send, receive in parts, call back, lose, and what is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from commerce_core.inventory.transfer_models import StockTransfer
from webapp.accounts.roles import Role
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


async def send_form(browser: Browser, **changes: Any) -> httpx.Response:
    fields = {
        "source": await location_id(browser),
        "destination": await location_id(browser, "LEJ"),
        "sku": [BARCODE, SHOE, ""],
        "quantity": ["6", "2", ""],
        "key": "one",
        **changes,
    }
    return await submit(browser, "/stock/transfers/new", **fields)


async def draft(browser: Browser, **changes: Any) -> str:
    answer = await send_form(browser, **changes)
    assert answer.status_code == 303, words(answer)
    return str(answer.headers["location"]).partition("?")[0]


async def lines_of(browser: Browser, address: str) -> list[str]:
    page = await browser.get(f"{address}/receive")
    return re.findall(r'name="(line-\d+)"', page.text)


async def test_a_transfer_from_draft_to_received(browser: Browser) -> None:
    await open_stockroom(browser)
    address = await draft(browser)
    assert await on_hand(browser) == 20
    assert (await submit(browser, f"{address}/send")).status_code == 303
    arriving = await level(browser, code="LEJ")
    assert arriving is not None
    assert (await on_hand(browser), arriving.on_hand, arriving.incoming) == (14, 0, 6)
    first, second = await lines_of(browser, address)
    answer = await submit(browser, f"{address}/receive", key="a", **{first: "4", second: "0"})
    assert answer.status_code == 303
    assert "Partially received" in words(await browser.get(address))
    answer = await submit(browser, f"{address}/receive", key="b", **{first: "2", second: "2"})
    assert answer.status_code == 303
    assert (await on_hand(browser, code="LEJ"), await on_hand(browser, SHOE, "LEJ")) == (6, 2)
    story = words(await browser.get(address))
    assert all(part in story for part in ("8 sent", "4 received", "Drafted", "Some clerk"))


async def test_a_delivery_sent_twice_is_booked_once(browser: Browser) -> None:
    await open_stockroom(browser)
    address = await draft(browser)
    await submit(browser, f"{address}/send")
    first, _ = await lines_of(browser, address)
    for _ in range(2):
        answer = await submit(browser, f"{address}/receive", key="same", **{first: "1"})
        assert answer.status_code == 303
    assert await on_hand(browser, code="LEJ") == 1


async def test_drafting_twice_with_one_form_drafts_once(browser: Browser) -> None:
    await open_stockroom(browser)
    assert await draft(browser) == await draft(browser)
    async with browser.database.reads() as session:
        assert await session.scalar(select(func.count()).select_from(StockTransfer)) == 1


@pytest.mark.parametrize(("lost", "back"), [(False, 20), (True, 14)])
async def test_what_is_on_the_way_is_called_back_or_written_off(
    browser: Browser, *, lost: bool, back: int
) -> None:
    await open_stockroom(browser)
    address = await draft(browser)
    await submit(browser, f"{address}/send")
    answer = await submit(browser, f"{address}/cancel", **({"lost": "1"} if lost else {}))
    assert answer.status_code == 303
    assert await on_hand(browser) == back
    left = await level(browser, code="LEJ")
    assert left is not None
    assert left.incoming == 0


async def test_more_than_is_available_is_not_sent_and_says_so(browser: Browser) -> None:
    await open_stockroom(browser)
    address = await draft(browser, quantity=["21", "2"])
    assert "only 20" in words(await browser.get(address))
    answer = await submit(browser, f"{address}/send")
    assert answer.status_code == 409
    assert f"{SHIRT} in HAM: 21 wanted, 20 available" in words(answer)
    assert await on_hand(browser) == 20


@pytest.mark.parametrize("verb", ["send", "cancel"])
async def test_somebody_was_faster(browser: Browser, verb: str) -> None:
    await open_stockroom(browser)
    address = await draft(browser)
    await submit(browser, f"{address}/cancel")
    answer = await submit(browser, f"{address}/{verb}")
    assert answer.status_code == 409
    assert "is now “Cancelled”" in words(answer)


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        ("7", "More than is on the way"),
        ("x", "A whole number"),
        ("-1", "A whole number"),
        ("", "Nothing is entered"),
        ("9" * 40, "A whole number"),
    ],
)
async def test_a_delivery_that_cannot_be_stays_in_the_dialog(
    browser: Browser, pieces: str, told: str
) -> None:
    await open_stockroom(browser)
    address = await draft(browser)
    await submit(browser, f"{address}/send")
    first, _ = await lines_of(browser, address)
    answer = await submit(browser, f"{address}/receive", **{first: pieces})
    assert answer.status_code == 422
    assert told in words(answer)
    assert "<dialog" in answer.text
    assert await on_hand(browser, code="LEJ") == 0


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"sku": ["nothing", ""], "quantity": ["1", ""]}, "No variant has this SKU"),
        ({"sku": [SHIRT, BARCODE], "quantity": ["1", "1"]}, "stands above already"),
        ({"sku": [SHIRT], "quantity": ["0"]}, "At least 1"),
        ({"sku": [SHIRT], "quantity": ["1.5"]}, "A whole number"),
        ({"sku": [SHIRT], "quantity": ["9999999999"]}, "too large"),
        ({"sku": [""], "quantity": ["3"]}, "Which variant"),
        ({"sku": [], "quantity": []}, "add at least one line"),
        ({"source": ""}, "Choose a location"),
        ({"source": "77777"}, None),
    ],
)
async def test_a_form_that_cannot_be_keeps_what_was_typed(
    browser: Browser, changes: dict[str, Any], told: str | None
) -> None:
    await open_stockroom(browser)
    answer = await send_form(browser, **changes)
    if told is None:
        assert answer.status_code == 404
        return
    assert answer.status_code == 422
    assert told in words(answer)
    async with browser.database.reads() as session:
        assert await session.scalar(select(func.count()).select_from(StockTransfer)) == 0


async def test_one_place_twice_is_no_transfer(browser: Browser) -> None:
    await open_stockroom(browser)
    answer = await send_form(browser, destination=await location_id(browser))
    assert answer.status_code == 422
    assert "needs two locations" in words(answer)


async def test_more_lines_keep_what_was_typed(browser: Browser) -> None:
    await open_stockroom(browser)
    answer = await send_form(browser, more="1")
    assert answer.status_code == 200
    assert f'value="{BARCODE}"' in answer.text
    assert answer.text.count('name="sku"') == 5


async def test_a_viewer_sees_a_lock_and_no_buttons(browser: Browser) -> None:
    await open_stockroom(browser)
    address = await draft(browser)
    await browser.become(Role.VIEWER)
    page = await browser.get(address)
    assert "Needs the clerk role" in words(page)
    assert f'action="{address}' not in page.text


async def test_htmx_gets_the_dialog_alone_and_is_led_on(browser: Browser) -> None:
    await open_stockroom(browser)
    address = await draft(browser)
    await submit(browser, f"{address}/send")
    first, _ = await lines_of(browser, address)
    htmx = {"HX-Request": "true", "X-CSRF-Token": await browser.token()}
    part = await browser.get(f"{address}/receive", headers=htmx)
    assert part.text.lstrip().startswith("<dialog")
    assert "data-show" in part.text
    answer = await browser.http.post(f"{address}/receive", data={first: "1"}, headers=htmx)
    assert answer.headers["hx-redirect"] == f"{address}?done=received"
