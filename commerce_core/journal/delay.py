"""How far tails are behind, and which transaction holds them back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select, text

from commerce_core.clock import utc_now
from commerce_core.database import Xid8, is_postgresql

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from commerce_core.journal.tables import Journal


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a tail is behind: age in seconds of the oldest committed row it cannot see yet."""

    seconds: float
    waiting: int


@dataclass(frozen=True, slots=True)
class Writer:
    """A transaction that holds back the horizon. ``pid`` is None for a prepared transaction."""

    pid: int | None
    database: str
    age_seconds: float


def journal_lag(session: Session, journal: type[Journal]) -> Lag:
    """Measure how old the oldest committed row is that the tail has to hold back.

    Zero unless a long write transaction is open somewhere in the cluster. Always zero on SQLite.
    """
    if not is_postgresql(session):
        return Lag(0.0, 0)
    horizon = func.pg_snapshot_xmin(func.pg_current_snapshot(), type_=Xid8())
    found: Any = session.execute(
        select(func.min(journal.recorded_at), func.count()).where(journal.xid >= horizon)
    ).one()
    oldest, waiting = found
    if oldest is None:
        return Lag(0.0, 0)
    return Lag(max(0.0, (utc_now() - oldest).total_seconds()), waiting)


_OLDEST_WRITER: Final = text(
    """
    SELECT pid, database, extract(epoch FROM clock_timestamp() - began)::float AS age
    FROM (
        SELECT pid, coalesce(datname, '') AS database, xact_start AS began
        FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
        UNION ALL
        SELECT NULL, database, prepared FROM pg_prepared_xacts
    ) AS writers
    WHERE began IS NOT NULL ORDER BY began LIMIT 1
    """
)


def oldest_writer(session: Session) -> Writer | None:
    """Return the longest open write transaction of the whole cluster, if there is one.

    Without the right ``pg_read_all_stats`` PostgreSQL shows pid and database of other users'
    sessions but not their transactions; those are not found. None on SQLite.
    """
    if not is_postgresql(session):
        return None
    row = session.execute(_OLDEST_WRITER).mappings().first()
    if row is None:
        return None
    return Writer(row["pid"], row["database"], max(0.0, float(row["age"])))
