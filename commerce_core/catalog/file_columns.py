"""What the columns of a product file mean: guessed from their names, remembered once decided.

Our own files use the names of ``TARGETS``; those of Shopify's product CSV are known as well.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from commerce_core.catalog.changes import require_actor
from commerce_core.catalog.file_models import HeaderMapping
from commerce_core.catalog.matrix import MOST_AXES
from commerce_core.catalog.options import insert_unless_there
from commerce_core.catalog.variant_fields import VARIANT_FIELDS
from commerce_core.clock import utc_now
from commerce_core.errors import ImportFileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

PRODUCT_TARGETS: Final = {
    "title": "name",
    "description": "description",
    "brand": "brand",
    "category": "category",
    "product_status": "status",
}
"""Targets that say something of the product, and the product's field."""
VARIANT_TARGETS: Final = {
    {"name": "variant_name", "status": "variant_status"}.get(name, name): name
    for name in VARIANT_FIELDS
}
"""Targets that say something of the variant, and the variant's field."""
OPTION_TARGETS: Final = tuple(
    f"option{number}_{part}" for number in range(1, MOST_AXES + 1) for part in ("name", "value")
)
TARGETS: Final = (
    "product",
    *PRODUCT_TARGETS,
    *OPTION_TARGETS,
    *VARIANT_TARGETS,
    "currency",
    "image_url",
    "image_alt",
)
"""Everything a column can mean. ``product`` is the product's slug (Shopify: its handle)."""

SHOPIFY: Final = {
    "Handle": "product",
    "Title": "title",
    "Body (HTML)": "description",
    "Vendor": "brand",
    "Product Category": "category",
    **{f"Option{n} Name": f"option{n}_name" for n in (1, 2, 3)},
    **{f"Option{n} Value": f"option{n}_value" for n in (1, 2, 3)},
    "Variant SKU": "sku",
    "Variant Grams": "weight",
    "Variant Inventory Tracker": "track_inventory",
    "Variant Price": "price",
    "Variant Compare At Price": "compare_at_price",
    "Variant Barcode": "barcode",
    "Image Src": "image_url",
    "Image Alt Text": "image_alt",
    "Cost per item": "cost",
    "Status": "product_status",
}
"""Columns of Shopify's product CSV (help.shopify.com, "Using CSV files to import products")."""

_ALSO: Final = {
    "slug": "product", "url handle": "product", "name": "title", "product name": "title",
    "body": "description", "type": "category", "product type": "category",
    "article number": "sku", "item number": "sku", "ean": "barcode", "gtin": "barcode",
    "upc": "barcode", "cost price": "cost", "compare at": "compare_at_price", "grams": "weight",
    "hs": "hs_code", "harmonized system code": "hs_code", "country of origin": "origin_country",
    "image": "image_url", "price / international": "",
}  # fmt: skip


def guess_mapping(header: Sequence[str]) -> dict[str, str]:
    """Return what the columns of a file seem to mean, ``{column: target}``.

    A column that says nothing to us is missing; of two that mean the same the better name counts.
    """
    known = {_form(target): target for target in TARGETS}
    shopify = {_form(name): target for name, target in SHOPIFY.items()}
    found: dict[str, str] = {}
    for names in (known, shopify, {_form(name): target for name, target in _ALSO.items()}):
        for column in header:
            target = names.get(_form(column))
            if target and column not in found and target not in found.values():
                found[column] = target
    return found


def mapping_for(session: Session, header: Sequence[str]) -> dict[str, str]:
    """Return what files with this header meant the last time, or else a guess."""
    query = select(HeaderMapping.mapping).filter_by(signature=_signature(header))
    remembered = session.scalar(query)
    return guess_mapping(header) if remembered is None else dict(remembered)


def remember_mapping(
    session: Session, header: Sequence[str], mapping: Mapping[str, str], *, actor: str
) -> None:
    """Remember what files with this header mean. Flushes; the caller commits.

    Raises:
        ImportFileError: a column or a target that does not exist, or a target twice.
    """
    require_mapping(header, mapping)
    signature = _signature(header)
    who, now = require_actor(actor), utc_now()
    values = {"mapping": dict(mapping), "updated_by": who, "updated_at": now}
    insert_unless_there(session, HeaderMapping, {"signature": signature, **values})
    row = session.scalars(select(HeaderMapping).filter_by(signature=signature)).one()
    row.mapping, row.updated_by, row.updated_at = dict(mapping), who, now
    session.flush()


def require_mapping(header: Sequence[str], mapping: Mapping[str, str]) -> None:
    """Raise ImportFileError where a mapping cannot be, or leads to no variant."""
    for column, target in mapping.items():
        if column not in header:
            message = f"the file has no column {column[:80]!r}"
            raise ImportFileError(message, column=column[:80])
        if target not in TARGETS:
            message = f"no column can mean {target[:80]!r}: there are {', '.join(TARGETS)}"
            raise ImportFileError(message, target=target[:80])
    targets = list(mapping.values())
    twice = next((target for target in targets if targets.count(target) > 1), None)
    if twice is not None:
        message = f"two columns mean {twice}: choose one"
        raise ImportFileError(message, target=twice)
    if not {"sku", "barcode", "product", "title"} & set(targets):
        message = "no column names a variant or product: one must be sku, barcode, product or title"
        raise ImportFileError(message)


def _form(name: str) -> str:
    return re.sub(r"[\s_]+", " ", name.strip().lower())


def _signature(header: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(sorted(_form(name) for name in header)).encode()).hexdigest()
