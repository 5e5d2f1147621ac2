"""Tables of suppliers and purchase orders."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.database import (
    Base,
    Details,
    ExternalReference,
    MoneyAmount,
    Timestamps,
    UTCDateTime,
    big_id,
    text_enum,
)


class PurchaseStatus(StrEnum):
    """Where a purchase order stands."""

    DRAFT = "draft"
    ORDERED = "ordered"
    PARTIALLY_RECEIVED = "partially_received"
    RECEIVED = "received"
    CANCELLED = "cancelled"


class Supplier(ExternalReference, Details, Timestamps, Base):
    """Somebody we buy from."""

    __tablename__ = "commerce_supplier"
    __table_args__ = (
        UniqueConstraint("name"),
        UniqueConstraint("system", "external_id"),
        {"info": {"personal_data": ("name", "email"), "retention": "10 years (books)"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(254))


class PurchaseOrder(ExternalReference, Details, Timestamps, Base):
    """What we ordered from a supplier, to arrive at one location."""

    __tablename__ = "commerce_purchase_order"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("system", "external_id"),
        Index(None, "supplier_id", "ordered_at"),
        Index(None, "status"),
        {"info": {"personal_data": ("created_by",), "retention": "10 years (books)"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    number: Mapped[str] = mapped_column(String(32))
    supplier_id: Mapped[int] = mapped_column(ForeignKey("commerce_supplier.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("commerce_stock_location.id"))
    status: Mapped[PurchaseStatus] = mapped_column(
        text_enum(PurchaseStatus, name="status"), default=PurchaseStatus.DRAFT
    )
    currency: Mapped[str] = mapped_column(String(3))
    created_by: Mapped[str] = mapped_column(String(120))
    expected_on: Mapped[date | None] = mapped_column(Date)
    ordered_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime())


class PurchaseOrderLine(Base):
    """One variant of a purchase order. More may arrive than was ordered."""

    __tablename__ = "commerce_purchase_order_line"
    __table_args__ = (
        UniqueConstraint("purchase_order_id", "variant_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("received >= 0", name="received_not_negative"),
        CheckConstraint("unit_cost >= 0", name="unit_cost_not_negative"),
        Index(None, "variant_id"),
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    purchase_order_id: Mapped[int] = mapped_column(
        ForeignKey("commerce_purchase_order.id", ondelete="CASCADE")
    )
    variant_id: Mapped[int] = mapped_column(ForeignKey("commerce_variant.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    received: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    unit_cost: Mapped[Decimal] = mapped_column(MoneyAmount)

    @property
    def outstanding(self) -> int:
        """Return how many ordered pieces have not arrived."""
        return max(0, self.quantity - self.received)


class PurchaseReceipt(Base):
    """A delivery of part of a line: the history from which lead times are observed."""

    __tablename__ = "commerce_purchase_receipt"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index(None, "line_id"),
        {"info": {"personal_data": ("actor",), "retention": "10 years (books)"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("commerce_purchase_order_line.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    received_at: Mapped[datetime] = mapped_column(UTCDateTime())
    actor: Mapped[str] = mapped_column(String(120))
