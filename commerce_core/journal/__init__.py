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

A live view keeps its cursor in memory and starts over after ``reset``. A worker that must miss
nothing calls ``consume``: a named cursor in the database, moved by the worker's own commit.
"""

from __future__ import annotations

from commerce_core.journal.consumers import consume, forget_consumer
from commerce_core.journal.cursors import Cursor, TailPage, position_columns, read_cursor, tail
from commerce_core.journal.delay import Lag, Writer, journal_lag, oldest_writer
from commerce_core.journal.epochs import begin_epoch, ensure_epoch, journals
from commerce_core.journal.tables import (
    SYSTEM_ACTOR,
    Journal,
    JournalClock,
    JournalConsumer,
    JournalEpoch,
    current_xid,
    journal_table_args,
)
from commerce_core.journal.ticks import stamp
from commerce_core.journal.together import RowsTogether, take_ids

__all__ = [
    "SYSTEM_ACTOR",
    "Cursor",
    "Journal",
    "JournalClock",
    "JournalConsumer",
    "JournalEpoch",
    "Lag",
    "RowsTogether",
    "TailPage",
    "Writer",
    "begin_epoch",
    "consume",
    "current_xid",
    "ensure_epoch",
    "forget_consumer",
    "journal_lag",
    "journal_table_args",
    "journals",
    "oldest_writer",
    "position_columns",
    "read_cursor",
    "stamp",
    "tail",
    "take_ids",
]
