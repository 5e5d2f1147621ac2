"""Barcodes: GTINs of 8, 12, 13 or 14 digits whose last is a check digit.

The rule is that of the GS1 General Specifications, section 7.9: the digits before it weigh 3 and
1 in turn, from the right.
"""

from __future__ import annotations

import re
from typing import Final

from commerce_core.errors import InvalidBarcodeError

GTIN_LENGTHS: Final = (8, 12, 13, 14)
_LONGEST: Final = 14
_SEPARATORS: Final = re.compile(r"[\s\u2010-\u2015-]+")


def check_digit(digits: str) -> str:
    """Return the digit that completes ``digits`` to a GTIN."""
    weighed = (int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(digits[::-1]))
    return str(-sum(weighed) % 10)


def normalize_barcode(barcode: object) -> tuple[str, str]:
    """Return a GTIN as it is shown, and as it is compared: with 14 digits.

    Spaces and hyphens do not count, and 12 digits of a UPC are the same as 13 with a zero.

    Raises:
        InvalidBarcodeError: other characters, another length, or a wrong check digit.
    """
    if not isinstance(barcode, str):
        message = f"a barcode is a text of digits, not {type(barcode).__name__}"
        raise InvalidBarcodeError(message, barcode=str(barcode)[:40])
    digits = _SEPARATORS.sub("", barcode)
    shown = barcode.strip()[:40]
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in GTIN_LENGTHS:
        message = f"the barcode {shown!r} is not a GTIN of 8, 12, 13 or 14 digits"
        raise InvalidBarcodeError(message, barcode=shown)
    right = check_digit(digits[:-1])
    if digits[-1] != right:
        message = f"the last digit of the barcode {shown!r} should be {right}: read it again"
        raise InvalidBarcodeError(message, barcode=shown, expected=right)
    return digits, digits.zfill(_LONGEST)
