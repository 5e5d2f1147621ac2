"""Tables of the catalog: products, their option axes, and the variants that can be stocked."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from commerce_core.catalog.category_models import Category
from commerce_core.catalog.search_index import add_word_search
from commerce_core.clock import utc_now
from commerce_core.database import (
    Base,
    Details,
    ExternalReference,
    MoneyAmount,
    Timestamps,
    UTCDateTime,
    big_id,
    text_enum,
)

SKU_LENGTH: Final = 64
NAME_LENGTH: Final = 200
SLUG_LENGTH: Final = 200
TEXT_LENGTH: Final = 20_000
COMBINATION_LENGTH: Final = 200
CUSTOMS_LENGTH: Final = 200
OPTION_TEXT_LENGTH: Final = 1000
NOT_NEGATIVE: Final = (
    "compare_at_price",
    "cost",
    "weight",
    "length",
    "width",
    "height",
    "low_stock_threshold",
    "lead_time_days",
)
"""Columns of a variant that may be missing, but are never below zero."""


class ProductStatus(StrEnum):
    """Where a product stands in its life."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


class VariantStatus(StrEnum):
    """Whether a variant is offered. An archived variant keeps its history."""

    ACTIVE = "active"
    ARCHIVED = "archived"


class Product(ExternalReference, Details, Timestamps, Base):
    """What is described and searched for; its variants are what is stocked and sold."""

    __tablename__ = "commerce_product"
    __table_args__ = (
        UniqueConstraint("slug"),
        UniqueConstraint("system", "external_id"),
        Index(None, "name"),
        # The list counts its facets from this index alone.
        Index(None, "category_id", "status"),
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    slug: Mapped[str] = mapped_column(String(SLUG_LENGTH))
    description: Mapped[str] = mapped_column(Text, default="", server_default="")
    brand: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    category_id: Mapped[int | None] = mapped_column(ForeignKey(Category.id))
    status: Mapped[ProductStatus] = mapped_column(
        text_enum(ProductStatus, name="status"), default=ProductStatus.ACTIVE
    )
    version: Mapped[int] = mapped_column(Integer, default=1)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=utc_now)

    variants: Mapped[list[Variant]] = relationship(
        back_populates="product", lazy="raise", order_by="Variant.position, Variant.id"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form


class OptionType(Timestamps, Base):
    """An axis along which variants differ, such as colour. Shared by all products."""

    __tablename__ = "commerce_option_type"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    position: Mapped[int] = mapped_column(Integer, default=0)


class OptionValue(Timestamps, Base):
    """A point on an axis, such as red. ``swatch`` is a CSS colour like ``#aa3322``."""

    __tablename__ = "commerce_option_value"
    __table_args__ = (UniqueConstraint("option_type_id", "name"),)

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    option_type_id: Mapped[int] = mapped_column(ForeignKey("commerce_option_type.id"))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    position: Mapped[int] = mapped_column(Integer, default=0)
    swatch: Mapped[str | None] = mapped_column(String(7))


class ProductOptionType(Base):
    """An axis that a product uses, in order."""

    __tablename__ = "commerce_product_option_type"

    product_id: Mapped[int] = mapped_column(
        ForeignKey("commerce_product.id", ondelete="CASCADE"), primary_key=True
    )
    option_type_id: Mapped[int] = mapped_column(
        ForeignKey("commerce_option_type.id"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(Integer, default=0)


class Variant(ExternalReference, Details, Timestamps, Base):
    """What has a SKU, a price and stock: one combination of option values of a product.

    ``sku`` is stored as it was written; ``sku_key`` is its comparison form (upper case, without
    spaces) and unique, as is ``barcode_key`` (the GTIN with 14 digits). ``combination`` is made
    from the ids of the option values and unique in the product, for any number of axes.

    ``price`` is the regular price as it was last set; ``price_of`` says what holds at a moment.
    ``option_text`` are names of option values that ``name`` does not show: they are searched.
    Weights are grams of the packed piece, lengths millimetres.
    """

    __tablename__ = "commerce_variant"
    __table_args__ = (
        UniqueConstraint("sku_key"),
        UniqueConstraint("product_id", "combination"),
        UniqueConstraint("system", "external_id"),
        CheckConstraint("price >= 0", name="price_not_negative"),
        *(CheckConstraint(f"{name} >= 0", name=f"{name}_not_negative") for name in NOT_NEGATIVE),
        Index(None, "product_id", "position", "id"),
        Index(None, "barcode_key", unique=True),
        Index(
            None,
            "low_stock_threshold",
            postgresql_where=text("low_stock_threshold IS NOT NULL"),
            sqlite_where=text("low_stock_threshold IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("commerce_product.id"))
    sku: Mapped[str] = mapped_column(String(SKU_LENGTH))
    sku_key: Mapped[str] = mapped_column(String(SKU_LENGTH))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    barcode: Mapped[str | None] = mapped_column(String(14), index=True)
    barcode_key: Mapped[str | None] = mapped_column(String(14))
    combination: Mapped[str] = mapped_column(String(COMBINATION_LENGTH), default="")
    position: Mapped[int] = mapped_column(Integer, default=0)
    price: Mapped[Decimal] = mapped_column(MoneyAmount, default=Decimal(0))
    currency: Mapped[str] = mapped_column(String(3))
    compare_at_price: Mapped[Decimal | None] = mapped_column(MoneyAmount)
    cost: Mapped[Decimal | None] = mapped_column(MoneyAmount)
    weight: Mapped[int | None] = mapped_column(Integer)
    length: Mapped[int | None] = mapped_column(Integer)
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    hs_code: Mapped[str | None] = mapped_column(String(14))
    origin_country: Mapped[str | None] = mapped_column(String(2))
    customs_description: Mapped[str | None] = mapped_column(String(CUSTOMS_LENGTH))
    track_inventory: Mapped[bool] = mapped_column(default=True, server_default=true())
    low_stock_threshold: Mapped[int | None] = mapped_column(Integer)
    lead_time_days: Mapped[int | None] = mapped_column(Integer)
    option_text: Mapped[str] = mapped_column(
        String(OPTION_TEXT_LENGTH), default="", server_default=""
    )
    status: Mapped[VariantStatus] = mapped_column(
        text_enum(VariantStatus, name="status"), default=VariantStatus.ACTIVE
    )
    version: Mapped[int] = mapped_column(Integer, default=1)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=utc_now)

    product: Mapped[Product] = relationship(back_populates="variants", lazy="raise")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form


class VariantOptionValue(Base):
    """The value a variant has on one axis; at most one for each axis."""

    __tablename__ = "commerce_variant_option_value"

    variant_id: Mapped[int] = mapped_column(
        ForeignKey("commerce_variant.id", ondelete="CASCADE"), primary_key=True
    )
    option_type_id: Mapped[int] = mapped_column(
        ForeignKey("commerce_option_type.id"), primary_key=True
    )
    option_value_id: Mapped[int] = mapped_column(ForeignKey("commerce_option_value.id"), index=True)


for _model in (Product, Variant):
    add_word_search(Product.metadata.tables[_model.__tablename__])
