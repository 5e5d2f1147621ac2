from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from commerce_core.inventory import receive_stock
from commerce_core.orders.changes import Addition, ChangeRequest, change_order
from commerce_core.orders.errors import UnknownVariantError
from commerce_core.orders.external import ExternalLine, ExternalOrder
from commerce_core.orders.fulfilling import allocate_order, fulfill_order
from commerce_core.orders.ingest import (
    Ingested,
    close_task,
    ingest_order,
    list_tasks,
)
from commerce_core.orders.models import Order
from commerce_core.testing import make_location
from commerce_core.tests.orders.shop import (
    ACTOR,
    ADDRESS,
    counts,
    eur,
    lines_of,
    place,
    read_order,
    shelf,
    stock,
    story,
)

if TYPE_CHECKING:
    from commerce_core.tests.databases import Database

AT = datetime(2026, 1, 3, 12, tzinfo=UTC)


def external(**more: Any) -> ExternalOrder:
    values: dict[str, Any] = {
        "channel": "market",
        "external_id": "X-1",
        "number": "M1",
        "placed_at": AT,
        "lines": [ExternalLine("LAMP", 2, eur("15.00"))],
        "shipping_address": ADDRESS,
        "paid": eur("30.00"),
    }
    return ExternalOrder(**(values | more))


def ingest(database: Database, order: ExternalOrder, **more: Any) -> Ingested:
    return database.run(lambda s: ingest_order(s, order, actor="market", **more))


def test_an_order_from_elsewhere_comes_in_once(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)

    first, again = ingest(database, external()), ingest(database, external())

    assert (first.outcome, again.outcome, again.obstacles) == ("created", "unchanged", [])
    assert (first.order.id, str(again.order.total)) == (again.order.id, "30.0000")
    assert again.order.placed_at == AT
    assert shelf(database, lamp) == (5, 2, 0)
    assert story(database, again.order) == ["place", "pay"]


def test_what_is_beyond_stock_is_stored_short_and_takes_from_nobody(database: Database) -> None:
    lamp = stock(database, "LAMP", 3)
    mine = place(database, {lamp: 2})

    found = ingest(database, external())

    assert (found.order.short, found.obstacles) == (1, ["1 of LAMP not in stock"])
    assert counts(*lines_of(database, mine)) == {"allocated": 2}
    database.run(lambda s: receive_stock(s, lamp, make_location(s), quantity=4, actor=ACTOR))
    database.run(lambda s: allocate_order(s, found.order, actor=ACTOR))
    assert read_order(database, found.order).short == 0


def test_a_later_edit_is_applied(database: Database) -> None:
    lamp, bulb = stock(database, "LAMP", 5), stock(database, "BULB", 5)
    ingest(database, external())
    edited = external(
        lines=[ExternalLine("lamp", 1, eur("15.00")), ExternalLine("BULB", 3, eur("2.00"))],
        shipping_address=ADDRESS | {"city": "Köln"},
    )

    outcomes = [ingest(database, edited).outcome for _ in range(2)]

    assert outcomes == ["changed", "unchanged"]
    assert (shelf(database, lamp), shelf(database, bulb)) == ((5, 1, 0), (5, 3, 0))


@pytest.mark.parametrize("change", ["cancelled", "edited"])
def test_once_it_is_packed_a_change_elsewhere_becomes_a_task(
    database: Database, change: str
) -> None:
    lamp = stock(database, "LAMP", 5)
    order = ingest(database, external()).order
    database.run(lambda s: fulfill_order(s, order, actor=ACTOR))
    later = (
        external(is_cancelled=True)
        if change == "cancelled"
        else external(lines=[ExternalLine("LAMP", 3, eur("15.00"))])
    )

    outcomes = [ingest(database, later).outcome for _ in range(2)]

    assert outcomes == ["task", "unchanged"]
    assert shelf(database, lamp) == (5, 2, 0)
    (task,) = database.run(list_tasks)
    database.run(lambda s: close_task(s, task, actor=ACTOR))
    assert list(database.run(list_tasks)) == []


