"""Numbers for the transactions of SQLite, which has none of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import update

from commerce_core.database import is_postgresql
from commerce_core.journal.epochs import ensure_epoch
from commerce_core.journal.tables import JournalClock

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_CLOCK: Final[Any] = JournalClock.__table__
_OWN_TICK: Final = "commerce_core.journal.own_tick"


def stamp(session: Session) -> dict[str, int]:
    """Return the column values that number a journal row written now.

    Empty on PostgreSQL, where the server fills in ``xid``; on SQLite it raises the clock, which
    takes one statement. All rows of a transaction get one number. Call it once for each batch of
    rows. Flushes nothing, commits nothing.
    """
    if is_postgresql(session):
        return {}
    own = own_tick(session)
    # Written again in the same transaction, because a savepoint may have taken it back.
    tick = _set_clock(session, _CLOCK.c.tick + 1 if own is None else own)
    if tick is None:
        ensure_epoch(session)
        tick = _set_clock(session, _CLOCK.c.tick + 1)
    session.info[_OWN_TICK] = (session.get_transaction(), tick)
    return {"xid": int(tick or 0)}


def _set_clock(session: Session, value: Any) -> int | None:
    statement = update(_CLOCK).values(tick=value).returning(_CLOCK.c.tick)
    return session.connection().execute(statement).scalar_one_or_none()


def own_tick(session: Session) -> int | None:
    """Return the tick of this session's open transaction, or None if it has none yet."""
    transaction, tick = session.info.get(_OWN_TICK, (None, None))
    is_open = transaction is not None and transaction is session.get_transaction()
    return tick if is_open else None
