"""Tables of fulfillments: what goes out of one location in one parcel."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.database import Base, Details, Timestamps, UTCDateTime, big_id, text_enum


class FulfillmentStatus(StrEnum):
    """How far a parcel got. ``refused`` came back, ``lost`` came nowhere."""

    PENDING = "pending"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    LOST = "lost"
    REFUSED = "refused"


class Fulfillment(Details, Timestamps, Base):
    """Lines of an order that leave one location together. ``number`` counts within the order."""

    __tablename__ = "commerce_fulfillment"
    __table_args__ = (
        UniqueConstraint("order_id", "number"),
        Index(None, "location_id", "status", "id"),
        Index(None, "tracking_number"),
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("commerce_order.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("commerce_stock_location.id"))
    number: Mapped[int] = mapped_column(Integer)
    status: Mapped[FulfillmentStatus] = mapped_column(text_enum(FulfillmentStatus, name="status"))
    carrier: Mapped[str | None] = mapped_column(String(32))
    tracking_number: Mapped[str | None] = mapped_column(String(64))
    packed_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    shipped_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    delivered_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime())


class FulfillmentLine(Base):
    """Pieces of one allocation in a fulfillment. Of a kit every part has a line of its own."""

    __tablename__ = "commerce_fulfillment_line"
    __table_args__ = (
        UniqueConstraint("fulfillment_id", "allocation_id"),
        Index(None, "order_line_id"),
        Index(None, "allocation_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    fulfillment_id: Mapped[int] = mapped_column(
        ForeignKey("commerce_fulfillment.id", ondelete="CASCADE")
    )
    order_line_id: Mapped[int] = mapped_column(
        ForeignKey("commerce_order_line.id", ondelete="CASCADE")
    )
    allocation_id: Mapped[int] = mapped_column(ForeignKey("commerce_allocation.id"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("commerce_variant.id"))
    quantity: Mapped[int] = mapped_column(Integer)
