"""The history of the back office's own tables, beside the library's and independent of it."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from commerce_core.database import make_engine, make_session_factory
from commerce_core.errors import DatabaseNotMigratedError
from commerce_core.flows import run_in_transaction

VERSION_TABLE: Final = "commerce_web_version"


def upgrade(url: str) -> None:
    """Bring the web tables of the database at ``url`` to the newest version, in one transaction.

    Raises:
        InvalidDatabaseUrlError: the URL cannot be read.
        DatabaseUnavailableError: the database does not answer.
    """
    engine = make_engine(url)
    try:
        run_in_transaction(make_session_factory(engine), upgrade_session)
    finally:
        engine.dispose()


def upgrade_session(session: Session) -> None:
    """Do what ``upgrade`` does inside the caller's transaction."""
    config = _config()
    config.attributes["connection"] = session.connection()
    command.upgrade(config, "head")


@lru_cache(maxsize=1)
def head_revision() -> str | None:
    """Return the newest revision this installation knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def current_revision(connection: Connection) -> str | None:
    """Return the revision of the database, None if it has no web tables."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def require_migrated(session: Session) -> None:
    """Stop what cannot work with the tables there are.

    Raises:
        DatabaseNotMigratedError: they are missing, older or newer; the message says what to do.
    """
    found, wanted = current_revision(session.connection()), head_revision()
    if found == wanted:
        return
    if found is None or _knows(found):
        message = "the database has not been migrated: run commerce migrate --database URL first"
    else:
        message = "the database was migrated by a newer version: install that version"
    raise DatabaseNotMigratedError(message, found=found, wanted=wanted)


def _knows(revision: str) -> bool:
    revisions = ScriptDirectory.from_config(_config()).walk_revisions()
    return any(known.revision == revision for known in revisions)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "webapp:migrations")
    config.set_main_option("path_separator", "os")
    return config
