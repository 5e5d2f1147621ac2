"""Single cells: numbers as two halves of the world write them, and texts that stay texts."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from commerce_core.errors import InvalidInputError

_GROUPED_BY_POINT: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?")
_GROUPED_BY_COMMA: Final = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_ONE_GROUP: Final = re.compile(r"[0-9]{1,3}[.,][0-9]{3}")
_PLAIN: Final = re.compile(r"[0-9]+([.,][0-9]*)?|[.,][0-9]+")
_LONGEST: Final = 40
_SPACES: Final = dict.fromkeys(map(ord, " \u00a0\u202f\u2009'\u2019"))
"""What stands between groups of digits in Sweden, France and Switzerland."""
_RUNS: Final = re.compile(r"'*[=+\-@\t\r]")
"""The beginnings that a spreadsheet takes for a formula, and those that our mark made of them."""
_NUMBER: Final = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


def parse_decimal(text: str, *, decimal_comma: bool = False) -> Decimal:
    """Return the number that a cell writes: "12.50", "12,50", "1.234,50", "1'234.50".

    Where both marks appear the last one is the decimal mark. A single mark before exactly three
    digits could be either: it is read as a decimal mark if that is the one of the file
    (``decimal_comma``), otherwise it is refused rather than guessed.

    Raises:
        InvalidInputError: no number, or one that means two things.
    """
    written = text.strip().replace("\u2212", "-").translate(_SPACES)
    sign, digits = _signed(written)
    if len(digits) <= _LONGEST:
        mark = "," if decimal_comma else "."
        if _ONE_GROUP.fullmatch(digits) and mark not in digits and not digits.startswith("0"):
            other = digits.replace(",", "").replace(".", "")
            message = f"{text[:_LONGEST]!r} could be {other} or a fraction: write {other} or {mark}"
            raise InvalidInputError(message, value=text[:_LONGEST])
        if _ONE_GROUP.fullmatch(digits) or _PLAIN.fullmatch(digits):
            return sign * Decimal(digits.replace(",", "."))
        if _GROUPED_BY_POINT.fullmatch(digits):
            return sign * Decimal(digits.replace(".", "").replace(",", "."))
        if _GROUPED_BY_COMMA.fullmatch(digits):
            return sign * Decimal(digits.replace(",", ""))
    message = f"{text[:_LONGEST]!r} is not a number, such as 12.50 or 12,50"
    raise InvalidInputError(message, value=text[:_LONGEST])


def safe_cell(text: str) -> str:
    """Return ``text`` so that no spreadsheet runs it: an apostrophe before ``= + - @``.

    Numbers stay as they are. ``plain_cell`` takes the apostrophe away again.
    """
    if _RUNS.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def plain_cell(text: str) -> str:
    """Return the text that ``safe_cell`` made safe; any other text as it is."""
    if text.startswith("'") and _RUNS.match(text):
        return text[1:]
    return text


def _signed(text: str) -> tuple[int, str]:
    if text[:1] in {"-", "+"}:
        return (-1 if text[0] == "-" else 1), text[1:]
    return 1, text
