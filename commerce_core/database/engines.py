"""Engines and session factories that are set up right for their database.

SQLite (recipe: a read-modify-write of four processes loses nothing and no reader blocks):
autocommit at the driver, WAL, foreign keys on, ``BEGIN IMMEDIATE`` for every unit of work, and
plain ``BEGIN`` with ``query_only`` for engines with the execution option ``read_only``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import Session, sessionmaker

from commerce_core.database.driver_errors import translate_database_error
from commerce_core.errors import InvalidDatabaseUrlError, MissingDriverError

_Engine = TypeVar("_Engine", Engine, AsyncEngine)

SQLITE_BUSY_SECONDS: Final = 10
"""How long a writer on SQLite waits for the one before it."""
_POSTGRES_CONNECT_SECONDS: Final = 5
_POSTGRES_NAMES: Final = {"postgres", "postgresql", "postgresql+psycopg"}
_SQLITE_NAMES: Final = {"sqlite", "sqlite+pysqlite", "sqlite+aiosqlite"}


def normalize_url(url: str | URL, *, asynchronous: bool = False) -> URL:
    """Return ``url`` with the driver this library uses.

    ``sqlite:///shop.db`` and ``postgresql://user@host/name`` are all anybody has to write.

    Raises:
        InvalidDatabaseUrlError: it cannot be read, or names another kind of database.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as exc:
        raise _bad_url("it is not a URL") from exc
    if parsed.drivername in _SQLITE_NAMES:
        driver = "sqlite+aiosqlite" if asynchronous else "sqlite+pysqlite"
    elif "@" in f"{parsed.host}{parsed.database}":
        raise _bad_url("an @ inside the password is written %40")  # and never shown
    elif parsed.drivername in _POSTGRES_NAMES:
        driver = "postgresql+psycopg"
    else:
        raise _bad_url(f"{parsed.drivername} is not supported")
    return parsed.set(drivername=driver)


def _bad_url(reason: str) -> InvalidDatabaseUrlError:
    message = (
        f"the database URL cannot be used: {reason}. "
        "Write sqlite:///shop.db or postgresql://user:password@host/name"
    )
    return InvalidDatabaseUrlError(message, reason=reason)


def make_engine(url: str | URL, **options: Any) -> Engine:
    """Return a synchronous engine, set up for its database. Connects only when first used.

    Raises:
        InvalidDatabaseUrlError: the URL cannot be read or names an unsupported database.
        MissingDriverError: the driver is not installed; the message says how to install it.
    """
    engine: Engine = _create(create_engine, normalize_url(url), options)
    if engine.dialect.name == "sqlite":
        _set_up_sqlite(engine)
    return engine


def make_async_engine(url: str | URL, **options: Any) -> AsyncEngine:
    """Return an asynchronous engine with the settings of ``make_engine``. Same errors."""
    engine: AsyncEngine = _create(
        create_async_engine, normalize_url(url, asynchronous=True), options
    )
    if engine.dialect.name == "sqlite":
        _set_up_sqlite(engine.sync_engine)
    return engine


def _create(factory: Any, url: URL, options: dict[str, Any]) -> Any:
    arguments = dict(options.pop("connect_args", {}))
    if url.get_backend_name() == "postgresql":
        arguments.setdefault("connect_timeout", _POSTGRES_CONNECT_SECONDS)
        options.setdefault("pool_pre_ping", True)
    else:
        arguments.setdefault("timeout", SQLITE_BUSY_SECONDS)
        _require_folder(url)
    try:
        return factory(url, connect_args=arguments, **options)
    except (ImportError, NoSuchModuleError) as exc:
        extra = "postgres" if url.get_backend_name() == "postgresql" else "web"
        message = f"the database driver is missing: pip install 'commerce-core[{extra}]'"
        raise MissingDriverError(message, extra=extra) from exc


def _require_folder(url: URL) -> None:
    name = url.database
    if name and name != ":memory:" and not name.startswith("file:"):
        folder = Path(name).parent
        if not folder.is_dir():
            raise _bad_url(f"there is no folder {folder}")


def _set_up_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA cache_size=-32000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        wants_read = bool(connection.get_execution_options().get("read_only"))
        if connection.info.get("query_only", False) != wants_read:
            connection.exec_driver_sql(f"PRAGMA query_only={'ON' if wants_read else 'OFF'}")
            connection.info["query_only"] = wants_read
        connection.exec_driver_sql("BEGIN" if wants_read else "BEGIN IMMEDIATE")


def read_only(engine: _Engine) -> _Engine:
    """Return the engine for reads only: it never takes SQLite's write lock, and cannot write."""
    options: dict[str, Any] = {"read_only": True}
    if engine.dialect.name == "postgresql":
        options["postgresql_readonly"] = True
    return engine.execution_options(**options)


def make_session_factory(engine: Engine) -> sessionmaker[Session]:
    """Return a factory of sessions whose objects stay readable after the commit."""
    return sessionmaker(engine, expire_on_commit=False)


def make_async_session_factory(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Return the asynchronous twin of ``make_session_factory``."""
    return async_sessionmaker(engine, expire_on_commit=False)


def is_postgresql(session: Session | Connection) -> bool:
    """Tell whether a session or connection speaks to PostgreSQL (else it is SQLite)."""
    bind = session.get_bind() if isinstance(session, Session) else session
    return bind.dialect.name == "postgresql"


def check_engine(engine: Engine) -> list[str]:
    """Name each setting of a host's own engine that does not suit this library.

    An empty list is good. Each entry is a sentence that says what to change.

    Raises:
        DatabaseUnavailableError: the database does not answer.
    """
    checks = {"sqlite": _check_sqlite, "postgresql": _check_postgresql}
    check = checks.get(engine.dialect.name)
    if check is None:
        return [f"{engine.dialect.name} is not supported: use SQLite or PostgreSQL"]
    try:
        with engine.connect() as connection:
            return check(connection)
    except SQLAlchemyError as exc:
        raise translate_database_error(exc) from exc


def _check_sqlite(connection: Connection) -> list[str]:
    problems = []
    connection.exec_driver_sql("SELECT 1")
    driver: Any = connection.connection.dbapi_connection
    if driver.isolation_level is not None:
        problems.append("set isolation_level=None and emit BEGIN IMMEDIATE, or updates get lost")
    elif not driver.in_transaction:
        problems.append("emit BEGIN IMMEDIATE in the engine's begin event, or nothing is atomic")
    if connection.exec_driver_sql("PRAGMA foreign_keys").scalar() != 1:
        problems.append("switch foreign keys on: PRAGMA foreign_keys=ON at every connect")
    if connection.exec_driver_sql("PRAGMA journal_mode").scalar() not in {"wal", "memory"}:
        problems.append("switch to WAL: PRAGMA journal_mode=WAL, or readers block writers")
    return problems


def _check_postgresql(connection: Connection) -> list[str]:
    problems = []
    driver: Any = connection.connection.dbapi_connection
    level = connection.get_isolation_level()
    if driver.autocommit:
        problems.append("switch autocommit off, or a verb's statements are not one transaction")
    elif level != "READ COMMITTED":
        problems.append(
            f"use READ COMMITTED instead of {level}: verbs lock the rows they decide on"
        )
    minimum = 140_000
    version = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    if version < minimum:
        problems.append("use PostgreSQL 14 or newer")
    return problems
