"""Order files: a neutral table and Shopify's export, with what is wrong in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from commerce_core.errors import ImportFileError
from commerce_core.orders.files import read_order_file
from commerce_core.orders.incoming import IncomingLine, IncomingOrder

HEAD = "order,placed_at,sku,quantity,price"
SHOPIFY = """Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,\
Discount Code,\
Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,\
Lineitem discount,Shipping Name,Shipping Address1,Shipping Zip,Shipping City,Shipping Country,\
Notes,\
Cancelled at,Id
#1001,ada@example.com,paid,2026-03-14 09:22:11 +0100,EUR,70.00,4.90,11.96,74.90,SPRING,12.00,\
2026-03-14 09:22:10 +0100,2,Shirt - M,40.00,ALM-M,2.00,Ada Byron,Ring 1,'01067,Dresden,DE,"Please
ring twice",,5550001
#1001,,,,,,,,,,,2026-03-14 09:22:10 +0100,1,Bag,2.00,BAG,0.00,,,,,,,,
#1002,,pending,,EUR,5.00,0.00,0,5.00,,0.00,2026-03-15 10:00:00 +0100,1,Bag,5.00,BAG,0,,,,,,,\
2026-03-16 08:00:00 +0100,5550002
"""


def test_shopifys_export_as_it_is() -> None:
    found = read_order_file(SHOPIFY.encode())

    assert (found.source, found.problems) == ("shopify", ())
    first, second = found.orders
    assert first == IncomingOrder(
        external_id="5550001",
        number="#1001",
        placed_at=datetime(2026, 3, 14, 8, 22, 10, tzinfo=UTC),
        currency="EUR",
        lines=[
            IncomingLine("ALM-M", "Shirt - M", 2, Decimal("40.00"), Decimal("2.00"), line=2),
            IncomingLine("BAG", "Bag", 1, Decimal("2.00"), Decimal("0.00"), line=4),
        ],
        email="ada@example.com",
        address={
            "name": "Ada Byron",
            "line1": "Ring 1",
            "postal_code": "01067",
            "city": "Dresden",
            "country": "DE",
        },
        shipping=Decimal("4.90"),
        discount=Decimal("10.00"),
        is_paid=True,
        note="Please\nring twice",
        line=2,
    )
    assert (second.is_paid, second.email, second.address) == (False, None, None)
    assert second.cancelled_at == datetime(2026, 3, 16, 7, tzinfo=UTC)


def test_a_neutral_table_whose_rows_stand_apart() -> None:
    found = read_order_file(
        f"{HEAD},paid,recipient,line1,post_number,order_discount\n"
        "A,2026-03-14T09:00:00Z,X-1,1,9.90,yes,Ada,Packstation 101,1234567,0.005\n"
        "B,2026-03-14,X-2,3,1.005,,,,,\n"
        "A,,X-2,2,5,,,,,\n",
        zone=timezone(timedelta(hours=1)),
        currency="CHF",
    )

    assert (found.source, found.problems) == ("table", ())
    a, b = found.orders
    assert [(line.sku, line.quantity) for line in a.lines] == [("X-1", 1), ("X-2", 2)]
    assert a.address == {"name": "Ada", "line1": "Packstation 101", "post_number": "1234567"}
    assert (a.is_paid, a.discount, b.is_paid, b.discount) == (True, Decimal("0.005"), False, None)
    assert (b.placed_at, b.currency) == (datetime(2026, 3, 13, 23, tzinfo=UTC), "CHF")
    assert b.lines[0].unit_price == Decimal("1.005")


def test_decimal_commas_of_a_german_spreadsheet() -> None:
    (order,) = read_order_file(
        "order;placed_at;sku;quantity;price\n1;2026-03-14;A;1;1.234,50\n"
    ).orders

    assert order.lines[0].unit_price == Decimal("1234.50")


@pytest.mark.parametrize(
    ("row", "column", "sentence"),
    [
        ("1,2026-03-14,A,0,5", "quantity", "'0' is no number of pieces"),
        ("1,2026-03-14,A,-1,5", "quantity", "'-1' is no number of pieces"),
        ("1,2026-03-14,A,1.5,5", "quantity", "'1.5' is no number of pieces"),
        ("1,2026-03-14,A,9999999999,5", "quantity", "is no number of pieces"),
        ("1,2026-03-14,A,1,", "price", "The price is missing."),
        ("1,2026-03-14,A,1,-5", "price", "is no amount from 0 on"),
        ("1,2026-03-14,A,1,0.00001", "price", "is no amount from 0 on"),
        ("1,2026-03-14,A,1,10000000000000", "price", "is no amount from 0 on"),
        ("1,2026-03-14,A,1,five", "price", "'five' is not a number"),
        ('1,2026-03-14,A,1,"1,234"', "price", "could be 1234 or a fraction"),
        ("1,2026-03-14,,1,5", "sku", "The line has no SKU."),
        ("1,2026-03-14,,,", "sku", "The order has no line with a SKU."),
        ("1,14.3.2026,A,1,5", "placed_at", "'14.3.2026' is no date"),
        ("1,0001-01-01T00:00:00+10:00,A,1,5", "placed_at", "is no date"),
        ("1,,A,1,5", "placed_at", "The order has no date."),
        (",2026-03-14,A,1,5", "order", "The order has no number."),
        ("1,2026-03-14,A,1,5,6", "", "more fields than there are column names"),
    ],
)
def test_a_wrong_row_refuses_its_order_and_no_other(row: str, column: str, sentence: str) -> None:
    found = read_order_file(f"{HEAD}\n{row}\ngood,2026-03-14,A,1,5\n")

    assert [order.number for order in found.orders] == ["good"]
    (problem,) = found.problems
    assert (problem.line, problem.column) == (2, column)
    assert sentence in problem.sentence


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [("currency", "EURO", "'EURO' is no currency"), ("paid", "perhaps", "says neither yes nor no")],
)
def test_what_belongs_to_the_order_is_checked_too(column: str, value: str, sentence: str) -> None:
    (problem,) = read_order_file(f"{HEAD},{column}\n1,2026-03-14,A,1,5,{value}\n").problems

    assert sentence in problem.sentence


def test_half_an_order_is_never_read() -> None:
    found = read_order_file(f"{HEAD}\n1,2026-03-14,A,1,5\n1,,B,x,5\n")

    assert (found.orders, [problem.line for problem in found.problems]) == ([], [3])


def test_a_file_without_a_needed_column_says_which() -> None:
    with pytest.raises(
        ImportFileError, match="has no column 'sku'; it needs order, placed_at, sku"
    ):
        read_order_file("order,placed_at,quantity,price\n1,2026-03-14,1,5\n")
