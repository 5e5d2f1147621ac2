"""Named consumers: a worker reads a journal in order and goes on where its last commit was.

The position is a row that moves in the worker's own transaction. What the worker writes to the
same database happens exactly once; what it does elsewhere happens at least once, because a
worker that dies before its commit gets the same rows again. One worker at a time: the row is
locked until the transaction ends, so rows are never handled twice at once or out of order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import delete, inspect, select, update
from sqlalchemy.dialects import postgresql, sqlite

from commerce_core.clock import utc_now
from commerce_core.database import is_postgresql
from commerce_core.errors import ConsumerBusyError, InvalidCursorError, InvalidQuantityError
from commerce_core.journal.cursors import Cursor, TailPage, read_cursor, tail
from commerce_core.journal.epochs import ensure_epoch
from commerce_core.journal.tables import Journal, JournalConsumer
from commerce_core.text import clean_text

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_JournalRow = TypeVar("_JournalRow", bound=Journal)


def consume(
    session: Session,
    journal: type[_JournalRow],
    name: str,
    *,
    batch: int = 100,
    start: Cursor | None = None,
) -> TailPage[_JournalRow]:
    """Return the next rows of ``journal`` for the worker ``name``, and move its position on.

    At most ``batch`` rows, whole transactions in order; ``more`` tells whether to come again at
    once. The caller handles the rows and commits: that acknowledges them. After a rollback (or
    a kill) the next call returns the same rows. A name that was never used starts at the first
    row of the journal, or at ``start`` (``read_cursor(session)``: only what is to come).

    With nothing to read nothing is locked or written. With rows the session is a writer until
    it ends and holds back every tail of the cluster, so handle them quickly and send nothing
    over a network meanwhile: book what has to be sent, commit, then send. Call it before
    locking anything else.

    Raises:
        ConsumerBusyError: another worker has this name's rows at this moment.
        InvalidCursorError: ``start`` is of another epoch.
        InvalidQuantityError: ``batch`` is less than 1.
        InvalidTextError: the name is empty or longer than 80 characters.
        DatabaseNotMigratedError: no epoch was ever begun.
    """
    if batch < 1:
        message = "a batch has at least 1 row"
        raise InvalidQuantityError(message, quantity=batch)
    key = (_table_name(journal), clean_text(name, name="the consumer's name", max_length=80))
    position = _read(session, key) or _begin(session, key, start)
    page = tail(session, journal, position, limit=batch)
    if page.reset:
        # A restored database whose epoch nobody has begun yet: positions move along with it.
        ensure_epoch(session)
        position = _read(session, key) or position
        page = tail(session, journal, position, limit=batch)
    if page.reset:
        message = f"the position of {name!r} is of another epoch: {position}"
        raise InvalidCursorError(message, value=str(position))
    if page.rows:
        _move(session, key, position, page.cursor)
    return page


def forget_consumer(session: Session, journal: type[Journal], name: str) -> bool:
    """Forget the position of a worker that will not come back; tell whether there was one.

    The caller commits.
    """
    answer: Any = session.execute(
        delete(JournalConsumer).where(*_is(_table_name(journal), name)),
        execution_options={"synchronize_session": False},
    )
    return bool(answer.rowcount)


def _table_name(journal: type[Journal]) -> str:
    return str(inspect(journal).local_table.description)


def _is(journal: str, name: str) -> tuple[Any, ...]:
    return JournalConsumer.journal == journal, JournalConsumer.name == name


def _read(session: Session, key: tuple[str, str]) -> Cursor | None:
    row = session.execute(
        select(JournalConsumer.epoch, JournalConsumer.horizon).where(*_is(*key))
    ).first()
    return None if row is None else Cursor(row.epoch, int(row.horizon))


def _begin(session: Session, key: tuple[str, str], start: Cursor | None) -> Cursor:
    """Write the first position of a name and return it."""
    here = read_cursor(session)
    position = start or Cursor(here.epoch, 0)
    if position.epoch != here.epoch:
        message = f"{position} is of another epoch: start from read_cursor(session)"
        raise InvalidCursorError(message, value=str(position))
    dialect: Any = postgresql if is_postgresql(session) else sqlite
    values = {"journal": key[0], "name": key[1], "moved_at": utc_now()}
    session.execute(
        dialect.insert(JournalConsumer)
        .values(**values, epoch=position.epoch, horizon=position.horizon)
        .on_conflict_do_nothing()
    )
    return _read(session, key) or position


def _move(session: Session, key: tuple[str, str], before: Cursor, after: Cursor) -> None:
    """Lock the position and move it, unless another worker has it or has moved it meanwhile."""
    locked = session.execute(
        select(JournalConsumer.epoch, JournalConsumer.horizon)
        .where(*_is(*key))
        .with_for_update(skip_locked=True)
    ).first()
    if locked is None or Cursor(locked.epoch, int(locked.horizon)) != before:
        message = f"another worker is consuming as {key[1]!r}: run one of each name"
        raise ConsumerBusyError(message, name=key[1])
    session.execute(
        update(JournalConsumer)
        .where(*_is(*key))
        .values(epoch=after.epoch, horizon=after.horizon, moved_at=utc_now()),
        execution_options={"synchronize_session": False},
    )
