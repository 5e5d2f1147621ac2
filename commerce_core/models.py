"""Imports every table once, so that ``Base.metadata`` is complete for Alembic and create_all."""

from __future__ import annotations

from commerce_core.catalog.attribute_models import Attribute, ProductAttribute, ProductImage
from commerce_core.catalog.category_models import Category
from commerce_core.catalog.change_models import CatalogChange
from commerce_core.catalog.file_models import HeaderMapping, ProductImport, ProductImportRefusal
from commerce_core.catalog.models import (
    OptionType,
    OptionValue,
    Product,
    ProductOptionType,
    Variant,
    VariantOptionValue,
)
from commerce_core.catalog.price_models import PriceList, VariantPrice
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
from commerce_core.orders.change_models import OrderChange, OrderTask
from commerce_core.orders.event_models import OrderEvent
from commerce_core.orders.fulfillment_models import Fulfillment, FulfillmentLine
from commerce_core.orders.models import CreditNote, CreditNoteLine, Order, OrderLine
from commerce_core.orders.payment_models import Payment, Refund
from commerce_core.orders.return_models import Claim, Exchange, Return, ReturnLine

metadata = Base.metadata

__all__ = [
    "Allocation",
    "Attribute",
    "Base",
    "CarrierBudget",
    "CatalogChange",
    "Category",
    "Claim",
    "CreditNote",
    "CreditNoteLine",
    "Customer",
    "Exchange",
    "Fulfillment",
    "FulfillmentLine",
    "HeaderMapping",
    "IdempotencyKey",
    "ImportedAdjustment",
    "JournalClock",
    "JournalConsumer",
    "JournalEpoch",
    "KitComponent",
    "OptionType",
    "OptionValue",
    "Order",
    "OrderChange",
    "OrderEvent",
    "OrderLine",
    "OrderTask",
    "Payment",
    "PriceList",
    "Product",
    "ProductAttribute",
    "ProductImage",
    "ProductImport",
    "ProductImportRefusal",
    "ProductOptionType",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "PurchaseReceipt",
    "Refund",
    "Reservation",
    "Return",
    "ReturnLine",
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
    "VariantPrice",
    "metadata",
]
