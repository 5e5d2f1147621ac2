"""Small Online Retail files for tests, and what the database holds after importing them."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from commerce_core.importing import import_online_retail
from commerce_core.models import metadata

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from commerce_core.importing import ImportSummary
    from commerce_core.tests.databases import Database

HEADER: Final = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
ACTOR: Final = "tests"

Line = tuple[str, ...]


def line(
    invoice: str = "536365",
    code: str = "22423",
    quantity: int | str = 6,
    price: str = "2.55",
    *,
    name: str = "REGENCY CAKESTAND",
    at: str = "2010-12-01 08:26:00",
    customer: str = "17850.0",
    country: str = "United Kingdom",
) -> Line:
    """Return the fields of one row; what does not matter to a test is left out."""
    return (invoice, code, name, str(quantity), at, price, customer, country)


def csv_text(lines: Iterable[Line], *, header: Line = HEADER) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue()


class RetailFile:
    """A file in a folder of its own, to be imported into one database."""

    def __init__(self, database: Database, path: Path) -> None:
        self.database = database
        self.path = path

    def write(self, *lines: Line) -> RetailFile:
        self.path.write_text(csv_text(lines), encoding="utf-8")
        return self

    def load(self, *lines: Line) -> ImportSummary:
        """Write the lines (if there are any) and import the file."""
        if lines:
            self.write(*lines)
        return import_online_retail(self.database.factory, self.path, actor=ACTOR)

    @property
    def rejects(self) -> list[list[str]]:
        """The rejected lines below their header, or nothing."""
        path = self.path.with_name(f"{self.path.name}.rejects.csv")
        if not path.exists():
            return []
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))[1:]


# --- the books, whatever ids they got -------------------------------------------------------

LABELS: Final = {
    "commerce_product": "external_id",
    "commerce_variant": "sku",
    "commerce_customer": "number",
    "commerce_order": "number",
    "commerce_credit_note": "number",
    "commerce_stock_location": "code",
    "commerce_option_type": "name",
    "commerce_option_value": "name",
}
"""What tells the rows of a table apart, where other tables point to them."""
_NOT_COMPARED: Final = {"id", "xid", "recorded_at", "combination"}
"""Ids, numbers of transactions, when it was written down; ``combination`` is made of ids."""
_MACHINERY: Final = ("commerce_journal_", "commerce_idempotency_")


def books(database: Database) -> dict[str, list[Any]]:
    """Return every row of every table, ids replaced by what they stand for."""
    labels: dict[str, dict[Any, Any]] = {}
    found: dict[str, list[Any]] = {}
    with database.engine.connect() as connection:
        for table in metadata.sorted_tables:
            if table.name.startswith(_MACHINERY):
                continue
            rows = [dict(row) for row in connection.execute(select(table)).mappings()]
            keys = {key.parent.name: key.column.table.name for key in table.foreign_keys}
            shown = [_named(row, keys, labels) for row in rows]
            label = LABELS.get(table.name)
            labels[table.name] = {
                row.get("id"): named[label] if label else (named.get("variant_id"),)
                for row, named in zip(rows, shown, strict=True)
            }
            found[table.name] = sorted((sorted(row.items()) for row in shown), key=repr)
    return found


def _named(
    row: dict[str, Any], keys: dict[str, str], labels: dict[str, dict[Any, Any]]
) -> dict[str, Any]:
    return {
        name: labels[keys[name]].get(value) if name in keys else value
        for name, value in row.items()
        if name not in _NOT_COMPARED
    }