def test_what_was_heard_before_does_not_undo_what_somebody_changed_here(
    database: Database,
) -> None:
    lamp, bulb = stock(database, "LAMP", 5), stock(database, "BULB", 5)
    order = ingest(database, external()).order
    swap = ChangeRequest(add=[Addition(bulb, 1)], shipping_address=ADDRESS | {"city": "Bonn"})
    database.run(lambda s: change_order(s, order, swap, reason="by phone", actor=ACTOR))

    assert ingest(database, external()).outcome == "unchanged"
    assert (shelf(database, lamp), shelf(database, bulb)) == ((5, 2, 0), (5, 1, 0))


def test_money_that_came_in_elsewhere_is_recorded_once(database: Database) -> None:
    stock(database, "LAMP", 5)
    ingest(database, external(paid=None))

    outcomes = [ingest(database, external()).outcome for _ in range(2)]

    assert outcomes == ["changed", "unchanged"]
    (order,) = database.run(lambda s: list(s.scalars(select(Order))))
    assert (str(order.paid), str(order.total)) == ("30.0000", "30.0000")


def test_discounts_of_lines_and_of_the_order_are_its_own(database: Database) -> None:
    stock(database, "LAMP", 5)
    stock(database, "BULB", 5)
    lines = [
        ExternalLine("LAMP", 2, eur("15.00"), discount=eur("10.00")),
        ExternalLine("BULB", 1, eur("20.00")),
    ]

    order = ingest(database, external(lines=lines, discount=eur("8.00"), paid=None)).order

    assert [str(line.discount) for line in lines_of(database, order)] == ["14.0000", "4.0000"]
    assert str(order.total) == "32.0000"


def test_another_price_elsewhere_is_a_task_not_a_guess(database: Database) -> None:
    stock(database, "LAMP", 5)
    order = ingest(database, external()).order
    cheaper = external(lines=[ExternalLine("LAMP", 2, eur("14.00"))])

    outcomes = [ingest(database, cheaper).outcome for _ in range(2)]

    assert outcomes == ["task", "unchanged"]
    (task,) = database.run(list_tasks)
    assert task.content == {"total": "28.00 EUR"}
    assert str(read_order(database, order).total) == "30.0000"


def test_a_cancellation_elsewhere_frees_the_stock(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    ingest(database, external())

    outcomes = [ingest(database, external(is_cancelled=True)).outcome for _ in range(2)]

    assert outcomes == ["cancelled", "unchanged"]
    assert shelf(database, lamp) == (5, 0, 0)


def test_before_the_cut_over_it_is_history_and_touches_no_stock(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    cut_over = datetime(2026, 1, 4, tzinfo=UTC)

    found = ingest(database, external(), cut_over=cut_over)
    again = ingest(database, external(), cut_over=cut_over)

    assert (found.outcome, again.outcome) == ("history", "unchanged")
    assert (found.order.is_history, found.order.status) == (True, "delivered")
    assert shelf(database, lamp) == (5, 0, 0)


def test_a_sku_that_nobody_knows_is_named(database: Database) -> None:
    before = database.contents()
    with pytest.raises(UnknownVariantError, match="LAMP"):
        ingest(database, external())

    assert database.contents() == before


@pytest.mark.parametrize(
    ("address", "obstacle"),
    [
        ({"line1": "Packstation 101"}, "post number"),
        ({"line1": "Packstation 101", "line2": "1234567"}, None),
        ({"line1": "Postfiliale 512"}, None),
        ({"city": ""}, "a city"),
    ],
)
def test_an_order_says_on_arrival_what_will_stop_it(
    database: Database, address: dict[str, str], obstacle: str | None
) -> None:
    stock(database, "LAMP", 5)

    found = ingest(database, external(shipping_address=ADDRESS | address))

    assert bool(found.obstacles) == (obstacle is not None)
    assert obstacle is None or obstacle in found.obstacles[0]
