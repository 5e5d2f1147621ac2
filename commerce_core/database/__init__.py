"""Base, column types and engines: what every table and every session stands on.

Only this package knows the differences between SQLite and PostgreSQL drivers. It never commits.
"""

from __future__ import annotations

from commerce_core.database.columns import (
    MoneyAmount,
    UTCDateTime,
    Xid8,
    big_id,
    details_column,
    text_enum,
)
from commerce_core.database.driver_errors import translate_database_error
from commerce_core.database.engines import (
    check_engine,
    is_postgresql,
    make_async_engine,
    make_async_session_factory,
    make_engine,
    make_session_factory,
    normalize_url,
    read_only,
)
from commerce_core.database.schema import (
    TABLE_PREFIX,
    Base,
    Details,
    ExternalReference,
    Timestamps,
    metadata_for,
)

__all__ = [
    "TABLE_PREFIX",
    "Base",
    "Details",
    "ExternalReference",
    "MoneyAmount",
    "Timestamps",
    "UTCDateTime",
    "Xid8",
    "big_id",
    "check_engine",
    "details_column",
    "is_postgresql",
    "make_async_engine",
    "make_async_session_factory",
    "make_engine",
    "make_session_factory",
    "metadata_for",
    "normalize_url",
    "read_only",
    "text_enum",
    "translate_database_error",
]
