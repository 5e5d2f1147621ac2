from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import inspect

from commerce_core.customers.models import Customer
from commerce_core.errors import InvalidCursorError, OrderNotFoundError
from commerce_core.flows import run_flow
from commerce_core.orders.attempts import attempt_flow
from commerce_core.orders.errors import TransitionRefusedError
from commerce_core.orders.fulfilling import fulfill_order, ship_fulfillment
from commerce_core.orders.gateways import FakeGateway
from commerce_core.orders.machine import Trigger
from commerce_core.orders.models import OrderStatus
from commerce_core.orders.queries import (
    OrderFilter,
    count_orders,
    get_order,
    list_orders,
    read_whole_order,
)
from commerce_core.orders.standing import allowed_triggers
from commerce_core.orders.undoing import cancel_order, hold_order
from commerce_core.tests.orders.shop import ACTOR, lines_of, place, read_order, stock, story
from commerce_core.tests.statements import recorded

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from commerce_core.tests.databases import Database


def test_the_list_goes_page_by_page_the_newest_first(database: Database) -> None:
    lamp = stock(database, "LAMP", 50)
    placed = [place(database, {lamp: 1}).number for _ in range(7)]
    seen: list[str] = []
    cursor = None
    for _ in range(4):
        page = database.run(lambda s, c=cursor: list_orders(s, after=c, limit=3))  # type: ignore[misc]
        seen += [row.order.number for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert seen == placed[::-1]


def test_it_can_be_narrowed(database: Database) -> None:
    lamp = stock(database, "LAMP", 50)
    one = place(database, {lamp: 1})
    two = place(database, {lamp: 1}, channel="shop", number="K-7")
    database.run(lambda s: cancel_order(s, one, reason="x", actor=ACTOR))
    database.run(lambda s: hold_order(s, two, reason="fraud?", actor=ACTOR))

    def numbers(**wanted: Any) -> list[str]:
        page = database.run(lambda s: list_orders(s, OrderFilter(**wanted)))
        return [row.order.number for row in page.rows]

    assert numbers(status=OrderStatus.CANCELLED) == [one.number]
    assert numbers(channel="shop") == numbers(is_held=True) == numbers(search="#K-7") == ["K-7"]
    assert numbers(search="no such") == numbers(is_short=True) == []


def test_orders_are_found_by_the_words_of_a_name_as_it_is_now(database: Database) -> None:
    lamp = stock(database, "LAMP", 50)

    def somebody(session: Session) -> Customer:
        found = Customer(number="C1", name="Änne O'Brien-Müller", email="anne@example.com")
        session.add(found)
        session.flush()
        return found

    customer = database.run(somebody)
    order = place(database, {lamp: 1}, customer=customer)

    def found(text: str, **more: Any) -> list[str]:
        wanted = OrderFilter(search=text, **more)
        page = database.run(lambda s: list_orders(s, wanted))
        return [row.order.number for row in page.rows]

    for text in ("brien", "MÜLL", "änne mü", "anne@example.com", "C1", order.number):
        assert found(text) == found(text, status=order.status) == [order.number], text
    for text in ("rien", "müller xy", '"', "*", "anne"):
        assert found(text) == [], text
    assert found("brien", channel="shop") == found("brien", searches_people=False) == []
    database.sql("UPDATE commerce_customer SET name = 'Eva'")
    assert (found("brien"), found("eva")) == ([], [order.number])


def test_a_cursor_of_another_list_is_refused(database: Database) -> None:
    for cursor in ("", "x", "2026-01-01_5", "2026-01-01T00:00:00+00:00_x"):
        with pytest.raises(InvalidCursorError):
            database.run(lambda s, c=cursor: list_orders(s, after=c))  # type: ignore[misc]


def test_states_are_counted_no_further_than_told(database: Database) -> None:
    lamp = stock(database, "LAMP", 50)
    for _ in range(3):
        place(database, {lamp: 1})

    assert database.run(count_orders).by_status[OrderStatus.PROCESSING] == 3
    few = database.run(lambda s: count_orders(s, at_most=2))
    assert (few.by_status[OrderStatus.PROCESSING], few.at_most) == (2, 2)


def test_a_whole_order_is_loaded_in_a_constant_number_of_statements(database: Database) -> None:
    lamp, bulb = stock(database, "LAMP", 50), stock(database, "BULB", 50)
    small = place(database, {lamp: 1}, gateway=FakeGateway())
    large = place(database, {lamp: 4, bulb: 2}, gateway=FakeGateway())
    database.run(lambda s: fulfill_order(s, large, actor=ACTOR))
    counts = []
    for order in (small, large):
        with recorded(database.engine) as sent:
            whole = database.run(lambda s, o=order: read_whole_order(s, o.id))  # type: ignore[misc]
        counts.append(len(sent))
        for record in (whole.order, *whole.lines, *whole.events, *whole.payments):
            assert inspect(record).unloaded == set()

    assert counts[0] == counts[1]
    with pytest.raises(OrderNotFoundError):
        database.run(lambda s: read_whole_order(s, 4711))
    assert database.run(lambda s: get_order(s, channel="web", number=large.number)).id == large.id


def test_orders_in_between_say_so(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    order = place(database, {lamp: 2})
    (line,) = lines_of(database, order)
    (parcel,) = database.run(lambda s: fulfill_order(s, order, actor=ACTOR))
    database.run(lambda s: ship_fulfillment(s, parcel, actor=ACTOR, quantities={line.id: 1}))

    (row,) = database.run(list_orders).rows

    assert (row.standing, row.order.status) == ("partially_shipped", "processing")


def test_buttons_and_verbs_say_the_same(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    order = place(database, {lamp: 1})
    database.run(lambda s: hold_order(s, order, reason="fraud?", actor=ACTOR))
    found = {
        x.trigger: x
        for x in allowed_triggers(read_order(database, order), lines_of(database, order))
    }

    assert found[Trigger.RELEASE].is_allowed
    assert (found[Trigger.FULFILL].refusal, found[Trigger.SHIP].refusal) == ("held", "held")
    with pytest.raises(TransitionRefusedError) as caught:
        database.run(lambda s: fulfill_order(s, order, actor=ACTOR))
    assert str(caught.value).endswith(found[Trigger.FULFILL].words or "?")


def test_what_was_refused_is_written_down_and_nothing_else(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    order = place(database, {lamp: 1})
    database.run(lambda s: hold_order(s, order, reason="fraud?", actor=ACTOR))
    version = read_order(database, order).version

    with pytest.raises(TransitionRefusedError):
        run_flow(database.factory, attempt_flow(lambda s: fulfill_order(s, order, actor="bob")))

    assert story(database, order) == ["place", "hold", "fulfill!held"]
    assert read_order(database, order).version == version
    assert database.sql(
        "SELECT actor, refused FROM commerce_order_event WHERE refusal = 'held'"
    ) == [("bob", "cannot fulfill: it is on hold: release it first")]
