"""The ledger of carrier calls that all processes share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "commerce_carrier_budget",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("used", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_slot_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("used >= 0", name=op.f("ck_commerce_carrier_budget_used_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_carrier_budget")),
        sa.UniqueConstraint("account", name=op.f("uq_commerce_carrier_budget_account")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("commerce_carrier_budget")
