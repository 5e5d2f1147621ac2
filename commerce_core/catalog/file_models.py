"""Tables of product files: how far an import is, what it refused, and what headers mean."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.database import (
    Base,
    Timestamps,
    UTCDateTime,
    big_id,
    details_column,
    text_enum,
)


class ImportStatus(StrEnum):
    """Where an import of products stands. One that is running may have been interrupted."""

    RUNNING = "running"
    FINISHED = "finished"


class HeaderMapping(Base):
    """What the columns of files with these headers mean, as somebody last decided it."""

    __tablename__ = "commerce_header_mapping"
    __table_args__ = (
        UniqueConstraint("signature"),
        {"info": {"personal_data": ("updated_by",), "retention": "as the catalog"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    signature: Mapped[str] = mapped_column(String(64))
    mapping: Mapped[dict[str, str]] = mapped_column(details_column())
    updated_by: Mapped[str] = mapped_column(String(120))
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime())


class ProductImport(Timestamps, Base):
    """One file on its way into the catalog; ``done`` of its rows are behind it.

    ``fingerprint`` is the digest of the content and of what its columns mean: the same file sent
    again after an interruption goes on at ``done``.
    """

    __tablename__ = "commerce_product_import"
    __table_args__ = (
        Index(None, "fingerprint", "status"),
        {"info": {"personal_data": ("actor",), "retention": "as the catalog"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    status: Mapped[ImportStatus] = mapped_column(text_enum(ImportStatus, name="status"))
    total: Mapped[int] = mapped_column(Integer)
    done: Mapped[int] = mapped_column(Integer, default=0)
    created: Mapped[int] = mapped_column(Integer, default=0)
    changed: Mapped[int] = mapped_column(Integer, default=0)
    unchanged: Mapped[int] = mapped_column(Integer, default=0)
    refused: Mapped[int] = mapped_column(Integer, default=0)
    actor: Mapped[str] = mapped_column(String(120))
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime())


class ProductImportRefusal(Base):
    """What is wrong with a row of a file; ``column`` is "" where the whole row is meant."""

    __tablename__ = "commerce_product_import_refusal"

    import_id: Mapped[int] = mapped_column(
        ForeignKey("commerce_product_import.id", ondelete="CASCADE"), primary_key=True
    )
    row: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    column: Mapped[str] = mapped_column(String(200))
    message: Mapped[str] = mapped_column(String(500))
