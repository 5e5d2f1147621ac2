"""Tables of what goes wrong after shipping: returns, exchanges and claims, three documents."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.database import (
    Base,
    Details,
    MoneyAmount,
    Timestamps,
    UTCDateTime,
    big_id,
    details_column,
    text_enum,
)
from commerce_core.orders.models import REASON_LENGTH


class ReturnStatus(StrEnum):
    """How far a return got."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    IN_TRANSIT = "in_transit"
    PARTIALLY_RECEIVED = "partially_received"
    RECEIVED = "received"
    INSPECTED = "inspected"
    REFUNDED = "refunded"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class ReturnReason(StrEnum):
    """Why somebody sends something back."""

    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    NOT_AS_DESCRIBED = "not_as_described"
    DOES_NOT_SUIT = "does_not_suit"
    DAMAGED = "damaged"
    DEFECTIVE = "defective"
    WRONG_ITEM = "wrong_item"
    ORDERED_TWICE = "ordered_twice"
    OTHER = "other"


class ClaimKind(StrEnum):
    """What somebody complains about and need not send back."""

    MISSING = "missing"
    WRONG = "wrong"
    BROKEN = "broken"
    LOST = "lost"


class ClaimStatus(StrEnum):
    """How far a claim got."""

    OPEN = "open"
    REFUNDED = "refunded"
    REPLACED = "replaced"
    REJECTED = "rejected"


class Return(Details, Timestamps, Base):
    """Goods of one order that come back. ``location_id`` is where they are received."""

    __tablename__ = "commerce_return"
    __table_args__ = (
        UniqueConstraint("number"),
        Index(None, "order_id", "id"),
        Index(None, "status", "id"),
        Index(None, "tracking_number"),
        CheckConstraint("refund_amount >= 0", name="refund_not_negative"),
        {"info": {"personal_data": ("created_by", "note"), "retention": "10 years (books)"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("commerce_order.id"))
    number: Mapped[str] = mapped_column(String(32))
    status: Mapped[ReturnStatus] = mapped_column(text_enum(ReturnStatus, name="status"))
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    location_id: Mapped[int | None] = mapped_column(ForeignKey("commerce_stock_location.id"))
    refund_amount: Mapped[Decimal] = mapped_column(
        MoneyAmount, default=Decimal(0), server_default="0"
    )
    note: Mapped[str | None] = mapped_column(String(REASON_LENGTH))
    decision: Mapped[str | None] = mapped_column(String(REASON_LENGTH))
    tracking_number: Mapped[str | None] = mapped_column(String(64))
    created_by: Mapped[str] = mapped_column(String(120))
    received_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime())


class ReturnLine(Base):
    """Pieces of one order line that come back: as announced, as received, and in what condition."""

    __tablename__ = "commerce_return_line"
    __table_args__ = (
        UniqueConstraint("return_id", "order_line_id"),
        Index(None, "order_line_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint(
            "received >= 0 AND resellable >= 0 AND damaged >= 0 AND missing >= 0",
            name="counts_not_negative",
        ),
        CheckConstraint("received + missing <= quantity", name="received_was_announced"),
        CheckConstraint("resellable + damaged <= received", name="inspected_was_received"),
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("commerce_return.id", ondelete="CASCADE"))
    order_line_id: Mapped[int] = mapped_column(
        ForeignKey("commerce_order_line.id", ondelete="CASCADE")
    )
    reason: Mapped[ReturnReason] = mapped_column(text_enum(ReturnReason, name="reason"))
    quantity: Mapped[int] = mapped_column(Integer)
    received: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    resellable: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    damaged: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    missing: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


class Exchange(Timestamps, Base):
    """A return and the order that replaces what comes back."""

    __tablename__ = "commerce_exchange"
    __table_args__ = (
        UniqueConstraint("return_id"),
        UniqueConstraint("order_id"),
        {"info": {"personal_data": ("actor",), "retention": "10 years (books)"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("commerce_return.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("commerce_order.id"))
    actor: Mapped[str] = mapped_column(String(120))


class Claim(Timestamps, Base):
    """A complaint about pieces of an order where nothing comes back."""

    __tablename__ = "commerce_claim"
    __table_args__ = (
        Index(None, "order_id", "id"),
        Index(None, "status", "id"),
        Index(None, "replacement_id"),
        {"info": {"personal_data": ("actor", "note"), "retention": "10 years (books)"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("commerce_order.id"))
    kind: Mapped[ClaimKind] = mapped_column(text_enum(ClaimKind, name="kind"))
    status: Mapped[ClaimStatus] = mapped_column(text_enum(ClaimStatus, name="status"))
    lines: Mapped[dict[str, Any]] = mapped_column(details_column())
    note: Mapped[str | None] = mapped_column(String(REASON_LENGTH))
    replacement_id: Mapped[int | None] = mapped_column(ForeignKey("commerce_order.id"))
    actor: Mapped[str] = mapped_column(String(120))
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
