"""Law 4: the database refuses what must not be. Every CHECK is shown to bite, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Enum,
    String,
    Table,
    text,
)
from sqlalchemy.exc import IntegrityError

from commerce_core.models import metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from commerce_core.tests.databases import Database

BEFORE, AFTER = "2026-01-01 00:00:00+00:00", "2026-01-02 00:00:00+00:00"
NEEDED = {
    "commerce_catalog_change": {"changes": "{}"},
    "commerce_claim": {"lines": "{}"},
    "commerce_order_task": {"content": "{}"},
    "commerce_product_attribute": {"text": "x"},
    "commerce_product_image": {"url": "x"},
}
"""What a row needs beside its columns that are never empty."""

BREAKING: dict[str, dict[str, Any]] = {
    "commerce_category_not_its_own_parent": {"id": 1, "parent_id": 1},
    "commerce_price_list_ends_after_it_begins": {"valid_from": AFTER, "valid_until": BEFORE},
    "commerce_product_attribute_one_value": {"number": 1},
    "commerce_product_image_one_source": {"storage_key": "x"},
    "commerce_variant_price_ends_after_it_begins": {"valid_from": AFTER, "valid_until": BEFORE},
    "commerce_variant_price_only_a_sale_ends": {"kind": "regular", "valid_until": AFTER},
    "commerce_stock_transfer_two_places": {"source_id": 1, "destination_id": 1},
    "commerce_kit_component_not_itself": {"kit_id": 1, "component_id": 1},
    "commerce_order_line_goods_have_a_variant": {"kind": "goods", "variant_id": None},
    "commerce_order_amounts_not_negative": {"short": -1},
    "commerce_order_refunds_within_payments": {"paid": 0, "refunded": 1},
    "commerce_order_line_counts_not_negative": {"lost": -1},
    "commerce_order_line_delivered_was_shipped": {"delivered": 1},
    "commerce_order_line_shipped_was_fulfilled": {"shipped": 1},
    "commerce_order_line_fulfilled_was_allocated": {"fulfilled": 1},
    "commerce_order_line_promised_was_ordered": {"quantity": 1, "allocated": 2},
    "commerce_order_line_returned_was_ordered": {"quantity": 1, "returned": 2},
    "commerce_payment_only_captured_money_goes_back": {
        "status": "pending",
        "amount": 2,
        "refunded": 1,
    },
    "commerce_payment_refunds_within_amount": {"status": "captured", "amount": 1, "refunded": 2},
    "commerce_return_refund_not_negative": {"refund_amount": -1},
    "commerce_return_line_counts_not_negative": {"missing": -1},
    "commerce_return_line_inspected_was_received": {"resellable": 1},
    "commerce_return_line_received_was_announced": {"quantity": 1, "received": 2},
    "commerce_credit_note_line_goods_have_a_variant": {"kind": "goods", "variant_id": None},
    "commerce_stock_level_backorder_limit_kept": {"backordered": 1},
    "commerce_stock_level_reserved_stock_expires": {"on_hand": 1, "reserved": 1},
    "commerce_stock_level_no_oversell": {"on_hand": 1, "allocated": 2},
    "commerce_stock_level_set_aside_stock_is_there": {"damaged": 1, "short": 1},
    "commerce_stock_level_on_hand_not_negative": {"on_hand": -1, "short": 1},
    "commerce_stock_level_short_not_negative": {"on_hand": 1, "short": -1},
    "commerce_stock_transfer_line_parts_not_negative": {"lost": -1},
    "commerce_stock_transfer_line_parts_within_quantity": {"quantity": 1, "lost": 1, "received": 1},
    "commerce_stock_movement_adjusted_has_a_reason": {"kind": "adjusted", "reason": None},
    "commerce_allocation_parts_not_negative": {"shipped": -1},
    "commerce_allocation_backordered_within_open": {"quantity": 1, "backordered": 2},
    "commerce_allocation_parts_within_quantity": {"quantity": 1, "shipped": 2},
}
"""What breaks a CHECK whose name does not say it (enums, …_not_negative and …_positive do)."""

IMPLIED = {
    "commerce_stock_level_backorder_limit_not_negative": "backorder_limit_kept",
    "commerce_allocation_parts_within_quantity": "backordered_within_open",
}
"""CHECKs that cannot be broken without breaking another one, which PostgreSQL may name first."""

CHECKS = sorted(
    (table.name, str(check.name))
    for table in metadata.sorted_tables
    for check in table.constraints
    if isinstance(check, CheckConstraint)
)


def breaking(table: Table, name: str) -> dict[str, Any]:
    """Return the values that break the CHECK ``name`` and, as far as possible, nothing else."""
    rule = name.removeprefix(f"ck_{table.name}_")
    known = BREAKING.get(name.removeprefix("ck_"))
    if known is not None:
        return known
    if rule.endswith("_not_negative"):
        return {rule.removesuffix("_not_negative"): -1}
    if rule.endswith("_positive"):
        return {rule.removesuffix("_positive"): 0}
    assert isinstance(table.c[rule].type, Enum), f"say in BREAKING what breaks {name}"
    return {rule: "no_such_word"}


def plain(column: Column[Any], number: int) -> Any:
    """Return some value for a column."""
    kind = column.type
    if isinstance(kind, Enum):
        return kind.enums[-1]
    if isinstance(kind, Boolean):
        return True
    impl = getattr(kind, "impl", kind)
    if isinstance(impl, DateTime):
        return datetime(2026, 1, 1, tzinfo=UTC).isoformat(" ")
    if isinstance(impl, Date):
        return date(2026, 1, 1).isoformat()
    return "x" if isinstance(impl, String) else number


def insert(connection: Connection, table: Table, **values: Any) -> None:
    """Insert a row past SQLAlchemy's own checks, with foreign keys out of the way."""
    row = {
        column.name: plain(column, number)
        for number, column in enumerate(table.columns, start=1)
        if column.foreign_keys or (not column.nullable and column.server_default is None)
    }
    row |= NEEDED.get(table.name, {}) | values
    if "xid" in table.c:
        row["xid"] = "5"
    names = ", ".join(row)
    marks = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table.name} ({names}) VALUES ({marks})"), row)  # noqa: S608


@pytest.fixture
def loose(database: Database) -> Any:
    """Return a connection on which foreign keys do not count, and nothing stays."""
    with database.engine.connect() as connection:
        connection.execute(
            text(
                "SET LOCAL session_replication_role = replica"
                if database.is_postgresql
                else "PRAGMA defer_foreign_keys = ON"
            )
        )
        yield connection
        connection.rollback()


@pytest.mark.parametrize(("table", "name"), CHECKS, ids=[name[3:] for _, name in CHECKS])
def test_the_database_refuses(loose: Connection, table: str, name: str) -> None:
    there = metadata.tables[table]
    values = breaking(there, name)

    with pytest.raises(IntegrityError) as caught:
        insert(loose, there, **values)

    assert name in str(caught.value) or IMPLIED.get(name[3:], "?") in str(caught.value)


@pytest.mark.parametrize("table", sorted({table for table, _ in CHECKS}))
def test_a_row_that_breaks_nothing_is_accepted(loose: Connection, table: str) -> None:
    """Or the refusals above would prove nothing."""
    insert(loose, metadata.tables[table])
