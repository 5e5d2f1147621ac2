"""Tables of orders and credit notes, as history: what was sold, to whom, for how much."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
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
    details_column,
    text_enum,
)

_ORDER_PERSONAL: Final = {
    "personal_data": ("customer_id", "shipping_address", "details"),
    "retention": "10 years after the order (books)",
}


class OrderStatus(StrEnum):
    """The states of an order; the machine that moves between them comes with its lifecycle."""

    PENDING = "pending"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class LineKind(StrEnum):
    """What a line is for: goods move stock, a charge (postage, fee, discount) moves none."""

    GOODS = "goods"
    CHARGE = "charge"


class CreditKind(StrEnum):
    """A credit note gives money back for goods or charges; bad debt writes money off."""

    CREDIT_NOTE = "credit_note"
    BAD_DEBT = "bad_debt"


class Order(ExternalReference, Details, Timestamps, Base):
    """A purchase. ``customer_id`` is None for a guest. Unique by channel and number."""

    __tablename__ = "commerce_order"
    __table_args__ = (
        UniqueConstraint("channel", "number"),
        UniqueConstraint("system", "external_id"),
        Index(None, "placed_at", "id"),
        Index(None, "customer_id", "placed_at"),
        {"info": _ORDER_PERSONAL},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    channel: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(String(64))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("commerce_customer.id"))
    status: Mapped[OrderStatus] = mapped_column(text_enum(OrderStatus, name="status"))
    currency: Mapped[str] = mapped_column(String(3))
    country: Mapped[str | None] = mapped_column(String(64))
    placed_at: Mapped[datetime] = mapped_column(UTCDateTime())
    shipping_address: Mapped[dict[str, Any] | None] = mapped_column(details_column())


class OrderLine(Details, Base):
    """One line of an order, at its own price. ``code`` and ``name`` are as they were sold."""

    __tablename__ = "commerce_order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("kind <> 'goods' OR variant_id IS NOT NULL", name="goods_have_a_variant"),
        Index(None, "variant_id", "order_id"),
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("commerce_order.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[LineKind] = mapped_column(text_enum(LineKind, name="kind"))
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("commerce_variant.id"))
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    quantity: Mapped[int] = mapped_column(Integer)
    unit_price: Mapped[Decimal] = mapped_column(MoneyAmount)


class CreditNote(ExternalReference, Details, Timestamps, Base):
    """Money given back or written off. ``order_id`` is None where the order is not known."""

    __tablename__ = "commerce_credit_note"
    __table_args__ = (
        UniqueConstraint("channel", "number"),
        UniqueConstraint("system", "external_id"),
        Index(None, "issued_at", "id"),
        Index(None, "customer_id", "issued_at"),
        Index(None, "order_id"),
        {"info": _ORDER_PERSONAL | {"personal_data": ("customer_id", "details")}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    channel: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(String(64))
    kind: Mapped[CreditKind] = mapped_column(text_enum(CreditKind, name="kind"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("commerce_order.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("commerce_customer.id"))
    currency: Mapped[str] = mapped_column(String(3))
    country: Mapped[str | None] = mapped_column(String(64))
    issued_at: Mapped[datetime] = mapped_column(UTCDateTime())


class CreditNoteLine(Details, Base):
    """One line of a credit note. ``quantity`` is negative when goods or charges are taken back."""

    __tablename__ = "commerce_credit_note_line"
    __table_args__ = (
        UniqueConstraint("credit_note_id", "position"),
        CheckConstraint("kind <> 'goods' OR variant_id IS NOT NULL", name="goods_have_a_variant"),
        Index(None, "variant_id"),
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    credit_note_id: Mapped[int] = mapped_column(
        ForeignKey("commerce_credit_note.id", ondelete="CASCADE")
    )
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[LineKind] = mapped_column(text_enum(LineKind, name="kind"))
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("commerce_variant.id"))
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    quantity: Mapped[int] = mapped_column(Integer)
    unit_price: Mapped[Decimal] = mapped_column(MoneyAmount)
