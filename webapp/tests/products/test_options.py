"""The option editor over HTTP: what it would do, what is in the way, and doing it."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.catalog.models import VariantStatus
from webapp.accounts.roles import Role
from webapp.tests.products.catalog import AXES, open_catalog, save_cells, value_id, variants
from webapp.tests.stockroom import submit, words

if TYPE_CHECKING:
    import httpx

    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio
LAST = "SYL-RUS-L-WARM"


def choice(**changes: Any) -> dict[str, Any]:
    """The form as the page of the coat has it, with some of it changed."""
    fields: dict[str, Any] = {"pattern": "SYL-{Colour:3}-{Size}-{Lining}", "currency": "EUR"}
    for number, (option, values) in enumerate(AXES.items()):
        fields[f"option-{number}"] = option
        fields[f"value-{number}"] = list(values)
    return fields | changes


async def preview(browser: Browser, address: str, **changes: Any) -> httpx.Response:
    return await submit(browser, f"{address}/options/preview", **choice(**changes))


def digest(page: httpx.Response) -> str:
    found = re.search(r'name="expected" value="(\w+)"', page.text)
    assert found
    return found[1]


async def test_as_it_is_nothing_would_change_and_the_pattern_is_recognised(
    browser: Browser,
) -> None:
    address = await open_catalog(browser)
    page = await browser.get(f"{address}/options")
    assert "12 kept" in words(page)
    assert "Nothing would change" in words(page)
    assert 'value="SYL-{Colour:3}-{Size}-{Lining}"' in page.text


async def test_new_values_are_created_and_a_left_out_combination_is_not(browser: Browser) -> None:
    address = await open_catalog(browser)
    skip = '["Sand", "S", "Warm"]'
    page = await preview(browser, address, **{"add-0": "Sand, Ink"}, skip=skip)
    assert "12 kept, 11 created" in words(page)
    assert "SYL-SAN-S-LIGHT" in page.text
    fields = choice(**{"add-0": "Sand, Ink"}, skip=skip, expected=digest(page))
    done = await submit(browser, f"{address}/options", **fields)
    assert done.status_code == 303
    now = await variants(browser)
    assert len(now) == 23
    assert "SYL-SAN-S-WARM" not in now


async def test_a_value_with_stock_is_not_retired_and_what_is_in_the_way_is_told(
    browser: Browser,
) -> None:
    address = await open_catalog(browser)
    page = await preview(browser, address, **{"value-0": ["Moss"]})
    said = words(page)
    assert "5 need a decision" in said
    assert "2 on hand at HAM" in said
    assert "Something is still to be decided" in said
    fields = choice(**{"value-0": ["Moss"]}, expected=digest(page))
    refused = await submit(browser, f"{address}/options", **fields)
    assert refused.status_code == 409
    assert {v.status for v in (await variants(browser)).values()} == {VariantStatus.ACTIVE}


async def test_an_empty_variant_is_retired_and_comes_back(browser: Browser) -> None:
    address = await open_catalog(browser)
    skip = '["Rust", "L", "Warm"]'
    page = await preview(browser, address, skip=skip)
    assert "11 kept, 1 retired" in words(page)
    await submit(browser, f"{address}/options", **choice(skip=skip, expected=digest(page)))
    assert (await variants(browser))[LAST].status is VariantStatus.ARCHIVED
    back = await preview(browser, address)
    assert "1 brought back" in words(back)


async def test_colliding_skus_are_shown_before_anything_happens(browser: Browser) -> None:
    address = await open_catalog(browser)
    page = await preview(browser, address, **{"add-0": "Sand"}, pattern="SYL-{Size}-{Lining}-NEW")
    assert "6 created" in words(page)
    page = await preview(browser, address, **{"add-0": "Sand"}, pattern="SYL-MOS-{Size}-{Lining}")
    assert "6 SKUs collide" in words(page)
    assert "another variant&#39;s already" in page.text
    page = await preview(browser, address, **{"add-0": "Sand"}, pattern="{Colour}-{Nothing}")
    assert page.status_code == 422
    assert "{Nothing}" in html.unescape(page.text)


async def test_a_single_combination_gets_a_sku_of_its_own(browser: Browser) -> None:
    address = await open_catalog(browser)
    sand = {"add-0": "Sand", "pattern": "SYL-MOS-{Size}-{Lining}"}
    own = {"made": '["Sand", "S", "Light"]', "made-sku": "SAND-1"}
    page = await preview(browser, address, **sand, **own)
    assert "5 SKUs collide" in words(page)
    assert 'value="SAND-1"' in page.text
    sand["pattern"] = "SYL-{Colour:3}-{Size}-{Lining}"
    page = await preview(browser, address, **sand, **own)
    fields = choice(**sand, **own, expected=digest(page))
    assert (await submit(browser, f"{address}/options", **fields)).status_code == 303
    assert {"SAND-1", "SYL-SAN-S-WARM"} < set(await variants(browser))


async def test_values_of_the_shop_get_names_colours_and_an_order(browser: Browser) -> None:
    address = await open_catalog(browser)
    moss, rust = await value_id(browser, "Moss"), await value_id(browser, "Rust")
    change = f"/products/options/values/{moss}"
    named = {"name": "Fern", "has_swatch": "1", "swatch": "#336644"}
    assert (await submit(browser, change, **named)).status_code == 303
    assert (await variants(browser))["SYL-MOS-S-LIGHT"].name == "Fern · S · Light"
    wrong = await submit(browser, change, name="Fern", has_swatch="1", swatch="green")
    assert wrong.status_code == 422
    assert (await submit(browser, change, name="Rust")).status_code == 409

    page = await browser.get("/products/options")
    assert "#336644" in page.text
    orders = re.findall(r'action="/products/options/(\d+)/order"', page.text)
    path = next(
        one for one in orders if f'form="order-{one}" name="id" value="{moss}"' in page.text
    )
    await submit(
        browser, f"/products/options/{path}/order", id=[str(moss), str(rust)], later=str(moss)
    )
    listed = words(await browser.get("/products/options"))
    assert listed.index("Rust") < listed.index("Fern")
    told = words(await browser.get(f"{address}/history"))
    assert "Order of values Colour: Fern, Rust → Colour: Rust, Fern" in told
    assert "Value renamed Colour: Moss → Colour: Fern" in told
    assert "→ Colour: Moss #336644" in told
    await submit(browser, change, name="Fern")
    assert "#336644" not in (await browser.get("/products/options")).text
    await browser.become(Role.VIEWER)
    assert (await submit(browser, change, name="Green")).status_code == 403
    assert "Name and colour" not in words(await browser.get("/products/options"))
    assert (await browser.get(address)).status_code == 200


async def test_an_option_is_added_with_a_value_for_what_is_there(browser: Browser) -> None:
    address = await open_catalog(browser)
    more = {"option-3": "Hood", "add-3": "With, Without", "new-3": "1"}
    asked = await preview(browser, address, **more)
    assert "12 need a decision" in words(asked)
    page = await preview(browser, address, **more, **{"default-3": "With"}, pattern="")
    assert "12 kept, 12 created" in words(page)


async def test_a_plan_that_is_old_by_now_is_shown_anew(browser: Browser) -> None:
    address = await open_catalog(browser)
    page = await preview(browser, address, **{"add-0": "Sand"})
    await save_cells(
        browser,
        address,
        ((await variants(browser))[LAST], "sku", "SYL-SAN-S-WARM", LAST),
    )
    fields = choice(**{"add-0": "Sand"}, expected=digest(page))
    answer = await submit(browser, f"{address}/options", **fields)
    assert answer.status_code == 409
    assert "look at the new plan" in words(answer)
    assert len(await variants(browser)) == 12


async def test_a_viewer_looks_on(browser: Browser) -> None:
    address = await open_catalog(browser, Role.VIEWER)
    assert "Needs the manager role" in words(await browser.get(f"{address}/options"))
    assert (await preview(browser, address)).status_code == 403
