"""Append-only journals and their commit-safe tail: a row that commits late is never skipped.

Every journal row carries ``xid``, the number of the transaction that wrote it. On PostgreSQL a
reader asks for ``from <= xid < pg_snapshot_xmin(pg_current_snapshot())``: below that horizon no
transaction is still running, so nothing can appear behind the reader's back. The price: a long
write transaction *anywhere in the cluster*, of any database, holds the horizon back and with it
every tail; ``journal_lag`` measures the delay and ``oldest_writer`` names the cause. Long
read-only transactions cost nothing. On SQLite writers run one after another and ``xid`` is a
tick of the table ``commerce_journal_clock``.

A cursor is ``epoch.horizon``. The epoch is bound to the database cluster's identity: transaction
numbers of a restored dump mean nothing in the new cluster, so ``ensure_epoch`` starts another.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from sqlalchemy import (
    BigInteger,
    Index,
    Integer,
    String,
    bindparam,
    func,
    select,
    text,
    true,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, aliased, declared_attr, mapped_column
from sqlalchemy.sql.functions import FunctionElement

from commerce_core.clock import utc_now
from commerce_core.database import Base, UTCDateTime, Xid8, big_id, is_postgresql
from commerce_core.errors import DatabaseNotMigratedError, InvalidCursorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

SYSTEM_ACTOR: Final = "system"


class current_xid(FunctionElement[int]):  # noqa: N801 - it reads as the SQL function it is
    """The number of the present transaction, as a column default.

    SQLite has none: there the default is NULL, and a writer that forgot ``stamp()`` is refused
    by NOT NULL instead of writing rows that no tail would see.
    """

    inherit_cache = True


@compiles(current_xid)
def _no_xid(_element: Any, _compiler: Any, **_: Any) -> str:
    return "NULL"


@compiles(current_xid, "postgresql")
def _postgresql_xid(_element: Any, _compiler: Any, **_: Any) -> str:
    return "pg_current_xact_id()"


class JournalEpoch(Base):
    """A span of time in which transaction numbers are comparable. The newest row is in force."""

    __tablename__ = "commerce_journal_epoch"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    token: Mapped[str] = mapped_column(String(16), unique=True)
    identity: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=utc_now)


class JournalClock(Base):
    """One row whose ``tick`` numbers the writes to journals on SQLite (unused on PostgreSQL)."""

    __tablename__ = "commerce_journal_clock"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    tick: Mapped[int] = mapped_column(BigInteger, default=0)


class Journal:
    """Columns of every append-only table. Rows are never changed and never deleted.

    ``occurred_at`` is when it happened in the world, ``recorded_at`` when it was written down,
    ``actor`` who did it, ``version`` the number of the change within its subject.
    """

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    xid: Mapped[int] = mapped_column(Xid8(), server_default=current_xid())
    occurred_at: Mapped[datetime] = mapped_column(UTCDateTime())
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=utc_now)
    actor: Mapped[str] = mapped_column(String(120))
    version: Mapped[int] = mapped_column(BigInteger)

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805 - the mixin form of SQLAlchemy
        """Let the tail be one index range scan."""
        return journal_table_args()


def journal_table_args(*more: Any) -> tuple[Any, ...]:
    """Return the table arguments of a journal: its tail index, and ids that never come again."""
    options = {
        "sqlite_autoincrement": True,
        "info": {"personal_data": ("actor",), "retention": "10 years (books)"},
    }
    return (Index(None, "xid", "id"), *more, options)


_JournalRow = TypeVar("_JournalRow", bound=Journal)
_CURSOR: Final = re.compile(r"([A-Za-z0-9_-]{1,16})\.(\d{1,19})")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in all journals of a database: everything below ``horizon`` has been seen."""

    epoch: str
    horizon: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.horizon}"

    @classmethod
    def parse(cls, value: str) -> Cursor:
        """Read a cursor from its text.

        Raises:
            InvalidCursorError: the text was not made by ``str(cursor)``.
        """
        match = _CURSOR.fullmatch(value)
        if match is None:
            message = f"{value[:40]!r} is not a journal cursor: start again without one"
            raise InvalidCursorError(message, value=value[:40])
        return cls(match[1], int(match[2]))


@dataclass(frozen=True, slots=True)
class TailPage(Generic[_JournalRow]):
    """What a tail found: whole transactions in order, and the cursor after them.

    ``more`` tells that another call would find more at once. ``reset`` tells that the cursor
    belongs to another epoch (or to the future): read the present state anew and go on from
    ``cursor``.
    """

    rows: Sequence[_JournalRow]
    cursor: Cursor
    more: bool = False
    reset: bool = False


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


def stamp(session: Session) -> dict[str, int]:
    """Return the column values that number a journal row written now.

    Empty on PostgreSQL, where the server fills in ``xid``; on SQLite it raises the clock, which
    takes one statement. Call it once for each batch of rows. Flushes nothing, commits nothing.
    """
    if is_postgresql(session):
        return {}
    statement = update(JournalClock).values(tick=JournalClock.tick + 1).returning(JournalClock.tick)
    tick = session.execute(statement).scalar_one_or_none()
    if tick is None:
        ensure_epoch(session)
        tick = session.execute(statement).scalar_one()
    return {"xid": tick}


def read_cursor(session: Session) -> Cursor:
    """Return the present end of all journals.

    Read it first and the data second: what commits in between is delivered again by the tail,
    and versions tell that it is old.

    Raises:
        DatabaseNotMigratedError: no epoch was ever begun; ``ensure_epoch`` was not called.
    """
    epoch, horizon, _ = session.execute(select(*_position(session))).one()
    return Cursor(_require_epoch(epoch), int(horizon))


