"""The hub: who listens in this process, and handing out to all of them what the feed read.

Each frame is encoded once for a topic and a representation; everybody gets the same bytes. The
feed (``feed.py``) reads, the pulse (``pulse.py``) gives signs of life and ends what has to end.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from commerce_core.clock import utc_now
from commerce_core.journal import Cursor
from webapp.database import WebDatabase
from webapp.health import Finding
from webapp.live.catching_up import CatchingUp
from webapp.live.changes import Changes
from webapp.live.encoding import Encoding
from webapp.live.feed import Feed
from webapp.live.figures import Figures
from webapp.live.frames import Encoder, Frame
from webapp.live.history import History
from webapp.live.listeners import Listeners
from webapp.live.lowness import Lowness
from webapp.live.pulse import Pulse
from webapp.live.reader import Reader
from webapp.live.recent import Recent
from webapp.live.subscription import Subscription
from webapp.live.topics import Topic
from webapp.live.wake import Wake

if TYPE_CHECKING:
    from webapp.live.line import Line
    from webapp.live.pulse import SessionCheck
    from webapp.live.relay import Relay

BATCH: Final = 250
"""Lines that are written to before other work of the process gets its turn."""


class Hub:
    """The streams of one process.

    ``cursor`` is the end of what has been handed out, None before the first read; ``delayed`` the
    whole seconds that pages are behind, 0 while that is not worth a word.
    """

    def __init__(
        self,
        database: WebDatabase,
        encoders: Mapping[str, Encoder],
        *,
        wake: Wake | None = None,
        are_alive: SessionCheck | None = None,
    ) -> None:
        self.reader = Reader(database.engine.url)
        self.encoders = encoders
        self.figures = Figures()
        self.history = History()
        self.listeners = Listeners()
        self.catching_up = CatchingUp(self)
        self.recent = Recent()
        self.lowness = Lowness()
        self.wake = wake or Wake(database.engine.url)
        self.relay: Relay | None = None
        """Set before the start where Redis connects this process with others."""
        self.delayed = 0
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._is_handing_out = False
        self._end = asyncio.Event()
        self.feed = Feed(self, database)
        self.pulse = Pulse(self, are_alive)

    # --- life ------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to read. Returns when the position is known, or at once when that fails."""
        await self.feed.start()
        self.pulse.start()

    def drain(self) -> None:
        """End all streams, and take no new ones. For the moment a shutdown begins."""
        self._end.set()
        for subscription in self.listeners.everybody():
            subscription.close()
        self.wake.call()

    async def stop(self) -> None:
        """End all streams and all tasks."""
        self.drain()
        await self.feed.stop()
        await self.pulse.stop()
        await self.catching_up.close()
        await self.reader.close()

    async def rest(self, seconds: float) -> None:
        """Sleep, but not beyond the end."""
        try:
            async with asyncio.timeout(seconds):
                await self._end.wait()
        except TimeoutError:
            pass

    @property
    def is_stopping(self) -> bool:
        """Whether no new stream should be opened."""
        return self._end.is_set()

    @property
    def is_well(self) -> bool:
        """Whether the last read succeeded."""
        return not self.feed.condition.trouble

    @property
    def cursor(self) -> Cursor | None:
        """The end of what has been handed out."""
        return self.recent.end

    @property
    def quiet_cursor(self) -> Cursor | None:
        """The cursor, unless it is just being handed out and not everybody has been told."""
        return None if self._is_handing_out else self.recent.end

    # --- streams ---------------------------------------------------------------------------

    def subscribe(
        self,
        topic: Topic,
        representation: str,
        *,
        owner: object = None,
        after: Cursor | None = None,
        line: Line | None = None,
        session_id: int | None = None,
        ends_at: float | None = None,
    ) -> Subscription:
        """Return a stream of what happens from now on, and of what happened since ``after``.

        It is known to the hub before anything is read, so nothing falls between. Hand it back
        with ``unsubscribe``. ``line`` is where the hub may write by itself while ``take()``
        waits; ``session_id`` and ``ends_at`` (seconds of the event loop's clock) end it.
        """
        subscription = Subscription(
            self,
            topic,
            representation,
            owner=owner,
            after=after,
            line=line,
            session_id=session_id,
            ends_at=ends_at,
        )
        is_first = not self.listeners.count()
        self.listeners.add(subscription)
        if self.is_stopping:
            subscription.close()
        if is_first:
            self.wake.call()  # nobody listened: the feed slept longer
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a stream. Does nothing the second time."""
        self.listeners.remove(subscription)
        subscription.close()

    # --- handing out -----------------------------------------------------------------------

    async def tell(
        self, changes: Changes, *, ready: Mapping[tuple[Topic, str], bytes] | None = None
    ) -> Encoding:
        """Hand out what changed after ``cursor`` and move it on; return what was encoded.

        ``ready`` is what another process has encoded of the same changes.
        """
        news = self.lowness.mark(self.recent.add(changes))
        self.catching_up.forget()
        is_whole = len(news.levels) == len(changes.levels)
        encoding = Encoding(self.encoders, news, ready=ready if is_whole else None)
        if not news.has_news:
            return encoding
        self.figures.note(news, utc_now())
        # Who subscribes from now on begins after these changes; who is here gets them now.
        told = [(list(members), encoding.frame(*key)) for key, members in self.listeners.by_form()]
        self._is_handing_out = True
        try:
            for members, frame in told:
                if frame is not None:
                    self.figures.frames += 1
                    await self._hand_out(members, frame)
        finally:
            self._is_handing_out = False
        return encoding

    async def _hand_out(self, members: list[Subscription], frame: Frame) -> None:
        now = asyncio.get_running_loop().time()
        for first in range(0, len(members), BATCH):
            taken = 0
            for member in members[first : first + BATCH]:
                taken += member.offer(frame, now)
            self.figures.deliveries += taken
            self.figures.bytes += taken * len(frame.chunk)
            if first + BATCH < len(members):
                await asyncio.sleep(0)

    def begin_anew(self, cursor: Cursor) -> None:
        """Have everybody read everything again: the journal is another one."""
        self.figures.epoch_changes += 1
        self.recent.begin(cursor)
        self.catching_up.forget()
        self.lowness.begin(None)
        for subscription in self.listeners.everybody():
            subscription.reset("the journal begins anew")

    # --- how it goes -----------------------------------------------------------------------

    def describe(self) -> dict[str, Any]:
        """Return how this process does, for whoever watches several of them."""
        numbers = asdict(self.figures)
        return numbers | {
            "name": self.name,
            "mode": self.feed.mode,
            "streams": self.listeners.count(),
            "behind": self.listeners.behind(),
            "delayed": self.delayed,
            "lag_seconds": self.feed.condition.lag_seconds,
            "tick_seconds": self.feed.tick_seconds,
            "cursor": "" if self.cursor is None else str(self.cursor),
            "trouble": self.feed.condition.trouble,
        }

    async def examine(self) -> Finding:
        """Return what the readiness probe shows: red while the hub is deaf."""
        trouble = self.feed.condition.trouble
        warnings = [self.relay.trouble] if self.relay is not None and self.relay.trouble else []
        facts = {
            "streams": self.listeners.count(),
            "frames": self.figures.frames,
            "cursor": None if self.cursor is None else str(self.cursor),
            "delayed_seconds": self.delayed,
            "marked_behind": self.figures.marked_behind,
            "mode": self.feed.mode,
        }
        return Finding(facts, faults=[trouble] if trouble else [], warnings=warnings)
