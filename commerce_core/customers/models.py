"""Tables of customers."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import DDL, Index, String, UniqueConstraint, event
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


NAME_INDEX: Final = "ix_commerce_customer_name_words"
CREATE_NAME_INDEX: Final = (
    f"CREATE INDEX {NAME_INDEX} ON commerce_customer USING gin (to_tsvector('simple', name))"
)
"""What ``search.py`` asks on PostgreSQL. It is no part of the metadata, which has no such index."""

_create: Any = DDL  # it has no types
event.listen(
    Customer.__table__, "after_create", _create(CREATE_NAME_INDEX).execute_if(dialect="postgresql")
)
