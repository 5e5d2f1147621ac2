from __future__ import annotations

import pickle
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.errors import CurrencyMismatchError, InvalidMoneyError
from commerce_core.money import MAX_UNITS, Money, from_units, to_units

units = st.integers(-MAX_UNITS, MAX_UNITS)


@given(units)
def test_every_amount_comes_back_from_storage_as_it_was(number: int) -> None:
    assert to_units(from_units(number)) == number


@given(units, st.integers(1, 60))
def test_the_decimal_context_of_the_host_rounds_nothing(number: int, precision: int) -> None:
    exact = from_units(number)

    with localcontext() as context:
        context.prec = precision

        assert Money(exact, "EUR").units == number
        assert (-Money(exact, "EUR")).units == -number
        assert (Money(exact, "EUR") - Money(exact, "EUR")).units == 0


@pytest.mark.parametrize(
    "amount",
    [
        "1.00001",
        "0.00009999999999999999999999999999999999999",
        "1.0000000000000000000000000000000000000000000000000001",
        "1e-999999999",
        "10000000000000.0001",
        "1e999999999",
        "1e99999999999999999999",
        "9" * 10_000,
        10**5_000,
        "NaN",
        "sNaN",
        "-Infinity",
        "",
        "ten",
        "1,50",
        1.5,
        True,
        None,
        b"1",
    ],
    ids=lambda amount: str(amount)[:12] if isinstance(amount, str) else type(amount).__name__,
)
def test_what_is_no_exact_amount_is_refused(amount: object) -> None:
    with pytest.raises(InvalidMoneyError):
        to_units(amount)  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["eur", "EURO", "", "E1R", "ÄÖÜ", "EU\n", None, 978])
def test_a_currency_has_three_capital_letters(code: object) -> None:
    with pytest.raises(InvalidMoneyError):
        Money(Decimal(1), code)  # type: ignore[arg-type]


def test_sums_products_and_differences_are_exact() -> None:
    price = Money.of("19.999", "EUR")

    assert price * 3 + price - price == Money.of("59.997", "EUR")
    assert 2 * price == Money.of("39.998", "EUR")
    assert -price < price <= price  # noqa: PLR0124 - the equal sign counts


def test_two_currencies_never_mix() -> None:
    euro, pound = Money.of(1, "EUR"), Money.of(1, "GBP")

    for mix in (lambda: euro + pound, lambda: euro - pound, lambda: euro < pound):
        with pytest.raises(CurrencyMismatchError):
            mix()
    assert euro != pound


def test_money_is_not_multiplied_by_a_fraction() -> None:
    with pytest.raises(TypeError):
        Money.of(1, "EUR") * 0.5  # type: ignore[operator]


def test_a_sum_beyond_what_can_be_stored_is_refused() -> None:
    largest = Money(from_units(MAX_UNITS), "EUR")

    with pytest.raises(InvalidMoneyError):
        largest + Money.of("0.0001", "EUR")


def test_rounding_goes_half_to_even() -> None:
    rounded = [str(Money.of(amount, "EUR").rounded()) for amount in ("0.005", "0.015", "0.0251")]

    assert rounded == ["0.00 EUR", "0.02 EUR", "0.03 EUR"]


def test_its_text_shows_cents_and_more_only_where_there_is_more() -> None:
    shown = [str(Money.of(amount, "EUR")) for amount in ("5", "-1000", "1.5", "0.1234", "12.340")]

    assert shown == ["5.00 EUR", "-1000.00 EUR", "1.50 EUR", "0.1234 EUR", "12.34 EUR"]


def test_equal_amounts_are_equal_however_they_are_written() -> None:
    assert len({Money.of("1.5", "EUR"), Money.of("1.5000", "EUR"), Money.of("15e-1", "EUR")}) == 1


def test_money_travels_between_processes() -> None:
    price = Money.of("19.9", "EUR")

    assert pickle.loads(pickle.dumps(price)) == price  # noqa: S301 - our own bytes
