"""Tables of stock on the move between our own locations."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.database import Base, Details, Timestamps, UTCDateTime, big_id, text_enum


class TransferStatus(StrEnum):
    """Where a transfer stands."""

    DRAFT = "draft"
    IN_TRANSIT = "in_transit"
    PARTIALLY_RECEIVED = "partially_received"
    RECEIVED = "received"
    CANCELLED = "cancelled"


class StockTransfer(Details, Timestamps, Base):
    """Stock that goes from one location to another. In transit it is nobody's ``available``."""

    __tablename__ = "commerce_stock_transfer"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("source_id <> destination_id", name="two_places"),
        Index(None, "status"),
        {"info": {"personal_data": ("created_by",), "retention": "as the stock ledger"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    number: Mapped[str] = mapped_column(String(32))
    source_id: Mapped[int] = mapped_column(ForeignKey("commerce_stock_location.id"))
    destination_id: Mapped[int] = mapped_column(ForeignKey("commerce_stock_location.id"))
    status: Mapped[TransferStatus] = mapped_column(
        text_enum(TransferStatus, name="status"), default=TransferStatus.DRAFT
    )
    created_by: Mapped[str] = mapped_column(String(120))
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime())


class StockTransferLine(Base):
    """One variant of a transfer. ``lost`` never arrived and was written off."""

    __tablename__ = "commerce_stock_transfer_line"
    __table_args__ = (
        UniqueConstraint("transfer_id", "variant_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("received >= 0 AND lost >= 0", name="parts_not_negative"),
        CheckConstraint("received + lost <= quantity", name="parts_within_quantity"),
        Index(None, "variant_id"),
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    transfer_id: Mapped[int] = mapped_column(
        ForeignKey("commerce_stock_transfer.id", ondelete="CASCADE")
    )
    variant_id: Mapped[int] = mapped_column(ForeignKey("commerce_variant.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    received: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    lost: Mapped[int] = mapped_column(Integer, default=0, server_default="0")

    @property
    def in_transit(self) -> int:
        """Return how many pieces are still on their way."""
        return self.quantity - self.received - self.lost
