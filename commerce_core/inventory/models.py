"""Tables of stock: locations, levels with every quantity and its CHECK, and the movements.

Only ``ledger.py`` writes levels and movements. The relations between the quantities of a level
are held by the database; an application check alone would be a bug.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.clock import utc_now
from commerce_core.database import (
    Base,
    Details,
    ExternalReference,
    Timestamps,
    UTCDateTime,
    big_id,
    text_enum,
)
from commerce_core.idempotency import MAX_KEY_LENGTH
from commerce_core.journal import Journal, journal_table_args

QUANTITIES: Final = (
    "on_hand",
    "damaged",
    "quality_control",
    "allocated",
    "reserved",
    "backordered",
    "short",
    "incoming",
)
"""The quantities of a level, each with its delta and result in every movement."""

REASON_LENGTH: Final = 200


class MovementKind(StrEnum):
    """What happened to a level."""

    RECEIVED = "received"
    SHIPPED = "shipped"
    ADJUSTED = "adjusted"
    COUNTED = "counted"
    RESTOCKED = "restocked"
    DAMAGED = "damaged"
    WRITTEN_OFF = "written_off"
    QUALITY_HELD = "quality_held"
    QUALITY_RELEASED = "quality_released"
    RESERVED = "reserved"
    EXTENDED = "extended"
    RELEASED = "released"
    EXPIRED = "expired"
    ALLOCATED = "allocated"
    DEALLOCATED = "deallocated"
    BACKORDERED = "backordered"
    BACKORDER_FILLED = "backorder_filled"
    EXPECTED = "expected"
    TRANSFER_SENT = "transfer_sent"
    TRANSFER_RECEIVED = "transfer_received"
    POLICY_CHANGED = "policy_changed"


class StockLocation(ExternalReference, Details, Timestamps, Base):
    """A place that holds stock. A closed location keeps what it has but takes part in nothing."""

    __tablename__ = "commerce_stock_location"
    __table_args__ = (UniqueConstraint("code"), UniqueConstraint("system", "external_id"))

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    code: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(120))
    priority: Mapped[int] = mapped_column(Integer, default=0)
    is_open: Mapped[bool] = mapped_column(Boolean, default=True)


def _quantity() -> Mapped[int]:
    return mapped_column(Integer, default=0, server_default="0")


class StockLevel(Base):
    """The quantities of one variant at one location.

    ``available = on_hand - damaged - quality_control - safety_stock - allocated - reserved``.
    ``minimum``, ``safety_stock`` and ``backorder_limit`` are copied from ``StockPolicy`` so that
    a decision reads one row. ``version`` counts movements and is journal order only.
    """

    __tablename__ = "commerce_stock_level"
    __table_args__ = (
        UniqueConstraint("variant_id", "location_id"),
        *(
            CheckConstraint(f"{name} >= 0", name=f"{name}_not_negative")
            for name in (*QUANTITIES, "minimum", "safety_stock", "backorder_limit")
        ),
        CheckConstraint(
            "damaged + quality_control + allocated + reserved <= on_hand + backordered + short",
            name="no_oversell",
        ),
        CheckConstraint("damaged + quality_control <= on_hand", name="set_aside_stock_is_there"),
        CheckConstraint("backordered <= backorder_limit", name="backorder_limit_kept"),
        CheckConstraint(
            "reserved = 0 OR next_expiry_at IS NOT NULL", name="reserved_stock_expires"
        ),
        Index(None, "location_id"),
        Index(
            "ix_commerce_stock_level_due",
            "next_expiry_at",
            postgresql_where=text("next_expiry_at IS NOT NULL"),
            sqlite_where=text("next_expiry_at IS NOT NULL"),
        ),
        Index(
            "ix_commerce_stock_level_low",
            "variant_id",
            postgresql_where=text(
                "on_hand - damaged - quality_control - safety_stock - allocated - reserved"
                " < minimum"
            ),
            sqlite_where=text(
                "on_hand - damaged - quality_control - safety_stock - allocated - reserved"
                " < minimum"
            ),
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("commerce_variant.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("commerce_stock_location.id"))
    on_hand: Mapped[int] = _quantity()
    damaged: Mapped[int] = _quantity()
    quality_control: Mapped[int] = _quantity()
    allocated: Mapped[int] = _quantity()
    reserved: Mapped[int] = _quantity()
    backordered: Mapped[int] = _quantity()
    short: Mapped[int] = _quantity()
    incoming: Mapped[int] = _quantity()
    minimum: Mapped[int] = _quantity()
    safety_stock: Mapped[int] = _quantity()
    backorder_limit: Mapped[int] = _quantity()
    next_expiry_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    last_occurred_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    version: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")

    @hybrid_property
    def available(self) -> int:
        """Return what can still be promised: never counts damaged, held or safety stock."""
        return (
            self.on_hand
            - self.damaged
            - self.quality_control
            - self.safety_stock
            - self.allocated
            - self.reserved
        )

    @hybrid_property
    def is_low(self) -> bool:
        """Tell whether less is available than the policy's minimum."""
        return self.available < self.minimum


