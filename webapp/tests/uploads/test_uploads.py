"""Stock files over HTTP: choose, preview, apply, and what is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from commerce_core.inventory import StockMovement
from webapp.accounts.roles import Role
from webapp.tests.stockroom import (
    SHIRT,
    SHOE,
    on_hand,
    open_stockroom,
    submit,
    words,
)
from webapp.uploads.forms import MOST_BODY_BYTES, MOST_FILE_BYTES

if TYPE_CHECKING:
    import httpx

    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio

FILE = f"sku;location;quantity\n{SHIRT};HAM;18\n{SHOE};LEJ;3\nNOPE;HAM;1\n{SHOE};HAM;5\n".encode()


async def upload(browser: Browser, content: bytes = FILE, **changes: str) -> httpx.Response:
    fields = {"_csrf_token": await browser.token(), "semantics": "absolute", **changes}
    files = {"file": ("Levels.csv", content, "text/csv")}
    return await browser.http.post("/stock/upload", data=fields, files=files)


def hidden(page: httpx.Response) -> dict[str, str]:
    found = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    return {name: found[name] for name in ("semantics", "reason", "name", "content")}


async def test_a_preview_shows_each_row_and_books_nothing(browser: Browser) -> None:
    await open_stockroom(browser)

    page = await upload(browser)

    assert page.status_code == 200, words(page)
    said = words(page)
    assert "Apply 2 changes" in said
    assert "No variant has the SKU NOPE." in said
    assert "2 rows, 3 pieces more, 2 fewer" in said
    assert "5 on hand already" in said
    assert await on_hand(browser) == 20


async def test_apply_books_the_rows_once(browser: Browser) -> None:
    await open_stockroom(browser)
    form = hidden(await upload(browser, reason="Yearly count"))

    done = await submit(browser, "/stock/upload/apply", **form)
    again = await submit(browser, "/stock/upload/apply", **form)

    assert done.status_code == again.status_code == 200
    assert "Levels uploaded" in words(done)
    assert (await on_hand(browser), await on_hand(browser, SHOE, "LEJ")) == (18, 3)
    assert "Nothing was changed" in words(again)
    assert words(again).count("Applied before") == 3
    async with browser.database.reads() as session:
        reasons = (await session.scalars(select(StockMovement.reason))).all()
    assert reasons.count("Yearly count") == 2


async def test_a_delta_that_takes_too_much_is_refused(browser: Browser) -> None:
    await open_stockroom(browser)

    page = await upload(
        browser, f"sku,location,quantity\n{SHIRT},HAM,-21\n".encode(), semantics="delta"
    )

    assert "21 would go, but only 20 are on hand." in words(page)
    assert "Apply" not in words(page).replace("Applied", "")


@pytest.mark.parametrize(
    ("content", "changes", "said"),
    [
        (b"", {}, "Choose a file that is not empty."),
        (b"\x89PNG\x00\xff", {}, "is not UTF-8 text"),
        (b"sku,quantity\nA,1\n", {}, "no column"),
        (b"x" * (MOST_FILE_BYTES + 1), {}, "At most 1 MB at once"),
        (FILE, {"semantics": "maybe"}, "Say what the numbers mean."),
        (FILE, {"reason": "x" * 201}, "at most 200 characters"),
    ],
)
async def test_a_form_that_cannot_be_read_says_why(
    browser: Browser, content: bytes, changes: dict[str, str], said: str
) -> None:
    await open_stockroom(browser)

    page = await upload(browser, content, **changes)

    assert page.status_code == 422
    assert said in words(page)


async def test_a_body_beyond_the_limit_is_not_read(browser: Browser) -> None:
    await open_stockroom(browser)

    assert (await upload(browser, b"x" * MOST_BODY_BYTES)).status_code == 413


async def test_damaged_hidden_content_books_nothing(browser: Browser) -> None:
    await open_stockroom(browser)
    form = hidden(await upload(browser))

    for content in ("", "*", "\u2713", "A"):
        answer = await submit(browser, "/stock/upload/apply", **(form | {"content": content}))
        assert answer.status_code == 422
    assert await on_hand(browser) == 20


async def test_the_board_leads_there_who_may_adjust(browser: Browser) -> None:
    await open_stockroom(browser)
    assert 'href="/stock/upload"' in (await browser.get("/stock")).text

    await browser.become(Role.VIEWER)
    assert 'href="/stock/upload"' not in (await browser.get("/stock")).text
    assert (await browser.get("/stock/upload")).status_code == 403
