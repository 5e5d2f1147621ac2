"""The library's own Alembic history, shipped in the wheel, with its own version table.

``upgrade(url)`` brings a database to this version; ``require_migrated(engine)`` says in one
sentence what to do about one that is not.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from commerce_core.database import make_engine, make_session_factory, translate_database_error
from commerce_core.errors import DatabaseNotMigratedError
from commerce_core.flows import run_in_transaction
from commerce_core.journal import ensure_epoch

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

VERSION_TABLE: Final = "commerce_version"
_HERE: Final = Path(__file__).parent


def upgrade(url: str) -> None:
    """Bring the database at ``url`` to this version of the library, and begin its journal epoch.

    Creates what is missing, changes nothing when there is nothing to do, and commits.

    Several processes may call it at once: one does the work, the others wait for it.

    Raises:
        DatabaseError: the URL is wrong, or the database does not answer.
        DatabaseNotMigratedError: the database stands at a revision that this version does not
            know, because a newer one made it.
    """
    engine = make_engine(url)
    try:
        upgrade_engine(engine, script_location=_HERE)
        run_in_transaction(make_session_factory(engine), ensure_epoch)
    finally:
        engine.dispose()


def upgrade_engine(engine: Engine, *, script_location: Path) -> None:
    """Run one Alembic history (ours, or that of a package on top of ours) on ``engine``.

    Raises:
        DatabaseError, DatabaseNotMigratedError: as ``upgrade`` does.
    """
    config = _config(script_location)
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except SQLAlchemyError as exc:
        raise translate_database_error(exc) from exc
    except CommandError as exc:
        message = "the database was made by a newer version: install that, or use another database"
        raise DatabaseNotMigratedError(message, reason=str(exc)) from exc


def current_revision(engine: Engine) -> str | None:
    """Return the revision the database stands at, or None if it was never migrated.

    Raises:
        DatabaseUnavailableError: it does not answer.
    """
    try:
        with engine.connect() as connection:
            return _revision(connection, VERSION_TABLE)
    except SQLAlchemyError as exc:
        raise translate_database_error(exc) from exc


@cache
def head_revision() -> str:
    """Return the revision this version of the library needs."""
    head = ScriptDirectory.from_config(_config(_HERE)).get_current_head()
    if head is None:
        message = "this installation has no migrations: install the package again"
        raise DatabaseNotMigratedError(message)
    return head


def require_migrated(engine: Engine) -> None:
    """Return if the database stands at this version.

    Raises:
        DatabaseNotMigratedError: it does not; the message says what to run.
        DatabaseUnavailableError: it does not answer.
    """
    found, needed = current_revision(engine), head_revision()
    if found == needed:
        return
    if found is None:
        message = "the database has no tables yet: run commerce migrate --database URL first"
    elif found in _known_revisions():
        message = "the database is of an older version: run commerce migrate --database URL first"
    else:
        message = "the database was made by a newer version: install that, or use another database"
    raise DatabaseNotMigratedError(message, found=found, needed=needed)


def _config(location: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@cache
def _known_revisions() -> frozenset[str]:
    scripts = ScriptDirectory.from_config(_config(_HERE))
    return frozenset(script.revision for script in scripts.walk_revisions())


def _revision(connection: Connection, table: str) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": table})
    return context.get_current_revision()
