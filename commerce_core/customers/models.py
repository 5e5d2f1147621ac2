"""Tables of customers."""

from __future__ import annotations

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.database import Base, Details, ExternalReference, Timestamps, big_id


class Customer(ExternalReference, Details, Timestamps, Base):
    """Somebody who bought, or may. ``number`` is what people call the customer by."""

    __tablename__ = "commerce_customer"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("system", "external_id"),
        Index(None, "email"),
        {"info": {"personal_data": ("number", "name", "email", "details"), "retention": "account"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    number: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    email: Mapped[str | None] = mapped_column(String(254))
    country: Mapped[str | None] = mapped_column(String(64), index=True)
    locale: Mapped[str | None] = mapped_column(String(16))
