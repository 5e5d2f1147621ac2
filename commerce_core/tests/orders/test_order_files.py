"""Order files: a neutral table and Shopify's export, with what is wrong in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from commerce_core.errors import ImportFileError
from commerce_core.money import Money
from commerce_core.orders.baskets import Charge
from commerce_core.orders.external import ExternalLine, ExternalOrder
from commerce_core.orders.files import read_order_file
from commerce_core.tests.orders.shop import eur

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
    assert first == ExternalOrder(
        channel="shopify",
        external_id="5550001",
        number="#1001",
        placed_at=datetime(2026, 3, 14, 8, 22, 10, tzinfo=UTC),
        lines=[
            ExternalLine("ALM-M", 2, eur("40.00"), discount=eur("2.00")),
            ExternalLine("BAG", 1, eur("2.00"), discount=eur("0")),
        ],
        charges=[Charge("SHIPPING", "Shipping", eur("4.90"))],
        shipping_address={
            "name": "Ada Byron",
            "line1": "Ring 1",
            "postal_code": "01067",
            "city": "Dresden",
            "country": "DE",
        },
        email="ada@example.com",
        paid=eur("74.90"),
        discount=eur("10.00"),
        details={"note": "Please\nring twice"},
    )
    assert (first.total(), found.places["5550001"]) == (eur("74.90"), [2, 4])
    assert (second.paid, second.email, second.shipping_address) == (None, None, None)
    assert (second.is_cancelled, second.discount, second.charges) == (True, None, [])


def shopify(shipping: str, discount: str, total: str) -> ExternalOrder:
    head = "Name,Created at,Lineitem sku,Lineitem quantity,Lineitem price,Shipping"
    row = f"#1,2026-03-14,A,1,10.00,{shipping},{discount},{total},paid"
    file = f"{head},Discount Amount,Total,Financial Status\n{row}\n"
    return read_order_file(file).orders[0]


def test_a_discount_on_the_postage_reduces_the_postage() -> None:
    order = shopify("5.00", "13.00", "2.00")

    assert (order.discount, [x.amount for x in order.charges]) == (eur("10"), [eur("2")])
    assert order.paid == eur("2")


def test_tax_that_is_added_is_part_of_what_was_paid() -> None:
    order = shopify("5.00", "0", "16.24")

    assert [(x.code, x.amount) for x in order.charges][1] == ("ON-TOP", eur("1.24"))
    assert order.paid == order.total() == eur("16.24")


def test_a_neutral_table_whose_rows_stand_apart() -> None:
    found = read_order_file(
        f"{HEAD},paid,recipient,line1,post_number,order_discount\n"
        "A,2026-03-14T09:00:00Z,X-1,1,9.90,yes,Ada,Packstation 101,1234567,0.005\n"
        "B,2026-03-14,X-2,3,1.005,,,,,\n"
        "A,,X-2,2,5,,,,,\n",
        zone=timezone(timedelta(hours=1)),
        currency="CHF",
    )

    assert (found.source, found.problems) == ("file", ())
    a, b = found.orders
    assert [(line.sku, line.quantity) for line in a.lines] == [("X-1", 1), ("X-2", 2)]
    locker = {"name": "Ada", "line1": "Packstation 101", "post_number": "1234567"}
    assert a.shipping_address == locker
    less = Money(Decimal("0.005"), "CHF")
    assert (a.paid, a.discount, b.paid, b.discount) == (a.total(), less, None, None)
    assert b.placed_at == datetime(2026, 3, 13, 23, tzinfo=UTC)
    assert b.lines[0].unit_price == Money(Decimal("1.005"), "CHF")


GERMAN = "order;placed_at;sku;quantity;price;city\n1;2026-03-14;Ä-1;1;1.234,50;Köln\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_what_a_german_spreadsheet_writes(encoding: str) -> None:
    (order,) = read_order_file(GERMAN.encode(encoding)).orders

    assert order.lines == [ExternalLine("Ä-1", 1, eur("1234.50"))]
    assert order.shipping_address == {"city": "Köln"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\xd0\xcf\x11\xe0 old", "an old or a protected Excel file"),
        (b"PK\x03\x04 cut off", "not a complete Excel workbook"),
        (b"a\0b\0", "no text that can be read"),
        (GERMAN.encode() + b'2;2026-03-14;"A;1;5;x\n', "from line 3 on"),
    ],
)
def test_a_damaged_file_is_refused_whole(content: bytes, sentence: str) -> None:
    with pytest.raises(ImportFileError, match=sentence):
        read_order_file(content, name="orders.csv")


def test_columns_with_other_names_are_told() -> None:
    content = "No,Day,Art.,quantity,Preis,Shop,VAT\n7,2026-03-14,A,1,5,x,0.19\n"
    told = {"No": "order", "Day": "placed_at", "Art.": "sku", "Preis": "price", "VAT": "tax_rate"}

    (order,) = read_order_file(content, mapping=told, channel="market").orders

    assert (order.number, order.channel) == ("7", "market")
    assert order.lines == [ExternalLine("A", 1, eur("5"), Decimal("0.19"))]


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ({"gone": "sku"}, "has no column 'gone'"),
        ({"sku": "article"}, "no column can mean 'article'"),
        ({"sku": "note", "price": "note"}, "two columns mean note"),
        ({"sku": "note"}, "has no column 'sku'"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(mapping: dict[str, str], sentence: str) -> None:
    with pytest.raises(ImportFileError, match=sentence):
        read_order_file(f"{HEAD}\n1,2026-03-14,A,1,5\n", mapping=mapping)


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
    [
        ("currency", "EURO", "'EURO' is no currency"),
        ("paid", "perhaps", "says neither yes nor no"),
        ("discount", "5.01", "The discount is larger than the line."),
        ("order_discount", "5.01", "A discount of 5.01 EUR on goods of 5.00 EUR."),
        ("tax_rate", "19", "19 is no tax rate from 0 to 1"),
        ("cancelled_at", "soon", "'soon' is no date"),
    ],
)
def test_what_belongs_to_the_order_is_checked_too(column: str, value: str, sentence: str) -> None:
    (problem,) = read_order_file(f"{HEAD},{column}\n1,2026-03-14,A,1,5,{value}\n").problems

    assert sentence in problem.sentence
    assert problem.column == column


def test_two_orders_cannot_have_one_id() -> None:
    rows = "1,2026-03-14,A,1,5,X\n2,2026-03-14,A,1,5,X\n"

    found = read_order_file(f"{HEAD},external_id\n{rows}")

    assert [order.number for order in found.orders] == ["1"]
    assert [(problem.line, problem.column) for problem in found.problems] == [(3, "external_id")]


def test_half_an_order_is_never_read() -> None:
    found = read_order_file(f"{HEAD}\n1,2026-03-14,A,1,5\n1,,B,x,5\n")

    assert (found.orders, [problem.line for problem in found.problems]) == ([], [3])


def test_a_file_without_a_needed_column_says_which() -> None:
    with pytest.raises(
        ImportFileError, match="has no column 'sku'; it needs order, placed_at, sku"
    ):
        read_order_file("order,placed_at,quantity,price\n1,2026-03-14,1,5\n")
