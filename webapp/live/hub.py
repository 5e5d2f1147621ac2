"""The hub: who listens in this process, and handing out to all of them what the feed read.

Each frame is encoded once for a topic and a representation; everybody gets the same bytes. The
feed (``feed.py``) reads, the pulse (``pulse.py``) gives signs of life and ends what has to end.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from commerce_core.clock import utc_now
from commerce_core.journal import Cursor
from webapp.database import WebDatabase
from webapp.health import Finding
from webapp.live.changes import Changes, read_changes
from webapp.live.encoding import Encoding
from webapp.live.feed import Feed
from webapp.live.figures import Figures
from webapp.live.frames import HEARTBEAT, Encoder, Frame, encode_cursor
from webapp.live.history import History
from webapp.live.lowness import Lowness
from webapp.live.pulse import Pulse
from webapp.live.reader import MOST_CONNECTIONS, Reader
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
        self.recent = Recent()
        self.lowness = Lowness()
        self.wake = wake or Wake(database.engine.url)
        self.relay: Relay | None = None
        """Set before the start where Redis connects this process with others."""
        self.delayed = 0
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._groups: dict[tuple[Topic, str], set[Subscription]] = defaultdict(set)
        self._owners: Counter[object] = Counter()
        self._catching_up: dict[tuple[Topic, str, Cursor], asyncio.Task[Frame | None]] = {}
        self._remembered: dict[tuple[Topic, str, int], Frame] = {}
        # One connection stays free for the task itself.
        self._room_to_catch_up = asyncio.Semaphore(MOST_CONNECTIONS - 1)
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
        for subscription in self.everybody():
            subscription.close()
        self.wake.call()

    async def stop(self) -> None:
        """End all streams and all tasks."""
        self.drain()
        await self.feed.stop()
        await self.pulse.stop()
        # Whoever asked may have left; the answer still holds a connection.
        await asyncio.gather(*self._catching_up.values(), return_exceptions=True)
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
        return not self.feed.trouble

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
        is_first = not self._owners
        self._groups[topic, representation].add(subscription)
        self._owners[owner] += 1
        if self.is_stopping:
            subscription.close()
        if is_first:
            self.wake.call()  # nobody listened: the feed slept longer
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a stream. Does nothing the second time."""
        key = subscription.topic, subscription.representation
        members = self._groups.get(key, set())
        if subscription in members:
            members.discard(subscription)
            self._owners[subscription.owner] -= 1
            if not self._owners[subscription.owner]:
                del self._owners[subscription.owner]
            if not members:
                del self._groups[key]
        subscription.close()

    def count(self, owner: object | None = None) -> int:
        """Return how many streams are open: all, or those of one owner."""
        return self._owners.total() if owner is None else self._owners[owner]

    def behind(self) -> int:
        """Return how many streams wait to be caught up."""
        return sum(m.is_behind for members in self._groups.values() for m in members)

    def everybody(self) -> list[Subscription]:
        """Return all open streams."""
        return [member for members in self._groups.values() for member in members]

    def groups(self) -> dict[tuple[str, str], int]:
        """Return how many streams are open, by kind of topic and representation."""
        found: Counter[tuple[str, str]] = Counter()
        for (topic, representation), members in self._groups.items():
            found[topic.kind, representation] += len(members)
        return dict(found)

    # --- handing out -----------------------------------------------------------------------

    async def tell(
        self, changes: Changes, *, ready: Mapping[tuple[Topic, str], bytes] | None = None
    ) -> Encoding:
        """Hand out what changed after ``cursor`` and move it on; return what was encoded.

        ``ready`` is what another process has encoded of the same changes.
        """
        news = self.lowness.mark(self.recent.add(changes))
        self._remembered.clear()
        is_whole = len(news.levels) == len(changes.levels)
        encoding = Encoding(self.encoders, news, ready=ready if is_whole else None)
        if not news.has_news:
            return encoding
        self._note(news)
        # Who subscribes from now on begins after these changes; who is here gets them now.
        told = [(list(members), encoding.frame(*key)) for key, members in self._groups.items()]
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

    def _note(self, news: Changes) -> None:
        self.figures.movements += news.movements
        self.figures.levels += len(news.levels)
        now = utc_now()
        for level in news.levels:
            if level.occurred_at is not None:
                self.figures.tail_levels += 1
                age = (now - level.occurred_at).total_seconds()
                self.figures.tail_seconds += max(0.0, age)

    def begin_anew(self, cursor: Cursor) -> None:
        """Have everybody read everything again: the journal is another one."""
        self.figures.epoch_changes += 1
        self.recent.begin(cursor)
        self._remembered.clear()
        self.lowness.begin(None)
        for subscription in self.everybody():
            subscription.reset("the journal begins anew")

    def wants(self, kind: str) -> bool:
        """Tell whether anybody listens to a topic of this kind."""
        return any(topic.kind == kind for topic, _ in self._groups)

    def sign_of_life(self, cursor: Cursor | None) -> bytes:
        """Return a comment, with the cursor as an id where there is one."""
        return HEARTBEAT if cursor is None else HEARTBEAT + encode_cursor(cursor)

    # --- catching up -----------------------------------------------------------------------

    async def catch_up(self, topic: Topic, representation: str, since: Cursor) -> Frame | None:
        """Return all that changed since the cursor as one frame, or None when it is too much.

        What happened lately is told from memory. Clients that come back together with the same
        cursor share one read, and one encoding.

        Raises:
            CommerceError: the database does not answer.
        """
        missed = self.recent.place_of(since)
        if missed is not None:
            self.figures.caught_up_from_memory += 1
            return self._recall(topic, representation, missed)
        self.figures.caught_up_from_database += 1
        key = topic, representation, since
        task = self._catching_up.get(key)
        if task is None:
            task = asyncio.create_task(self._read_missed(topic, representation, since))
            self._catching_up[key] = task
            task.add_done_callback(lambda _: self._catching_up.pop(key, None))
        return await asyncio.shield(task)

    def _recall(self, topic: Topic, representation: str, missed: int) -> Frame:
        key = topic, representation, missed
        frame = self._remembered.get(key)
        if frame is None or frame.cursor != self.recent.end:
            changes = self.recent.last(missed)
            frame = self._encode(changes, topic, representation)
            self._remembered[key] = frame
        return frame

    async def _read_missed(self, topic: Topic, representation: str, since: Cursor) -> Frame | None:
        async with self._room_to_catch_up:
            changes = await self.reader.ask(read_changes, since)
        if changes.is_reset or changes.has_more:
            return None
        return self._encode(changes, topic, representation)

    def _encode(self, changes: Changes, topic: Topic, representation: str) -> Frame:
        frame = Encoding(self.encoders, changes).frame(topic, representation)
        return frame or Frame(changes.cursor, b"")

    # --- how it goes -----------------------------------------------------------------------

    def describe(self) -> dict[str, Any]:
        """Return how this process does, for whoever watches several of them."""
        numbers = asdict(self.figures)
        return numbers | {
            "name": self.name,
            "mode": self.feed.mode,
            "streams": self.count(),
            "behind": self.behind(),
            "delayed": self.delayed,
            "lag_seconds": self.feed.lag_seconds,
            "tick_seconds": self.feed.tick_seconds,
            "cursor": "" if self.cursor is None else str(self.cursor),
            "trouble": self.feed.trouble,
        }

    async def examine(self) -> Finding:
        """Return what the readiness probe shows: red while the hub is deaf."""
        trouble = self.feed.trouble
        warnings = [self.relay.trouble] if self.relay is not None and self.relay.trouble else []
        facts = {
            "streams": self.count(),
            "frames": self.figures.frames,
            "cursor": None if self.cursor is None else str(self.cursor),
            "delayed_seconds": self.delayed,
            "marked_behind": self.figures.marked_behind,
            "mode": self.feed.mode,
        }
        return Finding(facts, faults=[trouble] if trouble else [], warnings=warnings)
