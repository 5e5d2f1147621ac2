"""The table of product files that somebody uploaded: looked at first, then applied, then forgotten.

The content is kept in the database, so that any process can show, apply or go on with a file.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.clock import utc_now
from commerce_core.database import UTCDateTime, big_id, details_column
from webapp.database import WebBase


class ProductUpload(WebBase):
    """A product file on its way. ``actor`` is who uploaded it.

    ``import_id`` is the library's ``ProductImport`` once it is applied. While a process works on
    it, ``beat_at`` is never old; ``trouble`` is the sentence of what stopped it.
    """

    __tablename__ = "commerce_web_product_upload"
    __table_args__ = (Index(None, "created_at"),)

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    currency: Mapped[str] = mapped_column(String(3))
    mapping: Mapped[dict[str, str]] = mapped_column(details_column())
    actor: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=utc_now)
    import_id: Mapped[int | None] = mapped_column(big_id)
    beat_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    trouble: Mapped[str] = mapped_column(String(500), default="", server_default="")
