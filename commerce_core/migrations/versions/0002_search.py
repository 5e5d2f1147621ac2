"""Indexes of words to search by, and of what was shipped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from commerce_core.catalog.search_index import (
    WORD_COLUMNS,
    postgresql_statements,
    sqlite_statements,
)

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SHIPPED = "ix_commerce_stock_movement_shipped"


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    statements = sqlite_statements if is_sqlite else postgresql_statements
    for table in WORD_COLUMNS:
        for statement in statements(table):
            op.execute(statement)
        if is_sqlite:
            rebuild = f"INSERT INTO {table}_words ({table}_words) VALUES ('rebuild')"  # noqa: S608
            op.execute(rebuild)
    op.create_index(
        _SHIPPED,
        "commerce_stock_movement",
        ["variant_id", "occurred_at", "on_hand_delta"],
        postgresql_where=sa.text("kind = 'shipped'"),
        sqlite_where=sa.text("kind = 'shipped'"),
    )


def downgrade() -> None:
    op.drop_index(_SHIPPED, "commerce_stock_movement")
    for table in WORD_COLUMNS:
        if op.get_bind().dialect.name == "sqlite":
            for trigger in ("added", "removed", "changed"):
                op.execute(f"DROP TRIGGER {table}_words_{trigger}")
            op.execute(f"DROP TABLE {table}_words")
        else:
            op.drop_index(f"ix_{table}_words", table)
