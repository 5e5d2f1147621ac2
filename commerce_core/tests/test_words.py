"""One word per concept: what we call it, and the other names that nobody here may use for it."""

from __future__ import annotations

import ast
import importlib
import re
from typing import TYPE_CHECKING

import pytest

from commerce_core.models import metadata
from commerce_core.tests.source import ROOT, Module, modules

if TYPE_CHECKING:
    from collections.abc import Iterable

OURS = {
    "Allocation": ("firm_reservation", "hard_reservation", "stock_allocation"),
    "BehaviorEvent": ("behaviour_event", "user_event"),
    "Customer": ("buyer", "purchaser"),
    "Fulfillment": ("fulfilment",),
    "OptionType": ("attribute_type", "option_group", "variant_attribute"),
    "OptionValue": ("option_choice",),
    "Order": ("sales_order",),
    "OrderLine": ("line_item", "order_item", "order_row"),
    "PurchaseOrder": ("replenishment_order", "supplier_order"),
    "Reservation": ("soft_allocation", "stock_hold", "stock_reservation"),
    "Return": ("rma", "return_order"),
    "Shipment": ("consignment", "delivery_order"),
    "StockCount": ("cycle_count", "inventory_count", "stock_take", "stocktake", "stocktaking"),
    "StockLevel": (
        "inventory_item",
        "inventory_level",
        "inventory_record",
        "stock_entry",
        "stock_item",
        "stock_record",
    ),
    "StockLocation": ("depot", "fulfillment_center", "storehouse", "warehouse"),
    "StockMovement": ("inventory_movement", "inventory_transaction", "stock_transaction"),
    "StockTransfer": ("inventory_transfer", "transfer_order"),
    "Variant": ("product_variant", "sku_id", "stock_keeping_unit"),
    "available": ("available_to_promise", "free_stock"),
    "cancelled": ("canceled", "canceling"),
    "catalog": ("catalogue",),
    "on_hand": ("onhand", "physical_stock", "quantity_on_hand"),
    "quantity": ("qty",),
    "reorder_point": ("order_point", "reorder_level"),
    "safety_stock": ("buffer_stock",),
    "status": ("order_state",),
}
BANNED = {word: ours for ours, words in OURS.items() for word in words}
_PATTERN = re.compile(rf"(?<![a-z])({'|'.join(sorted(BANNED, key=len, reverse=True))})s?(?![a-z])")


def banned_in(text: str) -> list[str]:
    """Return the banned words in ``text``, whether it is camelCase, snake_case, a path or prose."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()
    snake = re.sub(r"[\s\-]+", "_", snake)
    return [f"{word} (say {BANNED[word]})" for word in _PATTERN.findall(snake)]


def names_in(module: Module) -> Iterable[str]:
    """Yield a module's path, every name in it, and every text in it that looks like a URL."""
    yield module.path
    for node in ast.walk(module.tree):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name):
                yield name
            case ast.keyword(arg=str(name)) | ast.alias(name=name):
                yield name
            case ast.Constant(value=str(path)) if re.fullmatch(r"/[\w/{}:.-]+", path):
                yield path
            case _:
                continue


def test_code_and_urls_use_our_words() -> None:
    found = {
        f"{module.path}: {name}": banned
        for module in modules()
        if not module.path.endswith("/test_words.py")
        for name in names_in(module)
        if (banned := banned_in(name))
    }

    assert found == {}


def test_tables_and_columns_use_our_words() -> None:
    web = importlib.import_module("webapp.database").WebBase.metadata  # above us: not an import
    tables = [*metadata.tables.values(), *web.tables.values()]
    names = {f"{table.name}.{column.name}" for table in tables for column in table.columns}

    assert {name: banned for name in names if (banned := banned_in(name))} == {}


def test_pages_use_our_words() -> None:
    templates = sorted((ROOT / "webapp" / "templates").rglob("*.html"))
    found = {
        f"{path.relative_to(ROOT)}:{number}": banned
        for path in templates
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (banned := banned_in(line))
    }

    assert templates
    assert found == {}


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("WarehouseLocation", 1),
        ("list_warehouses", 1),
        ("order_items", 1),
        ("/stock/inventory-items/{id}", 1),
        ("The order was Canceled", 1),
        ("Sales order 12", 1),
        ("order_line", 0),
        ("cancelled", 0),
        ("purchase_order", 0),
        ("pharmacy", 0),
    ],
)
def test_it_knows_a_banned_word_when_it_sees_one(text: str, count: int) -> None:
    assert len(banned_in(text)) == count
