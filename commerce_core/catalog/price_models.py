"""Tables of prices through time. ``prices.py`` says which one is in force."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.database import Base, MoneyAmount, Timestamps, UTCDateTime, big_id, text_enum


class PriceKind(StrEnum):
    """A regular price holds until the next one; a sale price goes before it while it lasts."""

    REGULAR = "regular"
    SALE = "sale"


class PriceList(Timestamps, Base):
    """Prices of one currency for a sales channel, or for all of them where ``channel`` is None.

    A list is in force from ``valid_from`` until before ``valid_until``; None leaves that end
    open. Of several lists in force the one of the channel goes first, then the higher priority.
    """

    __tablename__ = "commerce_price_list"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("valid_until > valid_from", name="ends_after_it_begins"),
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    currency: Mapped[str] = mapped_column(String(3))
    channel: Mapped[str | None] = mapped_column(String(64))
    valid_from: Mapped[datetime | None] = mapped_column(UTCDateTime())
    valid_until: Mapped[datetime | None] = mapped_column(UTCDateTime())
    priority: Mapped[int] = mapped_column(Integer, default=0)
    version: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form


class VariantPrice(Timestamps, Base):
    """A price of a variant from a moment on: past ones are its history, later ones its plan.

    ``price_list_id`` is None for the shop's own prices. Rows in the past are never changed; only
    ``valid_until`` of a sale may be brought forward.
    """

    __tablename__ = "commerce_variant_price"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("valid_until > valid_from", name="ends_after_it_begins"),
        CheckConstraint("kind = 'sale' OR valid_until IS NULL", name="only_a_sale_ends"),
        Index(None, "variant_id", "price_list_id", "valid_from"),
        Index(None, "valid_from"),
        {"info": {"personal_data": ("actor",), "retention": "as the catalog"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("commerce_variant.id"))
    price_list_id: Mapped[int | None] = mapped_column(
        ForeignKey("commerce_price_list.id"), index=True
    )
    kind: Mapped[PriceKind] = mapped_column(text_enum(PriceKind, name="kind"))
    amount: Mapped[Decimal] = mapped_column(MoneyAmount)
    currency: Mapped[str] = mapped_column(String(3))
    valid_from: Mapped[datetime] = mapped_column(UTCDateTime())
    valid_until: Mapped[datetime | None] = mapped_column(UTCDateTime())
    actor: Mapped[str] = mapped_column(String(120))
