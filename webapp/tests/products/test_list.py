"""The list of products over HTTP: search, facets in the address, pages, and empty states."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from commerce_core.catalog import create_product
from commerce_core.catalog.models import Product, Variant
from webapp.accounts.roles import Role
from webapp.tests.products.catalog import COAT, open_catalog, value_id
from webapp.tests.stockroom import words

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio


def names(text: str) -> list[str]:
    return re.findall(r'class="name"><a href="/products/\d+">([^<]*)</a>', text)


async def listed(browser: Browser, query: str) -> list[str]:
    answer = await browser.get(f"/products?{query}")
    assert answer.status_code == 200
    return names(answer.text)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=sylt", True),
        ("q=syl-rus-l", True),
        ("q=rust+warm", True),
        ("q=rust+cold", False),
        ("status=draft", False),
        ("status=active", True),
        ("stock=out", False),
        ("stock=low", False),
        ("stock=in", True),
        ("q=%F0%9F%A7%A5", False),
    ],
)
async def test_it_is_found_by_name_sku_options_and_state(
    browser: Browser, query: str, *, found: bool
) -> None:
    await open_catalog(browser, Role.VIEWER)
    assert (COAT in await listed(browser, query)) is found


async def test_a_product_without_variants_is_found_by_its_name(browser: Browser) -> None:
    await open_catalog(browser, Role.VIEWER)
    assert await listed(browser, "q=umbrella") == ["Umbrella Föhr"]


async def test_a_category_holds_what_is_below_it(browser: Browser) -> None:
    await open_catalog(browser, Role.VIEWER)
    page = await browser.get("/products")
    clothing = re.search(r'name="category" value="(\d+)"> Clothing', page.text)
    assert clothing
    assert await listed(browser, f"category={clothing[1]}") == [COAT]


async def test_values_of_one_option_widen_and_of_two_narrow(browser: Browser) -> None:
    await open_catalog(browser, Role.VIEWER)
    moss, rust = await value_id(browser, "Moss"), await value_id(browser, "Rust")
    assert await listed(browser, f"value={moss}&value={rust}") == [COAT]
    page = await browser.get(f"/products?value={moss}")
    assert "Colour: Moss" in words(page)


async def test_htmx_gets_the_parts_and_the_clean_address(browser: Browser) -> None:
    await open_catalog(browser, Role.VIEWER)
    headers = {"hx-request": "true", "hx-current-url": "http://shop.test/products"}
    answer = await browser.get("/products?q=sylt&status=", headers=headers)
    assert "<html" not in answer.text
    assert answer.headers["hx-push-url"] == "/products?q=sylt"
    assert names(answer.text) == [COAT]


async def test_every_product_is_on_exactly_one_page(browser: Browser) -> None:
    def many(session: Session) -> None:
        for number in range(120):
            create_product(session, name=f"Cup {number:03}")

    await browser.database.transact(many)
    await browser.become(Role.VIEWER)
    page = await browser.get("/products")
    seen, address = names(page.text), "/products"
    while address:
        if address != "/products":
            page = await browser.get(address)
            seen += names(page.text)
        following = re.search(r'href="([^"]*)" rel="next"', page.text)
        address = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 121
    assert seen == sorted(seen)
    assert seen[50:100] == names((await browser.get(_previous(page.text))).text)


def _previous(text: str) -> str:
    back = re.search(r'href="([^"]*)" rel="prev"', text)
    assert back
    return back[1].replace("&amp;", "&")


async def test_what_people_write_is_text(browser: Browser) -> None:
    await open_catalog(browser, Role.VIEWER)
    await browser.database.transact(
        lambda session: session.execute(
            update(Product).where(Product.name == COAT).values(name="<b>שלום</b> 🧥")
        )
    )
    page = await browser.get("/products")
    assert "&lt;b&gt;שלום&lt;/b&gt; 🧥" in page.text


async def test_nothing_matches_says_so_and_how_to_go_back(browser: Browser) -> None:
    await open_catalog(browser, Role.VIEWER)
    page = await browser.get("/products?q=zeppelin")
    assert "Nothing matches “zeppelin”" in words(page)


async def test_only_a_manager_is_offered_a_new_product(browser: Browser) -> None:
    await open_catalog(browser, Role.CLERK)
    assert "New product" not in words(await browser.get("/products"))
    await browser.become(Role.MANAGER)
    assert "New product" in words(await browser.get("/products"))


async def test_a_variant_below_its_own_threshold_is_low(browser: Browser) -> None:
    await open_catalog(browser, Role.VIEWER)

    def expect_more(session: Session) -> None:
        session.execute(
            update(Variant).where(Variant.sku == "SYL-MOS-S-LIGHT").values(low_stock_threshold=3)
        )

    await browser.database.transact(expect_more)
    assert await listed(browser, "stock=low") == [COAT]
