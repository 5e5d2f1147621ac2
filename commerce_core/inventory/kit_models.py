"""The table of kits: which variants are made of which."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.database import Base


class KitComponent(Base):
    """One component of a kit and how many pieces of it one kit takes."""

    __tablename__ = "commerce_kit_component"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("kit_id <> component_id", name="not_itself"),
    )

    kit_id: Mapped[int] = mapped_column(ForeignKey("commerce_variant.id"), primary_key=True)
    component_id: Mapped[int] = mapped_column(
        ForeignKey("commerce_variant.id"), primary_key=True, index=True
    )
    quantity: Mapped[int] = mapped_column(Integer)
