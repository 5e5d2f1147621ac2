"""The few variants that have a threshold of their own are found without reading the others."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_INDEX: Final = "ix_commerce_variant_low_stock_threshold"
_WHERE: Final = sa.text("low_stock_threshold IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        _INDEX,
        "commerce_variant",
        ["low_stock_threshold"],
        postgresql_where=_WHERE,
        sqlite_where=_WHERE,
    )


def downgrade() -> None:
    op.drop_index(_INDEX, "commerce_variant")