def tail(
    session: Session, journal: type[_JournalRow], cursor: Cursor, *, limit: int = 1000
) -> TailPage[_JournalRow]:
    """Return the rows of ``journal`` that became final since ``cursor``, in order of (xid, id).

    One query. Transactions are never split: a page ends before the first transaction that does
    not fit, and a transaction larger than ``limit`` rows is returned whole. Intermediate commits
    by this session are seen; its own open transaction is not.

    Raises:
        DatabaseNotMigratedError: no epoch was ever begun.
    """
    epoch, horizon, end = _position(session)
    found = (
        select(journal)
        .where(journal.xid >= bindparam("from_xid", cursor.horizon, Xid8()))
        .where(journal.xid < select(horizon).scalar_subquery())
        .order_by(journal.xid, journal.id)
        .limit(limit + 1)
        .subquery("found")
    )
    position = select(epoch, horizon, end).subquery("position")
    statement = (
        select(position, aliased(journal, found))
        .select_from(position.outerjoin(found, true()))
        .order_by(found.c.xid, found.c.id)
        .execution_options(populate_existing=True)
    )
    answer = session.execute(statement).all()
    token, now, newest = answer[0][0], int(answer[0][1]), int(answer[0][2])
    here = Cursor(_require_epoch(token), now)
    if cursor.epoch != here.epoch or cursor.horizon > newest:
        return TailPage((), here, reset=True)
    rows: list[_JournalRow] = [row[3] for row in answer if row[3] is not None]
    if len(rows) <= limit:
        return TailPage(rows, Cursor(here.epoch, max(now, cursor.horizon)))
    return _whole_transactions(session, journal, here.epoch, rows)


def _whole_transactions(
    session: Session, journal: type[_JournalRow], epoch: str, rows: list[_JournalRow]
) -> TailPage[_JournalRow]:
    """Cut a full page at a transaction's edge, so that a cursor never points inside one."""
    last = rows[-1].xid
    whole = [row for row in rows if row.xid < last]
    if whole:
        return TailPage(whole, Cursor(epoch, last), more=True)
    giant = session.scalars(select(journal).where(journal.xid == last).order_by(journal.id)).all()
    return TailPage(giant, Cursor(epoch, last + 1), more=True)


def _position(session: Session) -> tuple[Any, Any, Any]:
    """Return the columns (epoch, horizon, end): all from the snapshot of the one statement."""
    epoch = (
        select(JournalEpoch.token).order_by(JournalEpoch.id.desc()).limit(1).scalar_subquery()
    ).label("epoch")
    if is_postgresql(session):
        snapshot = func.pg_current_snapshot()
        horizon = func.pg_snapshot_xmin(snapshot, type_=Xid8())
        end = func.pg_snapshot_xmax(snapshot, type_=Xid8())
    else:
        tick: Any = select(func.coalesce(func.max(JournalClock.tick), 0) + 1).scalar_subquery()
        horizon = end = tick
    return epoch, horizon.label("horizon"), end.label("newest")


def _require_epoch(epoch: str | None) -> str:
    if epoch is None:
        message = "the journal has no epoch yet: run commerce migrate, or call ensure_epoch()"
        raise DatabaseNotMigratedError(message)
    return epoch


# --- epochs --------------------------------------------------------------------------------


def journals() -> list[type[Journal]]:
    """Return every journal there is: the mapped classes that mix in ``Journal``."""
    return [m.class_ for m in Base.registry.mappers if issubclass(m.class_, Journal)]


def ensure_epoch(session: Session) -> str:
    """Begin a new epoch if the database is not the one the present epoch was begun in.

    Call it at start and after each reconnect, before the first write. A dump restored into
    another cluster has another identity; without a new epoch every tail would go deaf, because
    the old transaction numbers lie far above the new ones. Returns the epoch's token. Writes
    only when there is something to do; the caller commits.
    """
    identity = _database_identity(session)
    known = _epoch_of(session, identity)
    if known is None and identity is not None:
        session.execute(text("LOCK TABLE commerce_journal_epoch IN EXCLUSIVE MODE"))
        known = _epoch_of(session, identity)  # another process may have been quicker
    return begin_epoch(session) if known is None else known


def _epoch_of(session: Session, identity: str | None) -> str | None:
    """Return the epoch in force, if it was begun in the database of this identity."""
    newest = session.execute(
        select(JournalEpoch.token, JournalEpoch.identity).order_by(JournalEpoch.id.desc()).limit(1)
    ).first()
    if newest is None or (identity is not None and newest.identity != identity):
        return None
    return str(newest.token)


def begin_epoch(session: Session) -> str:
    """Begin a new epoch: every journal row gets ``xid`` 0 and every cursor is answered ``reset``.

    For SQLite call it after putting back a copy of the file: a file has no identity that
    changes by itself. The caller commits. Returns the new epoch's token.
    """
    for journal in journals():
        session.execute(update(journal).values(xid=0).execution_options(synchronize_session=False))
    if session.get(JournalClock, 1) is None:
        session.add(JournalClock(id=1, tick=0))
    epoch = JournalEpoch(
        token=secrets.token_urlsafe(6),
        identity=_database_identity(session) or secrets.token_hex(16),
    )
    session.add(epoch)
    session.flush()
    return epoch.token


def _database_identity(session: Session) -> str | None:
    """Return what tells this database from every other; None where nothing does (SQLite)."""
    if not is_postgresql(session):
        return None
    row = session.execute(
        text(
            "SELECT s.system_identifier, c.timeline_id, d.oid FROM pg_control_system() s, "
            "pg_control_checkpoint() c, pg_database d WHERE d.datname = current_database()"
        )
    ).one()
    return "/".join(str(part) for part in row)


# --- delay ---------------------------------------------------------------------------------


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
