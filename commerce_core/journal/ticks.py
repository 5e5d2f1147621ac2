"""Numbers for the transactions of SQLite, which has none of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import update

from commerce_core.database import is_postgresql
from commerce_core.journal.epochs import ensure_epoch
from commerce_core.journal.tables import JournalClock

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_FIRST_TICK: Final = "commerce_core.journal.first_tick"


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
    if own_first_tick(session) is None:
        session.info[_FIRST_TICK] = (session.get_transaction(), tick)
    return {"xid": tick}


def own_first_tick(session: Session) -> int | None:
    """Return the first tick of this session's open transaction, or None if it took none."""
    transaction, tick = session.info.get(_FIRST_TICK, (None, None))
    is_open = transaction is not None and transaction is session.get_transaction()
    return tick if is_open else None
