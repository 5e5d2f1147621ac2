"""Insert many rows at the speed of the driver: ``COPY`` on PostgreSQL, long ``VALUES`` on SQLite.

For rows whose ids nobody needs. Values are given as the database stores them (money in units,
enums as text, moments through ``moment_storer``), because at this speed a type that translates
every value would cost more than the insert. CHECKs, keys and defaults of the table hold as ever.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from commerce_core.clock import require_aware
from commerce_core.database.driver_errors import translate_database_error
from commerce_core.database.engines import is_postgresql
from commerce_core.database.schema import FEATURES, metadata_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Table
    from sqlalchemy.orm import Session

_ROWS_A_STATEMENT: Final = 100
_PAGES_BEFORE_CHECKPOINT: Final = 32_000
_USUAL_PAGES: Final = 1_000
"""What SQLite does by itself."""
_ROWS_OF_A_SAMPLE: Final = 1_000
_ALL_TABLES: Final = "0x10002"
"""Analyse where that may help, also tables that this connection has not asked yet."""


def insert_rows(
    session: Session, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert ``rows`` of stored values, each in the order of ``columns``. The caller commits.

    Columns that are left out get their server default (a Python default is not asked).

    Raises:
        sqlalchemy.exc.IntegrityError: what a slow insert would raise for the same rows.
        DatabaseError: the database does not answer, or refuses for another reason.
    """
    if not rows:
        return
    connection = session.connection()
    if is_postgresql(connection) and _has_copy(connection):
        _copy(connection, table.name, columns, rows)
        return
    _insert(connection, table.name, columns, rows)


def postpone_checkpoints(session: Session) -> None:
    """Let SQLite carry its log over into the database every 128 MB only.

    Hundreds of short transactions write the same pages again and again, and each checkpoint waits
    for the disk: on a busy one an import takes half the time. Does nothing on PostgreSQL.
    """
    _set_checkpoint(session, _PAGES_BEFORE_CHECKPOINT)


def resume_checkpoints(session: Session) -> None:
    """Let SQLite carry its log over as often as it does by itself."""
    _set_checkpoint(session, _USUAL_PAGES)


def update_statistics(session: Session, *, only: Sequence[Table] = ()) -> None:
    """Let the planner know what a bulk load brought, before the first query meets it.

    Otherwise PostgreSQL plans as if the tables were as short as before, until its own autovacuum
    comes round. Reads a sample of each table of this library, or of ``only`` some; the caller
    commits.
    """
    if is_postgresql(session):
        tables = only or metadata_for(set(FEATURES)).sorted_tables
        session.execute(text(f"ANALYZE {', '.join(table.name for table in tables)}"))
        return
    connection = session.connection()
    connection.exec_driver_sql(f"PRAGMA analysis_limit={_ROWS_OF_A_SAMPLE}")
    connection.exec_driver_sql(f"PRAGMA optimize={_ALL_TABLES}")


def _set_checkpoint(session: Session, pages: int) -> None:
    if not is_postgresql(session):
        session.connection().exec_driver_sql(f"PRAGMA wal_autocheckpoint={pages}")


def moment_storer(session: Session) -> Callable[[datetime], Any]:
    """Return a function that turns a moment into what a column of type ``UTCDateTime`` stores.

    It raises ``InvalidTimeError`` for a moment without time zone.
    """
    return _utc if is_postgresql(session) else _sqlite_text


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is UTC else require_aware(moment, name="a stored time")


@lru_cache(maxsize=100_000)
def _sqlite_text(moment: datetime) -> str:
    """Return the text that SQLite keeps. An import has few moments and needs each many times."""
    return _utc(moment).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


def _insert(
    connection: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert a hundred rows with each statement, which takes SQLite half as long as one each."""
    mark = "%s" if connection.dialect.paramstyle in {"format", "pyformat"} else "?"
    head = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "  # noqa: S608 - our own names
    marks = f"({', '.join([mark] * len(columns))})"
    for start in range(0, len(rows), _ROWS_A_STATEMENT):
        some = rows[start : start + _ROWS_A_STATEMENT]
        statement = head + ", ".join([marks] * len(some))
        connection.exec_driver_sql(statement, tuple(chain.from_iterable(some)))


def _has_copy(connection: Connection) -> bool:
    """Tell whether the driver can COPY from here; inside ``AsyncSession.run_sync`` it cannot."""
    driver: Any = connection.connection.dbapi_connection
    return hasattr(getattr(driver, "cursor_factory", None), "copy")


def _copy(
    connection: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    errors: Any = connection.dialect.dbapi
    try:
        with connection.connection.cursor() as cursor, cursor.copy(statement) as copy:  # type: ignore[attr-defined]  # psycopg's
            for row in rows:
                copy.write_row(row)
    except errors.Error as exc:
        error = DBAPIError.instance(statement, None, exc, errors.Error, dialect=connection.dialect)
        if isinstance(error, IntegrityError):
            raise error from exc
        raise translate_database_error(error) from exc
