"""The columns of every journal, and the two small tables that number what is written to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, declared_attr, mapped_column
from sqlalchemy.sql.functions import FunctionElement

from commerce_core.clock import utc_now
from commerce_core.database import Base, UTCDateTime, Xid8, big_id

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


class JournalConsumer(Base):
    """How far a named worker has read a journal: everything below ``horizon`` is done."""

    __tablename__ = "commerce_journal_consumer"

    journal: Mapped[str] = mapped_column(String(63), primary_key=True)
    """The name of the journal's table."""
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    epoch: Mapped[str] = mapped_column(String(16))
    horizon: Mapped[int] = mapped_column(Xid8())
    moved_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=utc_now)


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
