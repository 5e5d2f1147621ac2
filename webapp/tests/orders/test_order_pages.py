"""The page of one order: what it shows, what is done from it, and two people at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from commerce_core.orders.change_models import OrderTask, TaskKind
from commerce_core.orders.models import Order, OrderLine, OrderStatus
from commerce_core.orders.undoing import cancel_order, hold_order
from webapp.accounts.roles import Role
from webapp.tests.orders.shop import POT, SHIRT, do, lines_of, place, placed, read, story
from webapp.tests.stockroom import words

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio


async def test_an_order_is_put_into_a_parcel_packed_shipped_and_delivered(clerk: Browser) -> None:
    number = await placed(clerk)
    page = words(await clerk.get(f"/orders/{number}"))
    assert "Linen shirt Alma" in page
    assert "Osterstraße 114" in page

    answer = await do(clerk, number, "fulfill")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/orders/{number}?done=fulfill",
    )
    assert (await do(clerk, number, "pack", parcel="1")).status_code == 303
    lines = {f"line-{line.id}": str(line.quantity) for line in await lines_of(clerk, number)}
    shipped = await do(
        clerk, number, "ship", parcel="1", carrier="DHL", tracking_number="0034", **lines
    )
    assert shipped.status_code == 303
    page = words(await clerk.get(f"/orders/{number}"))
    assert "On the way" in page
    assert "0034" in page
    assert (await do(clerk, number, "deliver")).status_code == 303

    assert (await read(clerk, number)).status is OrderStatus.DELIVERED
    assert await story(clerk, number) == ["place", "fulfill", "pack", "ship", "deliver"]
    page = words(await clerk.get(f"/orders/{number}"))
    assert "Some clerk" in page


async def test_part_of_an_order_is_shipped_whether_it_lies_in_a_parcel_or_not(
    light_clerk: Browser,
) -> None:
    number = await placed(light_clerk, {SHIRT: 3})
    (line,) = await lines_of(light_clerk, number)
    await do(light_clerk, number, "ship", **{f"line-{line.id}": "1"})
    (line,) = await lines_of(light_clerk, number)
    assert (line.shipped, line.fulfilled) == (1, 3)
    page = await light_clerk.get(f"/orders/{number}")
    assert "Partially shipped" in words(page)
    assert "Ship 2 pieces" in words(page)
    await do(light_clerk, number, "ship", **{f"line-{line.id}": "2"})
    assert (await read(light_clerk, number)).status is OrderStatus.SHIPPED


async def test_more_than_lies_ready_is_refused_beside_its_field_and_nothing_is_done(
    light_clerk: Browser,
) -> None:
    number = await placed(light_clerk, {SHIRT: 2})
    (line,) = await lines_of(light_clerk, number)
    answer = await do(light_clerk, number, "ship", **{f"line-{line.id}": "5"})
    assert answer.status_code == 409
    assert "More than can be sent now" in words(answer)
    assert 'value="5"' in answer.text
    assert (await lines_of(light_clerk, number))[0].fulfilled == 0


@pytest.mark.parametrize(
    ("verb", "fields", "says"),
    [
        ("hold", {"reason": " "}, "Say why"),
        ("hold", {"reason": "x" * 201}, "At most 200 characters"),
        ("ship", {"line-1": "zero"}, "A whole number from 0"),
        ("ship", {"line-1": "0"}, "Nothing is entered"),
    ],
)
async def test_a_form_that_cannot_be_read_is_shown_again(
    light_clerk: Browser, verb: str, fields: dict[str, str], says: str
) -> None:
    number = await placed(light_clerk)
    answer = await do(light_clerk, number, verb, **fields)
    assert answer.status_code == 422
    assert says in words(answer)
    assert await story(light_clerk, number) == ["place"]


async def test_the_second_of_two_clerks_is_told_what_the_first_did(clerk: Browser) -> None:
    number = await placed(clerk, {SHIRT: 2})
    seen = str((await read(clerk, number)).version)
    await do(clerk, number, "hold", reason="address looks odd")
    (line,) = await lines_of(clerk, number)

    answer = await do(clerk, number, "ship", version=seen, **{f"line-{line.id}": "2"})
    assert answer.status_code == 409
    page = words(answer)
    assert "Some clerk changed this order while you were looking at it" in page
    assert "Put on hold, address looks odd" in page
    assert "it is on hold: release it first" in page
    assert (await lines_of(clerk, number))[0].shipped == 0

    answer = await do(clerk, number, "release", version=seen)
    assert answer.status_code == 409
    assert "Release all the same" in words(answer)
    now = re.search(r'name="version" value="(\d+)"', answer.text.partition("act-form")[2])
    assert now is not None
    assert (await do(clerk, number, "release", version=now[1])).status_code == 303


async def test_a_form_sent_twice_does_its_work_once(clerk: Browser) -> None:
    number = await placed(clerk, {SHIRT: 3})
    (line,) = await lines_of(clerk, number)
    fields = {"version": "1", "key": "the-same", f"line-{line.id}": "1"}
    answers = [await do(clerk, number, "ship", **fields) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert (await lines_of(clerk, number))[0].shipped == 1


async def test_what_is_not_possible_says_why_and_a_refused_attempt_stays_in_the_timeline(
    light_clerk: Browser,
) -> None:
    number = await placed(light_clerk)
    page = words(await light_clerk.get(f"/orders/{number}"))
    assert "Not possible: no parcel is under way" in page
    assert "Needs the manager role" in page
    answer = await do(light_clerk, number, "release")
    assert answer.status_code == 409
    assert "it is not on hold" in words(answer)
    page = words(await light_clerk.get(f"/orders/{number}"))
    assert "Release was refused" in page
    assert "Some clerk. Reason: cannot release: it is not on hold" in page


async def test_a_manager_cancels_pieces_and_the_order(light_clerk: Browser) -> None:
    browser = light_clerk
    await browser.become(Role.MANAGER)
    number = await placed(browser, {SHIRT: 3, POT: 1})
    shirt, pot = await lines_of(browser, number)
    fields = {f"line-{shirt.id}": "2", f"line-{pot.id}": "0", "reason": "one is enough"}
    assert (await do(browser, number, "cancel-lines", folder="decide", **fields)).status_code == 303
    assert [line.cancelled for line in await lines_of(browser, number)] == [2, 0]
    assert "2 cancelled" in words(await browser.get(f"/orders/{number}"))
    await do(browser, number, "cancel", folder="decide", reason="the customer called")
    assert (await read(browser, number)).status is OrderStatus.CANCELLED
    page = words(await browser.get(f"/orders/{number}"))
    assert "Reopen" in page
    await do(browser, number, "reopen", folder="decide", reason="called again")
    assert (await read(browser, number)).status is OrderStatus.PROCESSING


async def test_a_payment_confirms_the_order_it_completes(light_clerk: Browser) -> None:
    browser = light_clerk
    await browser.become(Role.MANAGER)
    number = await placed(browser, {SHIRT: 1}, unpaid=True)
    assert "Its payment has not come in" in words(await browser.get(f"/orders/{number}"))
    form = await browser.get(f"/orders/{number}/decide/pay")
    assert 'value="29.90"' in form.text
    assert (await do(browser, number, "pay", folder="decide", amount="nine")).status_code == 422
    await do(browser, number, "pay", folder="decide", amount="29,90", reference="BANK-1")
    order = await read(browser, number)
    assert (order.status, str(order.paid)) == (OrderStatus.PROCESSING, "29.9000")
    assert "BANK-1" in words(await browser.get(f"/orders/{number}"))
    fields = {"amount": "40", "reason": "goodwill"}
    assert (await do(browser, number, "refund", folder="decide", **fields)).status_code == 409
    fields["amount"] = "9.90"
    assert (await do(browser, number, "refund", folder="decide", **fields)).status_code == 303
    assert str((await read(browser, number)).refunded) == "9.9000"
    assert "Partially refunded" in words(await browser.get(f"/orders/{number}"))


async def test_rights_a_viewer_reads_without_people_and_a_clerk_decides_nothing(
    light_clerk: Browser,
) -> None:
    browser = light_clerk
    number = await placed(browser)
    assert (await do(browser, number, "cancel", folder="decide", reason="x")).status_code == 403
    # A manager's verb has no address among those of clerks.
    assert (await do(browser, number, "cancel", reason="x")).status_code == 404
    await browser.become(Role.VIEWER)
    page = await browser.get(f"/orders/{number}")
    assert page.status_code == 200
    assert "Lindqvist" not in page.text
    assert "Osterstraße" not in page.text
    assert "Lindqvist" not in (await browser.get("/orders")).text
    assert "No match" not in (await browser.get("/orders?q=lindqvist")).text
    assert f"/orders/{number}" not in (await browser.get("/orders?q=lindqvist")).text
    for path in ("packing-slip", "steps/ship"):
        assert (await browser.get(f"/orders/{number}/{path}")).status_code == 403


async def test_what_stops_an_order_stands_above_it(light_clerk: Browser) -> None:
    bare = {"kind": "street", "name": "Ann", "city": "Hamburg"}
    number = await placed(light_clerk, {"ALM-CHA-M": 30}, address=bare, allow_partial=True)
    page = words(await light_clerk.get(f"/orders/{number}"))
    assert "Not ready to ship" in page
    assert "The address lacks a street, a country" in page
    assert "sold and not in stock" in page


async def test_history_is_read_and_offers_nothing(light_clerk: Browser) -> None:
    def write(session: Session) -> int:
        order = place(session)
        order.is_history = True
        return order.id

    number = await light_clerk.database.transact(write)
    page = words(await light_clerk.get(f"/orders/{number}"))
    assert "This order is history" in page
    assert "What can be done now" not in page


async def test_the_machine_is_drawn_with_the_order_in_it_and_told_as_a_table(
    light_clerk: Browser,
) -> None:
    number = await placed(light_clerk)
    page = (await light_clerk.get(f"/orders/{number}")).text
    assert len(re.findall(r'<g class="node now">', page)) == 1
    drawing = page.partition('class="machine"')[2]
    assert "Processing" in drawing.partition('class="node now"')[2].partition("</g>")[0]
    table = page.partition('class="table-of"')[2].partition("</table>")[0]
    assert "<td>Pending</td><td>Expired</td>" in table
    assert table.count("possible") == 3  # to cancelled, to shipped, to cancelled by lines …


async def test_an_order_that_is_not_there_is_not_found(light_clerk: Browser) -> None:
    for path in ("/orders/999", "/orders/999/steps/ship", "/orders/999/packing-slip"):
        assert (await light_clerk.get(path)).status_code == 404
    number = await placed(light_clerk)
    assert (await light_clerk.get(f"/orders/{number}/steps/nothing")).status_code == 404
    assert (await do(light_clerk, number, "pack", parcel="77")).status_code == 404


async def test_the_page_of_a_customer_who_typed_markup_stays_whole(light_clerk: Browser) -> None:
    def write(session: Session) -> int:
        order = place(session, customer="<b>Bo</b>")
        hold_order(session, order, reason="<script>alert(1)</script>", actor="tests")
        return order.id

    number = await light_clerk.database.transact(write)
    page = (await light_clerk.get(f"/orders/{number}")).text
    assert "<script>alert" not in page
    assert "<b>Bo" not in page


async def test_paper_a_slip_for_each_parcel_and_a_list_for_all_orders(
    light_clerk: Browser,
) -> None:
    first = await placed(light_clerk, {SHIRT: 2, POT: 1}, number="20418")
    second = await placed(light_clerk, {SHIRT: 1}, number="20419")
    held = await placed(light_clerk, {SHIRT: 1}, number="20420")
    await do(light_clerk, held, "hold", reason="wait")
    assert "No parcel to pack" in words(await light_clerk.get(f"/orders/{first}/packing-slip"))
    await do(light_clerk, first, "fulfill")
    slip = words(await light_clerk.get(f"/orders/{first}/packing-slip"))
    assert "20418-1" in slip
    assert "3 of 3 pieces" in slip
    sheet = words(await light_clerk.get("/orders/pick-list"))
    assert "ALM-CHA-S 3 20418 \u00d7 2, 20419" in sheet
    assert "Left out because they are on hold: 20420" in sheet
    chosen = await light_clerk.post("/orders/pick-list", {"order": str(second)})
    assert chosen.headers["location"] == f"/orders/pick-list?order={second}"
    sheet = words(await light_clerk.get(chosen.headers["location"]))
    assert "20418" not in sheet
    assert "ALM-CHA-S 1 20419" in sheet


async def test_many_orders_at_once_each_with_its_own_result(clerk: Browser) -> None:
    numbers = [await placed(clerk, {SHIRT: 1}) for _ in range(3)]

    def cancel(session: Session) -> None:
        order = session.get_one(Order, numbers[1])
        cancel_order(session, order, reason="tests", actor="tests")

    await clerk.database.transact(cancel)
    form = {"verb": "ship", "key": "bulk", "order": [str(number) for number in numbers]}
    for _ in range(2):  # a repeat does nothing twice
        answer = await clerk.post("/orders/bulk", form)  # type: ignore[arg-type]
        assert answer.status_code == 200
        page = words(answer)
        assert "2 of 3 orders done" in page
        assert "the order is cancelled, and ship is not possible then" in page
    statuses = [(await read(clerk, number)).status for number in numbers]
    assert statuses == [OrderStatus.SHIPPED, OrderStatus.CANCELLED, OrderStatus.SHIPPED]
    refused = await clerk.post("/orders/bulk", form | {"verb": "cancel", "reason": "x"})  # type: ignore[arg-type]
    assert refused.status_code == 403
    assert (await clerk.post("/orders/bulk", {"verb": "hold", "order": "1"})).status_code == 422


async def test_another_price_elsewhere_is_told_without_a_word_of_packing(clerk: Browser) -> None:
    number = await placed(clerk)
    task = OrderTask(
        order_id=number, kind=TaskKind.CHANGED_ELSEWHERE, content={"total": "12.00 EUR"}
    )
    await clerk.database.transact(lambda session: session.add(task))

    page = words(await clerk.get(f"/orders/{number}"))

    assert "not all of that was taken over: somebody has to decide. It costs 12.00 EUR" in page
    assert "after it was packed" not in page


async def test_what_was_changed_there_and_here_is_told_with_both(clerk: Browser) -> None:
    number = await placed(clerk)
    variant = await clerk.database.transact(
        lambda session: session.scalars(
            select(OrderLine.variant_id).filter_by(order_id=number).limit(1)
        ).one()
    )
    clashes = [
        {"variant": variant, "before": 4, "now": 6, "here": 3},
        {"address": {"name": "Ann", "line1": "Way 2", "city": "Bonn"}},
    ]
    task = OrderTask(order_id=number, kind=TaskKind.CHANGED_ELSEWHERE, content={"clashes": clashes})
    await clerk.database.transact(lambda session: session.add(task))

    page = words(await clerk.get(f"/orders/{number}"))

    assert "6 there, 3 here, where it was changed as well." in page
    assert "The address there is Ann, Way 2, Bonn; here another one was set." in page
