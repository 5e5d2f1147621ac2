"""commerce_core: variants, stock that cannot oversell, orders, customers, on SQLAlchemy.

Importing it loads neither pandas nor scikit-learn, and no database driver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_core.lazy import lazy_exports

if TYPE_CHECKING:
    from commerce_core.clock import use_clock, utc_now
    from commerce_core.database import (
        check_engine,
        make_async_engine,
        make_async_session_factory,
        make_engine,
        make_session_factory,
        metadata_for,
        read_only,
    )
    from commerce_core.errors import (
        CommerceError,
        ConflictError,
        DatabaseError,
        InvalidInputError,
        NotFoundError,
    )
    from commerce_core.flows import (
        Call,
        Transaction,
        run_flow,
        run_flow_async,
        run_in_transaction,
        run_in_transaction_async,
    )
    from commerce_core.journal import Cursor, consume, ensure_epoch, read_cursor, tail
    from commerce_core.money import Money

__version__ = "0.1.0"

__all__ = [
    "Call",
    "CommerceError",
    "ConflictError",
    "Cursor",
    "DatabaseError",
    "InvalidInputError",
    "Money",
    "NotFoundError",
    "Transaction",
    "check_engine",
    "consume",
    "ensure_epoch",
    "make_async_engine",
    "make_async_session_factory",
    "make_engine",
    "make_session_factory",
    "metadata_for",
    "read_cursor",
    "read_only",
    "run_flow",
    "run_flow_async",
    "run_in_transaction",
    "run_in_transaction_async",
    "tail",
    "use_clock",
    "utc_now",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "clock": (
            "use_clock",
            "utc_now",
        ),
        "database": (
            "check_engine",
            "make_async_engine",
            "make_async_session_factory",
            "make_engine",
            "make_session_factory",
            "metadata_for",
            "read_only",
        ),
        "errors": (
            "CommerceError",
            "ConflictError",
            "DatabaseError",
            "InvalidInputError",
            "NotFoundError",
        ),
        "flows": (
            "Call",
            "Transaction",
            "run_flow",
            "run_flow_async",
            "run_in_transaction",
            "run_in_transaction_async",
        ),
        "journal": (
            "Cursor",
            "consume",
            "ensure_epoch",
            "read_cursor",
            "tail",
        ),
        "money": ("Money",),
    },
)
