"""The library's own Alembic history, shipped in the wheel, with its own version table.

``upgrade(url)`` brings a database to this version; ``require_migrated(engine)`` says in one
sentence what to do about one that is not.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
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

    Raises:
        DatabaseError: the URL is wrong, or the database does not answer.
    """
    engine = make_engine(url)
    try:
        upgrade_engine(engine, script_location=_HERE)
        run_in_transaction(make_session_factory(engine), ensure_epoch)
    except SQLAlchemyError as exc:
        raise translate_database_error(exc) from exc
    finally:
        engine.dispose()


def upgrade_engine(engine: Engine, *, script_location: Path) -> None:
    """Run one Alembic history (ours, or that of a package on top of ours) on ``engine``."""
    config = _config(script_location)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def current_revision(engine: Engine) -> str | None:
    """Return the revision the database stands at, or None if it was never migrated."""
    with engine.connect() as connection:
        return _revision(connection, VERSION_TABLE)


def head_revision() -> str:
    """Return the revision this version of the library needs."""
    return _head(_HERE)


def require_migrated(engine: Engine) -> None:
    """Return if the database stands at this version.

    Raises:
        DatabaseNotMigratedError: it does not; the message says what to run.
        DatabaseUnavailableError: it does not answer.
    """
    try:
        found = current_revision(engine)
    except SQLAlchemyError as exc:
        raise translate_database_error(exc) from exc
    if found != head_revision():
        state = "has no tables yet" if found is None else f"stands at revision {found}"
        message = f"the database {state}: run commerce migrate --database URL first"
        raise DatabaseNotMigratedError(message, found=found, needed=head_revision())


def _config(location: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _head(location: Path) -> str:
    head = ScriptDirectory.from_config(_config(location)).get_current_head()
    if head is None:
        message = "this installation has no migrations: install the package again"
        raise DatabaseNotMigratedError(message)
    return head


def _revision(connection: Connection, table: str) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": table})
    return context.get_current_revision()
