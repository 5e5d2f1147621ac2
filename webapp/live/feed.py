"""The feed: one supervised task a process that turns commits into changes for the hub.

It reads at most once a tick, but at once after a quiet spell; what was committed in between goes
out together, each level in its newest state. The tick grows with the work it makes, so that
handing out takes at most four tenths of the time. Where Redis connects several processes, one of
them reads for all (``relay.py``); any doubt, and this task reads by itself. Whatever fails, it
connects again with growing pauses, asks whether the database is still the same, and goes on from
where it was. While it cannot read, the readiness probe is red and pages say how late they are.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from commerce_core.errors import CommerceError, DatabaseUnavailableError
from commerce_core.journal import Cursor, ensure_epoch, read_cursor
from webapp.database import WebDatabase
from webapp.live.changes import Changes
from webapp.live.condition import READ_SECONDS, Condition
from webapp.live.encoding import Encoding
from webapp.live.lowness import read_low
from webapp.live.messages import KEEP_SECONDS, SILENCE_SECONDS, as_frames
from webapp.live.topics import ALL_STOCK, Topic

if TYPE_CHECKING:
    from webapp.live.hub import Hub
    from webapp.live.relay import Relay

TICK_SECONDS: Final = 0.05
LONGEST_TICK_SECONDS: Final = 0.25
SHARE: Final = 2.5
"""A tick is at least so many times as long as handing out keeps the processor busy."""
IDLE_SECONDS: Final = 1.0
"""How often it looks while nobody listens, or where it hears of every commit anyway."""
LONGEST_REST_SECONDS: Final = 1.0
"""However quiet it is, so often it is read."""
FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 5.0


class Feed:
    """Reads the journal for a hub. ``condition`` says how well it can."""

    def __init__(self, hub: Hub, database: WebDatabase) -> None:
        self._hub = hub
        self._database = database
        self._task: asyncio.Task[None] | None = None
        self._work_seconds = 0.0
        self._read_at = 0.0
        self._was_quiet = False
        self.condition = Condition()

    async def start(self) -> None:
        """Begin to read. Returns when the position is known, or at once when that fails."""
        self.condition.note_hearing()
        try:
            self._open_wake()
            self._hub.recent.begin(await self._hub.reader.ask(read_cursor))
        except (CommerceError, OSError) as exc:
            self._note_trouble(exc)
        self._task = asyncio.create_task(self._supervise(), name="live feed")

    async def stop(self) -> None:
        """End; the hub has been drained before."""
        if self._task is not None:
            _, late = await asyncio.wait({self._task}, timeout=2)
            for task in late:
                task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._hub.wake.close()
        if self._relay is not None:
            await self._relay.close()

    @property
    def _relay(self) -> Relay | None:
        return self._hub.relay

    @property
    def tick_seconds(self) -> float:
        """The time between two reads under load."""
        return min(max(TICK_SECONDS, SHARE * self._work_seconds), LONGEST_TICK_SECONDS)

    @property
    def mode(self) -> str:
        """How this process comes by its changes: alone, leading, following, or (deaf) not."""
        if self.condition.trouble:
            return "deaf"
        if self._relay is None or self._relay.trouble:
            return "alone"
        return "leading" if self._relay.is_leading else "following"

    # --- the task --------------------------------------------------------------------------

    async def _supervise(self) -> None:
        """Read until the end; after a failure, pause, and begin again."""
        hub, pause = self._hub, FIRST_PAUSE_SECONDS
        while not hub.is_stopping:
            try:
                if self.condition.trouble:
                    await self._recover()
                while not hub.is_stopping:
                    await self._tick()
                    pause = FIRST_PAUSE_SECONDS
            except Exception as exc:  # noqa: BLE001 - a feed that gave up would be deaf for ever
                self._note_trouble(exc)
            if not hub.is_stopping:
                await hub.rest(pause * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _recover(self) -> None:
        """Find out whether the database is still the one it was, and where its journal ends."""
        await self._hub.reader.renew()
        await self._database.transact(ensure_epoch)
        self._hub.wake.close()
        self._open_wake()

    def _open_wake(self) -> None:
        self._hub.wake.open(on_commit=None if self._relay is None else self._relay.hint)

    async def _tick(self) -> None:
        """Hand out what is new; then wait until there is a reason to look again."""
        if not self._hub.lowness.is_known and self._hub.listeners.wants("low"):
            self._hub.lowness.begin(await self._hub.reader.ask(read_low))
        if self._relay is not None and self._relay.is_following and await self._copy(self._relay):
            await self._wait_for_leader(self._relay)
            return
        began = _now()
        if await self._is_quiet(began):
            assert self._hub.cursor is not None  # noqa: S101 - else it would have been read
            self._pass_on(Changes(self._hub.cursor))
            await self._wait()
            return
        changes = await self._read_on(began)
        self._was_quiet = not changes.has_news
        if changes.has_more:
            await asyncio.sleep(0)
            return
        if changes.has_news:
            await asyncio.sleep(max(0.0, began + self.tick_seconds - _now()))
            if not self._hub.wake.sees_everything:
                return  # where something happens, more does
        await self._wait()

    async def _is_quiet(self, now: float) -> bool:
        """Tell after a quick look that there is nothing to read; once a second it is read anyway.

        So it is noticed soon when the database has become another one.
        """
        cursor = self._hub.cursor
        if not self._was_quiet or cursor is None or now - self._read_at >= LONGEST_REST_SECONDS:
            return False
        if await self._hub.reader.has_news(cursor):
            return False
        self.condition.note_hearing()
        return True

    async def _read_on(self, began: float) -> Changes:
        """Read from the database and hand out what there is."""
        hub = self._hub
        if hub.cursor is None:
            hub.recent.begin(await hub.reader.ask(read_cursor))
        assert hub.cursor is not None  # noqa: S101 - it has just begun
        if self._relay is not None:
            await self._relay.attend(hub.cursor.epoch, hub.wake.call)
        changes = await self._read(hub.cursor, began)
        self._note_success()
        if changes.is_reset:
            if (
                self._relay is not None
            ):  # at once, or the others hear of the new one on the old line
                await self._relay.attend(changes.cursor.epoch, hub.wake.call)
            hub.begin_anew(changes.cursor)
        else:
            self._pass_on(changes, await self._tell(changes))
        return changes

    async def _tell(
        self, changes: Changes, ready: Mapping[tuple[Topic, str], bytes] | None = None
    ) -> Encoding:
        began = time.thread_time()  # on a busy machine the clock would say more than was done
        encoding = await self._hub.tell(changes, ready=ready)
        await asyncio.sleep(0)  # the event loop writes what it was given
        if changes.has_news:
            self._work_seconds = time.thread_time() - began
        return encoding

    # --- with other processes --------------------------------------------------------------

    def _pass_on(self, changes: Changes, encoding: Encoding | None = None) -> None:
        """Tell the others what was handed out, or that it is quiet, when this process leads."""
        relay = self._relay
        if relay is not None and relay.is_leading and relay.must_publish(changes):
            frames = encoding.broad(ALL_STOCK) if encoding and changes.levels else {}
            relay.publish(changes, as_frames(frames), lag=self.condition.lag_seconds)

    async def _copy(self, relay: Relay) -> bool:
        """Hand out what the leader told; tell whether nothing is missing."""
        for message in relay.take():
            here, end = self._hub.cursor, message.changes.cursor
            if here is None or here.epoch != end.epoch or message.changes.is_reset:
                return False
            if message.since.horizon > here.horizon:
                self._hub.figures.gaps += 1
                return False
            self.condition.lag_seconds = message.lag
            if end.horizon > here.horizon:
                self._hub.figures.relayed += 1
                await self._tell(message.changes, message.ready())
        self._note_success()
        return True

    async def _wait_for_leader(self, relay: Relay) -> None:
        left = SILENCE_SECONDS - relay.silence
        if not self._hub.is_stopping and left > 0:
            await self._hub.wake.wait(left, look_every=left)

    async def _read(self, cursor: Cursor, began: float) -> Changes:
        """Read the journal. While no answer comes the readiness probe is told."""
        self._hub.figures.reads += 1
        self._read_at = began
        task = asyncio.ensure_future(self._hub.reader.read(cursor))
        done, _ = await asyncio.wait({task}, timeout=READ_SECONDS)
        if not done:
            message = f"the database has not answered for {READ_SECONDS:.0f} s"
            self._note_trouble(DatabaseUnavailableError(message, reason="timeout"))
        changes, self.condition.lag_seconds = await task
        return changes

    async def _wait(self) -> None:
        """Wait for the next reason to look. Who was called has one, and reads at once."""
        if not self._hub.is_stopping and await self._hub.wake.wait(**self._patience()):
            self._was_quiet = False

    def _patience(self) -> dict[str, float]:
        wake, is_listened_to = self._hub.wake, self._hub.listeners.count() > 0
        if self._relay is not None and self._relay.is_leading:
            # Others may have listeners where this process has none, and must hear that it lives.
            return {"seconds": KEEP_SECONDS if wake.sees_everything else TICK_SECONDS}
        if not is_listened_to:
            return {"seconds": IDLE_SECONDS, "look_every": IDLE_SECONDS}
        return {"seconds": IDLE_SECONDS if wake.sees_everything else TICK_SECONDS}

    # --- how it goes -----------------------------------------------------------------------

    def _note_success(self) -> None:
        if self.condition.note_success():
            if self._relay is not None:
                self._relay.may_lead = True
            for subscription in self._hub.listeners.everybody():
                subscription.remind()

    def _note_trouble(self, error: BaseException) -> None:
        if self.condition.note_trouble(error):
            self._hub.figures.failures += 1
        if self._relay is not None:
            self._relay.may_lead = False


def _now() -> float:
    """Return the seconds of the event loop's clock, which never jumps."""
    return asyncio.get_running_loop().time()
