"""What the columns of an order file mean: our own names, Shopify's order export, or as told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from commerce_core.errors import ImportFileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NEEDED: Final = ("order", "placed_at", "sku", "quantity", "price")
"""What no order file can lack."""
ADDRESS: Final = {
    "recipient": "name",
    "company": "company",
    "line1": "line1",
    "line2": "line2",
    "postal_code": "postal_code",
    "city": "city",
    "country": "country",
    "phone": "phone",
    "post_number": "post_number",
}
"""Meanings that belong to the address, and their keys in it."""
MEANINGS: Final = (
    *NEEDED,
    *("external_id", "currency", "tax_rate", "discount", "email", "shipping", "order_discount"),
    *("total", "paid", "cancelled_at", "note"),
    *ADDRESS,
)
"""Everything a column can mean, and what it is called in a neutral file."""

SHOPIFY: Final = {
    "order": "Name",
    "placed_at": "Created at",
    "sku": "Lineitem sku",
    "quantity": "Lineitem quantity",
    "price": "Lineitem price",
    "external_id": "Id",
    "currency": "Currency",
    "discount": "Lineitem discount",
    "email": "Email",
    "shipping": "Shipping",
    "order_discount": "Discount Amount",
    "total": "Total",
    "paid": "Financial Status",
    "cancelled_at": "Cancelled at",
    "note": "Notes",
    "recipient": "Shipping Name",
    "company": "Shipping Company",
    "line1": "Shipping Address1",
    "line2": "Shipping Address2",
    "postal_code": "Shipping Zip",
    "city": "Shipping City",
    "country": "Shipping Country",
    "phone": "Shipping Phone",
}
"""Shopify's order export (help.shopify.com, "Exporting orders"): a row for each line item.

What belongs to the order stands in its first row only. Postal codes have an apostrophe before
them. "Discount Amount" contains the discounts of the lines; "Total" contains tax where that is
added, and tips and duties.
"""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file by what they mean. What it has no column for has the name ""."""

    names: Mapping[str, str]
    is_shopify: bool

    def __getitem__(self, meaning: str) -> str:
        return self.names.get(meaning, "")


def columns_of(
    header: Sequence[str], mapping: Mapping[str, str] | None = None, *, file: str
) -> Columns:
    """Return what the columns of a file mean. ``mapping`` is {column: meaning}, and goes first.

    Raises:
        ImportFileError: a column or a meaning that there is not, or a needed one is missing.
    """
    is_shopify = all(SHOPIFY[meaning] in header for meaning in NEEDED)
    usual = SHOPIFY if is_shopify else {meaning: meaning for meaning in MEANINGS}
    told = _told(header, mapping or {}, file=file)
    names = {m: column for m, column in usual.items() if column in header and column not in told}
    names |= {meaning: column for column, meaning in told.items()}
    missing = [usual[meaning] for meaning in NEEDED if meaning not in names]
    if missing:
        message = (
            f"{file} has no column {missing[0]!r}; it needs {', '.join(NEEDED)}, "
            "or to be an order export of Shopify"
        )
        raise ImportFileError(message, file=file, column=missing[0])
    return Columns(names, is_shopify)


def _told(header: Sequence[str], mapping: Mapping[str, str], *, file: str) -> Mapping[str, str]:
    for column, meaning in mapping.items():
        if column not in header:
            message = f"{file} has no column {column[:80]!r}"
            raise ImportFileError(message, file=file, column=column[:80])
        if meaning not in MEANINGS:
            message = f"no column can mean {meaning[:80]!r}: there are {', '.join(MEANINGS)}"
            raise ImportFileError(message, file=file, meaning=meaning[:80])
    told = list(mapping.values())
    if twice := next((meaning for meaning in told if told.count(meaning) > 1), None):
        message = f"two columns mean {twice}: choose one"
        raise ImportFileError(message, file=file, meaning=twice)
    return mapping
