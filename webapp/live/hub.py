"""The hub: one task a process that turns commits into frames and hands them to all streams.

It reads at most every ``TICK_SECONDS``, but at once after a quiet spell; what was committed in
between goes out together, each level in its newest state. It is supervised: whatever fails, it
connects again with growing pauses, asks whether the database is still the same, and goes on from
where it was. While it cannot read, the readiness probe is red and pages say how late they are.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Final

from sqlalchemy.orm import Session

from commerce_core.database import is_postgresql
from commerce_core.errors import CommerceError, DatabaseUnavailableError
from commerce_core.inventory.models import StockMovement
from commerce_core.journal import Cursor, ensure_epoch, journal_lag, read_cursor
from webapp.database import WebDatabase
from webapp.health import DELAY_SECONDS, Finding
from webapp.live.changes import Changes, read_changes
from webapp.live.frames import Encoder, Frame, encode_frame
from webapp.live.reader import MOST_CONNECTIONS, Reader
from webapp.live.subscription import Subscription
from webapp.live.topics import Topic
from webapp.live.wake import Wake

_logger: Final = logging.getLogger("webapp.live")

TICK_SECONDS: Final = 0.05
IDLE_SECONDS: Final = 1.0
"""How often the hub looks while nobody listens, or where it hears of every commit anyway."""
PULSE_SECONDS: Final = 1.0
HEARTBEAT_SECONDS: Final = 15.0
READ_SECONDS: Final = 5.0
"""From this time on, a read that has not come back counts as trouble."""
FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 5.0


class Hub:
    """The streams of one process and the one task that feeds them.

    ``cursor`` is the end of what has been handed out, None before the first read; ``delayed`` the
    whole seconds that pages are behind, 0 while that is not worth a word.
    """

    def __init__(
        self, database: WebDatabase, encoders: Mapping[str, Encoder], *, wake: Wake | None = None
    ) -> None:
        self._database = database
        self._reader = Reader(database.engine.url)
        self._encoders = encoders
        self._wake = wake or Wake(database.engine.url)
        self._groups: dict[tuple[Topic, str], set[Subscription]] = defaultdict(set)
        self._owners: Counter[object] = Counter()
        self._catching_up: dict[tuple[Topic, str, Cursor], asyncio.Task[Frame | None]] = {}
        # One connection stays free for the task itself.
        self._room_to_catch_up = asyncio.Semaphore(MOST_CONNECTIONS - 1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._end = asyncio.Event()
        self._trouble = ""
        self._heard_at = 0.0
        self._lag_seconds = 0.0
        self._lag_read_at = 0.0
        self.cursor: Cursor | None = None
        self.delayed = 0
        self.frames = 0
        """Frames handed out since the start, each counted once however many took it."""

    # --- life ------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to read. Returns when the position is known, or at once when that fails."""
        self._heard_at = _now()
        try:
            self._wake.open()
            self.cursor = await self._reader.ask(read_cursor)
        except (CommerceError, OSError) as exc:
            self._note_trouble(exc)
        self._tasks = {
            asyncio.create_task(self._supervise(), name="live hub"),
            asyncio.create_task(self._beat(), name="live pulse"),
        }

    def drain(self) -> None:
        """End all streams, and take no new ones. For the moment a shutdown begins."""
        self._end.set()
        for subscription in self._everybody():
            subscription.close()
        self._wake.call()

    async def stop(self) -> None:
        """End all streams and both tasks."""
        self.drain()
        _, late = await asyncio.wait(self._tasks, timeout=2 * PULSE_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._wake.close()
        await self._reader.close()

    # --- streams ---------------------------------------------------------------------------

    @property
    def is_stopping(self) -> bool:
        """Whether no new stream should be opened."""
        return self._end.is_set()

    @property
    def is_well(self) -> bool:
        """Whether the last read succeeded."""
        return not self._trouble

    def subscribe(
        self,
        topic: Topic,
        representation: str,
        *,
        owner: object = None,
        after: Cursor | None = None,
    ) -> Subscription:
        """Return a stream of what happens from now on, and of what happened since ``after``.

        It is known to the hub before anything is read, so nothing falls between. Hand it back
        with ``unsubscribe``.
        """
        subscription = Subscription(self, topic, representation, owner=owner, after=after)
        self._groups[topic, representation].add(subscription)
        self._owners[owner] += 1
        if self.is_stopping:
            subscription.close()
        self._wake.call()
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

    def _everybody(self) -> list[Subscription]:
        return [member for members in self._groups.values() for member in members]

    # --- reading ---------------------------------------------------------------------------

    async def catch_up(self, topic: Topic, representation: str, since: Cursor) -> Frame | None:
        """Return all that changed since the cursor as one frame, or None when it is too much.

        Clients that come back together with the same cursor share one read.

        Raises:
            CommerceError: the database does not answer.
        """
        key = topic, representation, since
        task = self._catching_up.get(key)
        if task is None:
            task = asyncio.create_task(self._read_missed(topic, representation, since))
            self._catching_up[key] = task
            task.add_done_callback(lambda _: self._catching_up.pop(key, None))
        return await asyncio.shield(task)

    async def _read_missed(self, topic: Topic, representation: str, since: Cursor) -> Frame | None:
        async with self._room_to_catch_up:
            changes = await self._reader.ask(read_changes, since)
        if changes.is_reset or changes.has_more:
            return None
        return self._encode(changes, topic, representation) or Frame(changes.cursor, b"")

    def _encode(self, changes: Changes, topic: Topic, representation: str) -> Frame | None:
        return encode_frame(self._encoders[representation](changes.about(topic)), changes.cursor)

    # --- the task --------------------------------------------------------------------------

    async def _supervise(self) -> None:
        """Read until the end; after a failure, pause, and begin again."""
        pause = FIRST_PAUSE_SECONDS
        while not self.is_stopping:
            try:
                if not self.is_well:
                    await self._recover()
                while not self.is_stopping:
                    await self._tick()
                    pause = FIRST_PAUSE_SECONDS
            except Exception as exc:  # noqa: BLE001 - a hub that gave up would be deaf for ever
                self._note_trouble(exc)
            if not self.is_stopping:
                await self._pause(pause * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _recover(self) -> None:
        """Find out whether the database is still the one it was, and where its journal ends."""
        await self._reader.renew()
        await self._database.transact(ensure_epoch)
        self._wake.close()
        self._wake.open()

    async def _tick(self) -> None:
        """Read and hand out what is new; then wait until there is a reason to read again."""
        began = _now()
        if self.cursor is None:
            self.cursor = await self._reader.ask(read_cursor)
        changes = await self._read(self.cursor, began)
        self._note_success()
        if changes.is_reset:
            self.cursor = changes.cursor
            for subscription in self._everybody():
                subscription.reset("the journal begins anew")
            return
        if changes.levels:
            self._hand_out(changes)
        self.cursor = changes.cursor
        if changes.has_more:
            await asyncio.sleep(0)
            return
        if changes.levels:
            await asyncio.sleep(max(0.0, began + TICK_SECONDS - _now()))
        await self._wait()

    async def _read(self, cursor: Cursor, began: float) -> Changes:
        """Read the journal. While no answer comes the readiness probe is told."""
        measures_lag = began - self._lag_read_at >= PULSE_SECONDS
        task = asyncio.ensure_future(self._reader.ask(_read_news, cursor, measures_lag))
        done, _ = await asyncio.wait({task}, timeout=READ_SECONDS)
        if not done:
            message = f"the database has not answered for {READ_SECONDS:.0f} s"
            self._note_trouble(DatabaseUnavailableError(message, reason="timeout"))
        changes, lag = await task
        if measures_lag:
            self._lag_read_at, self._lag_seconds = began, lag
        read: Changes = changes
        return read

    async def _wait(self) -> None:
        if self.is_stopping:
            return
        is_listened_to = bool(self._groups)
        if self._wake.sees_everything or not is_listened_to:
            await self._wake.wait(
                IDLE_SECONDS, **({} if is_listened_to else {"look_every": IDLE_SECONDS})
            )
        else:
            await self._wake.wait(TICK_SECONDS)

    def _hand_out(self, changes: Changes) -> None:
        """Encode once for each topic and representation; give everybody the same bytes."""
        for (topic, representation), members in self._groups.items():
            frame = self._encode(changes, topic, representation)
            if frame is not None:
                self.frames += 1
                for member in members:
                    member.offer(frame)

    # --- how it goes -----------------------------------------------------------------------

    def _note_success(self) -> None:
        self._heard_at = _now()
        if self._trouble:
            self._trouble = ""
            _logger.info("the live stream reads again")
            for subscription in self._everybody():
                subscription.remind()

    def _note_trouble(self, error: BaseException) -> None:
        text = error.message if isinstance(error, CommerceError) else repr(error)
        if not self._trouble:
            is_ours = isinstance(error, CommerceError)
            _logger.warning(
                "the live stream is deaf: %s", text, exc_info=None if is_ours else error
            )
        self._trouble = text

    async def _beat(self) -> None:
        """Once a second: tell how late the numbers are, and be heard where it is quiet."""
        while not self.is_stopping:
            await self._pause(PULSE_SECONDS)
            now = _now()
            silent = now - self._heard_at
            late = max(self._lag_seconds, silent if self._trouble or silent > READ_SECONDS else 0.0)
            before, self.delayed = self.delayed, round(late) if late > DELAY_SECONDS else 0
            for subscription in self._everybody():
                is_quiet = now - subscription.told_at >= HEARTBEAT_SECONDS
                if is_quiet or before != self.delayed or subscription.is_behind:
                    subscription.remind(heartbeat=is_quiet)

    async def _pause(self, seconds: float) -> None:
        """Sleep, but not beyond the end."""
        try:
            async with asyncio.timeout(seconds):
                await self._end.wait()
        except TimeoutError:
            pass

    async def examine(self) -> Finding:
        """Return what the readiness probe shows: red while the hub is deaf."""
        facts = {
            "streams": self.count(),
            "frames": self.frames,
            "cursor": None if self.cursor is None else str(self.cursor),
            "delayed_seconds": self.delayed,
        }
        return Finding(facts, faults=[self._trouble] if self._trouble else [])


def _read_news(session: Session, cursor: Cursor, measures_lag: bool) -> tuple[Changes, float]:  # noqa: FBT001
    """Return what changed since the cursor, and how late the journal is (0 where not asked)."""
    lag = 0.0
    if measures_lag and is_postgresql(session):
        lag = journal_lag(session, StockMovement).seconds
    return read_changes(session, cursor), lag


def _now() -> float:
    """Return the seconds of the event loop's clock, which never jumps."""
    return asyncio.get_running_loop().time()
