from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, event, text

from commerce_core.database import (
    check_engine,
    make_async_engine,
    make_engine,
    make_session_factory,
    normalize_url,
    read_only,
)
from commerce_core.errors import (
    DatabaseError,
    DatabaseUnavailableError,
    InvalidDatabaseUrlError,
    MissingDriverError,
)
from commerce_core.flows import run_in_transaction

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from commerce_core.tests.databases import Database

ROOT = Path(__file__).parents[3]
PROCESSES, ROUNDS = 4, 50

ADD_ONE = """
import sys
from sqlalchemy import create_engine, text
from commerce_core.database import make_engine
url, rounds = sys.argv[1], int(sys.argv[2])
theirs = create_engine(url, connect_args={"timeout": 1})
for column, engine in (("ours", make_engine(url)), ("theirs", theirs)):
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(rounds):
        with engine.begin() as connection:
            found = connection.execute(text(f"SELECT {column} FROM counter")).scalar_one()
            connection.execute(text(f"UPDATE counter SET {column} = {found + 1}"))
"""


def test_four_processes_on_sqlite_lose_no_update(sqlite: Database) -> None:
    """Each reads, adds one and writes. As a control they do it with the driver's defaults, too."""
    sqlite.sql("CREATE TABLE counter (ours INTEGER, theirs INTEGER)")
    sqlite.sql("INSERT INTO counter VALUES (0, 0)")
    command = [sys.executable, "-c", ADD_ONE, sqlite.url, str(ROUNDS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    writers = [
        subprocess.Popen(command, cwd=ROOT, text=True, bufsize=1, **pipes)  # type: ignore[call-overload]
        for _ in range(PROCESSES)
    ]
    for _ in ("ours", "theirs"):
        assert [writer.stdout.readline() for writer in writers] == ["ready\n"] * PROCESSES
        for writer in writers:
            writer.stdin.write("go\n")
    for writer in writers:
        writer.communicate(timeout=60)

    ours, theirs = sqlite.sql("SELECT ours, theirs FROM counter")[0]

    assert ours == PROCESSES * ROUNDS
    assert theirs < PROCESSES * ROUNDS


def test_an_open_reader_blocks_no_writer(database: Database) -> None:
    pages = make_session_factory(read_only(database.engine))

    def write(session: Session) -> None:
        session.execute(text("UPDATE commerce_journal_clock SET tick = tick + 1"))

    with pages() as reader:
        before = reader.execute(text("SELECT tick FROM commerce_journal_clock")).scalar_one()
        run_in_transaction(database.factory, write, attempts=1)

    assert database.sql("SELECT tick FROM commerce_journal_clock") == [(before + 1,)]


def test_a_read_only_session_cannot_write(database: Database) -> None:
    pages = make_session_factory(read_only(database.engine))

    def write(session: Session) -> None:
        session.execute(text("UPDATE commerce_journal_clock SET tick = 99"))

    with pytest.raises(DatabaseError, match="can only be read"):
        run_in_transaction(pages, write)


def test_a_connection_that_only_read_can_write_afterwards(database: Database) -> None:
    """Both kinds of session share one pool, so the mode must follow the session."""
    pages = make_session_factory(read_only(database.engine))
    for number in (1, 2):
        with pages() as reader:
            reader.execute(text("SELECT 1"))
        database.sql("UPDATE commerce_journal_clock SET tick = :number", number=number)

    assert database.sql("SELECT tick FROM commerce_journal_clock") == [(2,)]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "not a URL"),
        ("shop.db", "not a URL"),
        ("postgresql://host:port/shop", "not a URL"),
        ("postgresql://[::1/shop", "not a URL"),
        (None, "not a URL"),
        ("mysql://root@host/shop", "mysql is not supported"),
        ("postgresql+asyncpg://host/shop", "asyncpg is not supported"),
        ("sqlite:////no/such/folder/shop.db", "no folder"),
    ],
)
def test_a_url_that_cannot_be_used_is_named_in_one_sentence(url: str, reason: str) -> None:
    for make in (make_engine, make_async_engine):
        with pytest.raises(InvalidDatabaseUrlError, match=reason) as caught:
            make(url)
        assert "sqlite:///shop.db or postgresql://" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "asynchronous", "driver"),
    [
        ("sqlite:///shop.db", False, "sqlite+pysqlite"),
        ("sqlite:///shop.db", True, "sqlite+aiosqlite"),
        ("sqlite+aiosqlite:///shop.db", False, "sqlite+pysqlite"),
        ("postgres://host/shop", False, "postgresql+psycopg"),
        ("postgresql://host/shop", True, "postgresql+psycopg"),
        ("postgresql+psycopg://host/shop", True, "postgresql+psycopg"),
    ],
)
def test_the_driver_is_chosen_for_the_caller(url: str, asynchronous: bool, driver: str) -> None:  # noqa: FBT001 - a parameter
    assert normalize_url(url, asynchronous=asynchronous).drivername == driver


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://shop:secret@127.0.0.1:1/shop",
        "postgresql://shop:secret@/shop?host=/no/such/folder",
        "sqlite:////tmp",
    ],
)
def test_an_unreachable_database_is_one_sentence_without_the_password(url: str) -> None:
    engine = make_engine(url)

    with pytest.raises(DatabaseUnavailableError, match="does not answer") as caught:
        run_in_transaction(make_session_factory(engine), lambda session: session.connection())

    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    with pytest.raises(DatabaseUnavailableError):
        check_engine(engine)


