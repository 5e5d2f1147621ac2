"""Orders that live: events, payments, fulfillments, returns, changes, and what a line counts.

SQLite can add no CHECK to a table, but a new column may bring some along, of any columns: the last
new column of each table does.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from commerce_core.database import Xid8
from commerce_core.journal import current_xid

revision = "0008"
down_revision = "0005"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(JSONB(), "postgresql")
_CHECKS_ORDER = {
    "ck_commerce_order_amounts_not_negative": "paid >= 0 AND short >= 0",
    "ck_commerce_order_payment_status": (
        "payment_status IN ('pending', 'charging', 'uncertain', 'captured', 'declined', 'voided')"
    ),
    "ck_commerce_order_refunds_within_payments": "refunded >= 0 AND refunded <= paid",
}
_CHECKS_ORDER_LINE = {
    "ck_commerce_order_line_shipped_was_fulfilled": "shipped <= fulfilled",
    "ck_commerce_order_line_fulfilled_was_allocated": "fulfilled <= allocated",
    "ck_commerce_order_line_counts_not_negative": (
        "cancelled >= 0 AND delivered >= 0 AND returned >= 0 AND lost >= 0"
    ),
    "ck_commerce_order_line_delivered_was_shipped": "delivered <= shipped",
    "ck_commerce_order_line_promised_was_ordered": (
        "allocated + cancelled <= quantity OR (allocated = 0 AND cancelled = 0)"
    ),
    "ck_commerce_order_line_returned_was_ordered": (
        "returned + cancelled <= quantity OR returned = 0"
    ),
}


def _add_with_checks(table: str, column: str, kind: str, checks: dict[str, str]) -> None:
    told = " ".join(f"CONSTRAINT {name} CHECK ({rule})" for name, rule in checks.items())
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind} {told}")


def upgrade() -> None:
    _create_claims()
    _create_fulfillments()
    _create_changes()
    _create_events()
    _create_tasks()
    _create_payments()
    _create_returns()
    _create_exchanges()
    _create_refunds()
    _create_return_lines()
    _create_fulfillment_lines()
    _widen_orders()
    _index_orders()
    _widen_lines()


def _create_claims() -> None:
    op.create_table(
        "commerce_claim",
        sa.Column("id", _ID, nullable=False),
        sa.Column("order_id", _ID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "missing",
                "wrong",
                "broken",
                "lost",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "refunded",
                "replaced",
                "rejected",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("lines", _JSON, nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("replacement_id", _ID, nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["commerce_order.id"], name=op.f("fk_commerce_claim_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["replacement_id"], ["commerce_order.id"], name=op.f("fk_commerce_claim_replacement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_claim")),
    )
    op.create_index(
        op.f("ix_commerce_claim_order_id_id"), "commerce_claim", ["order_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_commerce_claim_replacement_id"), "commerce_claim", ["replacement_id"], unique=False
    )
    op.create_index(
        op.f("ix_commerce_claim_status_id"), "commerce_claim", ["status", "id"], unique=False
    )


def _create_fulfillments() -> None:
    op.create_table(
        "commerce_fulfillment",
        sa.Column("id", _ID, nullable=False),
        sa.Column("order_id", _ID, nullable=False),
        sa.Column("location_id", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "packed",
                "shipped",
                "delivered",
                "cancelled",
                "lost",
                "refused",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("carrier", sa.String(length=32), nullable=True),
        sa.Column("tracking_number", sa.String(length=64), nullable=True),
        sa.Column("packed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("details", _JSON, server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["commerce_stock_location.id"],
            name=op.f("fk_commerce_fulfillment_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["commerce_order.id"], name=op.f("fk_commerce_fulfillment_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_fulfillment")),
        sa.UniqueConstraint(
            "order_id", "number", name=op.f("uq_commerce_fulfillment_order_id_number")
        ),
    )
    op.create_index(
        op.f("ix_commerce_fulfillment_location_id_status_id"),
        "commerce_fulfillment",
        ["location_id", "status", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_commerce_fulfillment_tracking_number"),
        "commerce_fulfillment",
        ["tracking_number"],
        unique=False,
    )


def _create_changes() -> None:
    op.create_table(
        "commerce_order_change",
        sa.Column("id", _ID, nullable=False),
        sa.Column("order_id", _ID, nullable=False),
        sa.Column("actions", _JSON, nullable=False),
        sa.Column("preview", _JSON, nullable=False),
        sa.Column("difference", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["commerce_order.id"], name=op.f("fk_commerce_order_change_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_order_change")),
    )
    op.create_index(
        op.f("ix_commerce_order_change_order_id_id"),
        "commerce_order_change",
        ["order_id", "id"],
        unique=False,
    )


def _create_events() -> None:
    op.create_table(
        "commerce_order_event",
        sa.Column("order_id", _ID, nullable=False),
        sa.Column("trigger", sa.String(length=32), nullable=False),
        sa.Column(
            "from_status",
            sa.Enum(
                "pending",
                "processing",
                "shipped",
                "delivered",
                "cancelled",
                "expired",
                name="from_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "to_status",
            sa.Enum(
                "pending",
                "processing",
                "shipped",
                "delivered",
                "cancelled",
                "expired",
                name="to_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("refusal", sa.String(length=64), nullable=True),
        sa.Column("refused", sa.String(length=400), nullable=True),
        sa.Column("facts", _JSON, nullable=True),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("id", _ID, nullable=False),
        sa.Column("xid", Xid8(), server_default=current_xid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["commerce_order.id"], name=op.f("fk_commerce_order_event_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_order_event")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_commerce_order_event_order_id_id"),
        "commerce_order_event",
        ["order_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_commerce_order_event_xid_id"), "commerce_order_event", ["xid", "id"], unique=False
    )
    op.create_index(
        "uq_commerce_order_event_idempotency_key",
        "commerce_order_event",
        ["order_id", "actor", "trigger", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL AND refusal IS NULL"),
        sqlite_where=sa.text("idempotency_key IS NOT NULL AND refusal IS NULL"),
    )


def _create_tasks() -> None:
    op.create_table(
        "commerce_order_task",
        sa.Column("id", _ID, nullable=False),
        sa.Column("order_id", _ID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "changed_elsewhere",
                "cancelled_elsewhere",
                "paid_too_late",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("content", _JSON, nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(length=120), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["commerce_order.id"], name=op.f("fk_commerce_order_task_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_order_task")),
    )
    op.create_index(
        "ix_commerce_order_task_open",
        "commerce_order_task",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL"),
    )
    op.create_index(
        op.f("ix_commerce_order_task_order_id_id"),
        "commerce_order_task",
        ["order_id", "id"],
        unique=False,
    )


def _create_payments() -> None:
    op.create_table(
        "commerce_payment",
        sa.Column("id", _ID, nullable=False),
        sa.Column("order_id", _ID, nullable=False),
        sa.Column("gateway", sa.String(length=32), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "charging",
                "uncertain",
                "captured",
                "declined",
                "voided",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("refunded", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("request_key", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=128), nullable=True),
        sa.Column("message", sa.String(length=200), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("details", _JSON, server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "refunded = 0 OR status = 'captured'",
            name=op.f("ck_commerce_payment_only_captured_money_goes_back"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_commerce_payment_amount_positive")),
        sa.CheckConstraint(
            "refunded >= 0 AND refunded <= amount",
            name=op.f("ck_commerce_payment_refunds_within_amount"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["commerce_order.id"], name=op.f("fk_commerce_payment_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_payment")),
        sa.UniqueConstraint("request_key", name=op.f("uq_commerce_payment_request_key")),
    )
    op.create_index(
        op.f("ix_commerce_payment_order_id_id"),
        "commerce_payment",
        ["order_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_commerce_payment_unsettled",
        "commerce_payment",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('charging', 'uncertain')"),
        sqlite_where=sa.text("status IN ('charging', 'uncertain')"),
    )


def _create_returns() -> None:
    op.create_table(
        "commerce_return",
        sa.Column("id", _ID, nullable=False),
        sa.Column("order_id", _ID, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "requested",
                "approved",
                "rejected",
                "in_transit",
                "partially_received",
                "received",
                "inspected",
                "refunded",
                "closed",
                "cancelled",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("location_id", _ID, nullable=True),
        sa.Column("refund_amount", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("decision", sa.String(length=200), nullable=True),
        sa.Column("tracking_number", sa.String(length=64), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("details", _JSON, server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "refund_amount >= 0", name=op.f("ck_commerce_return_refund_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["commerce_stock_location.id"],
            name=op.f("fk_commerce_return_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["commerce_order.id"], name=op.f("fk_commerce_return_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_return")),
        sa.UniqueConstraint("number", name=op.f("uq_commerce_return_number")),
    )
    op.create_index(
        op.f("ix_commerce_return_order_id_id"), "commerce_return", ["order_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_commerce_return_status_id"), "commerce_return", ["status", "id"], unique=False
    )
    op.create_index(
        op.f("ix_commerce_return_tracking_number"),
        "commerce_return",
        ["tracking_number"],
        unique=False,
    )


def _create_exchanges() -> None:
    op.create_table(
        "commerce_exchange",
        sa.Column("id", _ID, nullable=False),
        sa.Column("return_id", _ID, nullable=False),
        sa.Column("order_id", _ID, nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["commerce_order.id"], name=op.f("fk_commerce_exchange_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["commerce_return.id"], name=op.f("fk_commerce_exchange_return_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_exchange")),
        sa.UniqueConstraint("order_id", name=op.f("uq_commerce_exchange_order_id")),
        sa.UniqueConstraint("return_id", name=op.f("uq_commerce_exchange_return_id")),
    )


def _create_refunds() -> None:
    op.create_table(
        "commerce_refund",
        sa.Column("id", _ID, nullable=False),
        sa.Column("order_id", _ID, nullable=False),
        sa.Column("payment_id", _ID, nullable=False),
        sa.Column("return_id", _ID, nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "requested",
                "uncertain",
                "done",
                "declined",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("request_key", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=128), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("details", _JSON, server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_commerce_refund_amount_positive")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["commerce_order.id"], name=op.f("fk_commerce_refund_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["commerce_payment.id"], name=op.f("fk_commerce_refund_payment_id")
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["commerce_return.id"], name=op.f("fk_commerce_refund_return_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_refund")),
        sa.UniqueConstraint("request_key", name=op.f("uq_commerce_refund_request_key")),
    )
    op.create_index(
        op.f("ix_commerce_refund_order_id_id"), "commerce_refund", ["order_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_commerce_refund_payment_id"), "commerce_refund", ["payment_id"], unique=False
    )
    op.create_index(
        op.f("ix_commerce_refund_return_id"), "commerce_refund", ["return_id"], unique=False
    )
    op.create_index(
        "uq_commerce_refund_idempotency_key",
        "commerce_refund",
        ["actor", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
        sqlite_where=sa.text("idempotency_key IS NOT NULL"),
    )


def _create_return_lines() -> None:
    op.create_table(
        "commerce_return_line",
        sa.Column("id", _ID, nullable=False),
        sa.Column("return_id", _ID, nullable=False),
        sa.Column("order_line_id", _ID, nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "too_small",
                "too_large",
                "not_as_described",
                "does_not_suit",
                "damaged",
                "defective",
                "wrong_item",
                "ordered_twice",
                "other",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), server_default="0", nullable=False),
        sa.Column("resellable", sa.Integer(), server_default="0", nullable=False),
        sa.Column("damaged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("missing", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_commerce_return_line_quantity_positive")),
        sa.CheckConstraint(
            "received + missing <= quantity",
            name=op.f("ck_commerce_return_line_received_was_announced"),
        ),
        sa.CheckConstraint(
            "received >= 0 AND resellable >= 0 AND damaged >= 0 AND missing >= 0",
            name=op.f("ck_commerce_return_line_counts_not_negative"),
        ),
        sa.CheckConstraint(
            "resellable + damaged <= received",
            name=op.f("ck_commerce_return_line_inspected_was_received"),
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["commerce_order_line.id"],
            name=op.f("fk_commerce_return_line_order_line_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["return_id"],
            ["commerce_return.id"],
            name=op.f("fk_commerce_return_line_return_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_return_line")),
        sa.UniqueConstraint(
            "return_id",
            "order_line_id",
            name=op.f("uq_commerce_return_line_return_id_order_line_id"),
        ),
    )
    op.create_index(
        op.f("ix_commerce_return_line_order_line_id"),
        "commerce_return_line",
        ["order_line_id"],
        unique=False,
    )


def _create_fulfillment_lines() -> None:
    op.create_table(
        "commerce_fulfillment_line",
        sa.Column("id", _ID, nullable=False),
        sa.Column("fulfillment_id", _ID, nullable=False),
        sa.Column("order_line_id", _ID, nullable=False),
        sa.Column("allocation_id", _ID, nullable=False),
        sa.Column("variant_id", _ID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "quantity > 0", name=op.f("ck_commerce_fulfillment_line_quantity_positive")
        ),
        sa.ForeignKeyConstraint(
            ["allocation_id"],
            ["commerce_allocation.id"],
            name=op.f("fk_commerce_fulfillment_line_allocation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"],
            ["commerce_fulfillment.id"],
            name=op.f("fk_commerce_fulfillment_line_fulfillment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["commerce_order_line.id"],
            name=op.f("fk_commerce_fulfillment_line_order_line_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["commerce_variant.id"],
            name=op.f("fk_commerce_fulfillment_line_variant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_fulfillment_line")),
        sa.UniqueConstraint(
            "fulfillment_id",
            "allocation_id",
            name=op.f("uq_commerce_fulfillment_line_fulfillment_id_allocation_id"),
        ),
    )
    op.create_index(
        op.f("ix_commerce_fulfillment_line_allocation_id"),
        "commerce_fulfillment_line",
        ["allocation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_commerce_fulfillment_line_order_line_id"),
        "commerce_fulfillment_line",
        ["order_line_id"],
        unique=False,
    )


def _widen_orders() -> None:
    op.add_column(
        "commerce_order", sa.Column("version", sa.Integer(), server_default="1", nullable=False)
    )
    op.add_column(
        "commerce_order",
        sa.Column("is_history", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    op.add_column(
        "commerce_order",
        sa.Column("is_tax_included", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    op.add_column("commerce_order", sa.Column("total", sa.BigInteger(), nullable=True))
    op.add_column("commerce_order", sa.Column("tax", sa.BigInteger(), nullable=True))
    op.add_column(
        "commerce_order", sa.Column("payment_status", sa.String(length=32), nullable=True)
    )
    op.add_column("commerce_order", sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("commerce_order", sa.Column("hold_reason", sa.String(length=200), nullable=True))
    op.add_column(
        "commerce_order", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("commerce_order", sa.Column("placed_by", sa.String(length=120), nullable=True))
    op.add_column(
        "commerce_order", sa.Column("idempotency_key", sa.String(length=200), nullable=True)
    )
    op.add_column(
        "commerce_order", sa.Column("refunded", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "commerce_order", sa.Column("paid", sa.BigInteger(), server_default="0", nullable=False)
    )
    _add_with_checks("commerce_order", "short", "INTEGER DEFAULT '0' NOT NULL", _CHECKS_ORDER)


def _index_orders() -> None:
    op.create_index(
        "ix_commerce_order_due",
        "commerce_order",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
        sqlite_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "ix_commerce_order_external_id",
        "commerce_order",
        ["external_id"],
        unique=False,
        postgresql_where=sa.text("external_id IS NOT NULL"),
        sqlite_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_index(
        "ix_commerce_order_held",
        "commerce_order",
        ["placed_at", "id"],
        unique=False,
        postgresql_where=sa.text("held_at IS NOT NULL"),
        sqlite_where=sa.text("held_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_commerce_order_number"), "commerce_order", ["number"], unique=False)
    op.create_index(
        "ix_commerce_order_short",
        "commerce_order",
        ["placed_at", "id"],
        unique=False,
        postgresql_where=sa.text("short > 0"),
        sqlite_where=sa.text("short > 0"),
    )
    op.create_index(
        op.f("ix_commerce_order_status_placed_at_id"),
        "commerce_order",
        ["status", "placed_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_commerce_order_idempotency_key",
        "commerce_order",
        ["placed_by", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
        sqlite_where=sa.text("idempotency_key IS NOT NULL"),
    )


def _widen_lines() -> None:
    op.add_column(
        "commerce_order_line",
        sa.Column("discount", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "commerce_order_line",
        sa.Column("tax_rate", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "commerce_order_line", sa.Column("tax", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("commerce_order_line", sa.Column("parts", _JSON, nullable=True))
    op.add_column(
        "commerce_order_line",
        sa.Column("cancelled", sa.Integer(), server_default="0", nullable=False),
    )
    op.add_column(
        "commerce_order_line",
        sa.Column("allocated", sa.Integer(), server_default="0", nullable=False),
    )
    op.add_column(
        "commerce_order_line",
        sa.Column("fulfilled", sa.Integer(), server_default="0", nullable=False),
    )
    op.add_column(
        "commerce_order_line",
        sa.Column("shipped", sa.Integer(), server_default="0", nullable=False),
    )
    op.add_column(
        "commerce_order_line",
        sa.Column("delivered", sa.Integer(), server_default="0", nullable=False),
    )
    op.add_column(
        "commerce_order_line", sa.Column("lost", sa.Integer(), server_default="0", nullable=False)
    )
    _add_with_checks(
        "commerce_order_line", "returned", "INTEGER DEFAULT '0' NOT NULL", _CHECKS_ORDER_LINE
    )


def downgrade() -> None:
    message = "orders would lose their story: restore a copy from before instead"
    raise NotImplementedError(message)
