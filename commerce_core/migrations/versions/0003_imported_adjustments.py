"""Stock adjustments as another system wrote them down."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLE = "commerce_imported_adjustment"


def upgrade() -> None:
    op.create_table(
        _TABLE,
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_imported_adjustment")),
        sa.UniqueConstraint(
            "system",
            "number",
            "position",
            name=op.f("uq_commerce_imported_adjustment_system_number_position"),
        ),
    )
    op.create_index(
        op.f("ix_commerce_imported_adjustment_system_occurred_at"),
        _TABLE,
        ["system", "occurred_at"],
    )


def downgrade() -> None:
    op.drop_table(_TABLE)
