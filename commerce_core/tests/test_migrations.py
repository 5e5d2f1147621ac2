from __future__ import annotations

import logging
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, Table, inspect
from sqlalchemy.exc import SQLAlchemyError

from commerce_core.catalog import get_variant
from commerce_core.database import make_engine
from commerce_core.errors import DatabaseNotMigratedError, DatabaseUnavailableError
from commerce_core.journal import read_cursor
from commerce_core.migrations import (
    VERSION_TABLE,
    current_revision,
    head_revision,
    require_migrated,
    upgrade,
)
from commerce_core.models import metadata
from commerce_core.testing import make_variant
from commerce_core.tests.databases import opened
from commerce_core.tests.schema_text import constraint_names, described
from commerce_core.tests.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from commerce_core.tests.databases import Database


@pytest.fixture
def created(request: pytest.FixtureRequest, database: Database) -> Iterator[Database]:
    """Return a second database of the same kind, whose tables the models themselves created."""
    if not database.is_postgresql:
        with opened(request.getfixturevalue("sqlite_files").url(migrated=False)) as other:
            metadata.create_all(other.engine)
            yield other
        return
    server = request.getfixturevalue("postgres_server")
    with server.database(migrated=False) as url, opened(url) as other:
        metadata.create_all(other.engine)
        yield other


def test_migrating_from_empty_gives_the_columns_constraints_and_indexes_of_the_models(
    database: Database, created: Database
) -> None:
    assert described(database.engine) == described(created.engine)


def test_alembic_finds_no_difference_either(database: Database) -> None:
    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                # The metadata does not know the indexes of words; ``described`` compares them.
                "include_name": lambda name, *_: (
                    name != VERSION_TABLE and "_words" not in (name or "")
                ),
            },
        )
        return list(compare_metadata(context, metadata))

    with database.engine.connect() as connection:
        assert compare(connection) == []


def test_the_database_holds_every_check_of_the_models(database: Database) -> None:
    wanted = {
        str(check.name)
        for table in metadata.sorted_tables
        for check in table.constraints
        if isinstance(check, CheckConstraint)
    }

    assert constraint_names(database.engine) == wanted
    assert len(wanted) > 20


def test_upgrading_twice_keeps_the_data_and_the_epoch(empty_url: str) -> None:
    upgrade(empty_url)
    with opened(empty_url) as database:
        database.run(lambda session: make_variant(session, sku="A-1", on_hand=3))
        before = database.contents(), database.run(read_cursor).epoch
        upgrade(empty_url)

        assert (database.contents(), database.run(read_cursor).epoch) == before


def test_several_processes_may_upgrade_at_once(empty_url: str) -> None:
    code = "import sys; from commerce_core.migrations import upgrade; upgrade(sys.argv[1])"
    command = [sys.executable, "-c", code, empty_url]
    programs = [
        subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]

    assert [program.communicate(timeout=60)[1] for program in programs] == ["", "", ""]
    with opened(empty_url) as database:
        assert database.sql("SELECT count(*) FROM commerce_journal_epoch") == [(1,)]


def test_an_empty_database_is_not_migrated_and_says_what_to_run(empty_url: str) -> None:
    with opened(empty_url) as database:
        assert current_revision(database.engine) is None
        with pytest.raises(DatabaseNotMigratedError, match="commerce migrate --database"):
            require_migrated(database.engine)
        assert inspect(database.engine).get_table_names() == []


def test_using_an_empty_database_says_the_same(empty_url: str) -> None:
    with (
        opened(empty_url) as database,
        pytest.raises(DatabaseNotMigratedError, match="commerce migrate --database"),
    ):
        database.run(lambda session: get_variant(session, sku="A-1"))


def test_a_migrated_database_is_accepted(database: Database) -> None:
    require_migrated(database.engine)

    assert current_revision(database.engine) == head_revision()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(database: Database) -> None:
    database.sql("UPDATE commerce_version SET version_num = '9999_future'")

    with pytest.raises(DatabaseNotMigratedError, match="newer version"):
        require_migrated(database.engine)
    with pytest.raises(DatabaseNotMigratedError, match="newer version"):
        upgrade(database.url)
    assert current_revision(database.engine) == "9999_future"


def test_an_unreachable_database_is_one_sentence() -> None:
    url = "postgresql://127.0.0.1:1/shop"

    with pytest.raises(DatabaseUnavailableError, match="does not answer"):
        upgrade(url)
    with pytest.raises(DatabaseUnavailableError, match="does not answer"):
        require_migrated(make_engine(url))


def test_a_failed_migration_leaves_nothing_behind(empty_url: str) -> None:
    with opened(empty_url) as database:
        last = metadata.sorted_tables[-1].name
        database.sql(f"CREATE TABLE {last} (in_the_way INTEGER)")
        with pytest.raises(Exception, match="already exists") as caught:
            upgrade(empty_url)

        assert not isinstance(caught.value, SQLAlchemyError)
        assert inspect(database.engine).get_table_names() == [last]


def test_the_tables_of_the_host_are_left_alone(empty_url: str) -> None:
    with opened(empty_url) as database:
        database.sql("CREATE TABLE customers (id INTEGER)")
        database.sql("INSERT INTO customers VALUES (7)")
        upgrade(empty_url)

        assert database.sql("SELECT id FROM customers") == [(7,)]


def test_upgrading_leaves_the_logging_of_the_host_alone(empty_url: str) -> None:
    before = (logging.root.level, list(logging.root.handlers), logging.getLogger("x").disabled)
    upgrade(empty_url)

    assert (logging.root.level, logging.root.handlers, logging.getLogger("x").disabled) == before


def test_no_index_repeats_the_beginning_of_another() -> None:
    """An index on (a) beside one on (a, b) costs every write and serves nobody."""
    repeated: list[str] = []
    for table in metadata.sorted_tables:
        keys = _keys(table)
        repeated.extend(
            f"{table.name}: {name} repeats the beginning of {other}"
            for name, columns in keys.items()
            for other, longer in keys.items()
            if name != other and longer[: len(columns)] == columns
        )

    assert repeated == []


def _keys(table: Table) -> dict[str, tuple[str, ...]]:
    found = {
        str(index.name): tuple(column.name for column in index.columns)
        for index in table.indexes
        if index.dialect_options["postgresql"]["where"] is None
    }
    for key in table.constraints:
        if key.__visit_name__ in {"unique_constraint", "primary_key_constraint"}:
            found[str(key.name)] = tuple(column.name for column in key.columns)  # type: ignore[attr-defined]
    return found
