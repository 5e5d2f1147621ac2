"""Real databases for tests: a fresh migrated one for each test, copied from a template."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from commerce_core.database import (
    make_async_engine,
    make_async_session_factory,
    make_engine,
    make_session_factory,
    metadata_for,
)
from commerce_core.flows import run_in_transaction, run_in_transaction_async
from commerce_core.journal import begin_epoch, ensure_epoch
from commerce_core.migrations import upgrade

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, sessionmaker

_Result = TypeVar("_Result")
_TEMPLATE = "commerce_template"
_SHAPE = """
SELECT (SELECT json_agg(oid ORDER BY oid) FROM pg_class WHERE relnamespace = n.oid)::text,
    (SELECT json_agg(oid ORDER BY oid) FROM pg_constraint WHERE connamespace = n.oid)::text,
    (SELECT max(pg_relation_size(oid)) > 1000000 FROM pg_class WHERE relnamespace = n.oid)
FROM pg_namespace AS n WHERE nspname = 'public'
"""


@dataclass
class Database:
    """One database and a synchronous engine on it."""

    url: str
    engine: Engine

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    @cached_property
    def factory(self) -> sessionmaker[Session]:
        return make_session_factory(self.engine)

    def run(self, step: Callable[[Session], _Result]) -> _Result:
        """Run ``step`` in a transaction of its own and commit it."""
        return run_in_transaction(self.factory, step)

    def sql(self, statement: str, **values: Any) -> list[Any]:
        """Run raw SQL past everything the library says, commit, and return the rows."""
        with self.engine.begin() as connection:
            answer = connection.execute(text(statement), values)
            return list(answer) if answer.returns_rows else []

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row of every table of ours that is here, to compare before and after."""
        from commerce_core.models import metadata  # noqa: PLC0415 - not every test needs all

        here = set(inspect(self.engine).get_table_names())
        with self.engine.connect() as connection:
            return {
                table.name: sorted(map(tuple, connection.execute(table.select())), key=repr)
                for table in metadata.sorted_tables
                if table.name in here
            }


def create_stock_alone(url: str) -> None:
    """Create the tables a host with its own orders needs, and no others."""
    with opened(url) as database:
        metadata_for({"catalog", "inventory"}).create_all(database.engine)
        database.run(ensure_epoch)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Yield the database at ``url``, and let go of its connections afterwards."""
    engine = make_engine(url)
    try:
        yield Database(url, engine)
    finally:
        engine.dispose()


@contextmanager
def unit_of_work(database: Database, kind: str) -> Iterator[Callable[[Any], Any]]:
    """Yield a function that runs a step through a ``Session`` or an ``AsyncSession``."""
    if kind == "Session":
        yield database.run
        return
    with asyncio.Runner() as runner:
        engine = make_async_engine(database.url)
        factory = make_async_session_factory(engine)

        def run(step: Callable[[Session], Any]) -> Any:
            work = run_in_transaction_async(factory, step)
            return runner.run(work, context=copy_context())  # the clock in use comes along

        try:
            yield run
        finally:
            runner.run(engine.dispose())


class PostgresServer:
    """A running server: makes empty databases, and migrated ones from a template in 20 ms."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._admin = make_engine(url, isolation_level="AUTOCOMMIT", pool_size=1)
        self._numbers = itertools.count(1)
        self._has_template = False
        self._kept: ExitStack | None = None
        self._kept_url = ""
        self._kept_shape: list[Any] = []

    def execute(self, statement: str) -> list[Any]:
        """Run a statement as the administrator, outside of any transaction."""
        with self._admin.connect() as connection:
            answer = connection.execute(text(statement))
            return list(answer) if answer.returns_rows else []

    def url_of(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)

    @contextmanager
    def database(self, *, migrated: bool = True) -> Iterator[str]:
        """Yield the URL of a new database that goes away at the end.

        A migrated one has an epoch of its own, as a program sees to when it starts.
        """
        name = f"test_{next(self._numbers)}"
        template = self._template() if migrated else "template1"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            if migrated:
                with opened(self.url_of(name)) as database:
                    database.run(ensure_epoch)
            yield self.url_of(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def emptied_database(self) -> Iterator[str]:
        """Yield the URL of a migrated database without rows: the same again, if it can be emptied.

        That takes 5 ms instead of the 50 to 500 ms of a new one. A database whose tables a test
        changed, or that somebody still uses, goes away instead.
        """
        if self._kept is None:
            self._kept = ExitStack()
            self._kept_url = self._kept.enter_context(self.database())
            self._kept_shape = self._shape()
        yield self._kept_url
        if not self._empty():
            self.forget()

    def _shape(self) -> list[Any]:
        """Return what tells whether a test changed tables, or left them too large."""
        with opened(self._kept_url) as database:
            return database.sql(_SHAPE)

    def _empty(self) -> bool:
        from commerce_core.models import metadata  # noqa: PLC0415 - not every test needs all

        deletes = [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)]  # noqa: S608
        statements = ["SET lock_timeout = '1s'", *deletes]
        with opened(self._kept_url) as database:
            try:
                database.sql("; ".join(statements))
            except SQLAlchemyError:
                return False
            database.run(begin_epoch)
        return self._shape() == self._kept_shape

    def forget(self) -> None:
        """Drop the database that is kept for the next test."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    def _template(self) -> str:
        if not self._has_template:
            self.execute(f"CREATE DATABASE {_TEMPLATE}")
            upgrade(self.url_of(_TEMPLATE))
            self._has_template = True
        return _TEMPLATE

    def close(self) -> None:
        self.forget()
        self._admin.dispose()


class SqliteFiles:
    """Makes empty SQLite files, and migrated ones from a template."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)

    def url(self, *, migrated: bool = True) -> str:
        path = self._folder / f"shop{next(self._numbers)}.db"
        if migrated:
            shutil.copyfile(self._template, path)
        return f"sqlite:///{path}"

    def stock_alone_url(self) -> str:
        """Return a file with the tables of a host that has orders of its own, and no others."""
        path = self._folder / f"shop{next(self._numbers)}.db"
        shutil.copyfile(self._stock_alone, path)
        return f"sqlite:///{path}"

    @cached_property
    def _template(self) -> Path:
        path = self._folder / "template.db"
        upgrade(f"sqlite:///{path}")
        return path

    @cached_property
    def _stock_alone(self) -> Path:
        path = self._folder / "stock_alone.db"
        create_stock_alone(f"sqlite:///{path}")
        return path
