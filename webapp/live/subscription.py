"""One open stream: a small mailbox, and what to do when it overflows.

A client that reads slowly never builds a queue. Its mailbox holds at most ``MOST_FRAMES`` frames
(bytes it shares with everybody); one more, and the mailbox is emptied and the client marked: when
it reads again it gets the present state from the database.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from commerce_core.errors import CommerceError
from commerce_core.journal import Cursor
from webapp.live.frames import (
    HEARTBEAT,
    Frame,
    encode_cursor,
    encode_event,
    reset_event,
    status_event,
)
from webapp.live.topics import Topic

if TYPE_CHECKING:
    from webapp.live.hub import Hub

MOST_FRAMES: Final = 8


class Subscription:
    """The stream of one client.

    ``position`` is the cursor up to which it has been told, ``told_at`` when it last was.
    """

    __slots__ = (
        "_delayed_told",
        "_has_news",
        "_hub",
        "_mailbox",
        "_reset_reason",
        "_wants_heartbeat",
        "is_behind",
        "is_closed",
        "owner",
        "position",
        "representation",
        "told_at",
        "topic",
    )

    def __init__(
        self, hub: Hub, topic: Topic, representation: str, *, owner: object, after: Cursor | None
    ) -> None:
        self._hub = hub
        self._mailbox: deque[Frame] = deque()
        self._has_news = asyncio.Event()
        self._reset_reason = ""
        self._delayed_told = 0
        self._wants_heartbeat = False
        self.topic = topic
        self.representation = representation
        self.owner = owner
        self.position = hub.cursor if after is None else after
        self.is_behind = after is not None
        self.is_closed = False
        self.told_at = asyncio.get_running_loop().time()

    # --- told by the hub -------------------------------------------------------------------

    def offer(self, frame: Frame) -> None:
        """Put a frame into the mailbox, or mark the client as behind when it is full."""
        if self.is_behind:
            return  # what it will read from the database holds this frame too
        if len(self._mailbox) >= MOST_FRAMES:
            self._mailbox.clear()
            self.is_behind = True
        else:
            self._mailbox.append(frame)
        self._has_news.set()

    def reset(self, reason: str) -> None:
        """Have the client read everything again: its position means nothing any more."""
        self._reset_reason = reason
        self._has_news.set()

    def remind(self, *, heartbeat: bool = False) -> None:
        """Have the client told what is no change: the delay, or that we are still there."""
        self._wants_heartbeat = self._wants_heartbeat or heartbeat
        self._has_news.set()

    def close(self) -> None:
        """End the stream."""
        self.is_closed = True
        self._has_news.set()

    # --- asked by the stream ---------------------------------------------------------------

    async def take(self) -> list[bytes]:
        """Wait for something to say and return it. Empty when the stream is closed."""
        while not self.is_closed:
            self._has_news.clear()
            if self._reset_reason:
                told = [self._tell_reset()]
            else:
                told = await self._catch_up() if self.is_behind else []
            told.extend(self._tell_frames())
            told.extend(self._tell_status())
            if told:
                self.told_at = asyncio.get_running_loop().time()
                return told
            await self._has_news.wait()
        return []

    def _tell_reset(self) -> bytes:
        event = reset_event(self._reset_reason)
        self._reset_reason = ""
        self._mailbox.clear()
        # The client reads again from now on, so it has seen all that the hub has.
        self.is_behind = False
        self.position = self._hub.cursor
        return encode_event(event, cursor=self.position)

    async def _catch_up(self) -> list[bytes]:
        """Return what the client missed. Frames that come meanwhile wait in the mailbox."""
        if self.position is None or not self._hub.is_well:
            return []
        self.is_behind = False
        self._mailbox.clear()
        has_read = False
        try:
            frame = await self._hub.catch_up(self.topic, self.representation, self.position)
            has_read = True
        except CommerceError:
            return []  # the hub will remind us
        finally:
            self.is_behind = self.is_behind or not has_read
        if frame is None:
            self._reset_reason = "too far behind"
            return [self._tell_reset()]
        self.position = frame.cursor
        return [frame.data or encode_cursor(frame.cursor)]

    def _tell_frames(self) -> list[bytes]:
        """Return the frames of the mailbox that hold anything new."""
        told = []
        while self._mailbox:
            frame = self._mailbox.popleft()
            if self.position is None or is_newer(frame.cursor, self.position):
                self.position = frame.cursor
                told.append(frame.data)
        return told

    def _tell_status(self) -> list[bytes]:
        told = []
        if self._delayed_told != self._hub.delayed:
            self._delayed_told = self._hub.delayed
            told.append(encode_event(status_event(self._delayed_told)))
        if self._wants_heartbeat:
            self._wants_heartbeat = False
            told.append(self._heartbeat())
        return told

    def _heartbeat(self) -> bytes:
        """Return a sign of life, which moves a quiet client's cursor on with the hub's."""
        if self.is_behind or self.position == self._hub.cursor or self._hub.cursor is None:
            return HEARTBEAT
        self.position = self._hub.cursor
        return HEARTBEAT + encode_cursor(self.position)


def is_newer(one: Cursor, other: Cursor) -> bool:
    """Tell whether ``one`` lies beyond ``other``; cursors of two epochs cannot be compared."""
    return one.epoch != other.epoch or one.horizon > other.horizon
