"""Amounts cut into parts that add up to the whole exactly, in units that can be paid."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING, Final

from commerce_core.errors import InvalidInputError, InvalidQuantityError
from commerce_core.money import Money

if TYPE_CHECKING:
    from collections.abc import Sequence

_PLACES: Final = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
    **dict.fromkeys(("UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Decimals of currencies that have not two (ISO 4217)."""
EXACT: Final = Context(prec=60)
"""Wide enough for every product of amounts; the host's context may round."""


def minor_places(currency: str) -> int:
    """Return how many decimals amounts of ``currency`` are paid with: 2 for EUR, 0 for JPY."""
    return _PLACES.get(currency, 2)


def split_amount(total: Money, weights: Sequence[Decimal | int]) -> list[Money]:
    """Return ``total`` shared out by ``weights``, in whole cents that add up to it exactly.

    Largest remainder: every share is its exact part rounded down, and the cents that are left go
    to the largest remainders, earlier ones first. Equal shares where all weights are 0. What
    ``total`` has beyond whole cents goes to the first share.

    Raises:
        InvalidInputError: no weights, or a negative one.
    """
    if not weights or any(weight < 0 for weight in weights):
        message = "an amount is shared out by one weight or more, none of them negative"
        raise InvalidInputError(message)
    parts = [Decimal(weight) for weight in weights]
    if not any(parts):
        parts = [Decimal(1)] * len(parts)
    step = Decimal(1).scaleb(-minor_places(total.currency))
    sign = -1 if total.amount < 0 else 1
    whole, rest = divmod(abs(total.amount), step)
    cents = _largest_remainders(int(whole), parts)
    shares = [Money(sign * count * step, total.currency) for count in cents]
    shares[0] += Money(sign * rest, total.currency)
    return shares


def part_of_line(gross: Money, quantity: int, *, done: int, pieces: int) -> Money:
    """Return the money of ``pieces`` of a line of ``quantity``, after ``done`` pieces of it.

    The parts of a line add up to ``gross`` exactly, however it is cut: that is what makes three
    partial refunds of 10.00 for three pieces 3.33, 3.34 and 3.33.

    Raises:
        InvalidQuantityError: more pieces than the line has left, or fewer than none.
    """
    if quantity < 1 or done < 0 or pieces < 0 or done + pieces > quantity:
        message = f"{pieces} pieces after {done} are not within a line of {quantity}"
        raise InvalidQuantityError(message, value=pieces)
    return _up_to(gross, quantity, done + pieces) - _up_to(gross, quantity, done)


def _up_to(gross: Money, quantity: int, pieces: int) -> Money:
    if pieces == quantity:
        return gross
    exact = EXACT.divide(gross.amount * pieces, Decimal(quantity))
    return Money(in_minor_units(exact, minor_places(gross.currency)), gross.currency)


def _largest_remainders(count: int, weights: Sequence[Decimal]) -> list[int]:
    whole = sum(weights, Decimal(0))
    exact = [EXACT.divide(EXACT.multiply(weight, count), whole) for weight in weights]
    shares = [int(part) for part in exact]
    by_remainder = sorted(range(len(exact)), key=lambda n: (shares[n] - exact[n], n))
    for number in by_remainder[: count - sum(shares)]:
        shares[number] += 1
    return shares


def in_minor_units(amount: Decimal, places: int) -> Decimal:
    """Return ``amount`` with so many decimals; a half goes away from zero."""
    step = Decimal(1).scaleb(-places)
    return amount.quantize(step, rounding=ROUND_HALF_UP, context=EXACT)
