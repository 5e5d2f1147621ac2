"""Tables of what is said and shown of a product: typed attributes and images."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.database import (
    Base,
    MoneyAmount,
    Timestamps,
    big_id,
    details_column,
    text_enum,
)

ATTRIBUTE_LENGTH: Final = 2000
URL_LENGTH: Final = 2000
ALT_LENGTH: Final = 300


class AttributeKind(StrEnum):
    """What the values of an attribute are."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"


class Attribute(Timestamps, Base):
    """Something that can be said of products, such as Material. It makes no variants."""

    __tablename__ = "commerce_attribute"
    __table_args__ = (UniqueConstraint("name_key"),)

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(200))
    kind: Mapped[AttributeKind] = mapped_column(text_enum(AttributeKind, name="kind"))
    unit: Mapped[str | None] = mapped_column(String(20))
    choices: Mapped[list[str]] = mapped_column(details_column(), default=list, server_default="[]")
    position: Mapped[int] = mapped_column(Integer, default=0)


class ProductAttribute(Base):
    """What one product's attribute is: a text (or choice), an exact number, or yes and no."""

    __tablename__ = "commerce_product_attribute"
    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN text IS NULL THEN 0 ELSE 1 END) + (CASE WHEN number IS NULL THEN 0 ELSE 1 "
            "END) + (CASE WHEN flag IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_value",
        ),
    )

    product_id: Mapped[int] = mapped_column(
        ForeignKey("commerce_product.id", ondelete="CASCADE"), primary_key=True
    )
    attribute_id: Mapped[int] = mapped_column(
        ForeignKey("commerce_attribute.id"), primary_key=True, index=True
    )
    text: Mapped[str | None] = mapped_column(String(ATTRIBUTE_LENGTH))
    number: Mapped[Decimal | None] = mapped_column(MoneyAmount)
    flag: Mapped[bool | None]


class ProductImage(Timestamps, Base):
    """A picture of a product, or of one of its variants: an address, or a file we store."""

    __tablename__ = "commerce_product_image"
    __table_args__ = (
        CheckConstraint("(url IS NULL) <> (storage_key IS NULL)", name="one_source"),
        Index(None, "product_id", "position"),
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("commerce_product.id", ondelete="CASCADE"))
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("commerce_variant.id"))
    position: Mapped[int] = mapped_column(Integer, default=0)
    url: Mapped[str | None] = mapped_column(String(URL_LENGTH))
    storage_key: Mapped[str | None] = mapped_column(String(100))
    content_type: Mapped[str | None] = mapped_column(String(40))
    size: Mapped[int | None] = mapped_column(Integer)
    alt: Mapped[str] = mapped_column(String(ALT_LENGTH), default="", server_default="")
