"""Indexes of the list of orders: by channel, and by words of the customer's name."""

from __future__ import annotations

from alembic import op

from commerce_core.customers.models import CREATE_NAME_INDEX, NAME_INDEX

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_BY_CHANNEL = "ix_commerce_order_channel_placed_at_id"


def upgrade() -> None:
    op.create_index(_BY_CHANNEL, "commerce_order", ["channel", "placed_at", "id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(CREATE_NAME_INDEX)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index(NAME_INDEX, "commerce_customer")
    op.drop_index(_BY_CHANNEL, "commerce_order")
