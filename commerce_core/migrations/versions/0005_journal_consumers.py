"""How far named workers have read the journals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from commerce_core.database import Xid8

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "commerce_journal_consumer",
        sa.Column("journal", sa.String(length=63), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("epoch", sa.String(length=16), nullable=False),
        sa.Column("horizon", Xid8(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("journal", "name", name=op.f("pk_commerce_journal_consumer")),
    )


def downgrade() -> None:
    op.drop_table("commerce_journal_consumer")
