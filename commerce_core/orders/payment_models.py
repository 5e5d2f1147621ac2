"""Tables of money: payments of orders, and refunds of payments."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.database import (
    Base,
    Details,
    MoneyAmount,
    Timestamps,
    UTCDateTime,
    big_id,
    text_enum,
)
from commerce_core.idempotency import MAX_KEY_LENGTH
from commerce_core.orders.models import REASON_LENGTH, PaymentStatus


class RefundStatus(StrEnum):
    """How it stands with a refund. ``uncertain``: the gateway was asked and did not answer."""

    REQUESTED = "requested"
    UNCERTAIN = "uncertain"
    DONE = "done"
    DECLINED = "declined"


class Payment(Details, Timestamps, Base):
    """Money of a customer for an order. ``request_key`` is what a gateway knows it by.

    ``refunded`` includes refunds that are under way, so that two at once cannot give back more
    than was paid.
    """

    __tablename__ = "commerce_payment"
    __table_args__ = (
        UniqueConstraint("request_key"),
        Index(None, "order_id", "id"),
        Index(
            "ix_commerce_payment_unsettled",
            "created_at",
            "id",
            postgresql_where=text("status IN ('charging', 'uncertain')"),
            sqlite_where=text("status IN ('charging', 'uncertain')"),
        ),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("refunded >= 0 AND refunded <= amount", name="refunds_within_amount"),
        CheckConstraint(
            "refunded = 0 OR status = 'captured'", name="only_captured_money_goes_back"
        ),
        {"info": {"personal_data": ("actor",), "retention": "10 years (books)"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("commerce_order.id"))
    gateway: Mapped[str] = mapped_column(String(32))
    status: Mapped[PaymentStatus] = mapped_column(text_enum(PaymentStatus, name="status"))
    amount: Mapped[Decimal] = mapped_column(MoneyAmount)
    currency: Mapped[str] = mapped_column(String(3))
    refunded: Mapped[Decimal] = mapped_column(MoneyAmount, default=Decimal(0), server_default="0")
    request_key: Mapped[str] = mapped_column(String(MAX_KEY_LENGTH))
    reference: Mapped[str | None] = mapped_column(String(128))
    message: Mapped[str | None] = mapped_column(String(REASON_LENGTH))
    actor: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime())


class Refund(Details, Timestamps, Base):
    """Money that goes back, for a return, a cancellation or goodwill."""

    __tablename__ = "commerce_refund"
    __table_args__ = (
        UniqueConstraint("request_key"),
        Index(
            "uq_commerce_refund_idempotency_key",
            "actor",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
            sqlite_where=text("idempotency_key IS NOT NULL"),
        ),
        Index(None, "order_id", "id"),
        Index(None, "payment_id"),
        Index(None, "return_id"),
        CheckConstraint("amount > 0", name="amount_positive"),
        {"info": {"personal_data": ("actor",), "retention": "10 years (books)"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("commerce_order.id"))
    payment_id: Mapped[int] = mapped_column(ForeignKey("commerce_payment.id"))
    return_id: Mapped[int | None] = mapped_column(ForeignKey("commerce_return.id"))
    status: Mapped[RefundStatus] = mapped_column(text_enum(RefundStatus, name="status"))
    amount: Mapped[Decimal] = mapped_column(MoneyAmount)
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    request_key: Mapped[str] = mapped_column(String(MAX_KEY_LENGTH))
    reference: Mapped[str | None] = mapped_column(String(128))
    actor: Mapped[str] = mapped_column(String(120))
    idempotency_key: Mapped[str | None] = mapped_column(String(MAX_KEY_LENGTH))
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
