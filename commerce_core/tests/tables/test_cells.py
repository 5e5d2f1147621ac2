"""Numbers of two halves of the world, and texts that no spreadsheet runs."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.errors import InvalidInputError
from commerce_core.tables import parse_decimal, plain_cell, safe_cell


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12.50", "12.50"),
        ("12,50", "12.50"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("1\u00a0234,5", "1234.5"),
        ("1.234.567", "1234567"),
        ("1,234,567.8", "1234567.8"),
        (" -3,5 ", "-3.5"),
        ("\u22123", "-3"),
        ("+7", "7"),
        ("0.125", "0.125"),
        ("0,125", "0.125"),
        (".5", "0.5"),
        ("1234", "1234"),
        ("1.234", "1.234"),
        ("12345,678", "12345.678"),
    ],
)
def test_numbers(text: str, number: str) -> None:
    assert parse_decimal(text) == Decimal(number)


def test_the_mark_of_the_file_decides_what_three_digits_mean() -> None:
    assert parse_decimal("1,234", decimal_comma=True) == Decimal("1.234")
    with pytest.raises(InvalidInputError, match=r"'1,234' could be 1234 or a fraction"):
        parse_decimal("1,234")
    with pytest.raises(InvalidInputError, match="could be 1234 or a fraction"):
        parse_decimal("1.234", decimal_comma=True)


@pytest.mark.parametrize(
    "text",
    ["", "-", "abc", "1,2,3", "1.23.4", "1,2345.6", "NaN", "Infinity", "1e5", "--1", "٣", "9" * 41],
)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(InvalidInputError, match="is not a number"):
        parse_decimal(text)


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "'=1", "''=1"])
def test_formulas_are_made_texts_and_come_back(text: str) -> None:
    assert safe_cell(text) == f"'{text}"
    assert plain_cell(safe_cell(text)) == text


@pytest.mark.parametrize("text", ["-5", "+3.5", "plain", "", "it's", "'quoted'", "a=b"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text
    assert plain_cell(text) == text


@given(st.text())
def test_every_text_comes_back(text: str) -> None:
    assert plain_cell(safe_cell(text)) == text


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12
    )
)
def test_every_price_is_read_from_both_halves(number: Decimal) -> None:
    point = f"{number:f}"
    assert parse_decimal(point) == number
    assert parse_decimal(f"{number:,f}") == number
    assert parse_decimal(point.replace(".", ","), decimal_comma=True) == number
