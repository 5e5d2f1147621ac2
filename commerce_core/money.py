"""Money: an exact decimal amount of one currency, in steps of 1/10,000.

Both databases store it as an integer number of 1/10,000 units, so no driver can round it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    Inexact,
    InvalidOperation,
    Overflow,
)
from typing import Final

from commerce_core.errors import CurrencyMismatchError, InvalidMoneyError

UNITS: Final = 10_000
"""Stored units per 1.00 of a currency."""
MAX_UNITS: Final = 10**17
"""Largest stored amount: ten trillion. A sum of 90 such amounts still fits 64 bits."""
_PLACES: Final = 4
_STEP: Final = Decimal("0.0001")
_CENT: Final = Decimal("0.01")
_LARGEST: Final = Decimal(MAX_UNITS // UNITS)
_CURRENCY: Final = re.compile("[A-Z]{3}")

# The host's decimal context may round; ours refuses to.
_EXACT: Final = Context(
    prec=40, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact, InvalidOperation, Overflow]
)
_ROUNDING: Final = Context(prec=40, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[InvalidOperation])


def to_units(amount: Decimal | int | str) -> int:
    """Return ``amount`` as a whole number of 1/10,000 units.

    Raises:
        InvalidMoneyError: not a finite number, finer than 1/10,000, or too large. A ``float``
            is refused: it is not the number that its digits show.
    """
    if isinstance(amount, bool) or not isinstance(amount, Decimal | int | str):
        message = f"{amount!r} is no exact amount: use Decimal('…'), a text or a whole number"
        raise InvalidMoneyError(message, value=repr(amount)[:40])
    try:
        number = Decimal(amount)
    except ArithmeticError as exc:
        message = f"{str(amount)[:40]!r} is not an amount of money"
        raise InvalidMoneyError(message, value=str(amount)[:40]) from exc
    if not number.is_finite():
        message = f"{number} is not an amount of money"
        raise InvalidMoneyError(message, value=str(number))
    if number.copy_abs() > _LARGEST:
        message = f"{number:.3e} is larger than any amount that can be stored"
        raise InvalidMoneyError(message, value=f"{number:.3e}")
    try:
        return int(number.quantize(_STEP, context=_EXACT).scaleb(_PLACES, context=_EXACT))
    except Inexact as exc:
        message = f"{str(number)[:40]} is finer than 1/10,000, the smallest step that is stored"
        raise InvalidMoneyError(message, value=str(number)[:40]) from exc


def from_units(units: int) -> Decimal:
    """Return the amount that ``units`` of 1/10,000 make, with four decimals."""
    return Decimal(units).scaleb(-_PLACES, context=_EXACT)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency (ISO 4217 code). Amounts of two currencies never mix."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        code = self.currency
        if not (isinstance(code, str) and _CURRENCY.fullmatch(code)):
            message = f"{code!r} is not a currency code of three capitals such as EUR"
            raise InvalidMoneyError(message, value=repr(code)[:40])
        object.__setattr__(self, "amount", from_units(to_units(self.amount)))

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str) -> Money:
        """Make money of a decimal, a whole number or a text; never of a float."""
        return cls(from_units(to_units(amount)), currency)

    @property
    def units(self) -> int:
        """The amount in 1/10,000 units, as it is stored."""
        return to_units(self.amount)

    def __add__(self, other: Money) -> Money:
        return self._with(self.units + self._units_of(other))

    def __sub__(self, other: Money) -> Money:
        return self._with(self.units - self._units_of(other))

    def __neg__(self) -> Money:
        return self._with(-self.units)

    def __mul__(self, quantity: int) -> Money:
        if isinstance(quantity, bool) or not isinstance(quantity, int):
            return NotImplemented
        return self._with(self.units * quantity)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        return self.units < self._units_of(other)

    def __le__(self, other: Money) -> bool:
        return self.units <= self._units_of(other)

    def rounded(self, places: int = 2) -> Money:
        """Return it rounded half to even, for display and for amounts to be paid."""
        step = Decimal(1).scaleb(-places)
        amount = self.amount.quantize(step, rounding=ROUND_HALF_EVEN, context=_ROUNDING)
        return Money(amount, self.currency)

    def __str__(self) -> str:
        shown = self.rounded().amount.quantize(_CENT, context=_EXACT)
        exact = shown if shown == self.amount else self.amount.normalize(_EXACT)
        return f"{exact:f} {self.currency}"

    def _with(self, units: int) -> Money:
        """Return so many units of the same currency, whatever the decimal context in force."""
        if abs(units) > MAX_UNITS:
            message = "the result is larger than any amount that can be stored"
            raise InvalidMoneyError(message, value=repr(self)[:40])
        return Money(from_units(units), self.currency)

    def _units_of(self, other: Money) -> int:
        if other.currency != self.currency:
            message = f"{self} and {other} are of two currencies"
            raise CurrencyMismatchError(message, left=self.currency, right=other.currency)
        return other.units
