"""The words of products and variants in a column of their own, where PostgreSQL can count them."""

from __future__ import annotations

from typing import Final

from alembic import op

from commerce_core.catalog.search_index import words_column_statements

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TABLES: Final = ("commerce_product", "commerce_variant")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in _TABLES:
        op.drop_index(f"ix_{table}_words", table)
        for statement in words_column_statements(table):
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in _TABLES:
        op.drop_column(table, "search_words")
