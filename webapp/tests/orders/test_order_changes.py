"""Changes of an order: each is shown before it is made, and made only as it was shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from commerce_core.orders.models import OrderStatus
from commerce_core.orders.return_models import Claim, ClaimStatus
from webapp.accounts.roles import Role
from webapp.tests.orders.shop import (
    ADDRESS,
    POT,
    SHIRT,
    do,
    lines_of,
    placed,
    read,
    story,
)
from webapp.tests.stockroom import on_hand, words

if TYPE_CHECKING:
    import httpx

    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio


def hidden(answer: httpx.Response, name: str) -> str:
    """Return the value of a hidden field of the dialog."""
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.text.partition("act-form")[2])
    assert found is not None
    return found[1]


async def preview(browser: Browser, number: int, verb: str, **fields: str) -> httpx.Response:
    folder = fields.pop("folder", "decide")
    answer = await do(browser, number, verb, folder=folder, **fields)
    assert answer.status_code == 200, words(answer)
    assert "What it does" in words(answer)
    return answer


async def apply(browser: Browser, number: int, verb: str, **fields: str) -> httpx.Response:
    """Look at the preview, then send the same form with its seal."""
    shown = await preview(browser, number, verb, **fields)
    folder = fields.pop("folder", "decide")
    seal = {"seal": hidden(shown, "seal"), "key": hidden(shown, "key")}
    return await do(browser, number, verb, folder=folder, **fields, **seal)


async def test_lines_are_swapped_as_the_preview_said(light_clerk: Browser) -> None:
    browser = light_clerk
    await browser.become(Role.MANAGER)
    number = await placed(browser, {SHIRT: 3})
    (shirt,) = await lines_of(browser, number)
    before = await story(browser, number)
    fields = {f"line-{shirt.id}": "2", "sku": POT, "quantity": "1", "reason": "he called"}
    page = words(await preview(browser, number, "change", **fields))
    assert "ALM-CHA-S 3 1 0" in page
    assert "OEL-SAG 0 1 0" in page
    assert await story(browser, number) == before, "a preview changes nothing"
    assert (await apply(browser, number, "change", **fields)).status_code == 303
    lines = await lines_of(browser, number)
    assert [(line.code, line.wanted) for line in lines] == [(SHIRT, 1), (POT, 1)]
    assert await story(browser, number) == ["place", "change"]
    assert "Order changed" in (await browser.get(f"/orders/{number}?done=change")).text


async def test_a_change_that_does_something_else_by_now_is_shown_again(
    light_clerk: Browser,
) -> None:
    browser = light_clerk
    await browser.become(Role.MANAGER)
    number = await placed(browser, {SHIRT: 1})
    fields = {"sku": POT, "quantity": "2", "reason": "two more"}
    shown = await preview(browser, number, "change", **fields)
    seal = hidden(shown, "seal")
    # Other pieces than were shown, and then a shelf that somebody emptied in between.
    other = await do(
        browser, number, "change", folder="decide", **fields | {"quantity": "3"}, seal=seal
    )
    assert (other.status_code, "not what was shown before" in words(other)) == (200, True)
    left = await on_hand(browser, POT)
    await placed(browser, {POT: left}, allow_partial=True)
    late = await do(browser, number, "change", folder="decide", **fields, seal=seal)
    assert (late.status_code, "not what was shown before" in words(late)) == (200, True)
    assert await story(browser, number) == ["place"]


async def test_a_change_sent_twice_is_made_once(light_clerk: Browser) -> None:
    browser = light_clerk
    await browser.become(Role.MANAGER)
    number = await placed(browser, {SHIRT: 1})
    version = str((await read(browser, number)).version)
    fields = {"sku": POT, "quantity": "1", "reason": "one more", "version": version, "key": "k"}
    seal = hidden(await preview(browser, number, "change", **fields), "seal")
    for _ in range(2):
        answer = await do(browser, number, "change", folder="decide", **fields, seal=seal)
        assert answer.status_code == 303
    assert len(await lines_of(browser, number)) == 2


async def test_a_stale_change_says_what_the_other_did(light_clerk: Browser) -> None:
    browser = light_clerk
    await browser.become(Role.MANAGER)
    number = await placed(browser, {SHIRT: 2})
    seen = str((await read(browser, number)).version)
    await do(browser, number, "hold", reason="wait for the pot")
    fields = {"sku": POT, "quantity": "1", "reason": "one more", "version": seen}
    answer = await do(browser, number, "change", folder="decide", **fields)
    assert answer.status_code == 409
    page = words(answer)
    assert "changed this order while you were looking at it" in page
    assert "wait for the pot" in page
    assert f'value="{POT}"' in answer.text, "nothing typed is lost"


async def test_wrong_lines_stand_beside_their_fields(light_clerk: Browser) -> None:
    browser = light_clerk
    await browser.become(Role.MANAGER)
    number = await placed(browser, {SHIRT: 2})
    for fields, says in (
        ({"sku": "NOTHING", "quantity": "1"}, "No variant has this SKU"),
        ({"sku": POT, "quantity": "none"}, "A whole number is needed"),
        ({}, "Nothing is entered"),
    ):
        answer = await do(browser, number, "change", folder="decide", reason="x", **fields)
        assert (answer.status_code, says in words(answer)) == (422, True), fields
    more = await do(browser, number, "change", folder="decide", more="1", sku=POT)
    assert (more.status_code, POT in more.text) == (200, True)
    (shirt,) = await lines_of(browser, number)
    fields = {f"line-{shirt.id}": "5", "reason": "x"}
    assert (await do(browser, number, "change", folder="decide", **fields)).status_code == 409


async def test_a_clerk_mends_an_address_and_keeps_what_the_form_does_not_show(
    light_clerk: Browser,
) -> None:
    number = await placed(light_clerk, address={**ADDRESS, "phone": "040 1234"})
    form = await light_clerk.get(f"/orders/{number}/steps/address")
    assert 'value="Osterstraße 114"' in form.text
    fields = {f"to-{name}": text for name, text in ADDRESS.items()}
    fields |= {"to-line1": "Osterstraße 14", "to-kind": "street", "reason": "typo"}
    answer = await apply(light_clerk, number, "address", folder="steps", **fields)
    assert answer.status_code == 303
    address = (await read(light_clerk, number)).shipping_address
    assert address == {**ADDRESS, "line1": "Osterstraße 14", "kind": "street", "phone": "040 1234"}
    assert (await do(light_clerk, number, "change", folder="decide")).status_code == 403


async def test_two_orders_of_a_customer_leave_in_one_parcel(light_clerk: Browser) -> None:
    browser = light_clerk
    await browser.become(Role.MANAGER)
    alone = await placed(browser, {SHIRT: 1}, customer="Elif Kaya")
    page = words(await browser.get(f"/orders/{alone}"))
    assert "Not possible: the customer has no other open order to the same address" in page
    number = await placed(browser, {SHIRT: 1})
    other = await placed(browser, {POT: 1})
    stale = await do(browser, number, "merge", folder="decide", other=f"{other}:9", reason="x")
    assert stale.status_code == 409
    answer = await apply(browser, number, "merge", other=f"{other}:1", reason="one parcel")
    assert answer.status_code == 303
    assert [line.code for line in await lines_of(browser, number)] == [SHIRT, POT]
    assert (await read(browser, other)).status is OrderStatus.CANCELLED
    assert (await do(browser, number, "merge", folder="decide", reason="x")).status_code == 422


async def test_a_claim_is_opened_replaced_refunded_or_rejected(light_clerk: Browser) -> None:
    browser = light_clerk
    number = await placed(browser, {SHIRT: 2, POT: 1})
    shirt, pot = await lines_of(browser, number)
    assert "nothing has left the house" in words(await browser.get(f"/orders/{number}"))
    lines = {f"line-{line.id}": str(line.quantity) for line in (shirt, pot)}
    await do(browser, number, "ship", **lines)
    claimed = {f"line-{shirt.id}": "1", "reason": "one shirt was not in it"}
    assert (await do(browser, number, "claim", **claimed)).status_code == 422  # what went wrong?
    claimed |= {"kind": "missing", "folder": "steps"}
    looked = words(await preview(browser, number, "claim", **claimed))
    assert "No stock moves." in looked
    assert "claim" not in await story(browser, number)
    assert (await apply(browser, number, "claim", **claimed)).status_code == 303
    page = words(await browser.get(f"/orders/{number}"))
    assert "Missing from the parcel" in page
    too_many = {f"line-{pot.id}": "2", "kind": "broken"}
    assert (await do(browser, number, "claim", **too_many)).status_code == 409
    for verb in ("replace", "settle", "deny"):
        answer = await do(browser, number, verb, folder="decide", claim="1", reason="x")
        assert answer.status_code == 403
    await browser.become(Role.MANAGER)
    shown = words(await preview(browser, number, "replace", claim="1"))
    assert "ALM-CHA-S 2 3 0" in shown
    answer = await apply(browser, number, "replace", claim="1")
    assert answer.status_code == 303
    page = words(await browser.get(f"/orders/{number}"))
    assert "Replaced" in page
    assert "order sent instead" in page
    again = await do(browser, number, "replace", folder="decide", claim="1")
    assert again.status_code == 409
    broken = {f"line-{pot.id}": "1", "kind": "broken", "folder": "steps"}
    assert (await apply(browser, number, "claim", **broken)).status_code == 303
    denied = await apply(browser, number, "deny", claim="2", reason="no picture")
    assert denied.status_code == 303
    async with browser.database.reads() as session:
        statuses = [(await session.get_one(Claim, n)).status for n in (1, 2)]
    assert statuses == [ClaimStatus.REPLACED, ClaimStatus.REJECTED]
    strange = await placed(browser)
    answer = await do(browser, strange, "deny", folder="decide", claim="1", reason="x")
    assert answer.status_code == 404


async def a_claim(browser: Browser) -> int:
    """Place, pay and ship two shirts, one of them the wrong one; return the order."""
    await browser.become(Role.MANAGER)
    number = await placed(browser, {SHIRT: 2}, unpaid=True)
    await do(browser, number, "pay", folder="decide", amount="59.80")
    (shirt,) = await lines_of(browser, number)
    await do(browser, number, "ship", **{f"line-{shirt.id}": "2"})
    wrong = {f"line-{shirt.id}": "1", "kind": "wrong", "folder": "steps"}
    assert (await apply(browser, number, "claim", **wrong)).status_code == 303
    return number


async def test_the_money_of_a_claim_goes_back_once(light_clerk: Browser) -> None:
    browser = light_clerk
    number = await a_claim(browser)
    form = await browser.get(f"/orders/{number}/decide/settle?claim=1")
    assert 'value="29.90"' in form.text
    fields = {"claim": "1", "amount": "29.90", "reason": "wrong colour"}
    shown = await preview(browser, number, "settle", **fields)
    assert "Given back €0.00 €29.90" in words(shown)
    assert str((await read(browser, number)).refunded) == "0.0000"
    fields |= {"seal": hidden(shown, "seal"), "key": hidden(shown, "key")}
    for _ in range(2):
        answer = await do(browser, number, "settle", folder="decide", **fields)
        assert answer.status_code == 303
    assert str((await read(browser, number)).refunded) == "29.9000"
    async with browser.database.reads() as session:
        assert (await session.get_one(Claim, 1)).status is ClaimStatus.REFUNDED


async def test_no_money_goes_back_for_a_claim_that_was_decided_or_seen_otherwise(
    light_clerk: Browser,
) -> None:
    browser = light_clerk
    number = await a_claim(browser)
    fields = {"claim": "1", "amount": "29.90", "reason": "wrong colour"}
    seal = hidden(await preview(browser, number, "settle", **fields), "seal")

    more = await do(
        browser, number, "settle", folder="decide", **fields | {"amount": "59.80"}, seal=seal
    )
    assert "is not what was shown before" in words(more)
    await apply(browser, number, "deny", claim="1", reason="it was right")
    late = await do(browser, number, "settle", folder="decide", **fields, seal=seal)

    assert late.status_code == 409
    assert (await read(browser, number)).refunded == 0
