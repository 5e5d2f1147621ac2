"""Notices commits: those of this process at once, those of others on SQLite within 5 ms.

A commit through any session of this process is heard by an event. On SQLite ``PRAGMA
data_version``, asked of a connection that does nothing else, changes when anybody commits to the
file; it costs 3 microseconds. Elsewhere the hub has to look by itself.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

LOOK_SECONDS: Final = 0.005
"""How often the file is asked while somebody waits for news."""


class Wake:
    """Tells when it is worth reading the journal. Used by one task of one event loop."""

    def __init__(self, url: URL) -> None:
        self._path = _file_of(url)
        self._event = asyncio.Event()
        self._connection: sqlite3.Connection | None = None
        self._version = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._on_commit: Callable[[], None] | None = None

    @property
    def sees_everything(self) -> bool:
        """Whether no commit of any process is missed, so that nobody has to look by himself."""
        return self._connection is not None

    def open(self, *, on_commit: Callable[[], None] | None = None) -> None:
        """Begin to listen. Call it on the event loop that waits.

        ``on_commit`` is called there after each commit of this process.
        """
        self._loop = asyncio.get_running_loop()
        self._on_commit = on_commit
        event.listen(Session, "after_commit", self._hear)
        if self._path is not None:
            self._connection = sqlite3.connect(self._path, isolation_level=None, timeout=0)
            self._has_other_commit()

    def close(self) -> None:
        """Stop listening."""
        if event.contains(Session, "after_commit", self._hear):
            event.remove(Session, "after_commit", self._hear)
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def call(self) -> None:
        """Wake the one who waits. For the event loop's own thread."""
        self._event.set()

    async def wait(self, seconds: float, *, look_every: float = LOOK_SECONDS) -> bool:
        """Wait until something was committed, at most ``seconds``; tell whether it was."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while True:
            was_called = self._event.is_set()
            self._event.clear()
            if self._has_other_commit() or was_called:
                return True
            left = deadline - loop.time()
            if left <= 0:
                return False
            await self._nap(min(left, look_every) if self.sees_everything else left)

    async def _nap(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            pass

    def _hear(self, _session: Session) -> None:
        """Hear a commit of this process, in whatever thread it happened."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._note_commit)

    def _note_commit(self) -> None:
        self._event.set()
        if self._on_commit is not None:
            self._on_commit()

    def _has_other_commit(self) -> bool:
        """Tell whether the file changed since the last time this was asked."""
        if self._connection is None:
            return False
        before = self._version
        try:
            (self._version,) = self._connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return True  # locked, or gone: reading will tell
        return self._version != before


def _file_of(url: URL) -> str | None:
    """Return the file of an SQLite database; None for another kind, or one in memory."""
    name: Any = url.database
    if url.get_backend_name() != "sqlite" or not name or name.startswith((":memory:", "file:")):
        return None
    return str(name)
