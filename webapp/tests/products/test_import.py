"""Product files over HTTP: columns, preview, apply in the background, go on, and the export."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from commerce_core import utc_now
from commerce_core.catalog.file_models import ImportStatus, ProductImport
from commerce_core.catalog.models import Variant
from commerce_core.tests.catalog.test_shopify_files import SHOPIFY_FILE
from webapp.accounts.roles import Role
from webapp.products.import_models import ProductUpload
from webapp.products.import_reading import forget_old_uploads
from webapp.tests.products.catalog import COAT, open_catalog, variants
from webapp.tests.stockroom import submit, words

if TYPE_CHECKING:
    import httpx
    from sqlalchemy.orm import Session

    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio
FIRST = "SYL-MOS-S-LIGHT"
FILE = (
    "sku;price;title;barcode\n"
    f"{FIRST};139,00;;\n"
    "SYL-MOS-S-WARM;149,00;;\n"
    "HAT-1;19,90;Felt hat;\n"
    "HAT-2;19,90;Straw hat;4260731840413\n"
)


async def upload(
    browser: Browser, content: str | bytes = FILE, name: str = "Spring.csv"
) -> httpx.Response:
    raw = content.encode() if isinstance(content, str) else content
    return await browser.http.post(
        "/products/import",
        data={"_csrf_token": await browser.token(), "currency": "EUR"},
        files={"file": (name, raw, "text/csv")},
    )


async def uploaded(browser: Browser, content: str | bytes = FILE) -> str:
    answer = await upload(browser, content)
    assert answer.status_code == 303, words(answer)
    return str(answer.headers["location"])


async def ended(browser: Browser, address: str) -> httpx.Response:
    """The page of an import after it is no longer running, as the page itself would ask for it."""
    async with asyncio.timeout(30):
        while True:
            page = await browser.get(address, headers={"HX-Request": "true"})
            if 'hx-trigger="every 1s"' not in page.text:
                return page
            await asyncio.sleep(0.05)


async def count(browser: Browser, kind: type[ProductUpload | Variant]) -> int:
    async with browser.database.reads() as session:
        return await session.scalar(select(func.count()).select_from(kind)) or 0


async def test_a_preview_tells_what_each_row_does_and_changes_nothing(browser: Browser) -> None:
    await open_catalog(browser)
    before = await count(browser, Variant)
    address = await uploaded(browser)
    page = await browser.get(address)
    said = words(page)
    assert "To create: 1. To change: 1. Unchanged: 1. Refused: 1." in said
    assert "Apply 2 changes" in said
    assert re.search(r"5 barcode .*the last digit", said, re.IGNORECASE)
    assert "Price 149.00 139.00" in said
    assert (await variants(browser))[FIRST].price == 149
    assert await count(browser, Variant) == before


async def test_applied_twice_it_is_imported_once_and_says_what_was_refused(
    browser: Browser,
) -> None:
    await open_catalog(browser)
    before = await count(browser, Variant)
    address = await uploaded(browser)
    assert (await submit(browser, f"{address}/apply")).headers["location"] == address
    await submit(browser, f"{address}/apply")
    page = await ended(browser, address)
    assert "Imported 1 created, 1 changed, 1 unchanged, 1 refused" in words(page)
    assert "barcode" in words(page)
    assert (await variants(browser))[FIRST].price == 139
    assert await count(browser, Variant) == before + 1
    async with browser.database.reads() as session:
        imports = (await session.scalars(select(ProductImport))).all()
    assert [(one.status, one.done) for one in imports] == [(ImportStatus.FINISHED, 4)]
    listed = words(await browser.get("/products/import"))
    assert "Spring.csv" in listed
    assert "Done" in listed


async def test_all_refused_rows_are_a_file_to_correct_and_to_import_again(
    browser: Browser,
) -> None:
    await open_catalog(browser)
    before = await count(browser, Variant)
    wrong = [f"HAT-{number};19,90;=Hat {number};4260731840413" for number in range(1, 204)]
    address = await uploaded(browser, "\n".join(["sku;price;title;barcode", *wrong, "CAP;9;Cap;"]))

    previewed = await browser.get(f"{address}/refused.csv")
    await submit(browser, f"{address}/apply")
    page = await ended(browser, address)
    told = await browser.get(f"{address}/refused.csv")

    assert "and 3 more" in words(page)
    assert f'href="{address}/refused.csv"' in page.text
    assert told.headers["content-type"] == "text/csv; charset=utf-8"
    assert told.content == previewed.content
    rows = list(csv.DictReader(io.StringIO(told.content.decode("utf-8-sig"))))
    assert [row["row"] for row in rows] == [str(number) for number in range(2, 205)]
    assert rows[0]["refused because"].startswith("barcode: ")
    assert (rows[0]["sku"], rows[0]["price"], rows[0]["title"]) == ("HAT-1", "19,90", "'=Hat 1")
    again = await uploaded(browser, told.content.replace(b"4260731840413", b""))
    assert "To create: 203. To change: 0. Unchanged: 0. Refused: 0." in words(
        await browser.get(again)
    )
    assert await count(browser, Variant) == before + 1
    once_more = await uploaded(browser, told.content)
    assert (await browser.get(f"{once_more}/refused.csv")).content.count(b"refused because") == 1


async def test_columns_are_said_once_and_remembered_for_the_next_file(browser: Browser) -> None:
    await open_catalog(browser)
    strange = f"Artikel,Betrag\n{FIRST},99\n"
    address = await uploaded(browser, strange)
    assert "no column names a variant" in words(await browser.get(address))

    twice = await submit(browser, f"{address}/columns", **{"column-0": "sku", "column-1": "sku"})
    assert twice.status_code == 422
    assert "two columns mean sku" in words(twice)

    meant = {"column-0": "sku", "column-1": "price"}
    await submit(browser, f"{address}/columns", **meant)
    assert "Price 149.00 99.00" in words(await browser.get(address))
    again = await uploaded(browser, strange.replace("99", "88"))
    assert "Price 149.00 88.00" in words(await browser.get(again))


async def test_an_import_that_stopped_goes_on(browser: Browser) -> None:
    await open_catalog(browser)
    rows = "".join(f"MUG-{n},9.90,Mug {n}\n" for n in range(700))
    address = await uploaded(browser, f"sku,price,title\n{rows}")
    await submit(browser, f"{address}/apply")
    await ended(browser, address)

    def stop(session: Session) -> None:
        # As a process leaves it that ended behind the first batch.
        done = session.scalars(select(ProductImport)).one()
        done.status, done.done, done.created = ImportStatus.RUNNING, 500, 500
        session.scalars(select(ProductUpload)).one().beat_at = utc_now() - timedelta(minutes=1)

    await browser.database.transact(stop)
    assert "Import stopped row 500 of 700" in words(await browser.get(address))
    await submit(browser, f"{address}/apply")
    page = await ended(browser, address)
    # The rows were there already, so those that are looked at again change nothing.
    assert "500 created, 0 changed, 200 unchanged, 0 refused" in words(page)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Choose a file that is not empty."),
        (b"sku,price\n", "no rows"),
        (b"PK\x03\x04 and no more", "not a complete Excel workbook"),
        (b"\x89PNG\x00\xff", "no text that can be read"),
        (b"x" * 10_000_001, "At most 10 MB"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(
    browser: Browser, content: bytes, said: str
) -> None:
    await browser.become(Role.MANAGER)
    answer = await upload(browser, content)
    assert answer.status_code == 422
    assert said in words(answer)
    assert await count(browser, ProductUpload) == 0


async def test_a_shopify_file_is_understood_as_it_is(browser: Browser) -> None:
    await browser.become(Role.MANAGER)
    address = await uploaded(browser, SHOPIFY_FILE)
    said = words(await browser.get(address))
    assert "Refused: 0." in said
    await submit(browser, f"{address}/apply")
    assert "0 refused" in words(await ended(browser, address))
    again = await uploaded(browser, SHOPIFY_FILE)
    assert "This file changes nothing." in words(await browser.get(again))


async def test_an_export_holds_what_the_filters_leave_and_imports_without_a_change(
    browser: Browser,
) -> None:
    await open_catalog(browser)
    listed = await browser.get("/products?q=sylt")
    links = re.findall(r'href="(/products/export\.csv[^"]*)"', listed.text)
    assert links == ["/products/export.csv?q=sylt"]
    export = await browser.get(links[0])
    rows = list(csv.DictReader(io.StringIO(export.content.decode("utf-8-sig"))))
    assert len(rows) == 12
    assert rows[0]["title"] == COAT
    everything = await browser.get("/products/export.xlsx")
    assert everything.content[:2] == b"PK"
    for file in (export, everything):
        address = await uploaded(browser, file.content)
        assert "This file changes nothing." in words(await browser.get(address))


async def test_uploads_are_forgotten_but_not_while_they_are_news(browser: Browser) -> None:
    await open_catalog(browser)
    looked_at, kept = await uploaded(browser), await uploaded(browser)
    assert (await submit(browser, f"{looked_at}/forget")).headers["location"] == "/products/import"
    assert (await browser.get(looked_at)).status_code == 404
    assert (await browser.get(kept)).status_code == 200
    await browser.database.transact(forget_old_uploads, as_of=utc_now() + timedelta(days=6))
    assert await count(browser, ProductUpload) == 1
    await browser.database.transact(forget_old_uploads, as_of=utc_now() + timedelta(days=8))
    assert await count(browser, ProductUpload) == 0
