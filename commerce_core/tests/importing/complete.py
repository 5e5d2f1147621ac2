"""What must come out of the complete Online Retail set (Chen 2015), whatever the database.

The numbers are those of the published file, counted by other means.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from commerce_core.importing import import_online_retail
from commerce_core.inventory import verify_ledger
from commerce_core.tests.source import ROOT

if TYPE_CHECKING:
    from commerce_core.tests.databases import Database

EXPECTED: Final = {
    "rows_read": 541_909,
    "rows_rejected": 0,
    "rows_new": 541_909,
    "products": 3_386,
    "variants": 3_926,
    "customers": 4_372,
    "orders": 20_725,
    "order_lines": 528_886,
    "charge_lines": 2_396,
    "credit_notes": 3_836,
    "bad_debts": 3,
    "credit_lines": 9_291,
    "adjustments": 1_336,
    "net_value": "9747747.934",
}
_COUNTED: Final = {
    "orders": "SELECT count(*) FROM commerce_order",
    "credit_notes": "SELECT count(*) FROM commerce_credit_note WHERE kind = 'credit_note'",
    "order_lines": "SELECT count(*) FROM commerce_order_line WHERE kind = 'goods'",
    "charge_lines": "SELECT count(*) FROM commerce_order_line WHERE kind = 'charge'",
    "credit_lines": "SELECT count(*) FROM commerce_credit_note_line",
    "adjustments": "SELECT count(*) FROM commerce_imported_adjustment",
    "products": "SELECT count(*) FROM commerce_product",
    "variants": "SELECT count(*) FROM commerce_variant",
    "customers": "SELECT count(*) FROM commerce_customer",
}
_UNITS: Final = """
SELECT (SELECT sum(quantity * unit_price) FROM commerce_order_line)
     + (SELECT sum(quantity * unit_price) FROM commerce_credit_note_line)
"""
_MOVED: Final = """
SELECT kind, sum(on_hand_delta), count(*) FROM commerce_stock_movement GROUP BY kind ORDER BY kind
"""
_FIRST: Final = """
SELECT count(*) FROM commerce_stock_movement
WHERE version = 1 AND occurred_at >= (SELECT min(placed_at) FROM commerce_order)
  AND kind = 'shipped'
"""


def the_set() -> Path:
    """Return where the complete set lies; skip the test where it does not."""
    folder = Path(os.environ.get("COMMERCE_DATA") or ROOT.parent / "shared")
    found = [folder / "data" / "online_retail.csv.xz", folder / "online_retail.csv.xz"]
    for path in found:
        if path.exists():
            return path
    pytest.skip(f"the data folder is not here: there is no {found[0].name} in {folder}")


def check_complete_import(database: Database) -> None:
    """Import the complete set twice and check every number that the issue names."""
    path = the_set()

    first = import_online_retail(database.factory, path, actor="tests")
    assert first.as_json() == EXPECTED
    assert {name: _one(database, query) for name, query in _COUNTED.items()} == {
        name: EXPECTED[name] for name in _COUNTED
    }
    assert _one(database, _UNITS) == 97_477_479_340
    lines = ("order_lines", "charge_lines", "credit_lines", "adjustments")
    assert sum(int(str(EXPECTED[name])) for name in lines) == EXPECTED["rows_read"]
    check_stock(database)
    assert database.run(verify_ledger) == []

    second = import_online_retail(database.factory, path, actor="tests")
    assert second.as_json() == EXPECTED | {"rows_new": 0}


def check_stock(database: Database) -> None:
    moved = {kind: (int(delta), count) for kind, delta, count in database.sql(_MOVED)}
    assert moved["shipped"][1] == EXPECTED["order_lines"]
    assert moved["restocked"][1] == 8_704
    assert moved["adjusted"][1] == 1_324
    assert _one(database, "SELECT min(on_hand) FROM commerce_stock_movement") == 0
    assert _one(database, "SELECT sum(on_hand) FROM commerce_stock_level") == sum(
        delta for delta, _ in moved.values()
    )
    assert _one(database, _FIRST) == 0, "a level was opened after its first sale"
    widest = "SELECT max(n) FROM (SELECT count(*) AS n FROM commerce_stock_movement GROUP BY xid) x"
    assert _one(database, widest) <= 500


def _one(database: Database, query: str) -> Any:
    return database.sql(query)[0][0]
