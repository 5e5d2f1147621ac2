"""Addresses of three kinds: a street, a DHL locker with a post number, a post office.

An address is stored as JSON: ``kind``, ``name``, ``line1``, ``line2``, ``postal_code``, ``city``,
``country`` and for lockers and post offices ``post_number`` and ``number``. An address without a
kind is one of a street.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from commerce_core.orders.errors import InvalidAddressError
from commerce_core.text import clean_optional

if TYPE_CHECKING:
    from collections.abc import Mapping


class AddressKind(StrEnum):
    """Where a parcel is handed over."""

    STREET = "street"
    LOCKER = "locker"
    POST_OFFICE = "post_office"


_LENGTH: Final = 120
_LOCKER: Final = re.compile(r"(?i)\b(?:dhl[ -]?)?pack ?station\s*(?:nr\.?\s*)?(\d{1,3})\b")
_POST_OFFICE: Final = re.compile(r"(?i)\b(?:postfiliale|post ?office)\s*(?:nr\.?\s*)?(\d{1,3})\b")
_POST_NUMBER: Final = re.compile(r"(?<!\d)(\d{6,10})(?!\d)")
_NEEDED: Final = {
    AddressKind.STREET: ("name", "line1", "city", "country"),
    AddressKind.LOCKER: ("name", "number", "post_number", "postal_code", "city"),
    AddressKind.POST_OFFICE: ("name", "number", "postal_code", "city"),
}
_WORDS: Final = {
    "name": "a name",
    "line1": "a street",
    "city": "a city",
    "country": "a country",
    "number": "the number of the locker or post office",
    "post_number": "the customer's DHL post number (6 to 10 digits)",
    "postal_code": "a postal code",
}


def checked_address(address: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``address`` with clean texts and its kind; other keys stay as they are.

    Raises:
        InvalidAddressError: an unknown kind.
        InvalidTextError: a text cannot be stored.
    """
    found = dict(address)
    for name, value in address.items():
        if isinstance(value, str):
            found[name] = clean_optional(value, name=f"the address's {name}", max_length=_LENGTH)
    kind = found.get("kind") or _kind_of(found)
    if kind not in set(AddressKind):
        message = f"{str(kind)[:40]!r} is no kind of address; there are {', '.join(AddressKind)}"
        raise InvalidAddressError(message, kind=str(kind)[:40])
    found["kind"] = str(kind)
    if kind != AddressKind.STREET:
        _take_numbers(found)
    return {name: value for name, value in found.items() if value is not None}


def missing_in(address: Mapping[str, Any] | None) -> list[str]:
    """Return what an address lacks to be shipped to, in words; empty where nothing does."""
    if address is None:
        return ["an address"]
    kind = AddressKind(address.get("kind") or AddressKind.STREET)
    missing = [_WORDS[name] for name in _NEEDED[kind] if not _has(address, name)]
    number = str(address.get("post_number") or "")
    if kind is AddressKind.LOCKER and number and not _POST_NUMBER.fullmatch(number):
        missing.append(_WORDS["post_number"])
    return missing


def _has(address: Mapping[str, Any], name: str) -> bool:
    if name == "line1":
        return bool(address.get("line1") or address.get("street"))
    return bool(address.get(name))


def _kind_of(address: Mapping[str, Any]) -> AddressKind:
    """Read the kind out of what people type into the lines of an address."""
    text = " ".join(str(address.get(name) or "") for name in ("line1", "line2", "street"))
    if _LOCKER.search(text):
        return AddressKind.LOCKER
    return AddressKind.POST_OFFICE if _POST_OFFICE.search(text) else AddressKind.STREET


def _take_numbers(address: dict[str, Any]) -> None:
    lines = " ".join(str(address.get(name) or "") for name in ("line1", "line2", "street"))
    number = _LOCKER.search(lines) or _POST_OFFICE.search(lines)
    if number is not None:
        address.setdefault("number", number[1])
    post_number = _POST_NUMBER.search(lines)
    if post_number is not None:
        address.setdefault("post_number", post_number[1])
