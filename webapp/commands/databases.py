"""Opens a database for a command, or says in one sentence why not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from commerce_core.database import (
    make_engine,
    make_session_factory,
    read_only,
    translate_database_error,
)
from commerce_core.errors import DatabaseNotMigratedError
from commerce_core.migrations import require_migrated as require_core_migrated
from webapp.migrations import require_migrated


@contextmanager
def open_migrated(url: str, *, with_web: bool = True) -> Iterator[sessionmaker[Session]]:
    """Yield a session factory for a database that is there and has all tables.

    A command that touches only the library's tables asks for those alone: ``with_web=False``.

    Raises:
        InvalidDatabaseUrlError: the URL cannot be read.
        DatabaseUnavailableError: the database does not answer.
        DatabaseNotMigratedError: it has no tables, or those of another version.
    """
    engine = make_engine(url)
    try:
        _require_file(engine)
        require_core_migrated(read_only(engine))
        if with_web:
            with make_session_factory(read_only(engine))() as session:
                require_migrated(session)
        yield make_session_factory(engine)
    except SQLAlchemyError as exc:
        raise translate_database_error(exc) from exc
    finally:
        engine.dispose()


def _require_file(engine: Engine) -> None:
    """Refuse a SQLite file that is not there: opening it would leave an empty one behind."""
    name = engine.url.database
    if engine.dialect.name == "sqlite" and name and not Path(name).exists():
        message = (
            f"there is no database file {name}: "
            f"run commerce migrate --database sqlite:///{name} first, or correct the name"
        )
        raise DatabaseNotMigratedError(message, file=name)
