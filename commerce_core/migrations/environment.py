"""What the env.py of every Alembic history on this library has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from commerce_core.database import TABLE_PREFIX, is_postgresql

if TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData

_LOCK: Final = 0x636F6D6D65726365
"""Number of the advisory lock on PostgreSQL: "commerce" as bytes."""


def run(context: Any, metadata: MetaData, *, version_table: str) -> None:
    """Run the migrations on the connection in the configuration's attributes, and commit."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=version_table,
        render_as_batch=connection.dialect.name == "sqlite",
        include_name=_is_ours,
        compare_type=True,
        transactional_ddl=True,  # of SQLite Alembic believes otherwise, and commits in between
    )
    with connection.begin():
        _wait_for_others(connection)
        context.run_migrations()


def _wait_for_others(connection: Connection) -> None:
    """Let one process migrate at a time. On SQLite the transaction's own lock does."""
    if is_postgresql(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave alone the tables of a host application, and the indexes of words (see search_index)."""
    found = name or ""
    return "_words" not in found and (kind != "table" or found.startswith(TABLE_PREFIX))
