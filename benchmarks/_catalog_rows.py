"""A product file of any size, and the rows it makes inserted the plain way."""

from __future__ import annotations

import csv
import io
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from commerce_core import make_engine, make_session_factory, run_in_transaction
from commerce_core.catalog import import_products
from commerce_core.catalog.models import (
    OptionType,
    OptionValue,
    Product,
    ProductOptionType,
    Variant,
    VariantOptionValue,
)
from commerce_core.migrations import upgrade

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

VARIANTS_EACH = 20
TABLES: tuple[Any, ...] = (
    OptionType, OptionValue, Product, ProductOptionType, Variant, VariantOptionValue,
)  # fmt: skip
_HEADER = (
    "product", "title", "brand", "option1_name", "option1_value", "option2_name",
    "option2_value", "sku", "price", "cost", "weight",
)  # fmt: skip


def product_file(variants: int) -> bytes:
    """Return a CSV of so many variants, 20 to a product: 4 colours in 5 sizes."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_HEADER)
    for number in range(variants):
        product, place = divmod(number, VARIANTS_EACH)
        colour, size = divmod(place, 5)
        writer.writerow((
            f"p-{product}", f"Shirt {product}", "Kiefer", "Colour", f"C{colour}", "Size",
            f"S{size}", f"P{product}-{place}", f"{10 + product % 90}.90", "4.20", 180 + place,
        ))  # fmt: skip
    return text.getvalue().encode()


def ours(url: str, content: bytes) -> float:
    """Import the file into an empty database and return the seconds it took."""
    upgrade(url)
    factory = make_session_factory(make_engine(url))
    start = time.perf_counter()
    import_products(factory, content, actor="benchmark")
    return time.perf_counter() - start


def rows_of(url: str) -> list[list[dict[str, Any]]]:
    """Return what is in the tables, as the rows an insert takes."""
    factory = make_session_factory(make_engine(url))

    def read(session: Session) -> list[list[dict[str, Any]]]:
        return [
            [dict(row) for row in session.execute(select(*table.__table__.c)).mappings()]
            for table in TABLES
        ]

    return run_in_transaction(factory, read)


def plain(url: str, rows: list[list[dict[str, Any]]]) -> float:
    """Insert the same rows with one ``session.execute`` a table; return the seconds it took."""
    upgrade(url)
    factory = make_session_factory(make_engine(url))

    def write(session: Session) -> None:
        for table, some in zip(TABLES, rows, strict=True):
            session.execute(insert(table), some)

    start = time.perf_counter()
    run_in_transaction(factory, write)
    return time.perf_counter() - start
