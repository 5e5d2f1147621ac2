"""Reads numbers as people and spreadsheets write them: ``12.90``, ``12,90``, ``1.234,50``."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import Final

from commerce_core.errors import InvalidInputError, InvalidMoneyError
from commerce_core.money import from_units, to_units
from commerce_core.text import shown


class Decimals(StrEnum):
    """What stands before the decimals of a number."""

    POINT = "."
    COMMA = ","
    EITHER = "either"


_NUMBER: Final = re.compile(r"[+-]?[0-9]*[0-9.,'\u2019\s]*[0-9][.,]?")
_GROUPS: Final = re.compile(r"[+-]?[0-9]{1,3}(?:[.,'\u2019\s][0-9]{3})+")
_MOST_WHOLE: Final = 1_000_000_000
_LONGEST: Final = 60
_GROUP: Final = 3


def read_decimal(value: object, *, decimals: Decimals = Decimals.EITHER) -> Decimal:
    """Return an exact number with at most four decimals.

    ``decimals`` says how the file or person writes; ``EITHER`` reads both, and refuses the one
    text that could be either (``1,234``).

    Raises:
        InvalidMoneyError: no number, ambiguous, too fine or too large. A float with more than
            four decimals is rounded to them, as a spreadsheet would show it.
    """
    if isinstance(value, bool) or value is None:
        message = "this is not a number"
        raise InvalidMoneyError(message, value=str(value))
    if isinstance(value, float):
        value = f"{value:.4f}"
        decimals = Decimals.POINT
    if isinstance(value, int | Decimal):
        return from_units(to_units(value))
    if not isinstance(value, str):
        message = f"a number is needed here, not {type(value).__name__}"
        raise InvalidMoneyError(message, value=type(value).__name__)
    plain = value.strip()
    if len(plain) > _LONGEST or not _NUMBER.fullmatch(plain):
        message = f"{shown(value[:40])} is not a number"
        raise InvalidMoneyError(message, value=value[:40])
    return from_units(to_units(_plain(plain, decimals)))


def read_whole(value: object, *, decimals: Decimals = Decimals.EITHER) -> int:
    """Return a whole number from 0 to 1,000,000,000; ``500.0`` is one.

    Raises:
        InvalidInputError: it is none.
    """
    try:
        number = read_decimal(value, decimals=decimals)
    except InvalidMoneyError as exc:
        message = str(exc)
        raise InvalidInputError(message, value=str(value)[:40]) from exc
    if number != number.to_integral_value() or not 0 <= number <= _MOST_WHOLE:
        message = f"{shown(str(value)[:40])} is not a whole number from 0 to {_MOST_WHOLE:,}"
        raise InvalidInputError(message, value=str(value)[:40])
    return int(number)


def _plain(text: str, decimals: Decimals) -> str:
    """Return the number with a point for its decimals and nothing else."""
    bare = re.sub(r"[\s'\u2019]", "", text)
    comma, point = bare.rfind(","), bare.rfind(".")
    is_comma = decimals is Decimals.COMMA
    if decimals is Decimals.EITHER:
        is_comma = _guess(bare, comma, point)
    mark, group = (",", ".") if is_comma else (".", ",")
    if bare.count(mark) > 1 or (group in bare and not _is_grouped(bare, mark)):
        message = f"{shown(text)} is not a number"
        raise InvalidMoneyError(message, value=text)
    return bare.replace(group, "").replace(mark, ".")


def _guess(bare: str, comma: int, point: int) -> bool:
    """Tell whether the comma stands before the decimals."""
    if comma >= 0 and point >= 0:
        return comma > point
    if comma < 0:
        return bare.count(".") > 1
    if bare.count(",") > 1:
        return False
    if len(bare) - comma - 1 == _GROUP and bare[:comma].lstrip("+-0"):
        message = f"{bare!r} can be read in two ways: write {bare.replace(',', '')} or {bare}0"
        raise InvalidMoneyError(message, value=bare)
    return True


def _is_grouped(bare: str, mark: str) -> bool:
    whole = bare.partition(mark)[0]
    return _GROUPS.fullmatch(whole) is not None
