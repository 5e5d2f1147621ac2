"""Amounts: known invoices, and that nothing is ever lost or made."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.errors import (
    CurrencyMismatchError,
    InvalidInputError,
    InvalidMoneyError,
    InvalidQuantityError,
)
from commerce_core.money import Money
from commerce_core.orders.amounts import AmountLine, Rounding, work_out
from commerce_core.orders.shares import minor_places, part_of_line, split_amount

D = Decimal


def eur(amount: str | int) -> Money:
    return Money.of(amount, "EUR")


def line(price: str, quantity: int = 1, rate: str = "0.19", less: str | None = None) -> AmountLine:
    discount = None if less is None else eur(less)
    return AmountLine(quantity, eur(price), D(rate), discount)


def test_prices_with_tax_included() -> None:
    found = work_out([line("119.00"), line("10.70", 2, "0.07")], currency="EUR")

    assert (found.net, found.tax, found.total) == (eur("120.00"), eur("20.40"), eur("140.40"))
    assert found.tax_by_rate == {D("0.19"): eur("19.00"), D("0.07"): eur("1.40")}


def test_tax_is_added_where_prices_are_without() -> None:
    found = work_out(
        [line("100.00"), line("10.00", 2, "0.07")], currency="EUR", is_tax_included=False
    )

    assert (found.net, found.tax, found.total) == (eur("120.00"), eur("20.40"), eur("140.40"))
    assert found.lines[1].gross == eur("21.40")


def test_rounding_by_line_and_by_order_differ_by_cents() -> None:
    lines = [line("0.99", 1, "0.07")] * 10  # 0.0647… of tax in each, 0.6477 in all

    by_line = work_out(lines, currency="EUR")
    by_order = work_out(lines, currency="EUR", rounding=Rounding.ORDER)

    assert by_line.tax == eur("0.60")
    assert by_order.tax == eur("0.65")
    assert by_line.total == by_order.total == eur("9.90")
    assert sorted(part.tax for part in by_order.lines) == [eur("0.06")] * 5 + [eur("0.07")] * 5


def test_a_half_cent_goes_away_from_zero() -> None:
    assert work_out([line("0.25", 1, "0.1")], currency="EUR", is_tax_included=False).tax == eur(
        "0.03"
    )


def test_a_discount_is_shared_out_to_the_cent() -> None:
    found = work_out(
        [line("10.00"), line("10.00"), line("10.00")], currency="EUR", discount=eur("10")
    )

    assert [part.discount for part in found.lines] == [eur("3.34"), eur("3.33"), eur("3.33")]
    assert found.total == eur("20.00")


def test_the_order_discount_comes_after_those_of_the_lines() -> None:
    found = work_out(
        [line("20.00", less="10.00"), line("10.00")], currency="EUR", discount=eur("5")
    )

    assert [part.gross for part in found.lines] == [eur("7.50"), eur("7.50")]
    assert found.discount == eur("15.00")


def test_prices_finer_than_a_cent_are_rounded_as_a_line_and_not_before() -> None:
    assert work_out([line("0.005", 1000)], currency="EUR").total == eur("5.00")
    assert work_out([line("0.0049", 1)], currency="EUR").total == eur("0.00")


def test_yen_have_no_cents_and_dinars_three() -> None:
    yen = work_out([AmountLine(3, Money.of(333, "JPY"), D("0.1"))], currency="JPY")
    dinar = work_out([AmountLine(1, Money.of("1.0005", "KWD"))], currency="KWD")

    assert (yen.tax, yen.total) == (Money.of(91, "JPY"), Money.of(999, "JPY"))
    assert dinar.total == Money.of("1.001", "KWD")
    assert [minor_places(code) for code in ("EUR", "JPY", "KWD")] == [2, 0, 3]


def test_an_order_of_nothing_costs_nothing() -> None:
    found = work_out([], currency="EUR")

    assert (found.total, found.tax, found.lines) == (eur(0), eur(0), ())


def test_three_refunds_of_a_third_give_it_all_back() -> None:
    parts = [part_of_line(eur("10.00"), 3, done=done, pieces=1) for done in range(3)]

    assert parts == [eur("3.33"), eur("3.34"), eur("3.33")]


@pytest.mark.parametrize(
    "wrong",
    [
        line("10.00", 0),
        line("10.00", -1),
        AmountLine(True, eur(1)),
        AmountLine(D("1.5"), eur(1)),  # type: ignore[arg-type]
    ],
)
def test_a_quantity_is_a_whole_number_of_pieces(wrong: AmountLine) -> None:
    with pytest.raises(InvalidQuantityError):
        work_out([wrong], currency="EUR")


@pytest.mark.parametrize("rate", ["-0.01", "1.01", "19", "NaN"])
def test_a_rate_is_a_fraction(rate: str) -> None:
    with pytest.raises(InvalidMoneyError, match="tax rate"):
        work_out([line("1.00", rate=rate)], currency="EUR")


@pytest.mark.parametrize("discount", ["-1", "10.01", "0.001"])
def test_a_discount_is_within_what_it_reduces_and_payable(discount: str) -> None:
    with pytest.raises(InvalidMoneyError, match="discount of the order"):
        work_out([line("10.00")], currency="EUR", discount=eur(discount))
    with pytest.raises(InvalidMoneyError, match="discount of a line"):
        work_out([line("10.00", less=discount)], currency="EUR")


def test_currencies_never_mix() -> None:
    dollar = Money.of(1, "USD")
    with pytest.raises(CurrencyMismatchError):
        work_out([AmountLine(1, dollar)], currency="EUR")
    with pytest.raises(CurrencyMismatchError):
        work_out([line("10.00")], currency="EUR", discount=dollar)
    with pytest.raises(CurrencyMismatchError):
        work_out([AmountLine(1, eur(5), discount=dollar)], currency="EUR")


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_weights_are_there_and_not_negative(weights: list[int]) -> None:
    with pytest.raises(InvalidInputError, match="weight"):
        split_amount(eur(1), weights)


@pytest.mark.parametrize(("done", "pieces"), [(0, 4), (3, 1), (-1, 1), (0, -1)])
def test_no_more_pieces_than_the_line_has(done: int, pieces: int) -> None:
    with pytest.raises(InvalidQuantityError):
        part_of_line(eur(10), 3, done=done, pieces=pieces)


cents = st.integers(0, 10**9).map(lambda n: eur(0) if not n else Money(D(n).scaleb(-2), "EUR"))
fine = st.integers(0, 10**8).map(lambda n: Money(D(n).scaleb(-4), "EUR"))
rates = st.sampled_from([D(0), D("0.07"), D("0.19"), D("0.055"), D(1)])


@given(cents | fine, st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
def test_shares_add_up_and_are_fair(total: Money, weights: list[int]) -> None:
    shares = split_amount(total, weights)

    assert sum((part.amount for part in shares), D(0)) == total.amount
    even = [1] * len(weights) if not any(weights) else weights
    for share, weight in zip(shares, even, strict=True):
        assert abs(share.amount - total.amount * weight / sum(even)) < D("0.02")
    assert [-part for part in split_amount(-total, weights)] == shares


@given(
    lines=st.lists(st.builds(AmountLine, st.integers(1, 50), fine, rates), min_size=1, max_size=8),
    percent=st.integers(0, 100),
    is_included=st.booleans(),
    rounding=st.sampled_from(Rounding),
)
def test_lines_add_up_to_the_order(
    lines: list[AmountLine], percent: int, *, is_included: bool, rounding: Rounding
) -> None:
    plain = work_out(lines, currency="EUR", is_tax_included=is_included, rounding=rounding)
    goods = sum(
        (part.gross.amount if is_included else part.net.amount for part in plain.lines), D(0)
    )
    discount = Money((goods * percent / 100).quantize(D("0.01"), rounding="ROUND_DOWN"), "EUR")

    found = work_out(
        lines,
        currency="EUR",
        is_tax_included=is_included,
        rounding=rounding,
        discount=discount,
    )

    assert found.discount == discount
    assert found.net + found.tax == found.total
    assert sum((tax.amount for tax in found.tax_by_rate.values()), D(0)) == found.tax.amount
    for part in found.lines:
        assert part.net + part.tax == part.gross
        assert part.gross.amount >= 0
        assert part.gross == part.gross.rounded()
    charged = found.total if is_included else found.net
    assert charged.amount == goods - discount.amount


@given(cents, st.integers(1, 30), st.data())
def test_the_parts_of_a_line_are_the_line(gross: Money, quantity: int, data: st.DataObject) -> None:
    done, parts = 0, []
    while done < quantity:
        pieces = data.draw(st.integers(1, quantity - done))
        parts.append(part_of_line(gross, quantity, done=done, pieces=pieces))
        done += pieces

    assert sum((part.amount for part in parts), D(0)) == gross.amount
    assert all(part.amount >= 0 for part in parts)
