"""The whole catalog: categories, prices through time, attributes, images, changes, files."""

from __future__ import annotations

import unicodedata
from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from commerce_core.catalog.search_index import SEARCHED, postgresql_statements, sqlite_statements
from commerce_core.clock import utc_now

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON: Final = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_NOT_NEGATIVE: Final = {
    "compare_at_price": "BIGINT",
    "cost": "BIGINT",
    "weight": "INTEGER",
    "length": "INTEGER",
    "width": "INTEGER",
    "height": "INTEGER",
    "low_stock_threshold": "INTEGER",
    "lead_time_days": "INTEGER",
}
_PLAIN: Final = {
    "barcode_key": "VARCHAR(14)",
    "hs_code": "VARCHAR(14)",
    "origin_country": "VARCHAR(2)",
    "customs_description": "VARCHAR(200)",
    "option_text": "VARCHAR(1000) DEFAULT '' NOT NULL",
}
_GTIN_LENGTHS: Final = (8, 12, 13, 14)


def upgrade() -> None:
    _create_categories()
    _create_price_lists()
    _create_variant_prices()
    _create_attributes()
    _create_product_attributes()
    _create_product_images()
    _create_changes()
    _create_header_mappings()
    _create_imports()
    _create_refusals()
    _move_categories()
    _add_variant_columns()
    _fill_barcode_keys()
    _index_words()


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _move_categories() -> None:
    """Make a root category of each text that stood in the column ``category``."""
    key = "fk_commerce_product_category_id"
    kind = "INTEGER" if _is_sqlite() else "BIGINT"
    op.execute(
        f"ALTER TABLE commerce_product ADD COLUMN category_id {kind} "
        f"CONSTRAINT {key} REFERENCES commerce_category (id)"
    )
    op.create_index("ix_commerce_product_category_id", "commerce_product", ["category_id"])
    bind = op.get_bind()
    found = bind.execute(
        sa.text("SELECT DISTINCT category FROM commerce_product WHERE category IS NOT NULL")
    )
    keys: dict[str, int] = {}
    for position, name in enumerate(sorted(row[0] for row in found)):
        folded = unicodedata.normalize("NFKC", name).casefold()[:200]
        if folded not in keys:
            added = sa.text(
                "INSERT INTO commerce_category "
                "(parent_path, name, name_key, position, version, created_at) "
                "VALUES ('/', :name, :key, :position, 1, :now) RETURNING id"
            ).bindparams(sa.bindparam("now", type_=sa.DateTime(timezone=True)))
            values = {"name": name, "key": folded, "position": position, "now": utc_now()}
            keys[folded] = bind.execute(added, values).scalar_one()
        moved = sa.text("UPDATE commerce_product SET category_id = :id WHERE category = :name")
        bind.execute(moved, {"id": keys[folded], "name": name})
    op.drop_index("ix_commerce_product_category", "commerce_product")
    op.execute("ALTER TABLE commerce_product DROP COLUMN category")


def _add_variant_columns() -> None:
    """Add them with their CHECKs one by one: SQLite can add those, and keeps its triggers."""
    add = "ALTER TABLE commerce_variant ADD COLUMN"
    for name, kind in _NOT_NEGATIVE.items():
        check = f"CONSTRAINT ck_commerce_variant_{name}_not_negative CHECK ({name} >= 0)"
        op.execute(f"{add} {name} {kind} {check}")
    for name, kind in _PLAIN.items():
        op.execute(f"{add} {name} {kind}")
    yes = "1" if _is_sqlite() else "true"
    op.execute(f"{add} track_inventory BOOLEAN DEFAULT {yes} NOT NULL")


