"""One open stream: the line or a small mailbox, and what to do when they are full.

A client that reads slowly never builds a queue. While it keeps up, the hub writes each frame
straight to its line. Where there is no line (plain ASGI, WebSockets, tests), frames wait in a
mailbox of at most ``MOST_FRAMES`` (bytes it shares with everybody). When either is full the client
is marked: once it takes bytes again it gets the present state from memory or the database.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from commerce_core.errors import CommerceError
from commerce_core.journal import Cursor
from webapp.live.frames import (
    Frame,
    encode_cursor,
    encode_event,
    reset_event,
    sign_of_life,
    status_event,
)
from webapp.live.topics import Topic

if TYPE_CHECKING:
    from webapp.live.hub import Hub
    from webapp.live.line import Line

MOST_FRAMES: Final = 8


class Subscription:
    """The stream of one client.

    ``position`` is the cursor up to which it has been told, ``told_at`` when it last was. The
    stream ends at ``ends_at``, and when the session ``session_id`` does (None: never).
    """

    __slots__ = (
        "_delayed_told",
        "_has_news",
        "_hub",
        "_line",
        "_mailbox",
        "_reset_reason",
        "_resting_line",
        "_wants_heartbeat",
        "checked_at",
        "ends_at",
        "is_behind",
        "is_closed",
        "owner",
        "position",
        "representation",
        "session_id",
        "told_at",
        "topic",
    )

    def __init__(
        self,
        hub: Hub,
        topic: Topic,
        representation: str,
        *,
        owner: object,
        after: Cursor | None,
        line: Line | None = None,
        session_id: int | None = None,
        ends_at: float | None = None,
    ) -> None:
        self._hub = hub
        self._mailbox: deque[Frame] | None = None
        self._has_news = asyncio.Event()
        self._line = line
        # The line, while the stream waits in take() and the hub may write to it.
        self._resting_line: Line | None = None
        self._reset_reason = ""
        self._delayed_told = 0
        self._wants_heartbeat = False
        self.topic = topic
        self.representation = representation
        self.owner = owner
        self.session_id = session_id
        self.ends_at = ends_at
        self.position = hub.cursor if after is None else after
        self.is_behind = after is not None
        self.is_closed = False
        self.told_at = self.checked_at = asyncio.get_running_loop().time()

    # --- told by the hub -------------------------------------------------------------------

    def offer(self, frame: Frame, now: float) -> bool:
        """Tell a frame, or mark the client as behind when it takes no more; say which."""
        line = self._resting_line
        if (
            line is not None
        ):  # the usual way, thousands of times a tick: no calls that can be spared
            if line.flow.write_paused:
                return self._fall_behind()
            if self.position is not None and not is_newer(frame.cursor, self.position):
                return False
            self.position = frame.cursor
            self.told_at = now
            try:
                line.write(frame.chunk)
            except RuntimeError:  # the connection has just ended
                self.close()
            return True
        if self.is_behind:
            return False  # what it will be told from memory or the database holds this frame too
        mailbox = self._mailbox
        if mailbox is None:
            mailbox = self._mailbox = deque()
        if len(mailbox) >= MOST_FRAMES:
            return self._fall_behind()
        mailbox.append(frame)
        self._rouse()
        return True

    def keep_alive(self, chunk: bytes, cursor: Cursor | None, now: float) -> None:
        """Give a sign of life, which moves a quiet client's position on to the cursor it holds."""
        line = self._resting_line
        if line is None:
            self._wants_heartbeat = True
            self._rouse()
        elif line.is_clear:
            self.told_at = now
            self.position = cursor or self.position
            try:
                line.write(chunk)
            except RuntimeError:
                self.close()

    def reset(self, reason: str) -> None:
        """Have the client read everything again: its position means nothing any more."""
        self._reset_reason = reason
        self._rouse()

    def remind(self) -> None:
        """Have the client told what is no change: the delay, or that the database answers."""
        self._rouse()

    def close(self) -> None:
        """End the stream."""
        self.is_closed = True
        self._rouse()

    def cut_off(self) -> None:
        """End the stream of a client that takes nothing, with what it was told before."""
        self.close()
        if self._line is not None:
            self._line.abort()

    @property
    def is_stuck(self) -> bool:
        """Whether the client takes nothing at the moment."""
        return self._line is not None and not self._line.is_clear

    @property
    def waiting(self) -> int:
        """How many frames wait in the mailbox."""
        return len(self._mailbox) if self._mailbox else 0

    def _rouse(self) -> None:
        self._resting_line = None
        self._has_news.set()

    def _fall_behind(self) -> bool:
        if self._mailbox:
            self._mailbox.clear()
        self.is_behind = True
        self._hub.figures.marked_behind += 1
        self._rouse()
        return False

    # --- asked by the stream ---------------------------------------------------------------

    async def take(self) -> list[bytes]:
        """Wait for something to say and return it. Empty when the stream is closed.

        While a stream with a line waits here, the hub writes to its line.
        """
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
            if not self._has_news.is_set():
                self._resting_line = None if self.is_behind else self._line
                await self._has_news.wait()
                self._resting_line = None
        return []

    def _tell_reset(self) -> bytes:
        event = reset_event(self._reset_reason)
        self._reset_reason = ""
        self._mailbox = None
        # The client reads again from now on, so it has seen all that the hub has.
        self.is_behind = False
        self.position = self._hub.cursor
        self._hub.figures.resets += 1
        return encode_event(event, cursor=self.position)

    async def _catch_up(self) -> list[bytes]:
        """Return what the client missed. Frames that come meanwhile wait in the mailbox."""
        if self.position is None or not self._hub.is_well:
            return []
        self.is_behind = False
        self._mailbox = None
        has_read = False
        try:
            frame = await self._hub.catching_up.frame(
                self.topic, self.representation, self.position
            )
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
        mailbox, self._mailbox = self._mailbox, None
        for frame in mailbox or ():
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
            cursor = None if self.is_behind else self._hub.quiet_cursor
            if cursor is not None:
                self.position = cursor
            told.append(sign_of_life(cursor))
        return told


def is_newer(one: Cursor, other: Cursor) -> bool:
    """Tell whether ``one`` lies beyond ``other``; cursors of two epochs cannot be compared."""
    return one.epoch != other.epoch or one.horizon > other.horizon
