"""Imports every table once, so that ``Base.metadata`` is complete for Alembic and create_all."""

from __future__ import annotations

from commerce_core.catalog.models import (
    OptionType,
    OptionValue,
    Product,
    ProductOptionType,
    Variant,
    VariantOptionValue,
)
from commerce_core.customers.models import Customer
from commerce_core.database import Base
from commerce_core.idempotency import IdempotencyKey
from commerce_core.importing.models import ImportedAdjustment
from commerce_core.inventory.count_models import StockCount, StockCountLine
from commerce_core.inventory.hold_models import Allocation, Reservation
from commerce_core.inventory.kit_models import KitComponent
from commerce_core.inventory.models import StockLevel, StockLocation, StockMovement, StockPolicy
from commerce_core.inventory.purchasing_models import (
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseReceipt,
    Supplier,
)
from commerce_core.inventory.transfer_models import StockTransfer, StockTransferLine
from commerce_core.journal import JournalClock, JournalConsumer, JournalEpoch
from commerce_core.logistics.models import CarrierBudget
from commerce_core.orders.models import CreditNote, CreditNoteLine, Order, OrderLine

metadata = Base.metadata

__all__ = [
    "Allocation",
    "Base",
    "CarrierBudget",
    "CreditNote",
    "CreditNoteLine",
    "Customer",
    "IdempotencyKey",
    "ImportedAdjustment",
    "JournalClock",
    "JournalConsumer",
    "JournalEpoch",
    "KitComponent",
    "OptionType",
    "OptionValue",
    "Order",
    "OrderLine",
    "Product",
    "ProductOptionType",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "PurchaseReceipt",
    "Reservation",
    "StockCount",
    "StockCountLine",
    "StockLevel",
    "StockLocation",
    "StockMovement",
    "StockPolicy",
    "StockTransfer",
    "StockTransferLine",
    "Supplier",
    "Variant",
    "VariantOptionValue",
    "metadata",
]
