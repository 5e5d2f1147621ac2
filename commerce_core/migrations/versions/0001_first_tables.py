"""The first tables: catalog, stock, customers, orders as history, and the journal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from commerce_core.database import Xid8
from commerce_core.journal import current_xid

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "commerce_customer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), server_default="", nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("country", sa.String(length=64), nullable=True),
        sa.Column("locale", sa.String(length=16), nullable=True),
        sa.Column("system", sa.String(length=64), nullable=True),
        sa.Column("external_id", sa.String(length=128), nullable=True),
        sa.Column(
            "details",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_customer")),
        sa.UniqueConstraint("number", name=op.f("uq_commerce_customer_number")),
        sa.UniqueConstraint(
            "system", "external_id", name=op.f("uq_commerce_customer_system_external_id")
        ),
        info={"personal_data": ("number", "name", "email", "details"), "retention": "account"},
    )
    op.create_index(
        op.f("ix_commerce_customer_country"), "commerce_customer", ["country"], unique=False
    )
    op.create_index(
        op.f("ix_commerce_customer_email"), "commerce_customer", ["email"], unique=False
    )
    op.create_table(
        "commerce_idempotency_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("verb", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column(
            "result", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_idempotency_key")),
        sa.UniqueConstraint(
            "actor", "verb", "key", name=op.f("uq_commerce_idempotency_key_actor_verb_key")
        ),
        info={"personal_data": ("actor", "result"), "retention": "30 days"},
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_commerce_idempotency_key_created_at"),
        "commerce_idempotency_key",
        ["created_at"],
        unique=False,
    )
    op.create_table(
        "commerce_journal_clock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tick", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_journal_clock")),
    )
    op.create_table(
        "commerce_journal_epoch",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.String(length=16), nullable=False),
        sa.Column("identity", sa.String(length=80), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_journal_epoch")),
        sa.UniqueConstraint("token", name=op.f("uq_commerce_journal_epoch_token")),
    )
    op.create_table(
        "commerce_option_type",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_option_type")),
        sa.UniqueConstraint("name", name=op.f("uq_commerce_option_type_name")),
    )
    op.create_table(
        "commerce_product",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("slug", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("brand", sa.String(length=200), nullable=True),
        sa.Column("category", sa.String(length=200), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "active",
                "archived",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("system", sa.String(length=64), nullable=True),
        sa.Column("external_id", sa.String(length=128), nullable=True),
        sa.Column(
            "details",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_product")),
        sa.UniqueConstraint("slug", name=op.f("uq_commerce_product_slug")),
        sa.UniqueConstraint(
            "system", "external_id", name=op.f("uq_commerce_product_system_external_id")
        ),
    )
    op.create_index(
        op.f("ix_commerce_product_category"), "commerce_product", ["category"], unique=False
    )
    op.create_index(op.f("ix_commerce_product_name"), "commerce_product", ["name"], unique=False)
    op.create_table(
        "commerce_stock_location",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("system", sa.String(length=64), nullable=True),
        sa.Column("external_id", sa.String(length=128), nullable=True),
        sa.Column(
            "details",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_stock_location")),
        sa.UniqueConstraint("code", name=op.f("uq_commerce_stock_location_code")),
        sa.UniqueConstraint(
            "system", "external_id", name=op.f("uq_commerce_stock_location_system_external_id")
        ),
    )
    op.create_table(
        "commerce_supplier",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("system", sa.String(length=64), nullable=True),
        sa.Column("external_id", sa.String(length=128), nullable=True),
        sa.Column(
            "details",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_supplier")),
        sa.UniqueConstraint("name", name=op.f("uq_commerce_supplier_name")),
        sa.UniqueConstraint(
            "system", "external_id", name=op.f("uq_commerce_supplier_system_external_id")
        ),
        info={"personal_data": ("name", "email"), "retention": "10 years (books)"},
    )
    op.create_table(
        "commerce_option_value",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "option_type_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("swatch", sa.String(length=7), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["option_type_id"],
            ["commerce_option_type.id"],
            name=op.f("fk_commerce_option_value_option_type_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_option_value")),
        sa.UniqueConstraint(
            "option_type_id", "name", name=op.f("uq_commerce_option_value_option_type_id_name")
        ),
    )
    op.create_table(
        "commerce_order",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "processing",
                "shipped",
                "delivered",
                "cancelled",
                "expired",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("country", sa.String(length=64), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "shipping_address",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=True,
        ),
        sa.Column("system", sa.String(length=64), nullable=True),
        sa.Column("external_id", sa.String(length=128), nullable=True),
        sa.Column(
            "details",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["commerce_customer.id"], name=op.f("fk_commerce_order_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_order")),
        sa.UniqueConstraint("channel", "number", name=op.f("uq_commerce_order_channel_number")),
        sa.UniqueConstraint(
            "system", "external_id", name=op.f("uq_commerce_order_system_external_id")
        ),
        info={
            "personal_data": ("customer_id", "shipping_address", "details"),
            "retention": "10 years after the order (books)",
        },
    )
    op.create_index(
        op.f("ix_commerce_order_customer_id_placed_at"),
        "commerce_order",
        ["customer_id", "placed_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_commerce_order_placed_at_id"), "commerce_order", ["placed_at", "id"], unique=False
    )
    op.create_table(
        "commerce_product_option_type",
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "option_type_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["option_type_id"],
            ["commerce_option_type.id"],
            name=op.f("fk_commerce_product_option_type_option_type_id"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["commerce_product.id"],
            name=op.f("fk_commerce_product_option_type_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "product_id", "option_type_id", name=op.f("pk_commerce_product_option_type")
        ),
    )
    op.create_index(
        op.f("ix_commerce_product_option_type_option_type_id"),
        "commerce_product_option_type",
        ["option_type_id"],
        unique=False,
    )
    op.create_table(
        "commerce_purchase_order",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column(
            "supplier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "ordered",
                "partially_received",
                "received",
                "cancelled",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("system", sa.String(length=64), nullable=True),
        sa.Column("external_id", sa.String(length=128), nullable=True),
        sa.Column(
            "details",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["commerce_stock_location.id"],
            name=op.f("fk_commerce_purchase_order_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"],
            ["commerce_supplier.id"],
            name=op.f("fk_commerce_purchase_order_supplier_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_purchase_order")),
        sa.UniqueConstraint("number", name=op.f("uq_commerce_purchase_order_number")),
        sa.UniqueConstraint(
            "system", "external_id", name=op.f("uq_commerce_purchase_order_system_external_id")
        ),
        info={"personal_data": ("created_by",), "retention": "10 years (books)"},
    )
    op.create_index(
        op.f("ix_commerce_purchase_order_status"),
        "commerce_purchase_order",
        ["status"],
        unique=False,
    )
    op.create_index(
        op.f("ix_commerce_purchase_order_supplier_id_ordered_at"),
        "commerce_purchase_order",
        ["supplier_id", "ordered_at"],
        unique=False,
    )
    op.create_table(
        "commerce_stock_count",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "posted",
                "cancelled",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "details",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["commerce_stock_location.id"],
            name=op.f("fk_commerce_stock_count_location_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_stock_count")),
        info={"personal_data": ("created_by",), "retention": "as the stock ledger"},
    )
    op.create_index(
        op.f("ix_commerce_stock_count_location_id_status"),
        "commerce_stock_count",
        ["location_id", "status"],
        unique=False,
    )
    op.create_table(
        "commerce_stock_transfer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column(
            "source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "destination_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "in_transit",
                "partially_received",
                "received",
                "cancelled",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "details",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "source_id <> destination_id", name=op.f("ck_commerce_stock_transfer_two_places")
        ),
        sa.ForeignKeyConstraint(
            ["destination_id"],
            ["commerce_stock_location.id"],
            name=op.f("fk_commerce_stock_transfer_destination_id"),
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["commerce_stock_location.id"],
            name=op.f("fk_commerce_stock_transfer_source_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_stock_transfer")),
        sa.UniqueConstraint("number", name=op.f("uq_commerce_stock_transfer_number")),
        info={"personal_data": ("created_by",), "retention": "as the stock ledger"},
    )
    op.create_index(
        op.f("ix_commerce_stock_transfer_status"),
        "commerce_stock_transfer",
        ["status"],
        unique=False,
    )
    op.create_table(
        "commerce_variant",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("sku_key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("barcode", sa.String(length=14), nullable=True),
        sa.Column("combination", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "archived",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("system", sa.String(length=64), nullable=True),
        sa.Column("external_id", sa.String(length=128), nullable=True),
        sa.Column(
            "details",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("price >= 0", name=op.f("ck_commerce_variant_price_not_negative")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["commerce_product.id"], name=op.f("fk_commerce_variant_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_variant")),
        sa.UniqueConstraint(
            "product_id", "combination", name=op.f("uq_commerce_variant_product_id_combination")
        ),
        sa.UniqueConstraint("sku_key", name=op.f("uq_commerce_variant_sku_key")),
        sa.UniqueConstraint(
            "system", "external_id", name=op.f("uq_commerce_variant_system_external_id")
        ),
    )
    op.create_index(
        op.f("ix_commerce_variant_barcode"), "commerce_variant", ["barcode"], unique=False
    )
    op.create_index(
        op.f("ix_commerce_variant_product_id_position_id"),
        "commerce_variant",
        ["product_id", "position", "id"],
        unique=False,
    )
    op.create_table(
        "commerce_credit_note",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "credit_note",
                "bad_debt",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("country", sa.String(length=64), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("system", sa.String(length=64), nullable=True),
        sa.Column("external_id", sa.String(length=128), nullable=True),
        sa.Column(
            "details",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["commerce_customer.id"],
            name=op.f("fk_commerce_credit_note_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["commerce_order.id"], name=op.f("fk_commerce_credit_note_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_credit_note")),
        sa.UniqueConstraint(
            "channel", "number", name=op.f("uq_commerce_credit_note_channel_number")
        ),
        sa.UniqueConstraint(
            "system", "external_id", name=op.f("uq_commerce_credit_note_system_external_id")
        ),
        info={
            "personal_data": ("customer_id", "details"),
            "retention": "10 years after the order (books)",
        },
    )
    op.create_index(
        op.f("ix_commerce_credit_note_customer_id_issued_at"),
        "commerce_credit_note",
        ["customer_id", "issued_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_commerce_credit_note_issued_at_id"),
        "commerce_credit_note",
        ["issued_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_commerce_credit_note_order_id"), "commerce_credit_note", ["order_id"], unique=False
    )
    op.create_table(
        "commerce_kit_component",
        sa.Column("kit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "component_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kit_id <> component_id", name=op.f("ck_commerce_kit_component_not_itself")
        ),
        sa.CheckConstraint(
            "quantity > 0", name=op.f("ck_commerce_kit_component_quantity_positive")
        ),
        sa.ForeignKeyConstraint(
            ["component_id"],
            ["commerce_variant.id"],
            name=op.f("fk_commerce_kit_component_component_id"),
        ),
        sa.ForeignKeyConstraint(
            ["kit_id"], ["commerce_variant.id"], name=op.f("fk_commerce_kit_component_kit_id")
        ),
        sa.PrimaryKeyConstraint("kit_id", "component_id", name=op.f("pk_commerce_kit_component")),
    )
    op.create_index(
        op.f("ix_commerce_kit_component_component_id"),
        "commerce_kit_component",
        ["component_id"],
        unique=False,
    )
    op.create_table(
        "commerce_order_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "goods", "charge", name="kind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column(
            "variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), server_default="", nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column(
            "details",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.CheckConstraint(
            "kind <> 'goods' OR variant_id IS NOT NULL",
            name=op.f("ck_commerce_order_line_goods_have_a_variant"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["commerce_order.id"],
            name=op.f("fk_commerce_order_line_order_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["commerce_variant.id"], name=op.f("fk_commerce_order_line_variant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_order_line")),
        sa.UniqueConstraint(
            "order_id", "position", name=op.f("uq_commerce_order_line_order_id_position")
        ),
    )
    op.create_index(
        op.f("ix_commerce_order_line_variant_id_order_id"),
        "commerce_order_line",
        ["variant_id", "order_id"],
        unique=False,
    )
    op.create_table(
        "commerce_purchase_order_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "purchase_order_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unit_cost", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "quantity > 0", name=op.f("ck_commerce_purchase_order_line_quantity_positive")
        ),
        sa.CheckConstraint(
            "received >= 0", name=op.f("ck_commerce_purchase_order_line_received_not_negative")
        ),
        sa.CheckConstraint(
            "unit_cost >= 0", name=op.f("ck_commerce_purchase_order_line_unit_cost_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["purchase_order_id"],
            ["commerce_purchase_order.id"],
            name=op.f("fk_commerce_purchase_order_line_purchase_order_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["commerce_variant.id"],
            name=op.f("fk_commerce_purchase_order_line_variant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_purchase_order_line")),
        sa.UniqueConstraint(
            "purchase_order_id",
            "variant_id",
            name=op.f("uq_commerce_purchase_order_line_purchase_order_id_variant_id"),
        ),
    )
    op.create_index(
        op.f("ix_commerce_purchase_order_line_variant_id"),
        "commerce_purchase_order_line",
        ["variant_id"],
        unique=False,
    )
    op.create_table(
        "commerce_stock_count_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("count_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("level_version", sa.BigInteger(), nullable=False),
        sa.Column("counted_by", sa.String(length=120), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "counted >= 0", name=op.f("ck_commerce_stock_count_line_counted_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["count_id"],
            ["commerce_stock_count.id"],
            name=op.f("fk_commerce_stock_count_line_count_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["commerce_variant.id"],
            name=op.f("fk_commerce_stock_count_line_variant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_stock_count_line")),
        sa.UniqueConstraint(
            "count_id", "variant_id", name=op.f("uq_commerce_stock_count_line_count_id_variant_id")
        ),
        info={"personal_data": ("counted_by",), "retention": "as the stock ledger"},
    )
    op.create_index(
        op.f("ix_commerce_stock_count_line_variant_id"),
        "commerce_stock_count_line",
        ["variant_id"],
        unique=False,
    )
    op.create_table(
        "commerce_stock_level",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("on_hand", sa.Integer(), server_default="0", nullable=False),
        sa.Column("damaged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("quality_control", sa.Integer(), server_default="0", nullable=False),
        sa.Column("allocated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reserved", sa.Integer(), server_default="0", nullable=False),
        sa.Column("backordered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("short", sa.Integer(), server_default="0", nullable=False),
        sa.Column("incoming", sa.Integer(), server_default="0", nullable=False),
        sa.Column("minimum", sa.Integer(), server_default="0", nullable=False),
        sa.Column("safety_stock", sa.Integer(), server_default="0", nullable=False),
        sa.Column("backorder_limit", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_expiry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "allocated >= 0", name=op.f("ck_commerce_stock_level_allocated_not_negative")
        ),
        sa.CheckConstraint(
            "backorder_limit >= 0",
            name=op.f("ck_commerce_stock_level_backorder_limit_not_negative"),
        ),
        sa.CheckConstraint(
            "backordered <= backorder_limit",
            name=op.f("ck_commerce_stock_level_backorder_limit_kept"),
        ),
        sa.CheckConstraint(
            "backordered >= 0", name=op.f("ck_commerce_stock_level_backordered_not_negative")
        ),
        sa.CheckConstraint(
            "damaged + quality_control + allocated + reserved <= on_hand + backordered + short",
            name=op.f("ck_commerce_stock_level_no_oversell"),
        ),
        sa.CheckConstraint(
            "damaged + quality_control <= on_hand",
            name=op.f("ck_commerce_stock_level_set_aside_stock_is_there"),
        ),
        sa.CheckConstraint(
            "damaged >= 0", name=op.f("ck_commerce_stock_level_damaged_not_negative")
        ),
        sa.CheckConstraint(
            "incoming >= 0", name=op.f("ck_commerce_stock_level_incoming_not_negative")
        ),
        sa.CheckConstraint(
            "minimum >= 0", name=op.f("ck_commerce_stock_level_minimum_not_negative")
        ),
        sa.CheckConstraint(
            "on_hand >= 0", name=op.f("ck_commerce_stock_level_on_hand_not_negative")
        ),
        sa.CheckConstraint(
            "quality_control >= 0",
            name=op.f("ck_commerce_stock_level_quality_control_not_negative"),
        ),
        sa.CheckConstraint(
            "reserved = 0 OR next_expiry_at IS NOT NULL",
            name=op.f("ck_commerce_stock_level_reserved_stock_expires"),
        ),
        sa.CheckConstraint(
            "reserved >= 0", name=op.f("ck_commerce_stock_level_reserved_not_negative")
        ),
        sa.CheckConstraint(
            "safety_stock >= 0", name=op.f("ck_commerce_stock_level_safety_stock_not_negative")
        ),
        sa.CheckConstraint("short >= 0", name=op.f("ck_commerce_stock_level_short_not_negative")),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["commerce_stock_location.id"],
            name=op.f("fk_commerce_stock_level_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["commerce_variant.id"], name=op.f("fk_commerce_stock_level_variant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_stock_level")),
        sa.UniqueConstraint(
            "variant_id", "location_id", name=op.f("uq_commerce_stock_level_variant_id_location_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_commerce_stock_level_due",
        "commerce_stock_level",
        ["next_expiry_at"],
        unique=False,
        postgresql_where=sa.text("next_expiry_at IS NOT NULL"),
        sqlite_where=sa.text("next_expiry_at IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_commerce_stock_level_location_id"),
        "commerce_stock_level",
        ["location_id"],
        unique=False,
    )
    op.create_index(
        "ix_commerce_stock_level_low",
        "commerce_stock_level",
        ["variant_id"],
        unique=False,
        postgresql_where=sa.text(
            "on_hand - damaged - quality_control - safety_stock - allocated - reserved < minimum"
        ),
        sqlite_where=sa.text(
            "on_hand - damaged - quality_control - safety_stock - allocated - reserved < minimum"
        ),
    )
    op.create_table(
        "commerce_stock_policy",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("minimum", sa.Integer(), server_default="0", nullable=False),
        sa.Column("safety_stock", sa.Integer(), server_default="0", nullable=False),
        sa.Column("backorder_limit", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_by", sa.String(length=120), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "backorder_limit >= 0",
            name=op.f("ck_commerce_stock_policy_backorder_limit_not_negative"),
        ),
        sa.CheckConstraint(
            "minimum >= 0", name=op.f("ck_commerce_stock_policy_minimum_not_negative")
        ),
        sa.CheckConstraint(
            "safety_stock >= 0", name=op.f("ck_commerce_stock_policy_safety_stock_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["commerce_stock_location.id"],
            name=op.f("fk_commerce_stock_policy_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["commerce_variant.id"],
            name=op.f("fk_commerce_stock_policy_variant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_stock_policy")),
        sa.UniqueConstraint(
            "variant_id",
            "location_id",
            name=op.f("uq_commerce_stock_policy_variant_id_location_id"),
        ),
        info={"personal_data": ("updated_by",), "retention": "as long as the policy"},
    )
    op.create_index(
        op.f("ix_commerce_stock_policy_location_id"),
        "commerce_stock_policy",
        ["location_id"],
        unique=False,
    )
    op.create_table(
        "commerce_stock_transfer_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lost", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "quantity > 0", name=op.f("ck_commerce_stock_transfer_line_quantity_positive")
        ),
        sa.CheckConstraint(
            "received + lost <= quantity",
            name=op.f("ck_commerce_stock_transfer_line_parts_within_quantity"),
        ),
        sa.CheckConstraint(
            "received >= 0 AND lost >= 0",
            name=op.f("ck_commerce_stock_transfer_line_parts_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"],
            ["commerce_stock_transfer.id"],
            name=op.f("fk_commerce_stock_transfer_line_transfer_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["commerce_variant.id"],
            name=op.f("fk_commerce_stock_transfer_line_variant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_stock_transfer_line")),
        sa.UniqueConstraint(
            "transfer_id",
            "variant_id",
            name=op.f("uq_commerce_stock_transfer_line_transfer_id_variant_id"),
        ),
    )
    op.create_index(
        op.f("ix_commerce_stock_transfer_line_variant_id"),
        "commerce_stock_transfer_line",
        ["variant_id"],
        unique=False,
    )
    op.create_table(
        "commerce_variant_option_value",
        sa.Column(
            "variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "option_type_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "option_value_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["option_type_id"],
            ["commerce_option_type.id"],
            name=op.f("fk_commerce_variant_option_value_option_type_id"),
        ),
        sa.ForeignKeyConstraint(
            ["option_value_id"],
            ["commerce_option_value.id"],
            name=op.f("fk_commerce_variant_option_value_option_value_id"),
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["commerce_variant.id"],
            name=op.f("fk_commerce_variant_option_value_variant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "variant_id", "option_type_id", name=op.f("pk_commerce_variant_option_value")
        ),
    )
    op.create_index(
        op.f("ix_commerce_variant_option_value_option_value_id"),
        "commerce_variant_option_value",
        ["option_value_id"],
        unique=False,
    )
    op.create_table(
        "commerce_credit_note_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "credit_note_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "goods", "charge", name="kind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column(
            "variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), server_default="", nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column(
            "details",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.CheckConstraint(
            "kind <> 'goods' OR variant_id IS NOT NULL",
            name=op.f("ck_commerce_credit_note_line_goods_have_a_variant"),
        ),
        sa.ForeignKeyConstraint(
            ["credit_note_id"],
            ["commerce_credit_note.id"],
            name=op.f("fk_commerce_credit_note_line_credit_note_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["commerce_variant.id"],
            name=op.f("fk_commerce_credit_note_line_variant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_credit_note_line")),
        sa.UniqueConstraint(
            "credit_note_id",
            "position",
            name=op.f("uq_commerce_credit_note_line_credit_note_id_position"),
        ),
    )
    op.create_index(
        op.f("ix_commerce_credit_note_line_variant_id"),
        "commerce_credit_note_line",
        ["variant_id"],
        unique=False,
    )
    op.create_table(
        "commerce_purchase_receipt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.CheckConstraint(
            "quantity > 0", name=op.f("ck_commerce_purchase_receipt_quantity_positive")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"],
            ["commerce_purchase_order_line.id"],
            name=op.f("fk_commerce_purchase_receipt_line_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_purchase_receipt")),
        info={"personal_data": ("actor",), "retention": "10 years (books)"},
    )
    op.create_index(
        op.f("ix_commerce_purchase_receipt_line_id"),
        "commerce_purchase_receipt",
        ["line_id"],
        unique=False,
    )
    op.create_table(
        "commerce_reservation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("level_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "released",
                "expired",
                "allocated",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("holder_ref", sa.String(length=64), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_commerce_reservation_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["level_id"], ["commerce_stock_level.id"], name=op.f("fk_commerce_reservation_level_id")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["commerce_stock_location.id"],
            name=op.f("fk_commerce_reservation_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["commerce_variant.id"], name=op.f("fk_commerce_reservation_variant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_reservation")),
        info={"personal_data": ("actor", "holder_ref"), "retention": "90 days after its end"},
    )
    op.create_index(
        "ix_commerce_reservation_due",
        "commerce_reservation",
        ["level_id", "expires_at"],
        unique=False,
        postgresql_where=sa.text("status = 'active'"),
        sqlite_where=sa.text("status = 'active'"),
    )
    op.create_index(
        "ix_commerce_reservation_holder_ref",
        "commerce_reservation",
        ["holder_ref"],
        unique=False,
        postgresql_where=sa.text("holder_ref IS NOT NULL"),
        sqlite_where=sa.text("holder_ref IS NOT NULL"),
    )
    op.create_index(
        "uq_commerce_reservation_idempotency_key",
        "commerce_reservation",
        ["actor", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
        sqlite_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_table(
        "commerce_stock_movement",
        sa.Column("level_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "received",
                "shipped",
                "adjusted",
                "counted",
                "restocked",
                "damaged",
                "written_off",
                "quality_held",
                "quality_released",
                "reserved",
                "extended",
                "released",
                "expired",
                "allocated",
                "deallocated",
                "backordered",
                "backorder_filled",
                "expected",
                "transfer_sent",
                "transfer_received",
                "policy_changed",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("on_hand_delta", sa.Integer(), server_default="0", nullable=False),
        sa.Column("damaged_delta", sa.Integer(), server_default="0", nullable=False),
        sa.Column("quality_control_delta", sa.Integer(), server_default="0", nullable=False),
        sa.Column("allocated_delta", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reserved_delta", sa.Integer(), server_default="0", nullable=False),
        sa.Column("backordered_delta", sa.Integer(), server_default="0", nullable=False),
        sa.Column("short_delta", sa.Integer(), server_default="0", nullable=False),
        sa.Column("incoming_delta", sa.Integer(), server_default="0", nullable=False),
        sa.Column("on_hand", sa.Integer(), server_default="0", nullable=False),
        sa.Column("damaged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("quality_control", sa.Integer(), server_default="0", nullable=False),
        sa.Column("allocated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reserved", sa.Integer(), server_default="0", nullable=False),
        sa.Column("backordered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("short", sa.Integer(), server_default="0", nullable=False),
        sa.Column("incoming", sa.Integer(), server_default="0", nullable=False),
        sa.Column("safety_stock", sa.Integer(), server_default="0", nullable=False),
        sa.Column("minimum", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("cause_kind", sa.String(length=32), nullable=True),
        sa.Column("cause_id", sa.String(length=64), nullable=True),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("xid", Xid8(), server_default=current_xid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind <> 'adjusted' OR reason IS NOT NULL",
            name=op.f("ck_commerce_stock_movement_adjusted_has_a_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["level_id"],
            ["commerce_stock_level.id"],
            name=op.f("fk_commerce_stock_movement_level_id"),
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["commerce_stock_location.id"],
            name=op.f("fk_commerce_stock_movement_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["commerce_variant.id"],
            name=op.f("fk_commerce_stock_movement_variant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_stock_movement")),
        sa.UniqueConstraint(
            "level_id", "version", name=op.f("uq_commerce_stock_movement_level_id_version")
        ),
        info={"personal_data": ("actor",), "retention": "10 years (books)"},
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_commerce_stock_movement_cause",
        "commerce_stock_movement",
        ["cause_kind", "cause_id"],
        unique=False,
        postgresql_where=sa.text("cause_id IS NOT NULL"),
        sqlite_where=sa.text("cause_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_commerce_stock_movement_variant_id_id"),
        "commerce_stock_movement",
        ["variant_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_commerce_stock_movement_xid_id"),
        "commerce_stock_movement",
        ["xid", "id"],
        unique=False,
    )
    op.create_index(
        "uq_commerce_stock_movement_idempotency_key",
        "commerce_stock_movement",
        ["actor", "kind", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
        sqlite_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_table(
        "commerce_allocation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("level_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "variant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "reservation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("shipped", sa.Integer(), server_default="0", nullable=False),
        sa.Column("released", sa.Integer(), server_default="0", nullable=False),
        sa.Column("backordered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("holder_kind", sa.String(length=32), nullable=False),
        sa.Column("holder_ref", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "backordered >= 0 AND backordered <= quantity - shipped - released",
            name=op.f("ck_commerce_allocation_backordered_within_open"),
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_commerce_allocation_quantity_positive")),
        sa.CheckConstraint(
            "shipped + released <= quantity",
            name=op.f("ck_commerce_allocation_parts_within_quantity"),
        ),
        sa.CheckConstraint(
            "shipped >= 0 AND released >= 0", name=op.f("ck_commerce_allocation_parts_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["level_id"], ["commerce_stock_level.id"], name=op.f("fk_commerce_allocation_level_id")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["commerce_stock_location.id"],
            name=op.f("fk_commerce_allocation_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reservation_id"],
            ["commerce_reservation.id"],
            name=op.f("fk_commerce_allocation_reservation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["commerce_variant.id"], name=op.f("fk_commerce_allocation_variant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_allocation")),
        info={"personal_data": ("actor",), "retention": "as the order it belongs to"},
    )
    op.create_index(
        "ix_commerce_allocation_backordered",
        "commerce_allocation",
        ["level_id", "id"],
        unique=False,
        postgresql_where=sa.text("backordered > 0"),
        sqlite_where=sa.text("backordered > 0"),
    )
    op.create_index(
        op.f("ix_commerce_allocation_holder_kind_holder_ref"),
        "commerce_allocation",
        ["holder_kind", "holder_ref"],
        unique=False,
    )
    op.create_index(
        op.f("ix_commerce_allocation_level_id_id"),
        "commerce_allocation",
        ["level_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_commerce_allocation_reservation_id",
        "commerce_allocation",
        ["reservation_id"],
        unique=False,
        postgresql_where=sa.text("reservation_id IS NOT NULL"),
        sqlite_where=sa.text("reservation_id IS NOT NULL"),
    )
    op.create_index(
        "uq_commerce_allocation_idempotency_key",
        "commerce_allocation",
        ["actor", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
        sqlite_where=sa.text("idempotency_key IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("commerce_allocation")
    op.drop_table("commerce_stock_movement")
    op.drop_table("commerce_reservation")
    op.drop_table("commerce_purchase_receipt")
    op.drop_table("commerce_credit_note_line")
    op.drop_table("commerce_variant_option_value")
    op.drop_table("commerce_stock_transfer_line")
    op.drop_table("commerce_stock_policy")
    op.drop_table("commerce_stock_level")
    op.drop_table("commerce_stock_count_line")
    op.drop_table("commerce_purchase_order_line")
    op.drop_table("commerce_order_line")
    op.drop_table("commerce_kit_component")
    op.drop_table("commerce_credit_note")
    op.drop_table("commerce_variant")
    op.drop_table("commerce_stock_transfer")
    op.drop_table("commerce_stock_count")
    op.drop_table("commerce_purchase_order")
    op.drop_table("commerce_product_option_type")
    op.drop_table("commerce_order")
    op.drop_table("commerce_option_value")
    op.drop_table("commerce_supplier")
    op.drop_table("commerce_stock_location")
    op.drop_table("commerce_product")
    op.drop_table("commerce_option_type")
    op.drop_table("commerce_journal_epoch")
    op.drop_table("commerce_journal_clock")
    op.drop_table("commerce_idempotency_key")
    op.drop_table("commerce_customer")
