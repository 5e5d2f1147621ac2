"""Tables of orders and credit notes: what was sold, to whom, for how much, how far it got.

Only ``writing.py`` changes an order or a line once it is there; the relations between the
quantities of a line are held by the database.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
    true,
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
from commerce_core.idempotency import MAX_KEY_LENGTH

REASON_LENGTH: Final = 200
_ORDER_PERSONAL: Final = {
    "personal_data": ("customer_id", "shipping_address", "details", "placed_by"),
    "retention": "10 years after the order (books)",
}


class OrderStatus(StrEnum):
    """The states of an order. ``machine.py`` alone moves between them."""

    PENDING = "pending"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class PaymentStatus(StrEnum):
    """How it stands with a payment. ``charging``, ``uncertain``: nobody knows what came of it."""

    PENDING = "pending"
    CHARGING = "charging"
    UNCERTAIN = "uncertain"
    CAPTURED = "captured"
    DECLINED = "declined"
    VOIDED = "voided"


class LineKind(StrEnum):
    """What a line is for: goods move stock, a charge (postage, fee, discount) moves none."""

    GOODS = "goods"
    CHARGE = "charge"


class CreditKind(StrEnum):
    """A credit note gives money back for goods or charges; bad debt writes money off."""

    CREDIT_NOTE = "credit_note"
    BAD_DEBT = "bad_debt"


class Order(ExternalReference, Details, Timestamps, Base):
    """A purchase. ``customer_id`` is None for a guest. Unique by channel and number.

    ``is_history`` marks what was sold elsewhere or before: it is read and can be returned, but it
    holds no stock and its lines count nothing. ``total`` and ``tax`` are None where nobody worked
    them out. ``short`` is how many pieces are sold and promised from no stock. ``version`` counts
    the changes; ``expires_at`` is when an unpaid order ends by itself.
    """

    __tablename__ = "commerce_order"
    __table_args__ = (
        UniqueConstraint("channel", "number"),
        UniqueConstraint("system", "external_id"),
        Index(None, "number"),
        Index(
            "ix_commerce_order_external_id",
            "external_id",
            postgresql_where=text("external_id IS NOT NULL"),
            sqlite_where=text("external_id IS NOT NULL"),
        ),
        Index(None, "placed_at", "id"),
        Index(None, "customer_id", "placed_at", "id"),
        Index(None, "status", "placed_at", "id"),
        Index(None, "channel", "placed_at", "id"),
        Index(None, "channel", "status", "placed_at", "id"),
        Index(
            "uq_commerce_order_idempotency_key",
            "placed_by",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
            sqlite_where=text("idempotency_key IS NOT NULL"),
        ),
        Index(
            "ix_commerce_order_due",
            "expires_at",
            postgresql_where=text("status = 'pending'"),
            sqlite_where=text("status = 'pending'"),
        ),
        Index(
            "ix_commerce_order_short",
            "placed_at",
            "id",
            postgresql_where=text("short > 0"),
            sqlite_where=text("short > 0"),
        ),
        Index(
            "ix_commerce_order_held",
            "placed_at",
            "id",
            postgresql_where=text("held_at IS NOT NULL"),
            sqlite_where=text("held_at IS NOT NULL"),
        ),
        CheckConstraint("paid >= 0 AND short >= 0", name="amounts_not_negative"),
        CheckConstraint("refunded >= 0 AND refunded <= paid", name="refunds_within_payments"),
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
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    is_history: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    is_tax_included: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    total: Mapped[Decimal | None] = mapped_column(MoneyAmount)
    tax: Mapped[Decimal | None] = mapped_column(MoneyAmount)
    payment_status: Mapped[PaymentStatus | None] = mapped_column(
        text_enum(PaymentStatus, name="payment_status")
    )
    held_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    hold_reason: Mapped[str | None] = mapped_column(String(REASON_LENGTH))
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    placed_by: Mapped[str | None] = mapped_column(String(120))
    idempotency_key: Mapped[str | None] = mapped_column(String(MAX_KEY_LENGTH))
    refunded: Mapped[Decimal] = mapped_column(MoneyAmount, default=Decimal(0), server_default="0")
    paid: Mapped[Decimal] = mapped_column(MoneyAmount, default=Decimal(0), server_default="0")
    short: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


COUNTED: Final = ("cancelled", "allocated", "fulfilled", "shipped", "delivered", "returned", "lost")
"""What is counted of the pieces of a line, apart from how many were ordered."""


def _counted() -> Mapped[int]:
    return mapped_column(Integer, default=0, server_default="0")


class OrderLine(Details, Base):
    """One line of an order, at its own price. ``code`` and ``name`` are as they were sold.

    ``delivered <= shipped <= fulfilled <= allocated <= quantity - cancelled``, in pieces of what
    was ordered: ``allocated`` is promised from stock (or was), ``fulfilled`` is in a fulfillment.
    ``lost`` pieces left and never arrived; they are open again. ``discount`` and ``tax`` are those
    of the whole line, ``tax_rate`` a fraction (0.19). ``parts`` maps the ids of what a kit is made
    of to pieces for each.
    """

    __tablename__ = "commerce_order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("kind <> 'goods' OR variant_id IS NOT NULL", name="goods_have_a_variant"),
        CheckConstraint(
            "cancelled >= 0 AND delivered >= 0 AND returned >= 0 AND lost >= 0",
            name="counts_not_negative",
        ),
        CheckConstraint("delivered <= shipped", name="delivered_was_shipped"),
        CheckConstraint("shipped <= fulfilled", name="shipped_was_fulfilled"),
        CheckConstraint("fulfilled <= allocated", name="fulfilled_was_allocated"),
        CheckConstraint(
            "allocated + cancelled <= quantity OR (allocated = 0 AND cancelled = 0)",
            name="promised_was_ordered",
        ),
        CheckConstraint(
            "returned + cancelled <= quantity OR returned = 0", name="returned_was_ordered"
        ),
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
    discount: Mapped[Decimal] = mapped_column(MoneyAmount, default=Decimal(0), server_default="0")
    tax_rate: Mapped[Decimal] = mapped_column(MoneyAmount, default=Decimal(0), server_default="0")
    tax: Mapped[Decimal] = mapped_column(MoneyAmount, default=Decimal(0), server_default="0")
    parts: Mapped[dict[str, int] | None] = mapped_column(details_column())
    cancelled: Mapped[int] = _counted()
    allocated: Mapped[int] = _counted()
    fulfilled: Mapped[int] = _counted()
    shipped: Mapped[int] = _counted()
    delivered: Mapped[int] = _counted()
    lost: Mapped[int] = _counted()
    returned: Mapped[int] = _counted()

    @property
    def wanted(self) -> int:
        """Return how many pieces the customer still wants or has got."""
        return self.quantity - self.cancelled

    @property
    def open(self) -> int:
        """Return how many pieces have not left the house yet and shall."""
        return self.wanted - self.shipped

    @property
    def short(self) -> int:
        """Return how many pieces are sold and promised from no stock."""
        return self.wanted - self.allocated if self.kind is LineKind.GOODS else 0


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
