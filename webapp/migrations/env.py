"""Alembic's entry: runs the revisions on the connection that ``webapp.migrations`` hands over."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text

from webapp.accounts import models
from webapp.database import WebBase
from webapp.migrations import VERSION_TABLE

assert models.User.metadata is WebBase.metadata  # noqa: S101 - the import brings in the tables

_LOCK = 0x636F_6D77  # any number, but always the same


def run(connection: Connection) -> None:
    """Run what was asked for; a second process that migrates waits for the first."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    context.configure(
        connection=connection,
        target_metadata=WebBase.metadata,
        version_table=VERSION_TABLE,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    # The caller's transaction is already open, and the caller commits.
    context.run_migrations()


run(context.config.attributes["connection"])
