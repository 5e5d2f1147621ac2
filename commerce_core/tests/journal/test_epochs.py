from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.engine import make_url

from commerce_core.inventory import StockMovement, receive_stock
from commerce_core.journal import begin_epoch, ensure_epoch, read_cursor, tail
from commerce_core.testing import make_location, make_variant
from commerce_core.tests.databases import opened
from commerce_core.tests.source import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from commerce_core.tests.databases import Database, PostgresServer


def book(session: Session) -> int:
    """Receive one piece of something new; return the id of the movement."""
    variant, place = make_variant(session), make_location(session)
    return receive_stock(session, variant, place, quantity=1, actor="ann").id


def test_the_epoch_stays_as_long_as_the_database_is_the_same(database: Database) -> None:
    epochs = "SELECT token FROM commerce_journal_epoch ORDER BY id"
    before = database.sql(epochs)

    assert {database.run(ensure_epoch) for _ in range(3)} == {before[-1][0]}
    assert database.sql(epochs) == before


def test_a_database_without_an_epoch_gets_one(database: Database) -> None:
    database.sql("DELETE FROM commerce_journal_epoch")
    token = database.run(ensure_epoch)

    assert database.run(read_cursor).epoch == token


def test_beginning_an_epoch_resets_every_cursor_and_loses_nothing_after_it(
    database: Database,
) -> None:
    database.run(book)
    old = database.run(read_cursor)
    database.run(begin_epoch)
    answer = database.run(lambda session: tail(session, StockMovement, old))
    new = database.run(book)
    page = database.run(lambda session: tail(session, StockMovement, answer.cursor))

    assert answer.reset
    assert answer.cursor.epoch != old.epoch
    assert [row.id for row in page.rows] == [new]
    assert database.sql("SELECT count(*) FROM commerce_stock_movement WHERE xid = '0'") == [(1,)]


def test_beginning_an_epoch_that_is_rolled_back_changes_nothing(database: Database) -> None:
    before = database.run(read_cursor)
    with database.factory() as session:
        begin_epoch(session)

    assert database.run(read_cursor).epoch == before.epoch


@pytest.mark.postgres
def test_a_copy_within_the_cluster_gets_an_epoch_of_its_own(
    postgres: Database, postgres_server: PostgresServer
) -> None:
    postgres.run(book)
    cursor = postgres.run(read_cursor)
    postgres.engine.dispose()
    name = make_url(postgres.url).database
    postgres_server.execute(f"CREATE DATABASE {name}_copy TEMPLATE {name}")
    try:
        with opened(postgres_server.url_of(f"{name}_copy")) as copy:
            token = copy.run(ensure_epoch)
            page = copy.run(lambda session: tail(session, StockMovement, cursor))
    finally:
        postgres_server.execute(f"DROP DATABASE {name}_copy WITH (FORCE)")

    assert token != cursor.epoch
    assert page.reset


def test_a_backup_of_a_sqlite_file_put_back_needs_a_new_epoch(
    sqlite: Database, tmp_path: Path
) -> None:
    """Its transaction numbers begin again where the backup ended: the control shows the loss."""
    sqlite.run(book)
    path = str(make_url(sqlite.url).database)
    sqlite.engine.dispose()  # the last connection that closes completes the file
    shutil.copy(path, tmp_path / "backup.db")
    for _ in range(3):
        sqlite.run(book)
    cursor = sqlite.run(read_cursor)

    with opened(f"sqlite:///{tmp_path}/backup.db") as restored:
        missed = [restored.run(book) for _ in range(3)]
        control = restored.run(lambda session: tail(session, StockMovement, cursor))
        restored.run(begin_epoch)
        answer = restored.run(lambda session: tail(session, StockMovement, cursor))
        seen = restored.run(book)
        page = restored.run(lambda session: tail(session, StockMovement, answer.cursor))

    assert (list(control.rows), control.reset) == ([], False), missed
    assert answer.reset
    assert [row.id for row in page.rows] == [seen]


def test_a_program_that_knows_no_journal_yet_resets_them_all(database: Database) -> None:
    """``ensure_epoch`` must reach the journals of features that nobody imported so far."""
    database.run(book)
    database.sql("DELETE FROM commerce_journal_epoch")
    code = """
import sys
from commerce_core.database import make_engine, make_session_factory
from commerce_core.flows import run_in_transaction
from commerce_core.journal import ensure_epoch
run_in_transaction(make_session_factory(make_engine(sys.argv[1])), ensure_epoch)
"""
    subprocess.run([sys.executable, "-c", code, database.url], cwd=ROOT, check=True)

    assert database.sql("SELECT count(*) FROM commerce_stock_movement WHERE xid <> '0'") == [(0,)]
