"""SKUs: how they are compared, and that none exists twice."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from sqlalchemy import select

from commerce_core.catalog.models import SKU_LENGTH, Variant
from commerce_core.errors import DuplicateBarcodeError, DuplicateSkuError
from commerce_core.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session


def normalize_sku(sku: str) -> str:
    """Return the form in which SKUs are compared: NFKC, upper case, without what nobody sees.

    Spaces, joiners and marks of direction do not count: no SKU has an invisible twin.

    Raises:
        InvalidTextError: empty, longer than 64 characters, or with control characters.
    """
    return sku_and_key(sku)[1]


def sku_and_key(sku: str) -> tuple[str, str]:
    """Return a SKU as it is shown, and as it is compared. Raises as ``normalize_sku`` does."""
    written = clean_text(sku, name="the SKU", max_length=SKU_LENGTH)
    if written.isascii():
        return written, "".join(written.split()).upper()
    folded = unicodedata.normalize("NFKC", written).upper()
    seen = "".join(c for c in folded if not c.isspace() and unicodedata.category(c) != "Cf")
    return written, clean_text(seen, name="the SKU", max_length=SKU_LENGTH)


def taken_skus(session: Session, keys: Collection[str]) -> dict[str, int]:
    """Return the variant that has each of these keys, by key. One statement for 500 keys."""
    return _owners(session, Variant.sku_key, keys)


def taken_barcodes(session: Session, keys: Collection[str]) -> dict[str, int]:
    """Return the variant that has each of these barcode keys. One statement for 500 keys."""
    return _owners(session, Variant.barcode_key, keys)


def _owners(session: Session, column: object, keys: Collection[str]) -> dict[str, int]:
    wanted = sorted(keys)
    found: dict[str, int] = {}
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        query = select(column, Variant.id).where(column.in_(some))  # type: ignore[attr-defined, call-overload]
        found.update(dict(session.execute(query).all()))
    return found


def duplicate_sku(sku: str) -> DuplicateSkuError:
    """Return the refusal of a SKU that exists already."""
    message = f"there is a variant with the SKU {sku.strip()!r} already: choose another"
    return DuplicateSkuError(message, sku=sku.strip())


def duplicate_barcode(barcode: str) -> DuplicateBarcodeError:
    """Return the refusal of a barcode that exists already."""
    message = f"there is a variant with the barcode {barcode!r} already: each has one of its own"
    return DuplicateBarcodeError(message, barcode=barcode)
