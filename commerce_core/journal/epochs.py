"""Epochs: spans in which transaction numbers are comparable, bound to one database."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, inspect, literal, select, text, update

from commerce_core.database import Base, Xid8, is_postgresql
from commerce_core.journal.tables import Journal, JournalClock, JournalConsumer, JournalEpoch

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    """Begin a new epoch: the journals are numbered anew and every cursor is answered ``reset``.

    Rows get ``xid`` 0, but for those that a named consumer has not had yet: they are numbered
    above what it has had, and its position with them, so that ``consume`` neither loses nor
    repeats one. For SQLite call it after putting back a copy of the file: a file has no identity
    that changes by itself. The caller commits. Returns the new epoch's token.
    """
    epoch = JournalEpoch(
        token=secrets.token_urlsafe(6),
        identity=_database_identity(session) or secrets.token_hex(16),
    )
    there = inspect(session.connection())
    has_consumers = there.has_table(JournalConsumer.__tablename__)
    for journal in journals():
        table = str(inspect(journal).local_table.description)
        if there.has_table(table):  # a host may have taken some features only
            edges = _move_consumers(session, table, epoch.token) if has_consumers else ()
            _renumber(session, journal, edges)
    if session.get(JournalClock, 1) is None:
        session.add(JournalClock(id=1, tick=0))
    session.add(epoch)
    session.flush()
    return epoch.token


def _move_consumers(session: Session, journal: str, token: str) -> Sequence[int]:
    """Move the positions in a journal to the new epoch; return where they were, ascending.

    The position that was third from the start is 3 now, and ``_renumber`` puts the rows between
    it and the next one at 3. Those at the very beginning stay there.
    """
    consumers = session.execute(
        select(JournalConsumer.name, JournalConsumer.horizon)
        .where(JournalConsumer.journal == journal)
        .order_by(JournalConsumer.name)
        .with_for_update()  # whoever is consuming now ends first
    ).all()
    edges = sorted({horizon for _, horizon in consumers if horizon})
    for name, horizon in consumers:
        session.execute(
            update(JournalConsumer)
            .where(JournalConsumer.journal == journal, JournalConsumer.name == name)
            .values(epoch=token, horizon=edges.index(horizon) + 1 if horizon else 0),
            execution_options={"synchronize_session": False},
        )
    return edges


def _renumber(session: Session, journal: type[Journal], edges: Sequence[int]) -> None:
    numbers: Any = 0
    if edges:
        steps = [
            (journal.xid >= edge, literal(number, Xid8()))
            for number, edge in reversed(list(enumerate(edges, 1)))
        ]
        numbers = case(*steps, else_=literal(0, Xid8()))
    session.execute(
        update(journal).values(xid=numbers), execution_options={"synchronize_session": False}
    )


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
