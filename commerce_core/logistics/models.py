"""Tables of logistics: so far the ledger of calls that all processes share."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.database import Base, UTCDateTime, big_id


class CarrierBudget(Base):
    """The calls of one API key at one carrier. One row an account, locked while a call is booked.

    ``counted_on`` is the GMT day that ``used`` counts; ``opens_at`` closes the account until then.
    """

    __tablename__ = "commerce_carrier_budget"
    __table_args__ = (
        CheckConstraint("used >= 0", name="used_not_negative"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    account: Mapped[str] = mapped_column(String(120), unique=True)
    counted_on: Mapped[date] = mapped_column(Date())
    used: Mapped[int] = mapped_column(Integer(), default=0, server_default="0")
    next_slot_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    opens_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
