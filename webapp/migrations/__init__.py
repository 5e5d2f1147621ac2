"""The history of the back office's own tables, beside the library's and independent of it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from commerce_core.database import make_engine
from commerce_core.errors import DatabaseNotMigratedError
from commerce_core.migrations import require_migrated as require_core_migrated
from commerce_core.migrations import upgrade_engine

VERSION_TABLE: Final = "commerce_web_version"
_HERE: Final = Path(__file__).parent


def upgrade(url: str) -> None:
    """Bring the web tables of the database at ``url`` to the newest version, in one transaction.

    Raises:
        DatabaseError: the URL is wrong, or the database does not answer.
    """
    engine = make_engine(url)
    try:
        upgrade_engine(engine, script_location=_HERE)
    finally:
        engine.dispose()


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
    if found is None:
        message = "the database has no web tables: run commerce migrate --database URL first"
    elif _knows(found):
        message = "the database is of an older version: run commerce migrate --database URL first"
    else:
        message = "the database was made by a newer version: install that, or use another database"
    raise DatabaseNotMigratedError(message, found=found, wanted=wanted)


def require_all_migrated(session: Session) -> None:
    """Stop what cannot work with the tables there are: the library's and ours. Same errors."""
    bind = session.get_bind()
    require_core_migrated(bind if isinstance(bind, Engine) else bind.engine)
    require_migrated(session)


def _knows(revision: str) -> bool:
    revisions = ScriptDirectory.from_config(_config()).walk_revisions()
    return any(known.revision == revision for known in revisions)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
