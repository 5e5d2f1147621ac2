"""Tables of counting sessions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.database import Base, Details, Timestamps, UTCDateTime, big_id, text_enum


class CountStatus(StrEnum):
    """Where a count stands."""

    OPEN = "open"
    POSTED = "posted"
    CANCELLED = "cancelled"


class StockCount(Details, Timestamps, Base):
    """A session in which people count what is really there, at one location."""

    __tablename__ = "commerce_stock_count"
    __table_args__ = (
        Index(None, "location_id", "status"),
        {"info": {"personal_data": ("created_by",), "retention": "as the stock ledger"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    location_id: Mapped[int] = mapped_column(ForeignKey("commerce_stock_location.id"))
    status: Mapped[CountStatus] = mapped_column(
        text_enum(CountStatus, name="status"), default=CountStatus.OPEN
    )
    created_by: Mapped[str] = mapped_column(String(120))
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime())


class StockCountLine(Base):
    """What was counted of one variant, against what the books said at that moment."""

    __tablename__ = "commerce_stock_count_line"
    __table_args__ = (
        UniqueConstraint("count_id", "variant_id"),
        CheckConstraint("counted >= 0", name="counted_not_negative"),
        Index(None, "variant_id"),
        {"info": {"personal_data": ("counted_by",), "retention": "as the stock ledger"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    count_id: Mapped[int] = mapped_column(ForeignKey("commerce_stock_count.id", ondelete="CASCADE"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("commerce_variant.id"))
    expected: Mapped[int] = mapped_column(Integer)
    counted: Mapped[int] = mapped_column(Integer)
    level_version: Mapped[int] = mapped_column(BigInteger)
    counted_by: Mapped[str] = mapped_column(String(120))
    counted_at: Mapped[datetime] = mapped_column(UTCDateTime())

    @property
    def difference(self) -> int:
        """Return how many more (or fewer) there were than the books said when counting."""
        return self.counted - self.expected
