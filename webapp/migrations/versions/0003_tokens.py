"""Tokens of programs: sessions with a name, which end when they are told to and not before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "commerce_web_session",
        sa.Column("name", sa.String(60), server_default="", nullable=False),
    )


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM commerce_web_session WHERE name <> ''"))
    op.drop_column("commerce_web_session", "name")
