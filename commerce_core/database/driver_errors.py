"""A driver's error in the words of this library, translated where it arises: at the engine.

An error that comes up through a function of this library is a ``CommerceError``, whoever made the
session and the engine; the driver's own error is its cause. What a host application does with its
session by itself fails with SQLAlchemy's errors, as it always did. ``IntegrityError`` is left to
the verb, which alone knows what a taken key means.
"""

from __future__ import annotations

import copy
import re
import sys
from typing import TYPE_CHECKING, Final

from sqlalchemy import Engine, event
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.orm.exc import StaleDataError

from commerce_core.errors import (
    CommerceError,
    ConcurrencyError,
    DatabaseError,
    DatabaseNotMigratedError,
    DatabaseUnavailableError,
    VersionConflictError,
)

if TYPE_CHECKING:
    from types import FrameType

    from sqlalchemy.engine import ExceptionContext

_LIBRARY: Final = "commerce_core."
_NOT_VERBS: Final = (
    "commerce_core.database",
    "commerce_core.flows",  # runs functions of the host, and translates by itself
    "commerce_core.tests",
)
_OUR_TABLES: Final = "commerce_"
_RETRIABLE_STATES: Final = {"40001", "40P01", "55P03"}
"""PostgreSQL: serialisation failure, deadlock, lock not available."""
_LOCKED: Final = re.compile(r"database (table )?is locked")
_NO_TABLE_STATES: Final = {"42P01", "42703"}
"""PostgreSQL: undefined table, undefined column."""
_NO_TABLE: Final = re.compile(r"no such table|no such column|has no column named")
_READ_ONLY: Final = re.compile(r"readonly database|read-only transaction")


def translate_database_error(error: SQLAlchemyError) -> CommerceError:
    """Return the error of this library that says in one sentence what a driver's error means."""
    driver = getattr(error, "orig", None)
    if isinstance(driver, CommerceError):  # a column type refused a value
        return driver
    if isinstance(error, StaleDataError):
        message = "somebody else saved this record since it was read: read it again"
        return VersionConflictError(message)
    return _of_driver(error, str(driver or error).strip().split("\n")[0][:200])


def _of_driver(error: SQLAlchemyError, reason: str) -> DatabaseError:
    if is_retriable(error):
        message = f"another transaction is in the way ({reason}): roll back and try again"
        return ConcurrencyError(message, reason=reason)
    if _lacks_a_table(error):
        message = "the database has not been migrated: run commerce migrate --database URL first"
        return DatabaseNotMigratedError(message, reason=reason)
    if _READ_ONLY.search(reason):
        message = f"the database can only be read here ({reason})"
        return DatabaseError(message, reason=reason)
    if isinstance(error, OperationalError | InterfaceError) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    ):
        message = f"the database does not answer ({reason}): check that it runs and its address"
        return DatabaseUnavailableError(message, reason=reason)
    return DatabaseError(f"the database refused: {reason}", reason=reason)


def is_retriable(error: Exception) -> bool:
    """Tell whether the same transaction may succeed when it is run again.

    A ``ConcurrencyError`` of ``run_in_transaction`` has had its attempts and is not.
    """
    if isinstance(error, ConcurrencyError):
        return "attempts" not in error.fields
    if not isinstance(error, DBAPIError):
        return False
    if getattr(error.orig, "sqlstate", None) in _RETRIABLE_STATES:
        return True
    return _LOCKED.search(str(error.orig)) is not None


def _lacks_a_table(error: SQLAlchemyError) -> bool:
    driver = getattr(error, "orig", None)
    state = getattr(driver, "sqlstate", None)
    return state in _NO_TABLE_STATES or _NO_TABLE.search(str(driver or error)) is not None


@event.listens_for(Engine, "handle_error")
def _translate_for_the_library(context: ExceptionContext) -> CommerceError | None:
    """Return what is raised instead of the driver's error; None leaves it as it is."""
    error = context.sqlalchemy_exception
    if error is None or isinstance(error, IntegrityError) or context.is_pre_ping:
        return None
    if not _comes_from_the_library():
        return None
    if _lacks_a_table(error) and _OUR_TABLES not in (context.statement or ""):
        return None  # the host's own table, written because a query of ours flushed the session
    translated = translate_database_error(error)
    # SQLAlchemy makes the original the cause: an error must not be its own.
    return copy.copy(translated) if translated is context.original_exception else translated


def _comes_from_the_library() -> bool:
    """Tell whether a function of ours is among the callers. Asked only when something failed."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to the callers
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.startswith(_LIBRARY) and not name.startswith(_NOT_VERBS):
            return True
        frame = frame.f_back
    return False
