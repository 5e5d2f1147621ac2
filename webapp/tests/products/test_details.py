"""New products, details, prices, pictures, history and categories over HTTP."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core import utc_now
from commerce_core.catalog.models import Product
from webapp.accounts.roles import Role
from webapp.demo.drawings import draw_product
from webapp.tests.products.catalog import COAT, open_catalog, product_id, save_cells, variants
from webapp.tests.stockroom import submit, words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

    from webapp.settings import Settings
    from webapp.tests.harness import Browser, Opener

pytestmark = pytest.mark.anyio
FIRST = "SYL-MOS-S-LIGHT"


@pytest.fixture
async def browser(settings: Settings, tmp_path: Path, opener: Opener) -> AsyncIterator[Browser]:
    """One whose pictures go into a folder of the test."""
    async with opener(replace(settings, image_folder=str(tmp_path / "pictures"))) as opened:
        yield opened


async def product(browser: Browser, number: int) -> Product:
    async with browser.database.reads() as session:
        return await session.get_one(Product, number)


def form_of(page: httpx.Response) -> dict[str, str]:
    """The fields of the details form as a browser would send them."""
    fields = {"known": _value(page, "known")}
    for name in ("name", "brand", "slug"):
        fields[name] = _value(page, name)
    text = re.search(r'<textarea id="description"[^>]*>([^<]*)', page.text)
    status = re.search(r'id="status".*?value="(\w+)" selected', page.text, re.DOTALL)
    category = re.search(r'id="category".*?</select>', page.text, re.DOTALL)
    chosen = re.search(r'value="(\d+)" selected', category[0]) if category else None
    assert text
    assert status
    fields |= {"description": html.unescape(text[1]), "status": status[1]}
    return fields | {"category": chosen[1] if chosen else ""}


def _value(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*? value="([^"]*)"', page.text)
    assert found, name
    return html.unescape(found[1])


async def test_a_product_is_created_and_leads_to_its_options(browser: Browser) -> None:
    await browser.become(Role.MANAGER)
    fields = {"name": "Tea pot Nebel", "status": "draft", "new_category": "Table > Tea"}
    answer = await submit(browser, "/products/new", **fields)
    number = await product_id(browser, "Tea pot Nebel")
    assert answer.headers["location"] == f"/products/{number}/options?done=created"
    page = await browser.get(f"/products/{number}")
    assert "No variants yet" in words(page)
    again = await submit(browser, "/products/new", **fields)
    assert again.status_code == 409
    assert 'value="Tea pot Nebel"' in again.text


async def test_details_are_saved_and_stand_in_the_history(browser: Browser) -> None:
    address = await open_catalog(browser)
    fields = form_of(await browser.get(f"{address}/details"))
    answer = await submit(browser, f"{address}/details", **fields | {"brand": "Nordlicht"})
    assert answer.status_code == 303
    said = words(await browser.get(f"{address}/history"))
    assert "Edited Brand Kalk → Nordlicht" in said
    assert "Some manager" in said


async def test_two_editors_of_details_see_both_values(browser: Browser) -> None:
    address = await open_catalog(browser)
    fields = form_of(await browser.get(f"{address}/details"))
    await submit(browser, f"{address}/details", **fields | {"name": "Theirs"})

    clash = await submit(browser, f"{address}/details", **fields | {"name": "Mine", "brand": "B"})

    assert clash.status_code == 409
    assert f"{COAT} Mine Theirs" in words(clash)
    again = form_of(clash) | {"clash": "name", "keep": "theirs"}
    assert (await submit(browser, f"{address}/details", **again)).status_code == 303
    found = await product(browser, int(address.rpartition("/")[2]))
    assert (found.name, found.brand) == ("Theirs", "B")


async def test_attributes_are_typed_and_clash_too(browser: Browser) -> None:
    address = await open_catalog(browser)
    made = await submit(
        browser, f"{address}/details/attributes", name="Weight of fabric", kind="number", unit="g"
    )
    assert made.status_code == 303
    fields = form_of(await browser.get(f"{address}/details"))
    wrong = await submit(browser, f"{address}/details", **fields, **{"attribute-1": "heavy"})
    assert wrong.status_code == 422
    right = await submit(browser, f"{address}/details", **fields, **{"attribute-1": "180"})
    assert right.status_code == 303
    late = await submit(browser, f"{address}/details", **fields, **{"attribute-1": "200"})
    assert late.status_code == 409
    assert "Weight of fabric" in words(late)


async def test_prices_are_planned_listed_together_and_taken_back(browser: Browser) -> None:
    address = await open_catalog(browser)
    begins = (utc_now() + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    planned = await submit(browser, f"{address}/prices", kind="sale", amount="99,90", begins=begins)
    assert planned.status_code == 303
    page = await browser.get(f"{address}/prices")
    assert "All 12 variants sale €99.90" in words(page)
    ids = re.findall(r'name="price" value="(\d+)"', page.text)
    assert len(ids) == 12
    assert (await submit(browser, f"{address}/prices/cancel", price=ids)).status_code == 303
    assert "€99.90" not in words(await browser.get(f"{address}/prices"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"amount": "cheap"}, "An amount is needed"),
        ({"amount": "-3"}, "negative"),
        ({"amount": "9" * 20}, "larger than any amount"),
        ({"amount": "5", "begins": "2001-01-01T00:00"}, "cannot begin in the past"),
        ({"amount": "5", "begins": "soon"}, "A day and a time are needed"),
    ],
)
async def test_a_price_that_cannot_be_is_refused(
    browser: Browser, fields: dict[str, Any], said: str
) -> None:
    address = await open_catalog(browser)
    answer = await submit(browser, f"{address}/prices", **fields)
    assert answer.status_code == 422
    assert said in words(answer)


async def test_the_same_change_of_many_variants_is_one_line_of_the_history(
    browser: Browser,
) -> None:
    address = await open_catalog(browser)
    rows = (await variants(browser)).values()
    await save_cells(browser, address, *((v, "price", "129", "149.00") for v in rows))
    said = words(await browser.get(f"{address}/history"))
    assert said.count("Price 149 → 129") == 1
    assert "and 11 more: Price 149 → 129" in said


async def test_prices_rise_by_percent_for_some_after_a_look(browser: Browser) -> None:
    address = await open_catalog(browser)
    coat = await variants(browser)
    chosen = [str(coat[FIRST].id), str(coat["SYL-MOS-S-WARM"].id)]
    fields: dict[str, Any] = {"how": "percent", "amount": "-10", "variant": chosen}
    page = await submit(browser, f"{address}/prices/preview", **fields)
    assert "€149.00 €134.10" in words(page)
    assert "Save 2 prices" in words(page)
    assert (await variants(browser))[FIRST].price == 149

    found = re.search(r'name="expected" value="(\w+)"', page.text)
    assert found
    await submit(browser, f"{address}/prices", how="to", amount="100", variant=chosen[:1])
    outrun = await submit(browser, f"{address}/prices", **fields, expected=found[1])
    assert outrun.status_code == 409
    assert "€100.00 €90.00" in words(outrun)
    now = re.search(r'name="expected" value="(\w+)"', outrun.text)
    assert now
    done = await submit(browser, f"{address}/prices", **fields, expected=now[1])
    assert done.status_code == 303
    coat = await variants(browser)
    assert [str(coat[sku].price) for sku in (FIRST, "SYL-MOS-S-WARM", "SYL-MOS-M-WARM")] == [
        "90.0000",
        "134.1000",
        "149.0000",
    ]
    below = await submit(browser, f"{address}/prices/preview", how="by", amount="-120")
    assert below.status_code == 422
    assert "never negative" in words(below)


async def send_file(browser: Browser, address: str, content: bytes) -> httpx.Response:
    return await browser.http.post(
        f"{address}/pictures",
        data={"_csrf_token": await browser.token(), "alt": "The coat"},
        files={"file": ("coat.png", content, "image/png")},
    )


async def test_a_picture_is_known_by_its_bytes_and_not_by_its_name(browser: Browser) -> None:
    address = await open_catalog(browser)
    refused = await send_file(browser, address, b"<svg onload=alert(1)>")
    assert refused.status_code == 422
    assert "this is no picture" in words(refused)

    picture = draw_product("Outerwear", "#6a7350")
    assert (await send_file(browser, address, picture)).status_code == 303

    page = await browser.get(f"{address}/pictures")
    source = re.search(r'src="(/products/images/[^"]+)"', page.text)
    assert source
    shown = await browser.get(source[1])
    assert (shown.headers["content-type"], shown.content) == ("image/png", picture)
    removal = re.search(r'action="([^"]+/remove)"', page.text)
    assert removal
    assert (await submit(browser, removal[1])).status_code == 303
    assert "No pictures yet" in words(await browser.get(f"{address}/pictures"))


async def test_a_picture_by_address_lets_in_its_host_and_no_other(browser: Browser) -> None:
    address = await open_catalog(browser)
    await submit(browser, f"{address}/pictures", url="https://cdn.example/a.png")
    await submit(browser, f"{address}/pictures", url="https://evil.example;script-src/b.png")
    page = await browser.get(f"{address}/pictures")
    policy = page.headers["content-security-policy"]
    assert "img-src 'self' data: https://cdn.example;" in policy
    assert "evil" not in policy


@pytest.mark.parametrize("key", ["nothing", "..%2F..%2Fshop.db", f"{'0' * 64}.png"])
async def test_no_other_file_is_ever_shown(browser: Browser, key: str) -> None:
    await browser.become(Role.VIEWER)
    assert (await browser.get(f"/products/images/{key}")).status_code == 404


async def shown_pictures(browser: Browser, address: str) -> list[str]:
    page = await browser.get(f"{address}/pictures")
    return re.findall(r'<li data-order-place><img src="https://cdn.example/(\w)', page.text)


async def test_pictures_are_put_into_another_order(browser: Browser) -> None:
    address = await open_catalog(browser)
    for name in "abc":
        await submit(browser, f"{address}/pictures", url=f"https://cdn.example/{name}.png")
    page = await browser.get(f"{address}/pictures")
    ids = re.findall(r'name="id" value="(\d+)"', page.text)
    for wanted, order in (
        ({"id": ids, "later": ids[0]}, ["b", "a", "c"]),
        ({"id": [ids[2], ids[0], ids[1]]}, ["c", "a", "b"]),
        ({"id": ids[1]}, ["b", "c", "a"]),
        ({"id": ["x", "999", *ids], "earlier": "7000"}, ["a", "b", "c"]),
    ):
        assert (await submit(browser, f"{address}/pictures/order", **wanted)).status_code == 303
        assert await shown_pictures(browser, address) == order
    assert "Order of pictures" in words(await browser.get(f"{address}/history"))


async def test_categories_are_made_moved_and_never_a_circle(browser: Browser) -> None:
    await open_catalog(browser)
    page = await browser.get("/products/categories")
    ids = re.findall(r'action="/products/categories/(\d+)"', page.text)
    clothing, coats = ids
    circle = await submit(
        browser, f"/products/categories/{clothing}", name="Clothing", parent=coats, version="1"
    )
    assert circle.status_code == 409
    assert "cannot stand below itself" in words(circle)
    full = await submit(browser, f"/products/categories/{coats}/remove")
    assert full.status_code == 409
    assert (await submit(browser, "/products/categories", name="Hats")).status_code == 303
