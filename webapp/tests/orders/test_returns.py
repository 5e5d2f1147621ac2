"""Returns: announced from an order, decided, received, inspected into stock, refunded."""

from __future__ import annotations

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
