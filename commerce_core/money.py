"""Money: an exact decimal amount of one currency, in steps of 1/10,000.

Both databases store it as an integer number of 1/10,000 units, so no driver can round it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Final

from commerce_core.errors import CurrencyMismatchError, InvalidMoneyError

UNITS: Final = 10_000
"""Stored units per 1.00 of a currency."""
MAX_UNITS: Final = 10**17
"""Largest stored amount: ten trillion. A sum of 90 such amounts still fits 64 bits."""
_STEP: Final = Decimal(1) / UNITS
_CURRENCY_LENGTH: Final = 3


def to_units(amount: Decimal | int | str) -> int:
    """Return ``amount`` as a whole number of 1/10,000 units.

    Raises:
        InvalidMoneyError: not a finite number, finer than 1/10,000, or too large. A ``float``
            is refused: it is not the number that its digits show.
    """
    if isinstance(amount, bool | float):
        message = f"{amount!r} is no exact amount: use Decimal('…'), a text or a whole number"
        raise InvalidMoneyError(message, value=repr(amount))
    try:
        number = Decimal(amount)
        scaled = number * UNITS
        units = int(scaled)
    except (InvalidOperation, ValueError, OverflowError, TypeError) as exc:
        message = f"{str(amount)[:40]!r} is not an amount of money"
        raise InvalidMoneyError(message, value=str(amount)[:40]) from exc
    if units != scaled:
        message = f"{number} is finer than 1/10,000, the smallest step that is stored"
        raise InvalidMoneyError(message, value=str(number)[:40])
    if abs(units) > MAX_UNITS:
        message = f"{number:.3e} is larger than any amount that can be stored"
        raise InvalidMoneyError(message, value=f"{number:.3e}")
    return units


def from_units(units: int) -> Decimal:
    """Return the amount that ``units`` of 1/10,000 make, with four decimals."""
    return (Decimal(units) * _STEP).quantize(_STEP)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency (ISO 4217 code). Amounts of two currencies never mix."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        code = self.currency
        if not (len(code) == _CURRENCY_LENGTH and code.isascii() and code.isupper()):
            message = f"{code!r} is not a currency code of three capitals such as EUR"
            raise InvalidMoneyError(message, value=code)
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
        return Money(self.amount + self._same(other).amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other).amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __mul__(self, quantity: int) -> Money:
        if isinstance(quantity, bool) or not isinstance(quantity, int):
            return NotImplemented
        return Money(self.amount * quantity, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other).amount

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other).amount

    def rounded(self, places: int = 2) -> Money:
        """Return it rounded half to even, for display and for amounts to be paid."""
        step = Decimal(1).scaleb(-places)
        return Money(self.amount.quantize(step, rounding=ROUND_HALF_EVEN), self.currency)

    def __str__(self) -> str:
        shown = self.amount.quantize(Decimal("0.01"))
        exact = shown if shown == self.amount else self.amount.normalize()
        return f"{exact:f} {self.currency}"

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            message = f"{self} and {other} are of two currencies"
            raise CurrencyMismatchError(message, left=self.currency, right=other.currency)
        return other
