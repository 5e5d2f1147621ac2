"""Where the demo lives: one SQLite file, in a folder that goes away or at a path that is kept.

A file of the demo carries its mark (SQLite's ``application_id``) and says which shop it holds
(``user_version``). It is built under another name and renamed when it is complete, so that a
build that was cut short is never taken for a shop. A file without the mark is never touched.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Final

from commerce_core.errors import InvalidInputError

APPLICATION_ID: Final = 0x4B26_4B31
"""Reads "K&K1" in the file's header."""
_FOLDER_PREFIX: Final = "commerce-demo-"
_SQLITE_HEADER: Final = b"SQLite format 3\x00"
_COMPANIONS: Final = ("", "-wal", "-shm", "-journal")


class Shop(IntEnum):
    """Which shop a file holds. Stored in the file: never renumber."""

    GENERATED = 1
    ONLINE_RETAIL = 2


_NAMES: Final = {Shop.GENERATED: "the generated shop", Shop.ONLINE_RETAIL: "the imported file"}


class DemoFileError(InvalidInputError):
    """A path cannot hold the demo: it is something else, or holds the other shop."""

    code = "demo_file"


@contextmanager
def demo_folder(keep: Path | None) -> Iterator[Path]:
    """Yield the path of the database: ``keep``, or one in a folder that is removed at the end.

    Raises:
        DemoFileError: ``keep`` is a folder, or lies in none.
    """
    if keep is not None:
        yield _checked(keep)
        return
    folder = Path(tempfile.mkdtemp(prefix=_FOLDER_PREFIX))
    try:
        yield folder / "shop.db"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _checked(path: Path) -> Path:
    if path.is_dir():
        message = f"{path} is a folder: give --keep the name of a file, such as {path / 'shop.db'}"
        raise DemoFileError(message, path=str(path))
    if not path.parent.is_dir():
        message = f"there is no folder {path.parent}: create it, or choose another path for --keep"
        raise DemoFileError(message, path=str(path))
    return path.absolute()


def is_ready(path: Path, shop: Shop) -> bool:
    """Tell whether ``path`` holds ``shop`` already; False where there is nothing yet.

    Raises:
        DemoFileError: the file is not the demo's, or holds the other shop.
    """
    if not path.exists() or path.stat().st_size == 0:
        return False
    held = _held_shop(path)
    if held is None:
        message = f"{path} is not a database of the demo: choose another path for --keep"
        raise DemoFileError(message, path=str(path))
    if held is not shop:
        message = f"{path} holds {_NAMES[held]}, not {_NAMES[shop]}: choose another path for --keep"
        raise DemoFileError(message, path=str(path))
    return True


def _held_shop(path: Path) -> Shop | None:
    """Return which shop a file of ours holds, None if it is another's. Leaves it as it is."""
    with path.open("rb") as file:
        if file.read(len(_SQLITE_HEADER)) != _SQLITE_HEADER:
            return None
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            (mark,) = connection.execute("PRAGMA application_id").fetchone()
            (number,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.DatabaseError:
        return None
    return Shop(number) if mark == APPLICATION_ID and number in set(Shop) else None


def build(path: Path, shop: Shop, fill: Callable[[str], None]) -> None:
    """Let ``fill(url)`` make the database beside ``path``, mark it, and put it in its place.

    Whatever ends ``fill`` early leaves ``path`` as it was.
    """
    unfinished = path.with_name(f"{path.name}.building")
    _remove(unfinished)
    try:
        fill(url_of(unfinished))
        with closing(sqlite3.connect(unfinished, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {shop.value}")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        unfinished.replace(path)
    finally:
        _remove(unfinished)


def url_of(path: Path) -> str:
    """Return the URL of the SQLite database at ``path``."""
    return f"sqlite:///{path}"


def _remove(path: Path) -> None:
    for companion in _COMPANIONS:
        path.with_name(path.name + companion).unlink(missing_ok=True)