def test_a_file_that_is_no_database_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_bytes(b"PK\x03\x04 not a database" * 100)
    engine = make_engine(f"sqlite:///{tmp_path}/shop.db")

    with pytest.raises(DatabaseError, match="not a database"):
        run_in_transaction(make_session_factory(engine), lambda session: session.connection())
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "make", "module", "extra"),
    [
        ("postgresql://host/shop", "make_engine", "psycopg", "postgres"),
        ("postgresql://host/shop", "make_async_engine", "psycopg", "postgres"),
        ("sqlite:///shop.db", "make_async_engine", "aiosqlite", "web"),
    ],
)
def test_a_missing_driver_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, url: str, make: str, module: str, extra: str
) -> None:
    from commerce_core import database as package  # noqa: PLC0415

    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed

    with pytest.raises(MissingDriverError, match=rf"pip install 'commerce-core\[{extra}\]'"):
        getattr(package, make)(url)


# --- a host's own engine -------------------------------------------------------------------


def test_our_own_engine_suits(database: Database) -> None:
    assert check_engine(database.engine) == []
    assert check_engine(read_only(database.engine)) == []


def test_the_drivers_defaults_on_sqlite_are_named(sqlite: Database) -> None:
    engine = create_engine(sqlite.url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=DELETE")

    problems = " ".join(check_engine(engine))

    assert "isolation_level=None" in problems
    assert "foreign keys" in problems
    assert "WAL" in problems
    engine.dispose()


def test_a_sqlite_engine_that_never_begins_is_named(sqlite: Database) -> None:
    engine = create_engine(sqlite.url)

    @event.listens_for(engine, "connect")
    def _connect(connection: object, _record: object) -> None:
        vars(type(connection))["isolation_level"].__set__(connection, None)

    assert any("BEGIN IMMEDIATE" in problem for problem in check_engine(engine))
    engine.dispose()


@pytest.mark.parametrize(
    ("level", "problem"),
    [("AUTOCOMMIT", "autocommit"), ("REPEATABLE READ", "READ COMMITTED")],
)
@pytest.mark.postgres
def test_an_unsuitable_isolation_on_postgresql_is_named(
    postgres: Database, level: str, problem: str
) -> None:
    engine = make_engine(postgres.url, isolation_level=level)

    assert [problem in found for found in check_engine(engine)] == [True]
    engine.dispose()
