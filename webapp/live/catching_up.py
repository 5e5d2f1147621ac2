"""What a client missed, as one frame: from memory, or read once for all who missed the same."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from commerce_core.journal import Cursor
from webapp.live.changes import Changes, read_changes
from webapp.live.encoding import Encoding
from webapp.live.frames import Frame
from webapp.live.reader import MOST_CONNECTIONS
from webapp.live.topics import Topic

if TYPE_CHECKING:
    from webapp.live.hub import Hub


class CatchingUp:
    """Brings the clients of a hub to the present."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._reading: dict[tuple[Topic, str, Cursor], asyncio.Task[Frame | None]] = {}
        self._remembered: dict[tuple[Topic, str, int], Frame] = {}
        # One connection stays free for the feed.
        self._room = asyncio.Semaphore(MOST_CONNECTIONS - 1)

    def forget(self) -> None:
        """Drop the frames that were encoded for others: there is something new."""
        self._remembered.clear()

    async def close(self) -> None:
        """Wait for what is being read: whoever asked may have left, and it holds a connection."""
        await asyncio.gather(*self._reading.values(), return_exceptions=True)

    async def frame(self, topic: Topic, representation: str, since: Cursor) -> Frame | None:
        """Return all that changed since the cursor as one frame, or None when it is too much.

        What happened lately is told from memory. Clients that come back together with the same
        cursor share one read, and one encoding.

        Raises:
            CommerceError: the database does not answer.
        """
        missed = self._hub.recent.place_of(since)
        if missed is not None:
            self._hub.figures.caught_up_from_memory += 1
            return self._recall(topic, representation, missed)
        self._hub.figures.caught_up_from_database += 1
        key = topic, representation, since
        task = self._reading.get(key)
        if task is None:
            task = asyncio.create_task(self._read(topic, representation, since))
            self._reading[key] = task
            task.add_done_callback(lambda _: self._reading.pop(key, None))
        return await asyncio.shield(task)

    def _recall(self, topic: Topic, representation: str, missed: int) -> Frame:
        recent, key = self._hub.recent, (topic, representation, missed)
        frame = self._remembered.get(key)
        if frame is None or frame.cursor != recent.end:
            frame = self._encode(recent.last(missed), topic, representation)
            self._remembered[key] = frame
        return frame

    async def _read(self, topic: Topic, representation: str, since: Cursor) -> Frame | None:
        async with self._room:
            changes = await self._hub.reader.ask(read_changes, since)
        if changes.is_reset or changes.has_more:
            return None
        return self._encode(changes, topic, representation)

    def _encode(self, changes: Changes, topic: Topic, representation: str) -> Frame:
        frame = Encoding(self._hub.encoders, changes).frame(topic, representation)
        return frame or Frame(changes.cursor, b"")
