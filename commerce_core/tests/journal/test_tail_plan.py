"""The tail stays one index range scan, however long the journal grows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from commerce_core.inventory import StockMovement
from commerce_core.journal import Cursor, read_cursor, tail
from commerce_core.testing import make_variant
from commerce_core.tests.statements import recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commerce_core.tests.databases import Database

ROWS = 20_000

COPIES = """
INSERT INTO commerce_stock_movement (level_id, variant_id, location_id, kind, xid, occurred_at,
    recorded_at, actor, version)
WITH RECURSIVE numbers(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < :rows)
SELECT level_id, variant_id, location_id, kind, {xid}, occurred_at, recorded_at, actor, n
FROM commerce_stock_movement, numbers
"""


@pytest.fixture
def long_journal(database: Database) -> Database:
    if database.is_postgresql:  # or it may write its statistics after ours
        database.sql("ALTER TABLE commerce_stock_movement SET (autovacuum_enabled = false)")
    database.run(lambda session: make_variant(session, on_hand=1))
    xid = "CAST(CAST(n / 10 AS text) AS xid8)" if database.is_postgresql else "n / 10"
    database.sql(COPIES.format(xid=xid), rows=ROWS)
    database.sql("ANALYZE commerce_stock_movement")
    return database


def plan_of(database: Database, horizon: int, limit: int) -> Any:
    """Return what the database says it does for a tail."""
    epoch = database.run(read_cursor).epoch
    with recorded(database.engine) as sent:
        database.run(lambda s: tail(s, StockMovement, Cursor(epoch, horizon), limit=limit))
    query, parameters = sent[0].text, sent[0].parameters
    prefix = "EXPLAIN (FORMAT JSON) " if database.is_postgresql else "EXPLAIN QUERY PLAN "
    with database.engine.connect() as connection:
        return connection.exec_driver_sql(prefix + query, parameters).all()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


@pytest.mark.parametrize(("horizon", "limit"), [(0, 100), (1000, 1000), (1990, 1000)])
def test_it_is_one_range_of_the_index_and_sorts_no_journal(
    long_journal: Database, horizon: int, limit: int
) -> None:
    found = plan_of(long_journal, horizon, limit)
    if not long_journal.is_postgresql:
        steps = "\n".join(row.detail for row in found)
        assert "USING INDEX ix_commerce_stock_movement_xid_id (xid>? AND xid<?)" in steps
        assert "SCAN commerce_stock_movement" not in steps
        return
    raw = found[0][0]
    parts = list(nodes((json.loads(raw) if isinstance(raw, str) else raw)[0]["Plan"]))
    reads = [part for part in parts if part.get("Relation Name") == "commerce_stock_movement"]

    assert [(part["Node Type"], part["Index Name"]) for part in reads] == [
        ("Index Scan", "ix_commerce_stock_movement_xid_id")
    ]
    assert "xid >=" in reads[0]["Index Cond"]
    assert "xid <" in reads[0]["Index Cond"]
    # The epoch is read with a limit of its own, and may be sorted: it has a handful of rows.
    (window,) = [part for part in parts if part["Node Type"] == "Limit" and reads[0] in nodes(part)]
    assert "Sort" not in {part["Node Type"] for part in nodes(window)}


def test_an_empty_tail_reads_no_row_of_the_journal(long_journal: Database) -> None:
    end = long_journal.run(read_cursor)

    page = long_journal.run(lambda session: tail(session, StockMovement, end))

    assert (list(page.rows), page.reset) == ([], False)
    assert long_journal.run(lambda s: s.scalar(text("SELECT 1"))) == 1
