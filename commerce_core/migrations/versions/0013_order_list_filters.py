"""The list of orders by channel and state together, by customer from an index alone.

On SQLite also by words of the customer's name, from a full-text table.
"""

from __future__ import annotations

from typing import Final

from alembic import op

from commerce_core.customers.models import CREATE_NAME_WORDS, NAME_WORDS

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TABLE: Final = "commerce_order"
_BY_CUSTOMER: Final = "ix_commerce_order_customer_id_placed_at"
_BY_BOTH: Final = "ix_commerce_order_channel_status_placed_at_id"


def upgrade() -> None:
    op.drop_index(_BY_CUSTOMER, _TABLE)
    op.create_index(f"{_BY_CUSTOMER}_id", _TABLE, ["customer_id", "placed_at", "id"])
    op.create_index(_BY_BOTH, _TABLE, ["channel", "status", "placed_at", "id"])
    if op.get_bind().dialect.name == "sqlite":
        for statement in CREATE_NAME_WORDS:
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in ("added", "removed", "changed"):
            op.execute(f"DROP TRIGGER {NAME_WORDS}_{event}")
        op.drop_table(NAME_WORDS)
    op.drop_index(_BY_BOTH, _TABLE)
    op.drop_index(f"{_BY_CUSTOMER}_id", _TABLE)
    op.create_index(_BY_CUSTOMER, _TABLE, ["customer_id", "placed_at"])
