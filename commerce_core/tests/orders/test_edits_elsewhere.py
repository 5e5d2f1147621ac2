"""An edit elsewhere is what differs from what was told before; what was changed here stays."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from commerce_core.catalog.models import Variant
from commerce_core.orders.addresses import checked_address
from commerce_core.orders.changes import ChangeRequest, change_order
from commerce_core.orders.external import ExternalLine, ExternalOrder
from commerce_core.orders.ingest import close_task, list_tasks
from commerce_core.orders.merging import merge_orders
from commerce_core.orders.models import LineKind, Order, OrderLine
from commerce_core.orders.told import TOLD, news, told_now
from commerce_core.orders.undoing import cancel_lines, cancel_order, reopen_order
from commerce_core.tests.orders.shop import (
    ACTOR,
    ADDRESS,
    eur,
    lines_of,
    place,
    read_order,
    shelf,
    stock,
)
from commerce_core.tests.orders.test_ingest import external, ingest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_core.tests.databases import Database

KOELN, BONN = ADDRESS | {"city": "Köln"}, ADDRESS | {"city": "Bonn"}


def lamps(pieces: int, **more: Any) -> ExternalOrder:
    return external(lines=[ExternalLine("LAMP", pieces, eur("15.00"))], paid=None, **more)


def contents_of_tasks(database: Database) -> list[Any]:
    return [task.content for task in database.run(list_tasks)]


def less(database: Database, order: Order, pieces: int) -> None:
    (line,) = lines_of(database, order)
    database.run(lambda s: cancel_lines(s, order, {line.id: pieces}, reason="phone", actor=ACTOR))


def test_another_address_there_does_not_bring_back_pieces_that_were_cancelled_here(
    database: Database,
) -> None:
    lamp = stock(database, "LAMP", 5)
    order = ingest(database, lamps(2)).order
    less(database, order, 1)

    found = ingest(database, lamps(2, shipping_address=KOELN))

    assert found.outcome == "changed"
    assert (found.order.shipping_address or {})["city"] == "Köln"
    assert shelf(database, lamp) == (5, 1, 0)
    assert contents_of_tasks(database) == []


def test_other_pieces_there_do_not_bring_back_an_address_that_was_changed_here(
    database: Database,
) -> None:
    lamp = stock(database, "LAMP", 5)
    order = ingest(database, lamps(2)).order
    move = ChangeRequest(shipping_address=BONN)
    database.run(lambda s: change_order(s, order, move, reason="phone", actor=ACTOR))

    found = ingest(database, lamps(3))

    assert (found.outcome, str(found.order.total)) == ("changed", "45.0000")
    assert (found.order.shipping_address or {})["city"] == "Bonn"
    assert shelf(database, lamp) == (5, 3, 0)


def test_what_was_changed_on_both_sides_is_a_task_and_the_rest_is_applied(
    database: Database,
) -> None:
    lamp = stock(database, "LAMP", 9)
    order = ingest(database, lamps(4)).order
    less(database, order, 1)

    both = lamps(6, shipping_address=KOELN)
    outcomes = [ingest(database, both).outcome for _ in range(2)]

    assert outcomes == ["task", "unchanged"]
    clash = {"variant": lamp.id, "before": 4, "now": 6, "here": 3}
    assert contents_of_tasks(database) == [{"clashes": [clash]}]
    assert shelf(database, lamp) == (9, 3, 0)
    assert (read_order(database, order).shipping_address or {})["city"] == "Köln"


def test_two_addresses_are_a_task_with_the_one_that_is_told(database: Database) -> None:
    stock(database, "LAMP", 5)
    order = ingest(database, lamps(2)).order
    move = ChangeRequest(shipping_address=BONN)
    database.run(lambda s: change_order(s, order, move, reason="phone", actor=ACTOR))

    assert ingest(database, lamps(2, shipping_address=KOELN)).outcome == "task"
    assert contents_of_tasks(database) == [{"clashes": [{"address": checked_address(KOELN)}]}]
    assert (read_order(database, order).shipping_address or {})["city"] == "Bonn"


def test_the_same_edit_on_both_sides_is_no_news(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    order = ingest(database, lamps(2)).order
    less(database, order, 1)

    assert ingest(database, lamps(1)).outcome == "unchanged"
    assert (shelf(database, lamp), contents_of_tasks(database)) == ((5, 1, 0), [])


def test_an_edit_leaves_goods_of_an_order_that_was_merged_into_it(database: Database) -> None:
    lamp, bulb = stock(database, "LAMP", 5), stock(database, "BULB", 5)
    order = ingest(database, lamps(2)).order
    other = place(database, {bulb: 2})
    database.run(lambda s: merge_orders(s, order, other, reason="one parcel", actor=ACTOR))

    assert ingest(database, lamps(1)).outcome == "changed"
    assert (shelf(database, lamp), shelf(database, bulb)) == ((5, 1, 0), (5, 2, 0))


def test_an_edit_of_what_was_cancelled_here_is_a_task(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    order = ingest(database, lamps(2)).order
    database.run(lambda s: cancel_order(s, order, reason="phone", actor=ACTOR))

    assert ingest(database, lamps(2, shipping_address=KOELN)).outcome == "unchanged"
    assert ingest(database, lamps(3)).outcome == "task"
    assert (read_order(database, order).status, shelf(database, lamp)) == ("cancelled", (5, 0, 0))


def test_an_edit_that_would_leave_nothing_here_is_a_task(database: Database) -> None:
    stock(database, "LAMP", 5)
    bulb = stock(database, "BULB", 5)
    lines = [ExternalLine("LAMP", 1, eur("15")), ExternalLine("BULB", 1, eur("2"))]
    order = ingest(database, external(lines=lines, paid=None)).order
    first, _ = lines_of(database, order)
    database.run(lambda s: cancel_lines(s, order, {first.id: 1}, reason="x", actor=ACTOR))

    assert ingest(database, external(lines=lines[:1], paid=None)).outcome == "task"
    assert shelf(database, bulb) == (5, 1, 0)


def test_a_task_that_was_done_comes_again_with_the_next_edit_of_the_kind(
    database: Database,
) -> None:
    stock(database, "LAMP", 9)
    order = ingest(database, lamps(4)).order
    less(database, order, 1)
    ingest(database, lamps(6))
    (task,) = database.run(list_tasks)
    database.run(partial(close_task, task=task, actor=ACTOR))

    outcomes = [ingest(database, lamps(n)).outcome for n in (4, 6)]

    assert outcomes == ["task", "task"]


def test_a_cancellation_told_before_does_not_end_what_was_reopened_here(
    database: Database,
) -> None:
    lamp = stock(database, "LAMP", 5)
    order = ingest(database, lamps(2)).order
    ingest(database, lamps(2, is_cancelled=True))
    database.run(lambda s: reopen_order(s, order, reason="she wants it", actor=ACTOR))

    again = [lamps(2, is_cancelled=True), lamps(2, is_cancelled=True, shipping_address=KOELN)]

    assert [ingest(database, one).outcome for one in again] == ["unchanged", "unchanged"]
    assert (read_order(database, order).status, shelf(database, lamp)) == ("processing", (5, 2, 0))


def test_a_cancellation_may_come_without_lines(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    ingest(database, lamps(2))

    assert ingest(database, external(lines=[], is_cancelled=True)).outcome == "cancelled"
    assert shelf(database, lamp) == (5, 0, 0)


def test_what_came_in_before_anything_was_kept_but_a_digest_is_compared_with_what_is_here(
    database: Database,
) -> None:
    lamp = stock(database, "LAMP", 5)
    order = ingest(database, lamps(2)).order

    def forget(session: Any) -> None:
        found = session.get_one(Order, order.id)
        found.details = {**found.details, TOLD: found.details[TOLD]["heard"]}

    database.run(forget)

    assert [ingest(database, lamps(n)).outcome for n in (2, 3, 3)] == [
        "unchanged",
        "changed",
        "unchanged",
    ]
    assert shelf(database, lamp) == (5, 3, 0)


PIECES = st.fixed_dictionaries({"A": st.integers(0, 3), "B": st.integers(0, 3)})
SOLD = PIECES.filter(lambda found: any(found.values()))
VARIANTS = {sku: Variant(id=number, sku=sku) for number, sku in enumerate("AB", start=1)}


def told_of(pieces: Mapping[str, int], city: str) -> ExternalOrder:
    lines = [ExternalLine(sku, n, eur("5")) for sku, n in pieces.items() if n]
    return external(lines=lines, shipping_address=ADDRESS | {"city": city})


CITY = st.sampled_from(["Hamburg", "Köln", "Bonn"])


@given(was=SOLD, here=PIECES, now=SOLD, cities=st.tuples(CITY, CITY, CITY))
def test_each_side_keeps_what_the_other_did_not_touch(
    was: dict[str, int], here: dict[str, int], now: dict[str, int], cities: tuple[str, str, str]
) -> None:
    order = Order(
        details={TOLD: told_now(told_of(was, cities[0]), VARIANTS).as_json()},
        shipping_address=checked_address(ADDRESS | {"city": cities[1]}),
        total=eur("5").amount,
    )
    lines = [
        OrderLine(
            id=10 + variant.id,
            kind=LineKind.GOODS,
            variant_id=variant.id,
            quantity=here[sku] + 1,
            cancelled=1,
        )
        for sku, variant in VARIANTS.items()
    ]

    found = news(order, lines, told_of(now, cities[2]), VARIANTS)

    change = found.change or ChangeRequest()
    after = dict(here)
    for item in change.add:
        after[item.variant.sku] += item.quantity
    for line_id, pieces in change.remove.items():
        after["AB"[line_id - 11]] -= pieces
    clashing = {"AB"[one["variant"] - 1] for one in found.clashes if "variant" in one}
    for sku in "AB":
        is_edited = now[sku] != was[sku]
        if not is_edited or sku in clashing:
            assert after[sku] == here[sku]
        else:
            assert after[sku] == now[sku]
        if is_edited and here[sku] not in {was[sku], now[sku]}:
            assert sku in clashing
    assert any(after.values()) or not any(here.values())
    told, own, tells = cities
    is_moved = tells not in {told, own}
    assert (change.shipping_address is not None) == (is_moved and own == told)
    assert any("address" in one for one in found.clashes) == (is_moved and own != told)
