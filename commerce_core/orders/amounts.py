"""What an order costs: lines, discounts and tax, worked out without losing a cent. No database.

Prices include tax or not (``is_tax_included``); each line has its own rate, a fraction such as
``Decimal("0.19")``. The tax of a line is rounded by itself (``Rounding.LINE``), or once for each
rate of the order and then shared out to the lines (``Rounding.ORDER``); both are lawful in the EU
(Court of Justice, C-484/06, Ahold), they differ by cents. A half cent goes away from zero, as on
an invoice. In every case the lines add up to the order exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from commerce_core.errors import InvalidMoneyError, InvalidQuantityError
from commerce_core.money import Money
from commerce_core.orders.shares import EXACT, in_minor_units, minor_places, split_amount

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Rounding(StrEnum):
    """Where tax is rounded: on each line, or once for each rate of the whole order."""

    LINE = "line"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class AmountLine:
    """A line to be worked out. ``discount`` is what this line alone is reduced by, in all."""

    quantity: int
    unit_price: Money
    tax_rate: Decimal = Decimal(0)
    discount: Money | None = None


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """A line worked out: ``net + tax == gross``. ``discount`` has its share of the order's."""

    net: Money
    tax: Money
    gross: Money
    discount: Money


@dataclass(frozen=True, slots=True)
class OrderAmounts:
    """An order worked out. ``total`` is what is to be paid, tax included."""

    lines: tuple[LineAmounts, ...]
    net: Money
    tax: Money
    total: Money
    discount: Money
    tax_by_rate: Mapping[Decimal, Money]


def work_out(
    lines: Sequence[AmountLine],
    *,
    currency: str,
    is_tax_included: bool = True,
    rounding: Rounding = Rounding.LINE,
    discount: Money | None = None,
) -> OrderAmounts:
    """Return the amounts of an order. Shipping and fees are lines like any other.

    ``discount`` reduces the order and is shared out to its lines by what each costs after its
    own discount. A price may have four decimals; line amounts are rounded to the currency's.

    Raises:
        CurrencyMismatchError: an amount is of another currency.
        InvalidMoneyError: a discount is negative or more than what it reduces, or a rate is no
            fraction of 0 to 1.
        InvalidQuantityError: a quantity is not a whole number of 1 or more.
    """
    nothing = Money.of(0, currency)
    places = minor_places(currency)
    before = [_line_price(line, nothing, places) for line in lines]
    own = [_own_discount(line, price) for line, price in zip(lines, before, strict=True)]
    left = [price - less for price, less in zip(before, own, strict=True)]
    shares = _share_discount(discount or nothing, left, nothing)
    charged = [rest - share for rest, share in zip(left, shares, strict=True)]
    rates = [_rate(line.tax_rate) for line in lines]
    taxes = _taxes(charged, rates, rounding, is_included=is_tax_included, nothing=nothing)
    found = tuple(
        _line_amounts(amount, tax, less + share, is_tax_included=is_tax_included)
        for amount, tax, less, share in zip(charged, taxes, own, shares, strict=True)
    )
    by_rate: dict[Decimal, Money] = {}
    for rate, tax in zip(rates, taxes, strict=True):
        by_rate[rate] = by_rate.get(rate, nothing) + tax
    return OrderAmounts(
        lines=found,
        net=_sum((line.net for line in found), nothing),
        tax=_sum(taxes, nothing),
        total=_sum((line.gross for line in found), nothing),
        discount=_sum((line.discount for line in found), nothing),
        tax_by_rate=by_rate,
    )


def _line_price(line: AmountLine, nothing: Money, places: int) -> Money:
    if isinstance(line.quantity, bool) or not isinstance(line.quantity, int) or line.quantity < 1:
        message = f"a line has a whole number of pieces, 1 or more, not {line.quantity!r}"
        raise InvalidQuantityError(message, value=repr(line.quantity)[:40])
    price = nothing + line.unit_price * line.quantity
    return Money(in_minor_units(price.amount, places), price.currency)


def _own_discount(line: AmountLine, price: Money) -> Money:
    discount = price - price if line.discount is None else line.discount
    return _within(discount, price, "the discount of a line")


def _share_discount(discount: Money, left: Sequence[Money], nothing: Money) -> list[Money]:
    """Share the order's discount out; lines that cost nothing or give money back get none."""
    weights = [max(amount.amount, Decimal(0)) for amount in left]
    goods = Money(sum(weights, Decimal(0)), nothing.currency)
    _within(nothing + discount, goods, "the discount of the order")
    if not discount.amount:
        return [nothing] * len(left)
    return split_amount(discount, weights)


def _within(discount: Money, price: Money, what: str) -> Money:
    nothing = price - price
    if discount < nothing or (discount != nothing and price < discount):
        message = f"{what} is {discount}; it must be between {nothing} and {price}"
        raise InvalidMoneyError(message, value=str(discount))
    places = minor_places(discount.currency)
    if discount.amount != in_minor_units(discount.amount, places):
        message = f"{what} is {discount}; it must be an amount that can be paid"
        raise InvalidMoneyError(message, value=str(discount))
    return discount


def _rate(rate: Decimal) -> Decimal:
    if not isinstance(rate, Decimal | int) or not Decimal(rate).is_finite() or not 0 <= rate <= 1:
        message = f"a tax rate is a fraction from 0 to 1, such as Decimal('0.19'), not {rate!r}"
        raise InvalidMoneyError(message, value=repr(rate)[:40])
    return Decimal(rate).normalize()


def _taxes(
    charged: Sequence[Money],
    rates: Sequence[Decimal],
    rounding: Rounding,
    *,
    is_included: bool,
    nothing: Money,
) -> list[Money]:
    """Return the tax of each line."""
    if rounding is Rounding.LINE:
        return [
            _tax(amount, rate, is_included=is_included)
            for amount, rate in zip(charged, rates, strict=True)
        ]
    taxes = [nothing] * len(charged)
    for rate in dict.fromkeys(rates):
        places = [number for number, other in enumerate(rates) if other == rate]
        amounts = [charged[number] for number in places]
        tax = _tax(_sum(amounts, nothing), rate, is_included=is_included)
        shares = split_amount(tax, [abs(amount.amount) for amount in amounts])
        for number, share in zip(places, shares, strict=True):
            taxes[number] = share
    return taxes


def _tax(amount: Money, rate: Decimal, *, is_included: bool) -> Money:
    base = Decimal(1) + rate if is_included else Decimal(1)
    exact = EXACT.divide(amount.amount * rate, base)
    return Money(in_minor_units(exact, minor_places(amount.currency)), amount.currency)


def _line_amounts(
    amount: Money, tax: Money, discount: Money, *, is_tax_included: bool
) -> LineAmounts:
    if is_tax_included:
        return LineAmounts(net=amount - tax, tax=tax, gross=amount, discount=discount)
    return LineAmounts(net=amount, tax=tax, gross=amount + tax, discount=discount)


def _sum(amounts: Iterable[Money], nothing: Money) -> Money:
    total = nothing
    for amount in amounts:
        total += amount
    return total
