"""Order files come into real databases: once, whole orders, and what changed later."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from commerce_core.orders.file_import import OrderFileResult, import_orders
from commerce_core.orders.fulfilling import fulfill_order
from commerce_core.orders.ingest import list_tasks
from commerce_core.orders.models import Order
from commerce_core.tests.orders.shop import ACTOR, lines_of, shelf, stock

if TYPE_CHECKING:
    from commerce_core.tests.databases import Database

HEAD = (
    "order,placed_at,sku,quantity,price,paid,cancelled_at,recipient,line1,postal_code,city,country"
)
PLACE = "Ann,Street 1,20095,Hamburg,DE"


def row(order: str, sku: str, pieces: int, *, paid: str = "", day: str = "2026-03-14") -> str:
    return f"{order},{day},{sku},{pieces},10.00,{paid},,{PLACE}"


def load(database: Database, *rows: str, **more: Any) -> OrderFileResult:
    content = "\n".join([HEAD, *rows]).encode()
    return import_orders(database.factory, content, actor=ACTOR, **more)


def counts(result: OrderFileResult) -> dict[str, int]:
    return {name: count for name, count in result.counts.items() if count}


def orders(database: Database) -> dict[str, Order]:
    return {o.number: o for o in database.run(lambda s: list(s.scalars(select(Order))))}


def test_a_file_comes_in_once_and_a_dry_run_leaves_nothing(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    rows = [row("A", "LAMP", 2, paid="yes"), row("B", "LAMP", 4), row("C", "GONE", 1)]
    before = database.contents()

    looked = load(database, *rows, dry_run=True)
    after_look = database.contents()
    done = load(database, *rows)
    imported = database.contents()
    again = load(database, *rows)

    assert after_look == before
    assert database.contents() == imported
    assert counts(looked) == counts(done) == {"created": 2, "refused": 1}
    assert counts(again) == {"unchanged": 2, "refused": 1}
    (problem,) = done.problems
    assert (problem.line, problem.column, problem.order) == (4, "sku", "C")
    assert problem.sentence == "Order C: there is no variant GONE."
    assert [(o.line, list(o.obstacles)) for o in done.orders] == [
        (2, []),
        (3, ["1 of LAMP not in stock"]),
    ]
    assert shelf(database, lamp) == (5, 5, 0)
    found = orders(database)
    assert (str(found["A"].paid), found["B"].short, found["A"].channel) == ("20.0000", 1, "file")


def test_the_wrong_line_of_an_order_is_named_and_nothing_of_it_comes_in(
    database: Database,
) -> None:
    lamp = stock(database, "LAMP", 5)

    done = load(database, row("A", "LAMP", 1), row("B", "LAMP", 1), row("A", "gone", 1))

    assert [(problem.line, problem.order) for problem in done.problems] == [(4, "A")]
    assert list(orders(database)) == ["B"]
    assert shelf(database, lamp) == (5, 1, 0)


@pytest.mark.parametrize("is_packed", [False, True])
def test_later_edits_and_cancellations_are_applied_or_become_tasks(
    database: Database, *, is_packed: bool
) -> None:
    lamp = stock(database, "LAMP", 9)
    load(database, row("A", "LAMP", 2), row("B", "LAMP", 3))
    if is_packed:
        for order in orders(database).values():
            database.run(partial(fulfill_order, order=order, actor=ACTOR))
    later = [row("A", "LAMP", 1), row("B", "LAMP", 3).replace(",,Ann", ",2026-03-15,Ann")]

    done, again = load(database, *later), load(database, *later)

    expected = {"task": 2} if is_packed else {"changed": 1, "cancelled": 1}
    assert (counts(done), counts(again)) == (expected, {"unchanged": 2})
    assert shelf(database, lamp) == ((9, 5, 0) if is_packed else (9, 1, 0))
    kinds = sorted(task.kind for task in database.run(list_tasks))
    assert kinds == (["cancelled_elsewhere", "changed_elsewhere"] if is_packed else [])


def test_before_the_cut_over_orders_are_history(database: Database) -> None:
    lamp = stock(database, "LAMP", 9)
    rows = [row("OLD", "LAMP", 4, day="2025-12-31"), row("NEW", "LAMP", 1, day="2026-01-01")]

    done = load(database, *rows, cut_over=datetime(2026, 1, 1, tzinfo=UTC))

    assert counts(done) == {"created": 1, "history": 1}
    assert shelf(database, lamp) == (9, 1, 0)
    old = orders(database)["OLD"]
    assert (old.is_history, old.status, str(old.total)) == (True, "delivered", "40.0000")
    assert [line.allocated for line in lines_of(database, old)] == [0]


def test_a_number_that_another_order_of_the_channel_has_is_refused_alone(
    database: Database,
) -> None:
    stock(database, "LAMP", 9)
    load(database, row("A", "LAMP", 1))
    content = f"external_id,{HEAD}\nX,{row('A', 'LAMP', 1)}\nY,{row('B', 'LAMP', 1)}\n"

    done = import_orders(database.factory, content, actor=ACTOR)

    assert counts(done) == {"created": 1, "refused": 1}
    assert "has an order A already" in done.problems[0].sentence


def test_an_interrupted_import_goes_on_where_it_stopped(database: Database) -> None:
    stock(database, "LAMP", 99)
    rows = [row(str(number), "LAMP", 1) for number in range(60)]

    def stop(done: int, _total: int) -> None:
        if done >= 50:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(database, *rows, on_progress=stop)
    seen: list[tuple[int, int]] = []
    rest = load(database, *rows, on_progress=lambda done, total: seen.append((done, total)))

    assert counts(rest) == {"created": 10, "unchanged": 50}
    assert seen == [(0, 60), (25, 60), (50, 60), (60, 60)]
