"""Reads the single values of an Online Retail row. Each function takes the text as it stands.

They are called once for each distinct text of a column, not once for each row.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from commerce_core.errors import InvalidMoneyError, InvalidTextError
from commerce_core.inventory.ledger import MAX_QUANTITY
from commerce_core.money import to_units
from commerce_core.text import clean_text

CODE_LENGTH: Final = 64
NAME_LENGTH: Final = 200

_GOODS: Final = re.compile(r"[0-9]{5}[A-Z]*")
_INVOICE: Final = re.compile(r"([CA]?)([0-9]{1,20})(?:\.0+)?")
_WHOLE: Final = re.compile(r"([+-]?[0-9]{1,15})(?:\.0*)?")
_AMOUNT: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_CUSTOMER: Final = re.compile(r"([0-9]{1,20})(?:\.0+)?")
_ISO_MOMENT: Final = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    r"(?:[ T](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.0*)?)?)?"
)
_US_MOMENT: Final = re.compile(
    r"(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{4})"
    r"(?: (?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?)?"
)


class DamagedRowError(Exception):
    """A row cannot be used; the text says why. It never leaves this package."""


class DocumentKind(StrEnum):
    """What a row belongs to. An adjustment is told by its quantity, the others by the invoice."""

    ORDER = "order"
    CREDIT_NOTE = "credit_note"
    BAD_DEBT = "bad_debt"
    ADJUSTMENT = "adjustment"


_KINDS: Final = {
    "": DocumentKind.ORDER,
    "C": DocumentKind.CREDIT_NOTE,
    "A": DocumentKind.BAD_DEBT,
}


def read_invoice(text: str) -> tuple[DocumentKind, str]:
    """Return the kind and the number: ``536365``, ``C536379`` (a credit), ``A563185`` (a debt)."""
    match = _INVOICE.fullmatch(text.strip().upper())
    if match is None:
        raise DamagedRowError(f"{_shown(text)} is not an invoice number")
    return _KINDS[match[1]], match[1] + match[2]


def read_code(text: str) -> tuple[str, str, bool]:
    """Return the stock code as it was written, its comparison form, and whether it is goods.

    Five digits and perhaps letters are goods; every other code is a charge.
    """
    written = _text(text, name="the stock code", length=CODE_LENGTH)
    if not written:
        raise DamagedRowError("the stock code is missing")
    key = "".join(written.split()).upper()[:CODE_LENGTH]
    return written, key, _GOODS.fullmatch(key) is not None


def read_description(text: str) -> str:
    """Return the description without outer spaces; it may be empty."""
    return _text(text, name="the description", length=NAME_LENGTH)


def read_quantity(text: str) -> int:
    """Return a whole number of pieces, up or down, never 0."""
    match = _WHOLE.fullmatch(text.strip())
    if match is None:
        raise DamagedRowError(f"the quantity {_shown(text)} is not a whole number")
    quantity = int(match[1])
    if quantity == 0:
        raise DamagedRowError("the quantity is 0")
    if abs(quantity) > MAX_QUANTITY:
        raise DamagedRowError(f"the quantity {quantity} is larger than {MAX_QUANTITY:,}")
    return quantity


def read_price(text: str) -> int:
    """Return the price in 1/10,000 units, exactly."""
    plain = text.strip()
    if _AMOUNT.fullmatch(plain) is None:
        raise DamagedRowError(f"the price {_shown(text)} is not an amount")
    try:
        return to_units(plain)
    except InvalidMoneyError as exc:
        raise DamagedRowError(f"the price cannot be stored: {exc}") from exc


def read_moment(text: str, *, latest: datetime) -> datetime:
    """Return the moment, taken as UTC: ``2010-12-01 08:26:00`` or ``12/1/2010 8:26``."""
    plain = text.strip()
    match = _ISO_MOMENT.fullmatch(plain) or _US_MOMENT.fullmatch(plain)
    if match is None:
        raise DamagedRowError(f"{_shown(text)} is not a date with a time")
    parts = {name: int(value or 0) for name, value in match.groupdict().items()}
    try:
        moment = datetime(**parts, tzinfo=UTC)
    except ValueError as exc:
        raise DamagedRowError(f"{_shown(text)} is not a date: {exc}") from exc
    if moment > latest:
        raise DamagedRowError(f"{_shown(text)} lies in the future")
    return moment


def read_customer(text: str) -> str | None:
    """Return the customer's number, ``17850`` for ``17850.0`` too; None for a guest."""
    plain = text.strip()
    if not plain:
        return None
    match = _CUSTOMER.fullmatch(plain)
    if match is None:
        raise DamagedRowError(f"the customer {_shown(text)} is not a number")
    return match[1]


def read_country(text: str) -> str | None:
    """Return the country as it was written, or None where there is none."""
    return _text(text, name="the country", length=CODE_LENGTH) or None


def _text(text: str, *, name: str, length: int) -> str:
    if not text or text.isspace():
        return ""
    try:
        return clean_text(text, name=name, max_length=length)
    except InvalidTextError as exc:
        raise DamagedRowError(str(exc)) from exc


def _shown(text: str) -> str:
    return repr(text[:40])