def _fill_barcode_keys() -> None:
    """Give each barcode its key; where several variants have the same, the first keeps it."""
    bind = op.get_bind()
    query = "SELECT id, barcode FROM commerce_variant WHERE barcode IS NOT NULL ORDER BY id"
    keys: dict[str, int] = {}
    for number, barcode in bind.execute(sa.text(query)):
        if barcode.isascii() and barcode.isdigit() and len(barcode) in _GTIN_LENGTHS:
            keys.setdefault(barcode.zfill(14), number)
    if keys:
        change = sa.text("UPDATE commerce_variant SET barcode_key = :key WHERE id = :id")
        bind.execute(change, [{"key": key, "id": number} for key, number in keys.items()])
    op.create_index(
        "ix_commerce_variant_barcode_key", "commerce_variant", ["barcode_key"], unique=True
    )


def _index_words() -> None:
    table = "commerce_variant"
    _drop_words(table)
    for statement in (sqlite_statements if _is_sqlite() else postgresql_statements)(
        table, SEARCHED
    ):
        op.execute(statement)
    if _is_sqlite():
        op.execute(f"INSERT INTO {table}_words ({table}_words) VALUES ('rebuild')")  # noqa: S608


def _drop_words(table: str) -> None:
    if not _is_sqlite():
        op.drop_index(f"ix_{table}_words", table)
        return
    for trigger in ("added", "removed", "changed"):
        op.execute(f"DROP TRIGGER {table}_words_{trigger}")
    op.execute(f"DROP TABLE {table}_words")


