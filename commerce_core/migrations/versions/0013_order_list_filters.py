"""The list of orders by channel and state together, and by customer, from an index alone."""

from __future__ import annotations

from typing import Final

from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None

_TABLE: Final = "commerce_order"
_BY_CUSTOMER: Final = "ix_commerce_order_customer_id_placed_at"
_BY_BOTH: Final = "ix_commerce_order_channel_status_placed_at_id"


def upgrade() -> None:
    op.drop_index(_BY_CUSTOMER, _TABLE)
    op.create_index(f"{_BY_CUSTOMER}_id", _TABLE, ["customer_id", "placed_at", "id"])
    op.create_index(_BY_BOTH, _TABLE, ["channel", "status", "placed_at", "id"])


def downgrade() -> None:
    op.drop_index(_BY_BOTH, _TABLE)
    op.drop_index(f"{_BY_CUSTOMER}_id", _TABLE)
    op.create_index(_BY_CUSTOMER, _TABLE, ["customer_id", "placed_at"])
