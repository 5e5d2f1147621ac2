"""The list: filters in the address, keyset pages, search, and what the stream tells of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select

from commerce_core import utc_now
from commerce_core.inventory.models import StockLocation
from commerce_core.journal import read_cursor
from commerce_core.orders.arrivals import inspect_return, receive_return
from commerce_core.orders.change_models import OrderTask, TaskKind
from commerce_core.orders.fulfilling import deliver_order, ship_order
from commerce_core.orders.models import Order, OrderLine, OrderStatus
from commerce_core.orders.return_models import ReturnReason
from commerce_core.orders.returns import approve_return, request_return
from commerce_core.orders.undoing import hold_order
from webapp.live.changes import read_changes
from webapp.live.topics import Topic, cut
from webapp.orders.listing import PAGE_SIZE
from webapp.orders.shipping import ship_pieces
from webapp.tests.orders.shop import POT, SHIRT, do, place, placed
from webapp.tests.stockroom import words

if TYPE_CHECKING:
    import httpx
    from sqlalchemy.orm import Session

    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio


def shown(answer: httpx.Response) -> list[str]:
    """Return the numbers of the orders on the page, in its order."""
    return re.findall(r'class="name" href="/orders/\d+">([^<]+)<', answer.text)


async def test_states_and_filters_narrow_the_list_and_live_in_the_address(clerk: Browser) -> None:
    await placed(clerk, number="A1")
    await placed(clerk, number="A2", unpaid=True)
    held = await placed(clerk, number="A3", channel="shop")
    await placed(clerk, {"ALM-CHA-M": 40}, number="A4", allow_partial=True)

    def hold(session: Session) -> None:
        hold_order(session, session.get_one(Order, held), reason="wait", actor="tests")

    await clerk.database.transact(hold)
    assert shown(await clerk.get("/orders")) == ["A4", "A3", "A2", "A1"]
    for query, numbers in {
        "status=pending": ["A2"],
        "status=processing": ["A4", "A3", "A1"],
        "held=1": ["A3"],
        "short=1": ["A4"],
        "channel=shop": ["A3"],
        "channel=shop&status=pending": [],
        "age=1": [],
        "status=nothing": ["A4", "A3", "A2", "A1"],
    }.items():
        assert shown(await clerk.get(f"/orders?{query}")) == numbers, query
    page = words(await clerk.get("/orders"))
    assert "4 open" in page
    assert "Pending 1 Processing 3" in page


async def test_states_between_the_statuses_and_tasks_are_filters_too(clerk: Browser) -> None:
    names = ("U", "PS", "PD", "PR", "R", "T")
    numbers = {name: await placed(clerk, {SHIRT: 2}, number=name) for name in names}

    def happen(session: Session) -> None:
        lines = {
            name: session.scalars(select(OrderLine).filter_by(order_id=n)).one()
            for name, n in numbers.items()
        }
        orders = {name: session.get_one(Order, n) for name, n in numbers.items()}
        place_ = session.scalars(select(StockLocation)).first()
        assert place_ is not None
        for name in ("PS", "PD"):
            ship_pieces(session, orders[name], {lines[name].id: 1}, actor="t", version=None)
        deliver_order(session, orders["PD"], actor="t")
        for name, pieces in (("PR", 1), ("R", 2)):
            ship_order(session, orders[name], actor="t")
            why = (pieces, ReturnReason.OTHER)
            back = request_return(session, orders[name], {lines[name].id: why}, actor="t")
            approve_return(session, back, actor="t")
            receive_return(session, back, {lines[name].id: pieces}, place_, actor="t")
            inspect_return(session, back, {}, actor="t")
        kind = TaskKind.CANCELLED_ELSEWHERE
        session.add(OrderTask(order_id=numbers["T"], kind=kind, content={"channel": "web"}))

    await clerk.database.transact(happen)
    for query, wanted in {
        "standing=partially_shipped": ["PS"],
        "standing=partially_delivered": ["PD"],
        "standing=partially_returned": ["PR"],
        "standing=returned": ["R"],
        "standing=payment_uncertain": [],
        "standing=shipped": ["T", "R", "PR", "PD", "PS", "U"],  # a status has its tab
        "task=1": ["T"],
        "task=1&standing=returned": [],
    }.items():
        page = await clerk.get(f"/orders?{query}")
        assert shown(page) == wanted, query
        every = {
            row["number"]: row
            for row in (await clerk.get(f"/api/v1/orders?{query}")).json()["orders"]
        }
        if query.startswith("standing=p") or query == "standing=returned":
            assert {row["standing"] for row in every.values()} <= {query.partition("=")[2]}
    page = await clerk.get("/orders")
    assert "To decide 1" in words(page)
    tagged = [row for row in page.text.split("<tr>") if "<td" in row and "To decide" in row]
    assert [f'/orders/{numbers["T"]}"' in row for row in tagged] == [True]
    page = await clerk.get(f"/orders/{numbers['T']}")
    assert "somebody has to decide" in words(page)
    done = await do(clerk, numbers["T"], "task-done", task="1")
    assert done.status_code == 303
    assert (await do(clerk, numbers["U"], "task-done", task="1")).status_code == 404
    assert shown(await clerk.get("/orders?task=1")) == []
    assert "To decide" not in words(await clerk.get("/orders"))


async def test_search_finds_numbers_and_customers(clerk: Browser) -> None:
    await placed(clerk, number="B-100", customer="Elif Kaya")
    await placed(clerk, number="B-200", customer="Tom Okafor")
    for query, numbers in {
        "B-100": ["B-100"],
        "%23B-200": ["B-200"],
        "kaya": ["B-100"],
        "oka tom": ["B-200"],
        "aya": [],
        "tom.okafor@example.com": ["B-200"],
        "%25": [],
        "'": [],
    }.items():
        assert shown(await clerk.get(f"/orders?q={query}")) == numbers, query
    assert "Nothing matches" in words(await clerk.get("/orders?q=nobody"))


async def test_pages_follow_each_other_without_a_gap(light_clerk: Browser) -> None:
    now = utc_now()
    rows = [
        {
            "channel": "web",
            "number": f"N{number:03}",
            "status": OrderStatus.DELIVERED,
            "currency": "EUR",
            "placed_at": now - timedelta(minutes=number // 2),  # two of each moment
        }
        for number in range(2 * PAGE_SIZE + 7)
    ]

    def write(session: Session) -> None:
        session.execute(insert(Order), rows)

    await light_clerk.database.transact(write)
    address, seen, sizes = "/orders", [], []
    while address:
        page = await light_clerk.get(address)
        seen += shown(page)
        sizes.append(len(shown(page)))
        following = re.search(r'<a href="([^"]+)" rel="next"', page.text)
        address = following[1].replace("&amp;", "&") if following else ""
    assert sizes == [PAGE_SIZE, PAGE_SIZE, 7]
    assert sorted(seen) == sorted(str(row["number"]) for row in rows)
    assert (await light_clerk.get("/orders?after=nonsense")).status_code == 422


async def test_htmx_gets_the_list_and_the_facets_alone(light_clerk: Browser) -> None:
    await placed(light_clerk, number="C1")
    headers = {"HX-Request": "true", "HX-Current-URL": "http://shop.test/orders"}
    answer = await light_clerk.get("/orders?q=C1&channel=", headers=headers)
    assert "<html" not in answer.text
    assert answer.headers["hx-push-url"] == "/orders?q=C1"
    assert shown(answer) == ["C1"]


async def test_the_stream_tells_each_order_that_changed_once_in_its_newest_state(
    clerk: Browser,
) -> None:
    number = await placed(clerk, {SHIRT: 1, POT: 1})

    def happen(session: Session) -> int:
        ship_order(session, session.get_one(Order, number), actor="tests")
        return place(session, {SHIRT: 1}, number="NEW").id

    async with clerk.database.reads() as session:
        before = await session.run_sync(read_cursor)
    newer = await clerk.database.transact(happen)
    async with clerk.database.reads() as session:
        changes = await session.run_sync(read_changes, before)
    told = {one.order_id: one for one in changes.orders}
    assert set(told) == {number, newer}
    assert (told[number].standing.value, told[number].is_new) == ("shipped", False)
    assert (told[newer].number, told[newer].is_new) == ("NEW", True)
    assert [one.order_id for one in cut(changes, Topic("order", number)).orders] == [number]
    assert cut(changes, Topic("orders")).levels == ()
    assert cut(changes, Topic()).orders == ()

    frame = clerk.app.state.hub.encoders["html"](cut(changes, Topic("orders")))
    cells, event = (one.data for one in frame)
    page = (await clerk.get("/orders")).text
    for cell in re.findall(r"<td.*?</td>", cells):
        plain = cell.replace(' hx-swap-oob="true"', "")
        assert plain in page
    assert event.startswith('[{"id":')
    assert "Lindqvist" not in cells + event


async def test_an_order_of_history_is_worth_its_lines(clerk: Browser) -> None:
    def write(session: Session) -> None:
        order = place(session, {SHIRT: 2, POT: 1})
        order.is_history, order.total = True, None

    await clerk.database.transact(write)
    assert "\u20ac89.70" in words(await clerk.get("/orders"))


async def test_the_board_shows_the_newest_of_each_state(light_clerk: Browser) -> None:
    await placed(light_clerk, number="D1", unpaid=True)
    await placed(light_clerk, number="D2")
    page = words(await light_clerk.get("/orders/board"))
    assert page.index("Pending") < page.index("D1") < page.index("Processing") < page.index("D2")


async def test_an_empty_shop_says_what_will_stand_here(light_clerk: Browser) -> None:
    assert "No orders yet" in words(await light_clerk.get("/orders"))
    assert "No order in this state" in words(await light_clerk.get("/orders?status=expired"))
