"""Products for programs: the list, one product, edits with versions and keys, prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from webapp.accounts.roles import Role
from webapp.tests.products.catalog import COAT, open_catalog, product_id, value_id

if TYPE_CHECKING:
    import httpx

    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio


async def send(
    browser: Browser, method: str, path: str, body: Any, key: str | None = None
) -> httpx.Response:
    headers = {"x-csrf-token": await browser.token()}
    if key is not None:
        headers["idempotency-key"] = key
    address = f"/api/v1/products{path}"
    return await browser.http.request(method, address, json=body, headers=headers)


async def coat(browser: Browser) -> dict[str, Any]:
    answer = await browser.get(f"/api/v1/products/{await product_id(browser)}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_list_takes_the_filters_of_the_page(browser: Browser) -> None:
    await open_catalog(browser, Role.VIEWER)
    moss = await value_id(browser, "Moss")
    for query, found in ((f"q=sylt&value={moss}", True), ("status=draft&q=sylt", False)):
        page = (await browser.get(f"/api/v1/products?{query}")).json()
        assert [one["name"] for one in page["products"]] == [COAT][: int(found)]
        assert page["next"] is None
    (row,) = (await browser.get("/api/v1/products?q=sylt")).json()["products"]
    assert (row["variants"], row["available"]) == (12, 22)
    assert row["lowest"] == {"amount": "149.00", "currency": "EUR"}


async def test_the_list_is_walked_page_by_page(browser: Browser) -> None:
    await browser.become(Role.MANAGER)
    names = {f"Walk {number:03}" for number in range(60)}
    for name in names:
        assert (await send(browser, "POST", "", {"name": name})).status_code == 201
    seen: list[str] = []
    address: str | None = "/api/v1/products?q=walk"
    while address:
        page = (await browser.get(address)).json()
        seen += [one["name"] for one in page["products"]]
        address = page["next"]
    assert seen == sorted(names)


async def test_a_product_tells_all_its_variants(browser: Browser) -> None:
    await open_catalog(browser, Role.VIEWER)
    found = await coat(browser)
    assert found["category"] == "Clothing > Coats"
    assert found["options"][1] == {"name": "Size", "values": ["S", "M", "L"]}
    first = found["variants"][0]
    assert (len(found["variants"]), first["sku"]) == (12, "SYL-MOS-S-LIGHT")
    assert first["options"] == {"Colour": "Moss", "Size": "S", "Lining": "Light"}
    assert (first["price"], first["asked"], first["is_sale"]) == ("149.00", "149.00", False)


async def test_what_is_sent_twice_with_one_key_is_done_once(browser: Browser) -> None:
    await browser.become(Role.MANAGER)
    body = {"name": "Tea pot", "category": "Table > Tea", "status": "draft"}
    first, again = [await send(browser, "POST", "", body, key="k-1") for _ in range(2)]
    assert (first.status_code, first.json()) == (201, again.json())
    other = await send(browser, "POST", "", {"name": "Cup"}, key="k-1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    number = first.json()["id"]
    variant = {"sku": "POT-1", "price": "39.90", "options": {"Glaze": "Blue"}, "weight": 900}
    for _ in range(2):
        made = await send(browser, "POST", f"/{number}/variants", variant, key="v-1")
        assert [(v["sku"], v["weight"]) for v in made.json()["variants"]] == [("POT-1", 900)]
    change = {"version": first.json()["version"], "brand": "Kalk"}
    for _ in range(2):
        edited = await send(browser, "PATCH", f"/{number}", change, key="e-1")
        assert (edited.status_code, edited.json()["brand"]) == (200, "Kalk")


async def test_an_old_version_is_shown_both_sides_and_saves_nothing(browser: Browser) -> None:
    await open_catalog(browser)
    before = await coat(browser)
    number, first, second = before["id"], before["variants"][0], before["variants"][1]
    mine = {"variants": [{"id": first["id"], "version": first["version"], "price": "159"}]}
    assert (await send(browser, "PATCH", f"/{number}/variants", mine)).status_code == 200

    rows = [
        {"id": first["id"], "version": first["version"], "price": "129.00"},
        {"id": second["id"], "version": second["version"], "cost": "40"},
    ]
    stale = await send(browser, "PATCH", f"/{number}/variants", {"variants": rows})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_edits")
    (conflict,) = stale.json()["fields"]["conflicts"]
    assert (conflict["field"], conflict["yours"], conflict["now"]) == (
        "price",
        "129.0000",
        "159.0000",
    )
    assert (await coat(browser))["variants"][1]["cost"] is None

    assert (await send(browser, "PATCH", f"/{number}", {"name": "Coat"})).status_code == 200
    named = await send(browser, "PATCH", f"/{number}", {"version": 1, "name": "Jacket"})
    assert (named.status_code, named.json()["fields"]["conflicts"][0]["now"]) == (409, "Coat")


async def test_a_price_is_set_now_and_a_sale_is_planned(browser: Browser) -> None:
    await open_catalog(browser)
    found = await coat(browser)
    number, first = found["id"], found["variants"][0]["id"]
    set_now = await send(
        browser, "POST", f"/{number}/prices", {"amount": "99.90", "variants": [first]}, key="p"
    )
    assert [v["price"] for v in set_now.json()["variants"][:2]] == ["99.90", "149.00"]
    sale = {"kind": "sale", "amount": "79", "from": "2990-01-01T00:00:00+01:00"}
    assert (await send(browser, "POST", f"/{number}/prices", sale)).status_code == 201
    prices = (await browser.get(f"/api/v1/products/{number}/prices")).json()["prices"]
    assert [one["kind"] for one in prices[:12]] == ["sale"] * 12
    assert prices[0]["from"] == "2989-12-31T23:00:00+00:00"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "", {}, 422, "invalid_text"),
        ("POST", "", [], 400, "bad_request"),
        ("POST", "", {"name": 7}, 400, "bad_request"),
        ("POST", "", {"name": "Hat", "colour": "red"}, 422, "invalid_input"),
        ("POST", "", {"name": COAT}, 409, "duplicate"),
        ("PATCH", "/{}", {"version": "one"}, 400, "bad_request"),
        ("PATCH", "/{}", {"status": "gone"}, 422, "invalid_input"),
        ("PATCH", "/9999", {"name": "x"}, 404, "product_not_found"),
        ("POST", "/{}/variants", {"sku": "X", "price": 9.9}, 400, "bad_request"),
        ("POST", "/{}/variants", {"sku": "X", "price": "-1"}, 422, "invalid_money"),
        ("POST", "/{}/variants", {"price": "1", "options": ["Red"]}, 400, "bad_request"),
        ("POST", "/{}/variants", {"sku": " syl-mos-s-light", "price": "1"}, 409, "duplicate_sku"),
        ("PATCH", "/{}/variants", {"variants": [{"price": "1"}]}, 400, "bad_request"),
        ("PATCH", "/{}/variants", {"variants": [{"id": 9999, "cost": "1"}]}, 422, "invalid_input"),
        ("PATCH", "/{}/variants", {"variants": [{"id": 1, "price": 1.5}]}, 400, "bad_request"),
        ("POST", "/{}/prices", {"amount": "1", "kind": "gift"}, 400, "bad_request"),
        ("POST", "/{}/prices", {"amount": "1", "from": "2990-01-01"}, 400, "bad_request"),
        ("POST", "/{}/prices", {"amount": "1", "from": "1990-01-01T00:00Z"}, 422, "invalid_time"),
        ("POST", "/{}/prices", {"amount": "1", "currency": "USD"}, 422, "currency_mismatch"),
        ("POST", "/{}/prices", {"amount": "1", "variants": [9999]}, 422, "invalid_input"),
    ],
)
async def test_what_cannot_be_accepted_is_told_by_name(  # noqa: PLR0917 - one case
    browser: Browser, method: str, path: str, body: Any, status: int, code: str
) -> None:
    await open_catalog(browser)
    before = await coat(browser)
    answer = await send(browser, method, path.format(before["id"]), body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert await coat(browser) == before


async def test_cells_that_cannot_be_are_all_named(browser: Browser) -> None:
    await open_catalog(browser)
    found = await coat(browser)
    row = {"id": found["variants"][0]["id"], "price": "-1", "barcode": "123", "weight": 10}
    answer = await send(browser, "PATCH", f"/{found['id']}/variants", {"variants": [row]})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cells")
    problems = answer.json()["fields"]["problems"]
    assert {one["field"]: one["code"] for one in problems} == {
        "price": "invalid_money",
        "barcode": "invalid_barcode",
    }


async def test_who_only_looks_edits_nothing(browser: Browser) -> None:
    await open_catalog(browser, Role.CLERK)
    assert (await send(browser, "POST", "", {"name": "Hat"})).status_code == 403
