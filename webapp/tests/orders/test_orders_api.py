"""Orders for programs: the same verbs, versions and keys as the pages, answered as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from webapp.accounts.roles import Role
from webapp.tests.orders.shop import POT, SHIRT, lines_of, placed, read, story

if TYPE_CHECKING:
    import httpx

    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio


async def act(
    browser: Browser, number: int, verb: str, body: Any, key: str | None = None
) -> httpx.Response:
    headers = {"x-csrf-token": await browser.token()}
    if key is not None:
        headers["idempotency-key"] = key
    path = f"/api/v1/orders/{number}/{verb}"
    return await browser.http.post(path, json=body, headers=headers)


async def test_a_program_ships_part_of_an_order_once_for_each_key(clerk: Browser) -> None:
    number = await placed(clerk, {SHIRT: 3}, number="20418")
    (line,) = await lines_of(clerk, number)
    body = {"version": 1, "lines": {str(line.id): 1}, "carrier": "DHL"}
    answers = [await act(clerk, number, "steps/ship", body, key="k-1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    order = answers[1].json()
    assert (order["standing"], order["lines"][0]["shipped"]) == ("partially_shipped", 1)
    assert order["lines"][0]["ready"] == 2
    assert [event["trigger"] for event in order["events"]] == ["place", "fulfill", "ship"]

    stale = await act(clerk, number, "steps/hold", {"version": 1, "reason": "late"})
    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
    assert stale.json()["fields"]["now"] == order["version"]


async def test_refusals_name_their_rule_and_are_written_down(light_clerk: Browser) -> None:
    number = await placed(light_clerk)
    refused = await act(light_clerk, number, "steps/release", {})
    assert (refused.status_code, refused.json()["fields"]["refusal"]) == (409, "not_held")
    assert await story(light_clerk, number) == ["place", "release!not_held"]
    order = (await light_clerk.get(f"/api/v1/orders/{number}")).json()
    states = {state["trigger"]: state for state in order["triggers"]}
    assert states["hold"]["is_allowed"] is True
    assert states["release"] == {
        "trigger": "release",
        "is_allowed": False,
        "refusal": "not_held",
        "words": "it is not on hold",
    }


@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [
        ("steps/hold", {}, 422),
        ("steps/hold", [], 400),
        ("steps/ship", {"lines": {"1": "two"}}, 400),
        ("steps/ship", {"lines": [1]}, 400),
        ("steps/ship", {"lines": {"1": -1}}, 422),
        ("steps/ship", {"version": "one"}, 400),
        ("steps/cancel", {"reason": "x"}, 404),
        ("steps/nothing", {}, 404),
        ("decide/cancel", {"reason": "x"}, 403),
    ],
)
async def test_what_cannot_be_accepted_is_told_as_a_problem(
    light_clerk: Browser, verb: str, body: Any, status: int
) -> None:
    number = await placed(light_clerk)
    answer = await act(light_clerk, number, verb, body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert await story(light_clerk, number) == ["place"]


async def test_the_list_is_walked_page_by_page(light_clerk: Browser) -> None:
    numbers = {await placed(light_clerk, {SHIRT: 1}, allow_partial=True) for _ in range(3)}
    page = (await light_clerk.get("/api/v1/orders?status=processing")).json()
    assert {order["id"] for order in page["orders"]} == numbers
    assert page["next"] is None
    assert (await light_clerk.get("/api/v1/orders?status=pending")).json()["orders"] == []
    assert (await light_clerk.get("/api/v1/orders?after=nonsense")).status_code == 422


async def test_a_program_looks_at_a_change_before_it_makes_it(light_clerk: Browser) -> None:
    browser = light_clerk
    await browser.become(Role.MANAGER)
    number = await placed(browser, {SHIRT: 3})
    (line,) = await lines_of(browser, number)
    body = {"version": 1, "reason": "swap", "lines": {str(line.id): 2}, "add": {POT: 1}}

    shown = await act(browser, number, "decide/change", body | {"preview": True})
    assert shown.status_code == 200
    stock = {one["sku"]: one["promised"] for one in shown.json()["preview"]["stock"]}
    assert stock == {SHIRT: [3, 1], POT: [0, 1]}
    assert len(await lines_of(browser, number)) == 1
    lines = (await act(browser, number, "decide/change", body)).json()["lines"]
    assert [(one["sku"], one["cancelled"]) for one in lines] == [(SHIRT, 2), (POT, 0)]
    assert (await act(browser, number, "decide/change", body)).status_code == 409
    for wrong in ({"add": [POT]}, {"add": {POT: "1"}}, {"address": "here"}):
        assert (await act(browser, number, "decide/change", body | wrong)).status_code == 400
    blind = {"reason": "x", "preview": True}
    assert (await act(browser, number, "decide/cancel", blind)).status_code in {400, 422}
    assert (await read(browser, number)).status == "processing", "asked to look, it did nothing"
    unknown = body | {"version": 2, "add": {"NOTHING": 1}}
    assert (await act(browser, number, "decide/change", unknown)).status_code == 422
