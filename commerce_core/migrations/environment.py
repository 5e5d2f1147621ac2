"""What the env.py of every Alembic history on this library has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commerce_core.database import TABLE_PREFIX

if TYPE_CHECKING:
    from sqlalchemy import MetaData


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
    )
    with connection.begin():
        context.run_migrations()


def _is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave the tables of a host application alone."""
    return kind != "table" or (name or "").startswith(TABLE_PREFIX)
