"""The journal of orders: every transition, and every attempt that was refused, with the reason."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.database import Base, details_column, text_enum
from commerce_core.idempotency import MAX_KEY_LENGTH
from commerce_core.journal import Journal, journal_table_args
from commerce_core.orders.models import REASON_LENGTH, OrderStatus


class OrderEvent(Journal, Base):
    """What was done to an order, or tried: by whom, from which state to which, and why.

    ``refusal`` is the code of the rule that forbade it (None where it was done) and ``refused``
    says it in words. ``version`` is that of the order afterwards. ``facts`` holds what the trigger
    was about: quantities by line, a fulfillment, an amount. The key is unique by order, actor and
    trigger.
    """

    __tablename__ = "commerce_order_event"
    __table_args__ = journal_table_args(
        Index(None, "order_id", "id"),
        Index(
            "uq_commerce_order_event_idempotency_key",
            "order_id",
            "actor",
            "trigger",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL AND refusal IS NULL"),
            sqlite_where=text("idempotency_key IS NOT NULL AND refusal IS NULL"),
        ),
    )

    order_id: Mapped[int] = mapped_column(ForeignKey("commerce_order.id"))
    trigger: Mapped[str] = mapped_column(String(32))
    from_status: Mapped[OrderStatus | None] = mapped_column(
        text_enum(OrderStatus, name="from_status")
    )
    to_status: Mapped[OrderStatus | None] = mapped_column(text_enum(OrderStatus, name="to_status"))
    reason: Mapped[str | None] = mapped_column(String(REASON_LENGTH))
    refusal: Mapped[str | None] = mapped_column(String(64))
    refused: Mapped[str | None] = mapped_column(String(400))
    facts: Mapped[dict[str, Any] | None] = mapped_column(details_column())
    idempotency_key: Mapped[str | None] = mapped_column(String(MAX_KEY_LENGTH))
