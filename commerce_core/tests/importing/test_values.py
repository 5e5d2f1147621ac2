from __future__ import annotations

from datetime import UTC, datetime

import pytest

from commerce_core.importing.values import (
    DamagedRowError,
    DocumentKind,
    read_code,
    read_customer,
    read_invoice,
    read_moment,
    read_price,
    read_quantity,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        ("536365", DocumentKind.ORDER, "536365"),
        (" 536365.0 ", DocumentKind.ORDER, "536365"),
        ("C536379", DocumentKind.CREDIT_NOTE, "C536379"),
        ("c536379", DocumentKind.CREDIT_NOTE, "C536379"),
        ("A563185", DocumentKind.BAD_DEBT, "A563185"),
    ],
)
def test_the_letter_of_an_invoice_says_what_it_is(
    text: str, kind: DocumentKind, number: str
) -> None:
    assert read_invoice(text) == (kind, number)


@pytest.mark.parametrize(
    ("text", "key", "is_goods"),
    [
        ("85123A", "85123A", True),
        ("85123a", "85123A", True),
        (" 47503 J ", "47503J", True),
        ("79323GR", "79323GR", True),
        ("22423", "22423", True),
        ("POST", "POST", False),
        ("BANK CHARGES", "BANKCHARGES", False),
        ("gift_0001_20", "GIFT_0001_20", False),
        ("DCGS0055", "DCGS0055", False),
        ("C2", "C2", False),
        ("2242", "2242", False),
        ("224231", "224231", False),
        ("22423A1", "22423A1", False),
        ("٢٢٤٢٣", "٢٢٤٢٣", False),
    ],
)
def test_five_digits_and_perhaps_letters_are_goods(text: str, key: str, *, is_goods: bool) -> None:
    assert read_code(text)[1:] == (key, is_goods)


def test_a_code_keeps_the_way_it_was_written() -> None:
    assert read_code(" 85123a")[0] == "85123a"


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("2.55", 25_500),
        ("0.001", 10),
        ("0.0001", 1),
        ("-11062.06", -110_620_600),
        ("3", 30_000),
        (".5", 5_000),
        ("1e2", 1_000_000),
        ("0.0", 0),
    ],
)
def test_a_price_is_exact(text: str, units: int) -> None:
    assert read_price(text) == units


@pytest.mark.parametrize(
    ("text", "quantity"), [("6", 6), ("-1", -1), ("6.0", 6), ("+3", 3), ("1000000000", 10**9)]
)
def test_a_quantity_is_a_whole_number(text: str, quantity: int) -> None:
    assert read_quantity(text) == quantity


@pytest.mark.parametrize(
    "text",
    ["2010-12-01 08:26:00", "2010-12-01T08:26", "12/1/2010 8:26", "2010-12-1 8:26:00.000000"],
)
def test_a_moment_is_read_in_both_published_forms_as_utc(text: str) -> None:
    assert read_moment(text, latest=NOW) == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)


def test_a_day_without_a_time_is_its_midnight() -> None:
    assert read_moment("2010-12-01", latest=NOW) == datetime(2010, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "number"), [("17850", "17850"), ("17850.0", "17850"), ("", None), ("  ", None)]
)
def test_a_customer_is_a_number_or_a_guest(text: str, number: str | None) -> None:
    assert read_customer(text) == number


@pytest.mark.parametrize(
    ("read", "text", "reason"),
    [
        (read_invoice, "X536365", "not an invoice number"),
        (read_invoice, "", "not an invoice number"),
        (read_code, " ", "the stock code is missing"),
        (read_code, "A" * 65, "65 characters"),
        (read_code, "22\x00423", "control character"),
        (read_quantity, "six", "not a whole number"),
        (read_quantity, "1.5", "not a whole number"),
        (read_quantity, "", "not a whole number"),
        (read_quantity, "0", "the quantity is 0"),
        (read_quantity, "-0", "the quantity is 0"),
        (read_quantity, "1000000001", "larger than 1,000,000,000"),
        (read_quantity, str(10**18), "not a whole number"),
        (read_price, "", "not an amount"),
        (read_price, "nan", "not an amount"),
        (read_price, "1_000", "not an amount"),
        (read_price, "2,55", "not an amount"),
        (read_price, "0.00001", "finer than 1/10,000"),
        (read_price, "1e300", "larger than any amount"),
        (read_customer, "United Kingdom", "not a number"),
        (lambda text: read_moment(text, latest=NOW), "yesterday", "not a date"),
        (lambda text: read_moment(text, latest=NOW), "2010-02-30 08:00", "not a date"),
        (lambda text: read_moment(text, latest=NOW), "13/1/2010 8:26", "not a date"),
        (lambda text: read_moment(text, latest=NOW), "2026-01-01 00:00:01", "in the future"),
    ],
)
def test_what_cannot_be_read_says_why(read: object, text: str, reason: str) -> None:
    assert callable(read)
    with pytest.raises(DamagedRowError, match=reason):
        read(text)
