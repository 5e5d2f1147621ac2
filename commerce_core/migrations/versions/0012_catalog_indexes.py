"""Variants with a threshold of their own, and the facets of products, are read from indexes."""

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
_CATEGORY: Final = "ix_commerce_product_category_id"
_FACETS: Final = "ix_commerce_product_category_id_status"


def upgrade() -> None:
    op.create_index(_FACETS, "commerce_product", ["category_id", "status"])
    op.drop_index(_CATEGORY, "commerce_product")
    op.create_index(
        _INDEX,
        "commerce_variant",
        ["low_stock_threshold"],
        postgresql_where=_WHERE,
        sqlite_where=_WHERE,
    )


def downgrade() -> None:
    op.create_index(_CATEGORY, "commerce_product", ["category_id"])
    op.drop_index(_FACETS, "commerce_product")
    op.drop_index(_INDEX, "commerce_variant")
