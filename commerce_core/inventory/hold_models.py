"""Tables of promises: reservations (soft, they expire) and allocations (firm)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.database import Base, Timestamps, UTCDateTime, big_id, text_enum
from commerce_core.idempotency import MAX_KEY_LENGTH

HOLDER_LENGTH = 64


class ReservationStatus(StrEnum):
    """What became of a reservation. All but ``active`` are final, also when the clock jumps."""

    ACTIVE = "active"
    RELEASED = "released"
    EXPIRED = "expired"
    ALLOCATED = "allocated"


class Reservation(Timestamps, Base):
    """A soft promise of ``quantity`` pieces of a level until ``expires_at``.

    ``holder_ref`` is whatever the host calls the basket or session that holds it.
    """

    __tablename__ = "commerce_reservation"
    __table_args__ = (
        Index(
            "uq_commerce_reservation_idempotency_key",
            "actor",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
            sqlite_where=text("idempotency_key IS NOT NULL"),
        ),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index(
            "ix_commerce_reservation_due",
            "level_id",
            "expires_at",
            postgresql_where=text("status = 'active'"),
            sqlite_where=text("status = 'active'"),
        ),
        Index(
            "ix_commerce_reservation_holder_ref",
            "holder_ref",
            postgresql_where=text("holder_ref IS NOT NULL"),
            sqlite_where=text("holder_ref IS NOT NULL"),
        ),
        {"info": {"personal_data": ("actor", "holder_ref"), "retention": "90 days after its end"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    level_id: Mapped[int] = mapped_column(ForeignKey("commerce_stock_level.id"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("commerce_variant.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("commerce_stock_location.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    status: Mapped[ReservationStatus] = mapped_column(text_enum(ReservationStatus, name="status"))
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime())
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    holder_ref: Mapped[str | None] = mapped_column(String(HOLDER_LENGTH))
    actor: Mapped[str] = mapped_column(String(120))
    idempotency_key: Mapped[str | None] = mapped_column(String(MAX_KEY_LENGTH))


class Allocation(Timestamps, Base):
    """A firm promise to a placed order: of ours, or of a host application with its own orders.

    ``holder_kind`` and ``holder_ref`` name the line it belongs to. ``open`` is what is still
    promised: ``quantity - shipped - released``; ``backordered`` is the part of it that is not in
    the house yet.
    """

    __tablename__ = "commerce_allocation"
    __table_args__ = (
        Index(
            "uq_commerce_allocation_idempotency_key",
            "actor",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
            sqlite_where=text("idempotency_key IS NOT NULL"),
        ),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("shipped >= 0 AND released >= 0", name="parts_not_negative"),
        CheckConstraint("shipped + released <= quantity", name="parts_within_quantity"),
        CheckConstraint(
            "backordered >= 0 AND backordered <= quantity - shipped - released",
            name="backordered_within_open",
        ),
        Index(None, "holder_kind", "holder_ref"),
        Index(None, "level_id", "id"),
        Index(
            "ix_commerce_allocation_backordered",
            "level_id",
            "id",
            postgresql_where=text("backordered > 0"),
            sqlite_where=text("backordered > 0"),
        ),
        Index(
            "ix_commerce_allocation_reservation_id",
            "reservation_id",
            postgresql_where=text("reservation_id IS NOT NULL"),
            sqlite_where=text("reservation_id IS NOT NULL"),
        ),
        {"info": {"personal_data": ("actor",), "retention": "as the order it belongs to"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    level_id: Mapped[int] = mapped_column(ForeignKey("commerce_stock_level.id"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("commerce_variant.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("commerce_stock_location.id"))
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("commerce_reservation.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    shipped: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    released: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    backordered: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    holder_kind: Mapped[str] = mapped_column(String(32))
    holder_ref: Mapped[str] = mapped_column(String(HOLDER_LENGTH))
    actor: Mapped[str] = mapped_column(String(120))
    idempotency_key: Mapped[str | None] = mapped_column(String(MAX_KEY_LENGTH))

    @property
    def open(self) -> int:
        """Return how many pieces are still promised."""
        return self.quantity - self.shipped - self.released
