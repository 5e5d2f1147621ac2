"""Table of what was changed in the catalog, by whom and when. Rows are only ever added."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.database import Base, UTCDateTime, big_id, details_column, text_enum


class ChangeKind(StrEnum):
    """What somebody did."""

    CREATED = "created"
    EDITED = "edited"
    MATRIX = "matrix"
    PRICE = "price"
    IMAGE = "image"
    IMPORTED = "imported"


class CatalogChange(Base):
    """One change of a product (``variant_id`` is None) or of one of its variants.

    ``changes`` maps a field to ``[before, after]``, both as texts people read, None for nothing.
    """

    __tablename__ = "commerce_catalog_change"
    __table_args__ = (
        Index(None, "product_id", "id"),
        Index(None, "variant_id", "id"),
        {"info": {"personal_data": ("actor",), "retention": "as the catalog"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("commerce_product.id"))
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("commerce_variant.id"))
    kind: Mapped[ChangeKind] = mapped_column(text_enum(ChangeKind, name="kind"))
    changes: Mapped[dict[str, Any]] = mapped_column(details_column())
    actor: Mapped[str] = mapped_column(String(120))
    occurred_at: Mapped[datetime] = mapped_column(UTCDateTime())
