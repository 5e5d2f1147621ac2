"""Amounts: known invoices, and that nothing is ever lost or made."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.errors import CurrencyMismatchError, InvalidInputError, InvalidMoneyError
from commerce_core.money import Money
from commerce_core.orders.amounts import (
    Item,
    OrderAmounts,
    Rounding,
    coin_of,
    deal_out,
    order_amounts,
    part_of,
    require_rate,
)
from commerce_core.tests.orders.shop import eur


def item(price: str, pieces: int = 1, rate: str = "0.19", less: str | None = None) -> Item:
    return Item(pieces, eur(price), Decimal(rate), None if less is None else eur(less))


def work_out(*items: Item, **more: object) -> OrderAmounts:
    return order_amounts(items, currency="EUR", **more)  # type: ignore[arg-type]


def test_prices_with_tax_included() -> None:
    found = work_out(item("119.00"), item("10.70", 2, "0.07"))

    assert (found.total, found.tax) == (eur("140.40"), eur("20.40"))
    assert [line.tax for line in found.lines] == [eur("19.00"), eur("1.40")]


def test_tax_is_added_where_prices_are_without() -> None:
    found = work_out(item("100.00"), item("10.00", 2, "0.07"), is_tax_included=False)

    assert (found.subtotal, found.tax, found.total) == (eur("120"), eur("20.40"), eur("140.40"))
    assert found.lines[1].total == eur("21.40")


def test_rounding_by_line_and_by_order_differ_by_cents() -> None:
    items = [item("0.99", 1, "0.07")] * 10  # 0.0647… of tax in each, 0.6477 in all

    by_line, by_order = work_out(*items), work_out(*items, rounding=Rounding.ORDER)

    assert (by_line.tax, by_order.tax) == (eur("0.60"), eur("0.65"))
    assert by_line.total == by_order.total == eur("9.90")
    assert sorted(x.tax for x in by_order.lines) == [eur("0.06")] * 5 + [eur("0.07")] * 5


def test_a_half_cent_of_tax_goes_up() -> None:
    assert work_out(item("0.25", 1, "0.1"), is_tax_included=False).tax == eur("0.03")
    assert work_out(item("0.24", 1, "0.1"), is_tax_included=False).tax == eur("0.02")


def test_a_discount_is_shared_out_to_the_cent() -> None:
    found = work_out(item("10.00"), item("10.00"), item("10.00"), discount=eur("10"))

    assert [x.discount for x in found.lines] == [eur("3.34"), eur("3.33"), eur("3.33")]
    assert found.total == eur("20.00")


def test_the_discount_of_the_order_comes_after_those_of_its_lines() -> None:
    found = work_out(item("20.00", less="10.00"), item("10.00"), discount=eur("5"))

    assert [x.total for x in found.lines] == [eur("7.50"), eur("7.50")]
    assert (found.discount, found.subtotal) == (eur("15.00"), eur("30.00"))


def test_a_discount_makes_no_line_cost_less_than_nothing() -> None:
    found = work_out(item("0.0004"), item("0.0004"), discount=eur("0.0005"))

    assert [x.discount for x in found.lines] == [eur("0.0004"), eur("0.0001")]
    assert found.total == eur("0.0003")


def test_postage_bears_no_discount() -> None:
    postage = Item(1, eur("5.00"), Decimal("0.19"), is_discounted=False)

    found = work_out(item("10.00"), postage, discount=eur("10"))

    assert [x.total for x in found.lines] == [eur("0"), eur("5.00")]
    with pytest.raises(InvalidInputError, match=r"goods of 10\.00 EUR"):
        work_out(item("10.00"), postage, discount=eur("10.01"))


def test_yen_have_no_cents_and_dinars_three() -> None:
    yen = order_amounts([Item(3, Money.of(333, "JPY"), Decimal("0.1"))], currency="JPY")
    kwd = order_amounts([Item(1, Money.of("1.005", "KWD"), Decimal("0.1"))], currency="KWD")

    assert (yen.tax, yen.total) == (Money.of(91, "JPY"), Money.of(999, "JPY"))
    assert kwd.tax == Money.of("0.091", "KWD")
    assert [coin_of(code) for code in ("EUR", "JPY", "KWD")] == [100, 10_000, 10]


@pytest.mark.parametrize("rate", ["-0.01", "1.01", "19", "NaN", "0.00001"])
def test_a_rate_is_a_fraction(rate: str) -> None:
    with pytest.raises(InvalidMoneyError):
        work_out(item("1.00", rate=rate))
    with pytest.raises(InvalidMoneyError):
        require_rate(rate)


@pytest.mark.parametrize("discount", ["-0.01", "10.01"])
def test_a_discount_is_within_what_it_reduces(discount: str) -> None:
    with pytest.raises(InvalidInputError, match=r"goods of 10\.00 EUR"):
        work_out(item("10.00"), discount=eur(discount))
    with pytest.raises(InvalidInputError, match=r"a line of 10\.00 EUR"):
        work_out(item("10.00", less=discount), item("90.00"))


def test_currencies_never_mix() -> None:
    dollar = Money.of(1, "USD")
    for items, discount in (
        ([Item(1, dollar)], None),
        ([item("10.00"), Item(1, dollar)], None),
        ([item("10.00")], dollar),
        ([Item(1, eur("5"), discount=dollar)], None),
    ):
        with pytest.raises(CurrencyMismatchError):
            order_amounts(items, currency="EUR", discount=discount)


amounts = st.integers(0, 10**8).map(lambda n: Money(Decimal(n).scaleb(-2), "EUR"))
fine = st.integers(0, 10**8).map(lambda n: Money(Decimal(n).scaleb(-4), "EUR"))
rates = st.sampled_from(
    [Decimal(0), Decimal("0.07"), Decimal("0.19"), Decimal("0.055"), Decimal(1)]
)


@given(
    st.integers(-(10**12), 10**12),
    st.lists(st.integers(0, 10**9), min_size=1, max_size=12),
    st.sampled_from([1, 10, 100, 10_000]),
)
def test_shares_add_up_and_none_is_off_by_more_than_a_coin(
    amount: int, weights: list[int], coin: int
) -> None:
    shares = deal_out(amount, weights, coin=coin)

    if not any(weights):
        assert shares == [0] * len(weights)
        return
    assert sum(shares) == amount
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(amount * weight, sum(weights))) < 2 * coin
        assert share * amount >= 0 or abs(share) < coin
        assert weight or not share


@given(
    items=st.lists(st.builds(Item, st.integers(1, 50), fine, rates), min_size=1, max_size=8),
    percent=st.integers(0, 100),
    is_included=st.booleans(),
    rounding=st.sampled_from(Rounding),
)
def test_lines_add_up_to_the_order(
    items: list[Item], percent: int, *, is_included: bool, rounding: Rounding
) -> None:
    goods = sum((x.unit_price.amount * x.quantity for x in items), Decimal(0))
    off = Money((goods * percent / 100).quantize(Decimal("0.0001"), rounding="ROUND_DOWN"), "EUR")

    found = work_out(*items, is_tax_included=is_included, rounding=rounding, discount=off)

    assert (found.subtotal.amount, found.discount) == (goods, off)
    for name in ("subtotal", "discount", "tax", "total"):
        assert sum((getattr(x, name).units for x in found.lines), 0) == getattr(found, name).units
    charged = found.total if is_included else found.total - found.tax
    assert charged.amount == goods - off.amount
    for line, x in zip(found.lines, items, strict=True):
        net = line.subtotal - line.discount
        assert line.total == (net if is_included else net + line.tax)
        assert line.discount <= line.subtotal
        assert not line.tax.units % coin_of("EUR") or rounding is Rounding.ORDER
        exact = net.units * x.tax_rate / ((1 + x.tax_rate) if is_included else 1)
        cents = 1 if rounding is Rounding.LINE else 2
        assert abs(line.tax.units - exact) <= cents * coin_of("EUR")
    if rounding is Rounding.ORDER:
        exact = sum(
            (
                (line.subtotal - line.discount).units
                * x.tax_rate
                / ((1 + x.tax_rate) if is_included else 1)
                for line, x in zip(found.lines, items, strict=True)
            ),
            Decimal(0),
        )
        kinds = len({x.tax_rate for x in items})
        assert abs(found.tax.units - exact) <= kinds * coin_of("EUR") / 2


@given(amounts, st.integers(1, 30), st.data())
def test_the_parts_of_a_line_are_the_line(whole: Money, quantity: int, data: st.DataObject) -> None:
    done, parts = 0, []
    while done < quantity:
        pieces = data.draw(st.integers(1, quantity - done))
        before = part_of(whole.amount, done, quantity, currency="EUR")
        done += pieces
        parts.append(part_of(whole.amount, done, quantity, currency="EUR") - before)

    assert sum(parts, Decimal(0)) == whole.amount
    assert all(part >= 0 and part == part.quantize(Decimal("0.01")) for part in parts)
