"""The fields of a variant that people edit: in the grid, in files, one by one.

One table for all of them: how a value is read from what was typed, and how it is shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from commerce_core.catalog.amounts import Decimals, read_decimal, read_whole
from commerce_core.catalog.barcodes import normalize_barcode
from commerce_core.catalog.changes import shown_value
from commerce_core.catalog.models import CUSTOMS_LENGTH, NAME_LENGTH, VariantStatus
from commerce_core.catalog.skus import sku_and_key
from commerce_core.errors import InvalidInputError, InvalidMoneyError
from commerce_core.text import clean_optional, clean_text, shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

_HS_CODE: Final = re.compile(r"[0-9]{4,14}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_YES: Final = frozenset({"1", "true", "yes", "y", "on", "ja", "x", "shopify"})
_NO: Final = frozenset({"0", "false", "no", "n", "off", "nein", ""})


@dataclass(frozen=True, slots=True)
class VariantField:
    """A field: how it is read (numbers as ``decimals`` says), and whether it may be empty."""

    name: str
    read: Callable[[Any, Decimals], Any]
    is_optional: bool = True

    def columns(self, value: Any) -> dict[str, Any]:
        """Return the columns that hold ``value``, which ``read`` returned."""
        if self.name == "sku":
            return {"sku": value, "sku_key": sku_and_key(value)[1]}
        if self.name == "barcode":
            key = None if value is None else normalize_barcode(value)[1]
            return {"barcode": value, "barcode_key": key}
        return {self.name: value}


def read_field(name: str, value: Any, *, decimals: Decimals = Decimals.EITHER) -> Any:
    """Return what the field ``name`` stores for ``value``, typed or as text.

    An empty text is None where the field may be empty.

    Raises:
        InvalidInputError: no such field, or a value it cannot take (its own subclasses).
    """
    field = VARIANT_FIELDS.get(name)
    if field is None:
        message = f"a variant has no field {shown(name)}: there are {', '.join(VARIANT_FIELDS)}"
        raise InvalidInputError(message, field=shown(name))
    if value is None or (isinstance(value, str) and not value.strip()):
        if not field.is_optional:
            message = f"the {name} cannot be empty"
            raise InvalidInputError(message, field=name)
        return None
    return field.read(value, decimals)


def show_field(value: Any) -> str:
    """Return a stored value as a cell shows it; "" for nothing."""
    return shown_value(value) or ""


def _price(value: Any, decimals: Decimals) -> Decimal:
    amount = read_decimal(value, decimals=decimals)
    if amount < 0:
        message = f"{shown_value(amount)} is negative"
        raise InvalidMoneyError(message, value=str(amount))
    return amount


def _whole(value: Any, decimals: Decimals) -> int:
    return read_whole(value, decimals=decimals)


def _sku(value: Any, _decimals: Decimals) -> str:
    return sku_and_key(value)[0]


def _barcode(value: Any, _decimals: Decimals) -> str:
    return normalize_barcode(value.lstrip("'") if isinstance(value, str) else value)[0]


def _name(value: Any, _decimals: Decimals) -> str:
    return clean_text(value, name="the variant's name", max_length=NAME_LENGTH)


def _hs_code(value: Any, _decimals: Decimals) -> str:
    digits = re.sub(r"[\s.]", "", value) if isinstance(value, str) else ""
    if not _HS_CODE.fullmatch(digits):
        message = f"the HS code {shown(value)} is not 4 to 14 digits"
        raise InvalidInputError(message, value=shown(value))
    return digits


def _country(value: Any, _decimals: Decimals) -> str:
    code = value.strip().upper() if isinstance(value, str) else ""
    if not _COUNTRY.fullmatch(code):
        message = f"{shown(value)} is not a country code of two letters such as DE"
        raise InvalidInputError(message, value=shown(value))
    return code


def _customs(value: Any, _decimals: Decimals) -> str | None:
    return clean_optional(value, name="the customs description", max_length=CUSTOMS_LENGTH)


def _flag(value: Any, _decimals: Decimals) -> bool:
    return read_flag(value)


def read_flag(value: Any) -> bool:
    """Return yes or no as people and files write it. Raises InvalidInputError for other words."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in _YES | _NO:
        message = f"{shown(str(value))} is neither yes nor no"
        raise InvalidInputError(message, value=str(value)[:40])
    return word in _YES


def _status(value: Any, _decimals: Decimals) -> VariantStatus:
    try:
        return VariantStatus(value.strip().lower() if isinstance(value, str) else value)
    except ValueError as exc:
        message = f"a variant's status {shown(value)} is none of {', '.join(VariantStatus)}"
        raise InvalidInputError(message, status=shown(value)) from exc


VARIANT_FIELDS: Final = {
    field.name: field
    for field in (
        VariantField("sku", _sku, is_optional=False),
        VariantField("barcode", _barcode),
        VariantField("name", _name, is_optional=False),
        VariantField("price", _price, is_optional=False),
        VariantField("compare_at_price", _price),
        VariantField("cost", _price),
        VariantField("weight", _whole),
        VariantField("length", _whole),
        VariantField("width", _whole),
        VariantField("height", _whole),
        VariantField("hs_code", _hs_code),
        VariantField("origin_country", _country),
        VariantField("customs_description", _customs),
        VariantField("track_inventory", _flag, is_optional=False),
        VariantField("low_stock_threshold", _whole),
        VariantField("lead_time_days", _whole),
        VariantField("status", _status, is_optional=False),
    )
}
"""Every field of a variant that can be edited, by name, in the order in which they are shown."""
