"""Cursors, and the tail that reads what became final since one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from sqlalchemy import BigInteger, Integer, bindparam, func, select, true
from sqlalchemy.orm import aliased

from commerce_core.database import Xid8, is_postgresql
from commerce_core.errors import DatabaseNotMigratedError, InvalidCursorError
from commerce_core.journal.tables import Journal, JournalClock, JournalEpoch
from commerce_core.journal.ticks import own_tick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

_JournalRow = TypeVar("_JournalRow", bound=Journal)
_CURSOR: Final = re.compile(r"([A-Za-z0-9_-]{1,16})\.([0-9]{1,19})")
_LARGEST: Final = 2**63 - 1


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
        if match is None or int(match[2]) > _LARGEST:
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


def read_cursor(session: Session) -> Cursor:
    """Return the present end of all journals.

    Read it first and the data second: what commits in between is delivered again by the tail,
    and versions tell that it is old.

    Raises:
        DatabaseNotMigratedError: no epoch was ever begun; ``ensure_epoch`` was not called.
    """
    values = {"own_tick": own_tick(session)}
    row = session.execute(_position(on_postgresql=is_postgresql(session)), values).one()
    return Cursor(_require_epoch(row[0]), int(row[1]))


def tail(
    session: Session, journal: type[_JournalRow], cursor: Cursor, *, limit: int = 1000
) -> TailPage[_JournalRow]:
    """Return the rows of ``journal`` that became final since ``cursor``, in order of (xid, id).

    One query. Transactions are never split: a page ends before the first transaction that does
    not fit, and a transaction larger than ``limit`` rows is returned whole. What this session
    itself has not committed yet is not seen.

    Raises:
        DatabaseNotMigratedError: no epoch was ever begun.
    """
    table: Any = journal  # mypy holds that no type[T] can be hashed
    statement = _window(table, on_postgresql=is_postgresql(session))
    values = {
        "from_xid": cursor.horizon,
        "at_most": limit + 1,
        "own_tick": own_tick(session),
    }
    answer = session.execute(statement, values).all()
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


@cache  # building it takes longer than running it
def _window(journal: Any, *, on_postgresql: bool) -> Select[Any]:
    """Return the query of a tail: the position, beside each row of the window."""
    position = _position(on_postgresql=on_postgresql).subquery("position")
    horizon = position_columns(on_postgresql=on_postgresql)[1]
    found = (
        select(journal)
        .where(journal.xid >= bindparam("from_xid", type_=Xid8()))
        .where(journal.xid < select(horizon).scalar_subquery())
        .order_by(journal.xid, journal.id)
        .limit(bindparam("at_most", type_=Integer()))
        .subquery("found")
    )
    return (
        select(position, aliased(journal, found))
        .select_from(position.outerjoin(found, true()))
        .order_by(found.c.xid, found.c.id)
        .execution_options(populate_existing=True)
    )


@cache
def _position(*, on_postgresql: bool) -> Select[Any]:
    """Return the query of the columns (epoch, horizon, newest), all from one snapshot."""
    return select(*position_columns(on_postgresql=on_postgresql))


def position_columns(*, on_postgresql: bool) -> tuple[Any, Any, Any]:
    """Return the columns (epoch, horizon, newest) of the present end of all journals.

    For a statement that reads more along with it: rows of a journal with ``xid < horizon`` are
    final, and a cursor is void where its epoch is another one or it lies beyond ``newest``. On
    SQLite the parameter ``own_tick`` has to be given (None: nothing written yet).
    """
    token = select(JournalEpoch.token).order_by(JournalEpoch.id.desc()).limit(1)
    horizon: Any
    newest: Any
    if on_postgresql:
        snapshot = func.pg_current_snapshot()
        horizon = func.pg_snapshot_xmin(snapshot, type_=Xid8())
        newest = func.pg_snapshot_xmax(snapshot, type_=Xid8())
    else:
        after = select(func.coalesce(func.max(JournalClock.tick), 0) + 1).scalar_subquery()
        horizon = newest = func.coalesce(bindparam("own_tick", type_=BigInteger()), after)
    epoch = token.scalar_subquery().label("epoch")
    return epoch, horizon.label("horizon"), newest.label("newest")


def _require_epoch(epoch: str | None) -> str:
    if epoch is None:
        message = "the journal has no epoch yet: run commerce migrate, or call ensure_epoch()"
        raise DatabaseNotMigratedError(message)
    return epoch