def _create_categories() -> None:
    op.create_table(
        "commerce_category",
        sa.Column("id", _ID, nullable=False),
        sa.Column("parent_id", _ID, nullable=True),
        sa.Column("parent_path", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_commerce_category_not_its_own_parent")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["commerce_category.id"], name=op.f("fk_commerce_category_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_category")),
        sa.UniqueConstraint(
            "parent_path", "name_key", name=op.f("uq_commerce_category_parent_path_name_key")
        ),
    )
    op.create_index(op.f("ix_commerce_category_parent_id"), "commerce_category", ["parent_id"])


def _create_price_lists() -> None:
    op.create_table(
        "commerce_price_list",
        sa.Column("id", _ID, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "valid_until > valid_from", name=op.f("ck_commerce_price_list_ends_after_it_begins")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_price_list")),
        sa.UniqueConstraint("code", name=op.f("uq_commerce_price_list_code")),
    )


def _create_variant_prices() -> None:
    op.create_table(
        "commerce_variant_price",
        sa.Column("id", _ID, nullable=False),
        sa.Column("variant_id", _ID, nullable=False),
        sa.Column("price_list_id", _ID, nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "regular", "sale", name="kind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind = 'sale' OR valid_until IS NULL",
            name=op.f("ck_commerce_variant_price_only_a_sale_ends"),
        ),
        sa.CheckConstraint(
            "amount >= 0", name=op.f("ck_commerce_variant_price_amount_not_negative")
        ),
        sa.CheckConstraint(
            "valid_until > valid_from", name=op.f("ck_commerce_variant_price_ends_after_it_begins")
        ),
        sa.ForeignKeyConstraint(
            ["price_list_id"],
            ["commerce_price_list.id"],
            name=op.f("fk_commerce_variant_price_price_list_id"),
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["commerce_variant.id"],
            name=op.f("fk_commerce_variant_price_variant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_variant_price")),
    )
    op.create_index(
        op.f("ix_commerce_variant_price_price_list_id"), "commerce_variant_price", ["price_list_id"]
    )
    op.create_index(
        op.f("ix_commerce_variant_price_valid_from"), "commerce_variant_price", ["valid_from"]
    )
    op.create_index(
        op.f("ix_commerce_variant_price_variant_id_price_list_id_valid_from"),
        "commerce_variant_price",
        ["variant_id", "price_list_id", "valid_from"],
    )


def _create_attributes() -> None:
    op.create_table(
        "commerce_attribute",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "text",
                "number",
                "boolean",
                "choice",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("unit", sa.String(length=20), nullable=True),
        sa.Column("choices", _JSON, server_default="[]", nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_attribute")),
        sa.UniqueConstraint("name_key", name=op.f("uq_commerce_attribute_name_key")),
    )


def _create_product_attributes() -> None:
    op.create_table(
        "commerce_product_attribute",
        sa.Column("product_id", _ID, nullable=False),
        sa.Column("attribute_id", _ID, nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("flag", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "(CASE WHEN text IS NULL THEN 0 ELSE 1 END) + (CASE WHEN number IS NULL THEN 0 ELSE 1 "
            "END) + (CASE WHEN flag IS NULL THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_commerce_product_attribute_one_value"),
        ),
        sa.ForeignKeyConstraint(
            ["attribute_id"],
            ["commerce_attribute.id"],
            name=op.f("fk_commerce_product_attribute_attribute_id"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["commerce_product.id"],
            name=op.f("fk_commerce_product_attribute_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "product_id", "attribute_id", name=op.f("pk_commerce_product_attribute")
        ),
    )
    op.create_index(
        op.f("ix_commerce_product_attribute_attribute_id"),
        "commerce_product_attribute",
        ["attribute_id"],
    )


def _create_product_images() -> None:
    op.create_table(
        "commerce_product_image",
        sa.Column("id", _ID, nullable=False),
        sa.Column("product_id", _ID, nullable=False),
        sa.Column("variant_id", _ID, nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("storage_key", sa.String(length=100), nullable=True),
        sa.Column("content_type", sa.String(length=40), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("alt", sa.String(length=300), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(url IS NULL) <> (storage_key IS NULL)",
            name=op.f("ck_commerce_product_image_one_source"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["commerce_product.id"],
            name=op.f("fk_commerce_product_image_product_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["commerce_variant.id"],
            name=op.f("fk_commerce_product_image_variant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_product_image")),
    )
    op.create_index(
        op.f("ix_commerce_product_image_product_id_position"),
        "commerce_product_image",
        ["product_id", "position"],
    )


def _create_changes() -> None:
    op.create_table(
        "commerce_catalog_change",
        sa.Column("id", _ID, nullable=False),
        sa.Column("product_id", _ID, nullable=False),
        sa.Column("variant_id", _ID, nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "created",
                "edited",
                "matrix",
                "price",
                "image",
                "imported",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("changes", _JSON, nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["commerce_product.id"],
            name=op.f("fk_commerce_catalog_change_product_id"),
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["commerce_variant.id"],
            name=op.f("fk_commerce_catalog_change_variant_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_catalog_change")),
    )
    op.create_index(
        op.f("ix_commerce_catalog_change_product_id_id"),
        "commerce_catalog_change",
        ["product_id", "id"],
    )
    op.create_index(
        op.f("ix_commerce_catalog_change_variant_id_id"),
        "commerce_catalog_change",
        ["variant_id", "id"],
    )


def _create_header_mappings() -> None:
    op.create_table(
        "commerce_header_mapping",
        sa.Column("id", _ID, nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.Column("mapping", _JSON, nullable=False),
        sa.Column("updated_by", sa.String(length=120), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_header_mapping")),
        sa.UniqueConstraint("signature", name=op.f("uq_commerce_header_mapping_signature")),
    )


def _create_imports() -> None:
    op.create_table(
        "commerce_product_import",
        sa.Column("id", _ID, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "running",
                "finished",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_product_import")),
    )
    op.create_index(
        op.f("ix_commerce_product_import_fingerprint_status"),
        "commerce_product_import",
        ["fingerprint", "status"],
    )


def _create_refusals() -> None:
    op.create_table(
        "commerce_product_import_refusal",
        sa.Column("import_id", _ID, nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("column", sa.String(length=200), nullable=False),
        sa.Column("message", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["commerce_product_import.id"],
            name=op.f("fk_commerce_product_import_refusal_import_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "import_id", "row", "position", name=op.f("pk_commerce_product_import_refusal")
        ),
    )


def downgrade() -> None:
    message = "prices and changes would lose their story: restore a copy from before instead"
    raise NotImplementedError(message)