class StockPolicy(Timestamps, Base):
    """What people decide about a level: edited under its own ``version``."""

    __tablename__ = "commerce_stock_policy"
    __table_args__ = (
        UniqueConstraint("variant_id", "location_id"),
        Index(None, "location_id"),
        CheckConstraint("minimum >= 0", name="minimum_not_negative"),
        CheckConstraint("safety_stock >= 0", name="safety_stock_not_negative"),
        CheckConstraint("backorder_limit >= 0", name="backorder_limit_not_negative"),
        {"info": {"personal_data": ("updated_by",), "retention": "as long as the policy"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("commerce_variant.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("commerce_stock_location.id"))
    minimum: Mapped[int] = _quantity()
    safety_stock: Mapped[int] = _quantity()
    backorder_limit: Mapped[int] = _quantity()
    version: Mapped[int] = mapped_column(Integer, default=1)
    updated_by: Mapped[str] = mapped_column(String(120))
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=utc_now)


class StockMovement(Journal, Base):
    """One change of one level: what happened, by how much, and the quantities after it.

    ``cause_kind`` and ``cause_id`` name what it happened for (an order line, a return, a count,
    or a thing of the host application). The idempotency key is unique by actor and kind.
    """

    __tablename__ = "commerce_stock_movement"
    __table_args__ = journal_table_args(
        UniqueConstraint("level_id", "version"),
        Index(
            "uq_commerce_stock_movement_idempotency_key",
            "actor",
            "kind",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
            sqlite_where=text("idempotency_key IS NOT NULL"),
        ),
        Index(
            "ix_commerce_stock_movement_cause",
            "cause_kind",
            "cause_id",
            postgresql_where=text("cause_id IS NOT NULL"),
            sqlite_where=text("cause_id IS NOT NULL"),
        ),
        Index(None, "variant_id", "id"),
        # What a variant sold in a time: the shipped movements alone, without reading their rows.
        Index(
            "ix_commerce_stock_movement_shipped",
            "variant_id",
            "occurred_at",
            "on_hand_delta",
            postgresql_where=text("kind = 'shipped'"),
            sqlite_where=text("kind = 'shipped'"),
        ),
        CheckConstraint("kind <> 'adjusted' OR reason IS NOT NULL", name="adjusted_has_a_reason"),
    )

    level_id: Mapped[int] = mapped_column(ForeignKey("commerce_stock_level.id"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("commerce_variant.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("commerce_stock_location.id"))
    kind: Mapped[MovementKind] = mapped_column(text_enum(MovementKind, name="kind"))
    on_hand_delta: Mapped[int] = _quantity()
    damaged_delta: Mapped[int] = _quantity()
    quality_control_delta: Mapped[int] = _quantity()
    allocated_delta: Mapped[int] = _quantity()
    reserved_delta: Mapped[int] = _quantity()
    backordered_delta: Mapped[int] = _quantity()
    short_delta: Mapped[int] = _quantity()
    incoming_delta: Mapped[int] = _quantity()
    on_hand: Mapped[int] = _quantity()
    damaged: Mapped[int] = _quantity()
    quality_control: Mapped[int] = _quantity()
    allocated: Mapped[int] = _quantity()
    reserved: Mapped[int] = _quantity()
    backordered: Mapped[int] = _quantity()
    short: Mapped[int] = _quantity()
    incoming: Mapped[int] = _quantity()
    safety_stock: Mapped[int] = _quantity()
    minimum: Mapped[int] = _quantity()
    reason: Mapped[str | None] = mapped_column(String(REASON_LENGTH))
    cause_kind: Mapped[str | None] = mapped_column(String(32))
    cause_id: Mapped[str | None] = mapped_column(String(64))
    idempotency_key: Mapped[str | None] = mapped_column(String(MAX_KEY_LENGTH))

    @property
    def available(self) -> int:
        """Return what could still be promised after this movement."""
        return (
            self.on_hand
            - self.damaged
            - self.quality_control
            - self.safety_stock
            - self.allocated
            - self.reserved
        )
