"""Counting over HTTP: start, count, review, post, cancel, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from commerce_core.inventory.count_models import StockCount, StockCountLine
from webapp.accounts.roles import Role
from webapp.tests.stockroom import (
    BARCODE,
    SHIRT,
    SHOE,
    location_id,
    on_hand,
    open_stockroom,
    submit,
    variant_id,
    words,
)

if TYPE_CHECKING:
    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio


async def start(browser: Browser, name: str = "Shelf A3", key: str = "one") -> str:
    place = await location_id(browser)
    answer = await submit(browser, "/stock/counts/new", location=place, name=name, key=key)
    assert answer.status_code == 303
    return str(answer.headers["location"])


async def save(browser: Browser, count: str, sku: str, counted: str, **more: str) -> int:
    variant = await variant_id(browser, sku)
    answer = await submit(browser, f"{count}/lines", variant=variant, counted=counted, **more)
    return answer.status_code


async def test_a_count_from_the_shelf_to_the_books(browser: Browser) -> None:
    await open_stockroom(browser)
    count = await start(browser)
    page = await browser.get(count, params={"code": BARCODE})
    assert "expected 20" in words(page)
    assert await save(browser, count, SHIRT, "18") == 303
    assert await save(browser, count, SHOE, "5") == 303
    assert await on_hand(browser) == 20
    review = words(await browser.get(f"{count}/review"))
    assert "Post 1 difference" in review
    assert "2 fewer" in review
    answer = await submit(browser, f"{count}/post")
    assert answer.headers["location"] == f"{count}/review?done=posted"
    assert await on_hand(browser) == 18
    assert "Posted" in words(await browser.get(count))


async def test_what_was_scanned_meanwhile_is_shown_next(browser: Browser) -> None:
    await open_stockroom(browser)
    count = await start(browser)
    variant = await variant_id(browser)
    form = {"variant": variant, "counted": "20", "next": SHOE}
    answer = await submit(browser, f"{count}/lines", **form)
    assert answer.headers["location"] == f"{count}?code={SHOE}"
    headers = {"HX-Request": "true", "X-CSRF-Token": await browser.token()}
    answer = await browser.http.post(f"{count}/lines", data=form, headers=headers)
    assert answer.status_code == 200
    assert SHOE in answer.text
    assert "<main" not in answer.text
    assert 'hx-target="#recent"' in answer.text


@pytest.mark.parametrize("code", ["nothing-like-it", "\x00", "'; --", "9" * 400, "\ud800x"])
async def test_a_code_that_names_nothing_is_told_beside_the_field(
    browser: Browser, code: str
) -> None:
    await open_stockroom(browser)
    count = await start(browser)
    answer = await browser.get(count, params={"code": code.encode("utf-8", "replace")})
    assert answer.status_code == 422
    assert "No variant has the SKU or barcode" in words(answer)


@pytest.mark.parametrize(
    "counted", ["", "x", "1.5", "1,240", "-1", "\u22123", "9" * 30, "1000000001"]
)
async def test_a_number_that_is_none_is_refused_and_kept(browser: Browser, counted: str) -> None:
    await open_stockroom(browser)
    count = await start(browser)
    variant = await variant_id(browser)
    answer = await submit(browser, f"{count}/lines", variant=variant, counted=counted)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    async with browser.database.reads() as session:
        assert await session.scalar(select(func.count()).select_from(StockCountLine)) == 0


async def test_a_count_that_is_closed_takes_no_more(browser: Browser) -> None:
    await open_stockroom(browser)
    count = await start(browser)
    assert (await submit(browser, f"{count}/cancel")).status_code == 303
    assert await save(browser, count, SHIRT, "18") == 409
    for verb in ("post", "cancel"):
        answer = await submit(browser, f"{count}/{verb}")
        assert answer.status_code == 409
        assert "Nothing was changed" in words(answer)
    assert await on_hand(browser) == 20


async def test_starting_twice_with_one_form_starts_once(browser: Browser) -> None:
    await open_stockroom(browser)
    assert await start(browser) == await start(browser)
    assert await start(browser) != await start(browser, name="Shelf A4")
    async with browser.database.reads() as session:
        assert await session.scalar(select(func.count()).select_from(StockCount)) == 2


@pytest.mark.parametrize("fields", [{}, {"name": "A3"}, {"location": "1", "name": "x" * 121}])
async def test_a_form_with_holes_says_what_is_missing(
    browser: Browser, fields: dict[str, str]
) -> None:
    await open_stockroom(browser)
    answer = await submit(browser, "/stock/counts/new", **fields)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text


async def test_a_viewer_sees_the_review_and_no_buttons(browser: Browser) -> None:
    await open_stockroom(browser)
    count = await start(browser)
    await browser.become(Role.VIEWER)
    page = await browser.get(count)
    assert page.status_code == 200
    assert "Needs the clerk role" in words(page)
    assert f'action="{count}' not in page.text
    assert "/stock/counts/new" not in (await browser.get("/stock/counts")).text


@pytest.mark.parametrize("number", ["0", "77", str(2**63), "9" * 40])
async def test_a_count_that_is_not_there_is_not_found(browser: Browser, number: str) -> None:
    await open_stockroom(browser)
    assert (await browser.get(f"/stock/counts/{number}")).status_code == 404
    assert (await submit(browser, f"/stock/counts/{number}/post")).status_code == 404
