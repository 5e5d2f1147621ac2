from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from commerce_core.database import make_engine, make_session_factory, read_only
from commerce_core.inventory import StockMovement, receive_stock
from commerce_core.journal import journal_lag, oldest_writer, read_cursor, tail
from commerce_core.testing import make_location, make_variant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from commerce_core.tests.databases import Database, PostgresServer

pytestmark = pytest.mark.postgres


@pytest.fixture
def neighbour(postgres_server: PostgresServer) -> Iterator[Connection]:
    """Return a connection to another database of the same cluster."""
    with postgres_server.database(migrated=False) as url:
        engine = make_engine(url)
        with engine.connect() as connection:
            yield connection
        engine.dispose()


def test_a_long_write_transaction_of_another_database_delays_the_tail_and_is_named(
    postgres: Database, neighbour: Connection
) -> None:
    variant, place = postgres.run(make_variant), postgres.run(make_location)
    cursor = postgres.run(read_cursor)
    neighbour.execute(text("CREATE TABLE slow_report (id INTEGER)"))
    pid = neighbour.scalar(text("SELECT pg_backend_pid()"))
    name = neighbour.scalar(text("SELECT current_database()"))
    started = time.monotonic()

    postgres.run(lambda session: receive_stock(session, variant, place, quantity=1, actor="ann"))
    time.sleep(0.2)
    held = postgres.run(lambda session: tail(session, StockMovement, cursor))
    lag = postgres.run(lambda session: journal_lag(session, StockMovement))
    writer = postgres.run(oldest_writer)
    waited = time.monotonic() - started
    neighbour.rollback()
    freed = postgres.run(lambda session: tail(session, StockMovement, held.cursor))

    assert (list(held.rows), held.reset) == ([], False)
    assert lag.waiting == 1
    assert 0.2 <= lag.seconds <= waited
    assert writer is not None
    assert (writer.pid, writer.database) == (pid, name)
    assert 0.2 <= writer.age_seconds <= waited + 1
    assert [row.on_hand_delta for row in freed.rows] == [1]


def test_the_cursor_of_a_page_does_not_pass_what_is_held_back(
    postgres: Database, neighbour: Connection
) -> None:
    variant, place = postgres.run(make_variant), postgres.run(make_location)
    neighbour.execute(text("SELECT pg_current_xact_id()"))
    postgres.run(lambda session: receive_stock(session, variant, place, quantity=1, actor="ann"))
    cursor = postgres.run(read_cursor)
    neighbour.rollback()

    page = postgres.run(lambda session: tail(session, StockMovement, cursor))

    assert [row.on_hand_delta for row in page.rows] == [1]


def test_a_long_read_only_transaction_delays_nothing(
    postgres: Database, neighbour: Connection
) -> None:
    variant, place = postgres.run(make_variant), postgres.run(make_location)
    cursor = postgres.run(read_cursor)
    reports = make_session_factory(read_only(postgres.engine))
    with reports() as report:
        report.execute(text("SELECT count(*) FROM commerce_stock_movement"))
        neighbour.execute(text("SELECT 1"))
        postgres.run(lambda s: receive_stock(s, variant, place, quantity=1, actor="ann"))
        page = postgres.run(lambda session: tail(session, StockMovement, cursor))

    assert [row.on_hand_delta for row in page.rows] == [1]
    assert postgres.run(oldest_writer) is None


def test_a_sessions_own_transaction_is_not_named(postgres: Database) -> None:
    with postgres.factory() as session:
        make_variant(session)

        assert oldest_writer(session) is None


def test_the_oldest_of_several_writers_is_named(postgres: Database, neighbour: Connection) -> None:
    neighbour.execute(text("SELECT pg_current_xact_id()"))
    pid = neighbour.scalar(text("SELECT pg_backend_pid()"))
    with postgres.factory() as session:
        make_variant(session)
        writer = postgres.run(oldest_writer)

    assert writer is not None
    assert writer.pid == pid
