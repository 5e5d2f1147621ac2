"""Returns: announced from an order, decided, received, inspected into stock, refunded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from commerce_core.money import Money
from commerce_core.orders.models import Order
from commerce_core.orders.payments import record_payment
from commerce_core.orders.return_models import Return
from webapp.accounts.roles import Role
from webapp.tests.orders.shop import POT, SHIRT, do, lines_of, placed, read
from webapp.tests.stockroom import on_hand, words

if TYPE_CHECKING:
    import httpx
    from sqlalchemy.orm import Session

    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio


async def shipped(browser: Browser) -> int:
    """Place an order of 2 shirts and a pot, paid, and send it."""
    number = await placed(browser, {SHIRT: 2, POT: 1}, unpaid=True)

    def pay(session: Session) -> None:
        order = session.get_one(Order, number)
        record_payment(session, order, Money.of("89.70", "EUR"), actor="tests")

    await browser.database.transact(pay)
    lines = {f"line-{line.id}": str(line.quantity) for line in await lines_of(browser, number)}
    assert (await do(browser, number, "ship", **lines)).status_code == 303
    return number


async def announced(browser: Browser, number: int, pieces: int = 2) -> httpx.Response:
    shirt, _ = await lines_of(browser, number)
    fields = {f"line-{shirt.id}": str(pieces), f"reason-{shirt.id}": "too_small"}
    return await browser.post("/returns/new", {"order": str(number), **fields})


async def act(browser: Browser, verb: str, folder: str = "steps", **fields: str) -> httpx.Response:
    async with browser.database.reads() as session:
        version = (await session.get_one(Return, 1)).version
    form = {"version": str(version), **fields}
    return await browser.post(f"/returns/1/{folder}/{verb}", form)


async def test_a_return_from_its_announcement_to_the_money(clerk: Browser) -> None:
    number = await shipped(clerk)
    assert f"/returns/new?order={number}" in (await clerk.get(f"/orders/{number}")).text
    answer = await announced(clerk, number)
    assert answer.headers["location"] == "/returns/1?done=requested"
    assert (await act(clerk, "approve", "decide")).status_code == 403
    await clerk.become(Role.MANAGER)
    assert (await act(clerk, "approve", "decide")).status_code == 303
    shirt, _ = await lines_of(clerk, number)
    before = await on_hand(clerk, SHIRT)
    line = f"line-{shirt.id}"
    assert (await act(clerk, "receive", location="1", **{line: "1"})).status_code == 303
    assert "Partially received" in words(await clerk.get("/returns/1"))
    assert (await act(clerk, "receive", location="1", **{line: "5"})).status_code == 409
    assert (await act(clerk, "receive", location="1", **{line: "1"})).status_code == 303
    inspection = {line: "1", "key": "once"}
    assert (await act(clerk, "inspect", **inspection)).status_code == 303
    assert (await act(clerk, "inspect", **inspection)).status_code == 303
    assert await on_hand(clerk, SHIRT) == before + 2  # one of them is damaged
    page = await clerk.get("/returns/1")
    assert 'value="59.80"' in page.text
    answer = await act(clerk, "refund", "decide", amount="59.80", reason="returned")
    assert answer.status_code == 303
    assert str((await read(clerk, number)).refunded) == "59.8000"
    assert (await act(clerk, "close", "decide")).status_code == 303
    assert "Closed" in words(await clerk.get("/returns"))
    assert "Partially returned" in words(await clerk.get(f"/orders/{number}"))


async def test_what_cannot_come_back_says_why(light_clerk: Browser) -> None:
    number = await shipped(light_clerk)
    refused = await announced(light_clerk, number, 5)
    assert refused.status_code == 409
    assert 'value="5"' in refused.text
    assert (await announced(light_clerk, number, 0)).status_code == 422
    unsent = await placed(light_clerk)
    assert "Nothing can come back" in words(await light_clerk.get(f"/returns/new?order={unsent}"))
    assert "nothing has left the house" in words(await light_clerk.get(f"/orders/{unsent}"))


async def test_a_rejection_needs_a_reason_and_a_stale_one_is_refused(light_clerk: Browser) -> None:
    browser = light_clerk
    await announced(browser, await shipped(browser))
    await browser.become(Role.MANAGER)
    assert (await act(browser, "reject", "decide")).status_code == 422
    await act(browser, "approve", "decide")
    stale = await act(browser, "cancel", "decide", version="1", reason="x")
    assert stale.status_code == 409
    assert "Somebody changed this return" in words(stale)
    assert (await browser.get("/returns?status=approved")).text.count("/returns/1") == 1
    assert "No return in this state" in words(await browser.get("/returns?status=closed"))


def hidden(answer: httpx.Response, form: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.text.partition(f'id="{form}"')[2])
    assert found is not None
    return found[1]


async def test_an_exchange_is_shown_then_ordered_and_linked_both_ways(
    light_clerk: Browser,
) -> None:
    browser = light_clerk
    number = await shipped(browser)
    await announced(browser, number)
    assert "Needs the manager role" in words(await browser.get("/returns/1"))
    assert (await browser.get("/returns/1/exchange")).status_code == 403
    await browser.become(Role.MANAGER)
    form = await browser.get("/returns/1/exchange")
    assert "Chalk · M" in words(form)
    shirt, _ = await lines_of(browser, number)
    other = next(one for one in re.findall(r'<option value="(\d+)">Chalk · M', form.text))
    fields = {name: hidden(form, "exchange", name) for name in ("key", "version", "seen")}
    fields |= {f"swap-{shirt.id}": other, f"line-{shirt.id}": "2", "free": "1"}
    shown = await browser.post("/returns/1/exchange", fields)
    assert (shown.status_code, "ALM-CHA-M 0 2 0" in words(shown)) == (200, True)
    assert "Total €0.00" in words(shown)
    fields["seal"] = hidden(shown, "exchange", "seal")
    for _ in range(2):
        made = await browser.post("/returns/1/exchange", fields)
        assert made.headers["location"] == "/returns/1?done=exchange"
    page = await browser.get("/returns/1")
    new = re.search(r'href="/orders/(\d+)">Order in exchange', page.text)
    assert new is not None
    assert "Not possible: it was exchanged already" in words(page)
    assert "order in exchange" in words(await browser.get(f"/orders/{number}"))
    assert "in exchange for return" in words(await browser.get(f"/orders/{new[1]}"))
    assert "It was exchanged already" in words(await browser.get("/returns/1/exchange"))


async def test_a_stale_exchange_says_what_was_done_meanwhile(light_clerk: Browser) -> None:
    browser = light_clerk
    number = await shipped(browser)
    await announced(browser, number)
    await browser.become(Role.MANAGER)
    form = await browser.get("/returns/1/exchange")
    fields = {name: hidden(form, "exchange", name) for name in ("key", "version", "seen")}
    await act(browser, "approve", "decide", reason="a good customer")
    shirt, _ = await lines_of(browser, number)
    fields |= {f"swap-{shirt.id}": str(shirt.variant_id), f"line-{shirt.id}": "1"}
    stale = await browser.post("/returns/1/exchange", fields)
    assert stale.status_code == 409
    assert "changed this return while you were looking" in words(stale)
    assert "a good customer" in words(stale)


async def test_claims_of_all_orders_are_listed_by_state(light_clerk: Browser) -> None:
    assert "No claims yet" in words(await light_clerk.get("/returns/claims"))
    number = await shipped(light_clerk)
    shirt, _ = await lines_of(light_clerk, number)
    fields = {f"line-{shirt.id}": "1", "kind": "broken", "reason": "a tear"}
    fields["seal"] = hidden(await do(light_clerk, number, "claim", **fields), "act-form", "seal")
    assert (await do(light_clerk, number, "claim", **fields)).status_code == 303
    page = words(await light_clerk.get("/returns/claims?status=open"))
    assert "Arrived broken Open 1 a tear" in page
    assert "No claim in this state" in words(
        await light_clerk.get("/returns/claims?status=refunded")
    )


async def test_an_order_by_hand_is_shown_then_placed(light_clerk: Browser) -> None:
    browser = light_clerk
    assert (await browser.get("/orders/new")).status_code == 403
    await browser.become(Role.MANAGER)
    form = await browser.get("/orders/new")
    fields = {"key": hidden(form, "new-order", "key"), "sku": POT, "quantity": "2"}
    assert "Say why" in words(await browser.post("/orders/new", fields))
    fields |= {"reason": "on the telephone", "to-kind": "street", "to-name": "Bo"}
    unknown = await browser.post("/orders/new", fields | {"customer": "nobody"})
    assert (unknown.status_code, "nobody" in words(unknown)) == (422, True)
    shown = await browser.post("/orders/new", fields)
    assert (shown.status_code, "OEL-SAG 0 2 0" in words(shown)) == (200, True)
    fields["seal"] = hidden(shown, "new-order", "seal")
    for _ in range(2):
        made = await browser.post("/orders/new", fields)
        assert made.headers["location"] == "/orders/1?done=placed"
    page = words(await browser.get("/orders/1"))
    assert "on the telephone" in page
    assert "by hand" in page
    much = await browser.post("/orders/new", fields | {"quantity": "9999", "key": "other"})
    assert much.status_code == 409
