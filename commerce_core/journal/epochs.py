"""Epochs: spans in which transaction numbers are comparable, bound to one database."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import inspect, select, text, update

from commerce_core.database import Base, is_postgresql
from commerce_core.journal.tables import Journal, JournalClock, JournalEpoch

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


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
    there = inspect(session.connection())
    for journal in journals():
        table = str(inspect(journal).local_table.description)
        if there.has_table(table):  # a host may have taken some features only
            statement = update(journal).values(xid=0)
            session.execute(statement, execution_options={"synchronize_session": False})
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
