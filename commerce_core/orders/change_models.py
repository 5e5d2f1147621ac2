"""Tables of what people decide about an order: changes, and tasks that wait for somebody."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.database import (
    Base,
    MoneyAmount,
    Timestamps,
    UTCDateTime,
    big_id,
    details_column,
    text_enum,
)
from commerce_core.orders.models import REASON_LENGTH


class TaskKind(StrEnum):
    """What somebody has to decide by hand."""

    CHANGED_ELSEWHERE = "changed_elsewhere"
    CANCELLED_ELSEWHERE = "cancelled_elsewhere"
    PAID_TOO_LATE = "paid_too_late"


class OrderChange(Timestamps, Base):
    """A change of an order that was made: the actions, and what they did to stock and money."""

    __tablename__ = "commerce_order_change"
    __table_args__ = (
        Index(None, "order_id", "id"),
        {"info": {"personal_data": ("actor", "actions"), "retention": "10 years (books)"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("commerce_order.id"))
    actions: Mapped[list[Any]] = mapped_column(details_column())
    preview: Mapped[dict[str, Any]] = mapped_column(details_column())
    difference: Mapped[Decimal] = mapped_column(MoneyAmount)
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    actor: Mapped[str] = mapped_column(String(120))


class OrderTask(Timestamps, Base):
    """Something that happened elsewhere and cannot be applied here by itself any more."""

    __tablename__ = "commerce_order_task"
    __table_args__ = (
        Index(None, "order_id", "id"),
        Index(
            "ix_commerce_order_task_open",
            "created_at",
            "id",
            postgresql_where=text("done_at IS NULL"),
            sqlite_where=text("done_at IS NULL"),
        ),
        {"info": {"personal_data": ("done_by", "content"), "retention": "10 years (books)"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("commerce_order.id"))
    kind: Mapped[TaskKind] = mapped_column(text_enum(TaskKind, name="kind"))
    content: Mapped[dict[str, Any]] = mapped_column(details_column())
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    done_by: Mapped[str | None] = mapped_column(String(120))
