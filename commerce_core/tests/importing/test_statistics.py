"""After an import the planner knows what the tables hold: the first query has a good plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_core.tests.importing.retail import RetailFile, line

if TYPE_CHECKING:
    from commerce_core.tests.databases import Database

LINES = 300


def analysed(database: Database) -> dict[str, int]:
    """Return the rows that the planner believes each analysed table has."""
    if database.is_postgresql:
        rows = database.sql(
            "SELECT relname, reltuples FROM pg_class WHERE relkind = 'r' AND reltuples >= 0"
        )
        return {name: int(count) for name, count in rows}
    if not database.sql("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'"):
        return {}
    rows = database.sql("SELECT tbl, stat FROM sqlite_stat1 WHERE idx IS NOT NULL")
    return {name: int(stat.split()[0]) for name, stat in rows}


def test_an_import_ends_with_fresh_statistics(retail: RetailFile) -> None:
    database = retail.database
    if database.is_postgresql:  # or it may have come round by itself
        for table in ("commerce_stock_movement", "commerce_order_line"):
            database.sql(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
    assert analysed(database).get("commerce_stock_movement", 0) < LINES

    retail.load(*(line(str(536365 + number), quantity=1) for number in range(LINES)))

    known = analysed(database)
    (movements,) = database.sql("SELECT count(*) FROM commerce_stock_movement")[0]
    assert movements == LINES + 1  # the opening stock
    assert known["commerce_stock_movement"] == movements
    assert known["commerce_order_line"] == LINES
