"""Product files that were uploaded, until they are applied and forgotten."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from commerce_core.database import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON: Final = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "commerce_web_product_upload",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("mapping", _JSON, nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("import_id", _ID, nullable=True),
        sa.Column("beat_at", UTCDateTime(), nullable=True),
        sa.Column("trouble", sa.String(500), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_web_product_upload")),
    )
    op.create_index(
        op.f("ix_commerce_web_product_upload_created_at"),
        "commerce_web_product_upload",
        ["created_at"],
    )


def downgrade() -> None:
    op.drop_table("commerce_web_product_upload")
