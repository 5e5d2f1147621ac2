"""The one table of imports: stock adjustments as another system wrote them down.

An adjustment of goods also moves stock, and its movement names the adjustment as its cause. One
of anything else (a code that is not stocked) has no other place in the books than this.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.database import Base, MoneyAmount, UTCDateTime, big_id


class ImportedAdjustment(Base):
    """A correction of stock from another system. Unique by system, number and position.

    ``code`` and ``reason`` are as they were written; ``quantity`` is negative for a loss.
    ``unit_price`` is kept and counts nowhere: an adjustment is not money.
    """

    __tablename__ = "commerce_imported_adjustment"
    __table_args__ = (
        UniqueConstraint("system", "number", "position"),
        Index(None, "system", "occurred_at"),
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    system: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(Integer)
    code: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(200), default="", server_default="")
    quantity: Mapped[int] = mapped_column(Integer)
    unit_price: Mapped[Decimal] = mapped_column(MoneyAmount)
    occurred_at: Mapped[datetime] = mapped_column(UTCDateTime())
