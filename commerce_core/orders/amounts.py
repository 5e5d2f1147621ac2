"""What an order costs: lines, discounts, tax included or added, to the cent. Pure: no database.

Works in whole numbers of 1/10,000 units; what is paid is rounded half up to the currency's
smallest coin, by line or by order. A discount is dealt out to the lines by their value, and the
cents that are left over go to those that lost most by rounding, so nothing is lost or made.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from commerce_core.errors import InvalidInputError, InvalidMoneyError
from commerce_core.money import Money, from_units, to_units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_core.orders.models import Order, OrderLine

_NO_CENTS: Final = frozenset({"CLP", "ISK", "JPY", "KRW", "VND"})
_MILLS: Final = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
_ONE: Final = 10_000
"""1 as a rate in 1/10,000."""


class Rounding(StrEnum):
    """Where tax is rounded: on every line, or once for each rate of the order."""

    LINE = "line"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Item:
    """``quantity`` pieces at ``unit_price``; ``tax_rate`` is a fraction such as 0.19.

    ``discount`` reduces the whole line, before a discount on the order is dealt out. A charge
    (postage) takes no part in that unless ``is_discounted``.
    """

    quantity: int
    unit_price: Money
    tax_rate: Decimal = Decimal(0)
    discount: Money | None = None
    is_discounted: bool = True


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """Amounts of one line: ``total = subtotal - discount`` and the tax where it is added."""

    subtotal: Money
    discount: Money
    tax: Money
    total: Money


@dataclass(frozen=True, slots=True)
class OrderAmounts:
    """Amounts of an order: the sums of its lines."""

    lines: tuple[LineAmounts, ...]
    subtotal: Money
    discount: Money
    tax: Money
    total: Money


def coin_of(currency: str) -> int:
    """Return the smallest coin of a currency in 1/10,000 units."""
    return 10_000 if currency in _NO_CENTS else 10 if currency in _MILLS else 100


def require_rate(rate: Decimal | int | str) -> Decimal:
    """Return a tax rate as an exact fraction.

    Raises:
        InvalidMoneyError: not a number, finer than 1/10,000, or not from 0 to 1.
    """
    units = to_units(rate)
    if not 0 <= units <= _ONE:
        message = f"a tax rate is a fraction from 0 to 1 such as 0.19, not {rate}"
        raise InvalidMoneyError(message, value=str(rate)[:40])
    return from_units(units)


def order_amounts(
    items: Sequence[Item],
    *,
    currency: str,
    discount: Money | None = None,
    is_tax_included: bool = True,
    rounding: Rounding = Rounding.LINE,
) -> OrderAmounts:
    """Return what ``items`` cost with ``discount`` on the whole.

    Raises:
        CurrencyMismatchError: an amount is of another currency.
        InvalidInputError: a discount is negative or more than what it applies to.
    """
    zero = Money.of(0, currency)
    subtotals = [(zero + item.unit_price * item.quantity).units for item in items]
    own = [_own_discount(i, s, zero) for i, s in zip(items, subtotals, strict=True)]
    bases = [
        max(0, subtotal - less) if item.is_discounted else 0
        for item, subtotal, less in zip(items, subtotals, own, strict=True)
    ]
    off = (zero + (discount or zero)).units
    if not 0 <= off <= sum(bases):
        message = f"a discount of {discount} on goods of {Money(from_units(sum(bases)), currency)}"
        raise InvalidInputError(message, discount=str(discount))
    coin = coin_of(currency)
    dealt = deal_out(off, bases, coin=coin, at_most=bases)
    discounts = [less + share for less, share in zip(own, dealt, strict=True)]
    values = [s - d for s, d in zip(subtotals, discounts, strict=True)]
    rates = [to_units(require_rate(item.tax_rate)) for item in items]
    taxes = _taxes(values, rates, coin, rounding=rounding, is_included=is_tax_included)
    lines = tuple(
        LineAmounts(
            *(_money(units, currency) for units in (s, d, t, v if is_tax_included else v + t))
        )
        for s, d, t, v in zip(subtotals, discounts, taxes, values, strict=True)
    )
    sums = (
        sum(getattr(line, name).units for line in lines)
        for name in ("subtotal", "discount", "tax", "total")
    )
    return OrderAmounts(lines, *(_money(units, currency) for units in sums))


def _own_discount(item: Item, subtotal: int, zero: Money) -> int:
    """Return the discount of a line in units."""
    if item.discount is None:
        return 0
    less = (zero + item.discount).units
    if not 0 <= less <= max(0, subtotal):
        worth = _money(subtotal, zero.currency)
        message = f"a discount of {item.discount} on a line of {worth}"
        raise InvalidInputError(message, discount=str(item.discount))
    return less


def deal_out(
    amount: int, weights: Sequence[int], *, coin: int = 1, at_most: Sequence[int] | None = None
) -> list[int]:
    """Deal ``amount`` units out by ``weights``, in whole coins, to the last unit.

    Shares are cut to coins; what is left goes coin by coin to those that lost most, and what is
    less than a coin to the largest. No share exceeds what it would be by more than a coin, nor
    what ``at_most`` says of it (whose sum is no less than ``amount``). All are 0 where there is no
    weight.
    """
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    exact = [amount * weight for weight in weights]
    shares = [value // (total * coin) * coin for value in exact]
    left = amount - sum(shares)
    room = [left] * len(shares)
    if at_most is not None:
        room = [most - share for most, share in zip(at_most, shares, strict=True)]
    by_loss = sorted(range(len(shares)), key=lambda i: (shares[i] * total - exact[i], i))
    for index in by_loss:
        if left >= coin and weights[index] and room[index] >= coin:
            shares[index] += coin
            room[index] -= coin
            left -= coin
    for index in sorted(range(len(shares)), key=lambda i: -weights[i]):
        part = min(left, room[index])
        shares[index] += part
        left -= part
    return shares


def part_of(amount: Decimal, pieces: int, quantity: int, *, currency: str) -> Decimal:
    """Return the share of the first ``pieces`` of ``quantity`` in ``amount``, in whole coins.

    ``part_of(…, quantity, quantity)`` is all of it, so the parts of any split by running totals
    add up to the cent.
    """
    if pieces >= quantity:
        return amount
    coin = coin_of(currency)
    return from_units(to_units(amount) * pieces // (quantity * coin) * coin)


@dataclass(frozen=True, slots=True)
class LineValue:
    """What some pieces of a line of an order are worth: the money for them, and the tax in it."""

    total: Decimal
    tax: Decimal


def line_value(order: Order, line: OrderLine, pieces: int) -> LineValue:
    """Return what the first ``pieces`` of a line cost, its discount and tax shared out."""
    whole = line.quantity
    discount = part_of(line.discount, pieces, whole, currency=order.currency)
    tax = part_of(line.tax, pieces, whole, currency=order.currency)
    value = line.unit_price * pieces - discount
    return LineValue(value if order.is_tax_included else value + tax, tax)


def _taxes(
    values: Sequence[int],
    rates: Sequence[int],
    coin: int,
    *,
    rounding: Rounding,
    is_included: bool,
) -> list[int]:
    if rounding is Rounding.LINE:
        return [
            _round(*_tax(value, rate, is_included=is_included), coin)
            for value, rate in zip(values, rates, strict=True)
        ]
    taxes = [0] * len(values)
    for rate in set(rates):
        of_rate = [i for i, other in enumerate(rates) if other == rate]
        whole = sum(values[i] for i in of_rate)
        tax = _round(*_tax(whole, rate, is_included=is_included), coin)
        shares = deal_out(tax, [max(0, values[i]) for i in of_rate], coin=coin)
        for i, share in zip(of_rate, shares, strict=True):
            taxes[i] = share
    return taxes


def _tax(value: int, rate: int, *, is_included: bool) -> tuple[int, int]:
    """Return the tax as a fraction of whole numbers."""
    return value * rate, _ONE + rate if is_included else _ONE


def _round(numerator: int, denominator: int, coin: int) -> int:
    """Round half up, away from zero, to whole coins."""
    sign = -1 if numerator < 0 else 1
    step = denominator * coin
    return sign * ((abs(numerator) * 2 + step) // (2 * step)) * coin


def _money(units: int, currency: str) -> Money:
    return Money(from_units(units), currency)
