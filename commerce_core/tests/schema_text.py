"""What a database itself says about our tables: columns, constraints and indexes, as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from commerce_core.database import TABLE_PREFIX
from commerce_core.migrations import VERSION_TABLE

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

POSTGRES = """
SELECT c.relname, format('%s %s null=%s default=%s', a.attname,
    format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT conrelid::regclass::text, format('%s %s', conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'
"""


def described(engine: Engine) -> dict[str, list[str]]:
    """Return what the database says of each of our tables, in an order of its own."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            found = [tuple(row) for row in connection.execute(text(POSTGRES))]
        else:
            found = _sqlite(connection)
    tables: dict[str, list[str]] = {}
    for table, description in found:
        if table.startswith(TABLE_PREFIX) and table != VERSION_TABLE:
            tables.setdefault(table, []).append(description)
    return {name: sorted(lines) for name, lines in tables.items()}


def _sqlite(connection: Connection) -> list[tuple[str, str]]:
    """Split each statement of ``sqlite_master`` into its columns and constraints."""
    found: list[tuple[str, str]] = []
    rows = connection.exec_driver_sql("SELECT tbl_name, sql FROM sqlite_master WHERE sql <> ''")
    for table, sql in rows:
        flat = re.sub(r"\s+", " ", sql)
        # A column that was added later brought its CHECKs along, without a comma between.
        flat = re.sub(r"(?<!,) (?=CONSTRAINT ck_)", ", ", flat)
        inner = re.fullmatch(r'CREATE TABLE "?\w+"? ?\((.*)\)', flat)
        parts = re.split(r",\s+(?=CONSTRAINT|FOREIGN|\w+ [A-Z])", inner[1]) if inner else [flat]
        found.extend((table, text) for part in parts for text in _apart(part.strip()))
    return found


def _apart(part: str) -> list[str]:
    """Split a column that was added later from the constraint that is written behind it."""
    column, mark, constraint = part.partition(" CONSTRAINT ")
    if not mark or part.startswith("CREATE"):
        return [part]
    key = f"FOREIGN KEY({column.split()[0]}) REFERENCES"
    return [column, f"CONSTRAINT {constraint.replace('REFERENCES', key)}"]


def constraint_names(engine: Engine) -> set[str]:
    """Return the names of all CHECKs that the database holds on our tables."""
    inspector = inspect(engine)
    return {
        str(check["name"])
        for table in inspector.get_table_names()
        if table.startswith(TABLE_PREFIX)
        for check in inspector.get_check_constraints(table)
    }
