from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from commerce_core.errors import ImportFileError
from commerce_core.tests.importing.retail import HEADER, csv_text, line

if TYPE_CHECKING:
    from commerce_core.tests.importing.retail import RetailFile


def test_a_damaged_row_is_named_and_never_stops_the_rest(sqlite_retail: RetailFile) -> None:
    summary = sqlite_retail.load(
        line("536365"),
        line("X1"),
        line("536366", quantity="0"),
        line("536367", price="cheap"),
        line("536368", at="soon"),
        line("C536369", quantity=3),
        line("536365", code=""),
        line("536370", customer="Ann"),
        line("536365", customer="12345"),
        line("536371", quantity=10**9, price="1000"),
        line("536372", name="x" * 201),
        line("536365", code="POST", quantity=1),
    )

    assert (summary.rows_read, summary.rows_rejected, summary.rows_new) == (12, 10, 2)
    assert (summary.orders, summary.order_lines, summary.charge_lines) == (1, 1, 1)
    assert [row[:2] for row in sqlite_retail.rejects] == [
        ["3", "'X1' is not an invoice number"],
        ["4", "the quantity is 0"],
        ["5", "the price 'cheap' is not an amount"],
        ["6", "'soon' is not a date with a time"],
        ["7", "a credit note takes back: its quantity must be negative"],
        ["8", "the stock code is missing"],
        ["9", "the customer 'Ann' is not a number"],
        ["10", "customer 12345 is not 17850, whose invoice it is"],
        ["11", "quantity times price is larger than any amount that is stored"],
        ["12", "the description has 201 characters; at most 200 can be stored"],
    ]
    assert sqlite_retail.rejects[0][2:] == list(line("X1"))


def test_a_damaged_row_leaves_nothing_behind(sqlite_retail: RetailFile) -> None:
    summary = sqlite_retail.load(
        line(), line("536366", code="85123A", customer="12345", quantity="?")
    )

    assert (summary.products, summary.customers, summary.orders) == (1, 1, 1)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("536366,22423", "it has 2 fields, the header has 8"),
        (",".join(line("536366")) + ",more", "it has 9 fields, the header has 8"),
        ('536366,22423,"NO END,6,2010-12-01 08:26:00,2.55,17850,France', "it has 1 fields"),
        ('536366,22423,"A" LAMP,6,2010-12-01 08:26:00,2.55,17850,France', "it has 1 fields"),
    ],
)
def test_a_line_that_cannot_be_split_damages_itself_only(
    sqlite_retail: RetailFile, damage: str, reason: str
) -> None:
    before, after = csv_text([line("536365")]), csv_text([line("536367")]).partition("\n")[2]
    sqlite_retail.path.write_text(f"{before}{damage}\n{after}", encoding="utf-8")

    summary = sqlite_retail.load()

    assert (summary.rows_rejected, summary.orders) == (1, 2)
    assert sqlite_retail.rejects[0][0] == "3"
    assert reason in sqlite_retail.rejects[0][1]


def test_the_file_of_rejects_can_be_corrected_and_imported(sqlite_retail: RetailFile) -> None:
    sqlite_retail.load(line(), line("536366", quantity="two"))
    rejects = sqlite_retail.path.with_name("retail.csv.rejects.csv")
    text = rejects.read_text(encoding="utf-8")
    assert text.startswith(f"line,reason,{','.join(HEADER)}\n") or "\r\n" in text
    rejects.write_text(text.replace(",two,", ",2,"), encoding="utf-8")

    sqlite_retail.path = rejects
    summary = sqlite_retail.load()

    assert (summary.rows_new, summary.rows_rejected, summary.orders) == (1, 0, 2)


def test_rejects_of_an_earlier_run_do_not_stay(sqlite_retail: RetailFile) -> None:
    sqlite_retail.load(line(), line("536366", quantity="two"))
    assert sqlite_retail.rejects

    sqlite_retail.load(line(), line("536366", quantity=2))

    assert sqlite_retail.rejects == []


def test_a_file_in_which_every_row_is_damaged_changes_nothing(sqlite_retail: RetailFile) -> None:
    before = sqlite_retail.database.contents()

    summary = sqlite_retail.load(line("X1"), line("X2"))

    assert (summary.rows_read, summary.rows_rejected, summary.rows_new) == (2, 2, 0)
    assert sqlite_retail.database.contents() == before


def test_rejects_that_cannot_be_written_stop_the_import_before_it_begins(
    sqlite_retail: RetailFile,
) -> None:
    sqlite_retail.write(line(), line("X1"))
    sqlite_retail.path.with_name("retail.csv.rejects.csv").mkdir()
    before = sqlite_retail.database.contents()

    with pytest.raises(ImportFileError, match=r"1 rows are rejected, but .* cannot be written"):
        sqlite_retail.load()

    assert sqlite_retail.database.contents() == before
