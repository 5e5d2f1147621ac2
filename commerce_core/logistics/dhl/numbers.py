"""Tracking numbers, made right or refused before a call of the day's 250 is spent."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from commerce_core.logistics.dhl.errors import InvalidTrackingNumberError

LONGEST: Final = 39
SHORTEST: Final = 3
_SEPARATORS: Final = re.compile(r"[\s\u200b\u200c\u200d\u2060\ufeff]+")
_ALLOWED: Final = re.compile(r"[0-9A-Z](?:[0-9A-Z._/-]*[0-9A-Z])?")
_POSTAL_BARCODE: Final = re.compile(r"420\d{5}(?:\d{4})?9\d{21}")


def normalise_tracking_number(number: str) -> str:
    """Return ``number`` without spaces, in upper case, in plain digits and letters.

    Raises:
        InvalidTrackingNumberError: it is empty, not a text (an int has lost its leading zeros),
            too long, holds other characters, or is a barcode of the US mail (``420`` + ZIP code +
            number), which DHL's tracking never knows.
    """
    if not isinstance(number, str):
        raise _refuse(number, "pass it as text: a number has lost its leading zeros")
    cleaned = _SEPARATORS.sub("", unicodedata.normalize("NFKC", number)).upper()
    if not cleaned:
        raise _refuse(number, "it is empty")
    if not SHORTEST <= len(cleaned) <= LONGEST:
        raise _refuse(number, f"it has {len(cleaned)} characters; DHL's have 3 to {LONGEST}")
    if _POSTAL_BARCODE.fullmatch(cleaned):
        raise _refuse(
            number,
            "it is a barcode of the US mail (420, ZIP code, number), which DHL's tracking does "
            f"not know; ask USPS for {cleaned[-22:]}",
        )
    if cleaned.isdigit() and cleaned.startswith("420") and len(cleaned) in (30, 34):
        raise _refuse(number, "it is a barcode of the US mail, which DHL's tracking does not know")
    if not _ALLOWED.fullmatch(cleaned):
        raise _refuse(number, "it holds characters that no tracking number has")
    return cleaned


def _refuse(number: object, reason: str) -> InvalidTrackingNumberError:
    shown = str(number)[:45]
    return InvalidTrackingNumberError(
        f"{shown!r} is no tracking number of DHL: {reason}", number=number, reason=reason
    )
