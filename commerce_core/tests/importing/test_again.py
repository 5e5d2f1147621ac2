"""An import that is repeated, overlaps another, or meets one that runs at the same time."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.catalog import find_variant
from commerce_core.customers.models import Customer
from commerce_core.errors import LocationClosedError, OperationInProgressError
from commerce_core.flows import Transaction, run_flow
from commerce_core.importing import import_flow, read_online_retail
from commerce_core.inventory import get_location, ship_stock
from commerce_core.testing import make_variant
from commerce_core.tests.importing.retail import ACTOR, RetailFile, books, line

if TYPE_CHECKING:
    from commerce_core.flows import Flow

DECEMBER = [
    line("536365", "22423", 6),
    line("536365", "22423", 6),
    line("536365", "POST", 1, "18.00"),
    line("536366", "85123A", 2, at="2010-12-02 08:00:00"),
    line("C536367", "85123A", -1, at="2010-12-03 08:00:00"),
    line("536368", "22423", -3, "0.0", name="smashed", at="2010-12-04 08:00:00"),
    line("A536369", "B", 1, "-100.00", at="2010-12-05 08:00:00", customer=""),
]
JANUARY = [
    line("540001", "22423", 4, at="2011-01-04 08:00:00"),
    line("540002", "85123B", 1, at="2011-01-05 08:00:00", customer="12345"),
]


def test_a_second_run_finds_nothing_new_and_changes_nothing(retail: RetailFile) -> None:
    first = retail.load(*DECEMBER)
    before = retail.database.contents()

    second = retail.load()

    assert (first.rows_new, second.rows_new) == (7, 0)
    assert {**first.as_json(), "rows_new": 0} == second.as_json()
    after = retail.database.contents()
    assert after == before


def test_a_file_that_overlaps_adds_what_is_new(retail: RetailFile) -> None:
    retail.load(*DECEMBER)

    summary = retail.load(*DECEMBER, *JANUARY)

    assert (summary.rows_read, summary.rows_new) == (9, 2)
    assert (summary.orders, summary.variants, summary.customers) == (4, 3, 2)


def test_two_files_give_the_same_records_as_one(retail: RetailFile) -> None:
    retail.load(*DECEMBER)
    retail.load(*JANUARY)
    summary = retail.load(*DECEMBER, *JANUARY)

    assert (summary.rows_new, summary.order_lines, summary.adjustments) == (0, 5, 1)
    assert summary.net_value == Decimal("10.2") * 2 + Decimal("30.6") + 18 - 100 - Decimal("5.1")


def test_an_earlier_month_can_come_later(retail: RetailFile) -> None:
    retail.load(*JANUARY)

    summary = retail.load(*DECEMBER)

    assert summary.rows_new == 7
    moments = retail.database.sql(
        "SELECT level_id, version, occurred_at FROM commerce_stock_movement ORDER BY 1, 2"
    )
    assert [row[2] for row in moments if row[0] == moments[0][0]] == sorted(
        row[2] for row in moments if row[0] == moments[0][0]
    )


def test_one_more_of_the_same_line_is_new(retail: RetailFile) -> None:
    retail.load(line(), line())

    summary = retail.load(line(), line(), line())

    assert (summary.rows_new, summary.orders, summary.order_lines) == (1, 1, 3)


def test_a_line_that_was_corrected_joins_its_order(retail: RetailFile) -> None:
    retail.load(line(), line(code="85123A", quantity="two"), line(code="84406B"))

    summary = retail.load(line(), line(code="85123A", quantity=2), line(code="84406B"))

    assert (summary.rows_rejected, summary.rows_new, summary.orders) == (0, 1, 1)
    placed = retail.database.sql("SELECT position, code FROM commerce_order_line ORDER BY 1")
    assert [tuple(row) for row in placed] == [(1, "22423"), (2, "84406B"), (4, "85123A")]


def test_what_the_shop_has_already_is_used_and_left_as_it_is(retail: RetailFile) -> None:
    retail.database.run(lambda session: make_variant(session, sku="22423", on_hand=2))
    retail.database.run(lambda session: session.add(Customer(number="17850", name="Ann")))

    summary = retail.load(line(quantity=5))

    assert (summary.products, summary.variants, summary.customers) == (0, 1, 1)
    variant = retail.database.run(lambda session: find_variant(session, sku="22423"))
    assert variant is not None
    assert (str(variant.price), variant.external_id) == ("19.9000", "22423")
    numbers = retail.database.sql("SELECT number, name FROM commerce_customer ORDER BY id")
    assert [tuple(row) for row in numbers] == [("17850", "Ann"), ("online-retail-17850", "")]


def stepwise(retail: RetailFile) -> Flow[Any]:
    return import_flow(read_online_retail(retail.path), actor=ACTOR)


def begun(retail: RetailFile, *, steps: int) -> Flow[Any]:
    """Return an import after its first steps, which are committed."""
    flow = stepwise(retail)
    command = next(flow)
    for _ in range(steps):
        assert isinstance(command, Transaction)
        command = flow.send(retail.database.run(command.step))
    assert isinstance(command, Transaction)
    return _resumed(flow, command)


def _resumed(flow: Flow[Any], command: Transaction) -> Flow[Any]:
    """Yield the command that was taken out, then the rest of the flow."""
    while True:
        outcome = yield command
        try:
            following = flow.send(outcome)
        except StopIteration as end:
            return end.value
        assert isinstance(following, Transaction)
        command = following


@pytest.mark.parametrize("steps", [2, 4, 6, 8])
def test_an_import_that_was_overtaken_stops_and_leaves_the_books_right(
    retail: RetailFile, steps: int
) -> None:
    retail.write(*DECEMBER, *JANUARY)
    slow = begun(retail, steps=steps)
    quick = retail.load()

    with pytest.raises(OperationInProgressError, match="run this one again"):
        run_flow(retail.database.factory, slow)

    assert retail.load().as_json() == {**quick.as_json(), "rows_new": 0}


def test_a_sale_in_the_middle_of_an_import_is_made_good(retail: RetailFile) -> None:
    """Somebody sells what the rest of the file needs: the missing pieces are received first."""
    retail.write(*DECEMBER)
    flow = begun(retail, steps=7)

    def sell(session: Any) -> None:
        variant = find_variant(session, sku="22423")
        assert variant is not None
        hall = get_location(session, code="MAIN")
        ship_stock(session, variant, hall, quantity=10, actor="ann")

    retail.database.run(sell)
    run_flow(retail.database.factory, flow)

    reasons = retail.database.sql(
        "SELECT on_hand_delta, on_hand FROM commerce_stock_movement "
        "WHERE reason = 'Stock that was sold but not on the books'"
    )
    assert sum(delta for delta, _ in reasons) == 10
    least = retail.database.sql("SELECT min(on_hand) FROM commerce_stock_movement")
    assert [tuple(row) for row in least] == [(0,)]


def test_rows_from_a_moment_on_can_be_left_for_later(retail: RetailFile) -> None:
    survey = read_online_retail(retail.write(*DECEMBER, *JANUARY).path)
    until = survey.rows[-2].moment

    first = run_flow(retail.database.factory, import_flow(survey, actor=ACTOR, until=until))
    early = retail.database.sql("SELECT sum(on_hand) FROM commerce_stock_level")
    rest = retail.load()

    assert (first.rows_new, rest.rows_new) == (7, 2)
    assert [tuple(row) for row in early] == [(6,)]
    receipts = retail.database.sql(
        "SELECT count(*) FROM commerce_stock_movement WHERE kind = 'received'"
    )
    assert [tuple(row) for row in receipts] == [(3,)]


def test_a_closed_location_is_refused(sqlite_retail: RetailFile) -> None:
    sqlite_retail.load(line())
    sqlite_retail.database.sql("UPDATE commerce_stock_location SET is_open = false")

    with pytest.raises(LocationClosedError, match="Main is closed"):
        sqlite_retail.load(line("536999"))


def test_the_same_file_gives_the_same_books_anywhere(retail: RetailFile) -> None:
    """Nothing in them depends on when or in which database they were written."""
    retail.load(*DECEMBER, *JANUARY)

    found = books(retail.database)

    assert len(found["commerce_stock_movement"]) == 10
    created = {value for row in found["commerce_order"] for name, value in row if "created" in name}
    assert {f"{moment:%Y}" for moment in created} == {"2010", "2011"}
