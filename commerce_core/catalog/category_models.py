"""Table of the category tree."""

from __future__ import annotations

from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.database import Base, Timestamps, big_id

CATEGORY_DEPTH: Final = 8
"""Most levels of the tree."""
_NAME_LENGTH: Final = 200
_PATH_LENGTH: Final = 200
"""Eight ids of 19 digits with their slashes, and room to spare."""


class Category(Timestamps, Base):
    """A place in the tree of categories.

    ``parent_path`` holds the ids from the root down to the parent, ``/1/7/``, and ``/`` for a
    root: so one key keeps names unique among siblings, roots included, and one prefix finds
    everything below a category.
    """

    __tablename__ = "commerce_category"
    __table_args__ = (
        UniqueConstraint("parent_path", "name_key"),
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("commerce_category.id"), index=True)
    parent_path: Mapped[str] = mapped_column(String(_PATH_LENGTH))
    name: Mapped[str] = mapped_column(String(_NAME_LENGTH))
    name_key: Mapped[str] = mapped_column(String(_NAME_LENGTH))
    position: Mapped[int] = mapped_column(Integer, default=0)
    version: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form

    @property
    def path(self) -> str:
        """The ids from the root down to this category, ``/1/7/12/``."""
        return f"{self.parent_path}{self.id}/"
