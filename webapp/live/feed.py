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
import logging
import random
import time
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from commerce_core.database import is_postgresql
from commerce_core.errors import CommerceError, DatabaseUnavailableError
from commerce_core.inventory.models import StockMovement
from commerce_core.journal import Cursor, ensure_epoch, journal_lag, read_cursor
from webapp.database import WebDatabase
from webapp.live.changes import Changes, read_changes
from webapp.live.lowness import read_low

if TYPE_CHECKING:
    from webapp.live.hub import Hub

_logger: Final = logging.getLogger("webapp.live")

TICK_SECONDS: Final = 0.05
LONGEST_TICK_SECONDS: Final = 0.25
SHARE: Final = 2.5
"""A tick is at least so many times as long as handing out keeps the processor busy."""
IDLE_SECONDS: Final = 1.0
"""How often it looks while nobody listens, or where it hears of every commit anyway."""
LAG_SECONDS: Final = 1.0
READ_SECONDS: Final = 5.0
"""From this time on, a read that has not come back counts as trouble."""
FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 5.0


class Feed:
    """Reads the journal for a hub. ``trouble`` says why it cannot, empty while it can."""

    def __init__(self, hub: Hub, database: WebDatabase) -> None:
        self._hub = hub
        self._database = database
        self._task: asyncio.Task[None] | None = None
        self._heard_at = 0.0
        self._lag_seconds = 0.0
        self._lag_read_at = 0.0
        self._work_seconds = 0.0
        self.trouble = ""

    async def start(self) -> None:
        """Begin to read. Returns when the position is known, or at once when that fails."""
        self._heard_at = _now()
        try:
            self._hub.wake.open()
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

    def lateness(self, now: float) -> float:
        """Return by how many seconds the numbers are behind."""
        silent = now - self._heard_at
        return max(self._lag_seconds, silent if self.trouble or silent > READ_SECONDS else 0.0)

    @property
    def lag_seconds(self) -> float:
        """How far the journal itself is behind its commits, as it was last measured."""
        return self._lag_seconds

    @property
    def tick_seconds(self) -> float:
        """The time between two reads under load."""
        return min(max(TICK_SECONDS, SHARE * self._work_seconds), LONGEST_TICK_SECONDS)

    @property
    def mode(self) -> str:
        """How this process comes by its changes, in a word."""
        return "deaf" if self.trouble else "alone"

    # --- the task --------------------------------------------------------------------------

    async def _supervise(self) -> None:
        """Read until the end; after a failure, pause, and begin again."""
        hub, pause = self._hub, FIRST_PAUSE_SECONDS
        while not hub.is_stopping:
            try:
                if self.trouble:
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
        self._hub.wake.open()

    async def _tick(self) -> None:
        """Read and hand out what is new; then wait until there is a reason to read again."""
        began = _now()
        has_more = await self._read_on(began)
        if has_more:
            await asyncio.sleep(0)
            return
        if self._work_seconds:
            await asyncio.sleep(max(0.0, began + self.tick_seconds - _now()))
        await self._wait()

    async def _read_on(self, began: float) -> bool:
        """Read from the database and hand out; tell whether there is more."""
        hub = self._hub
        if hub.cursor is None:
            hub.recent.begin(await hub.reader.ask(read_cursor))
        assert hub.cursor is not None  # noqa: S101 - it has just begun
        if not hub.lowness.is_known and hub.wants("low"):
            hub.lowness.begin(await hub.reader.ask(read_low))
        changes = await self._read(hub.cursor, began)
        self._note_success()
        if changes.is_reset:
            self._work_seconds = 0.0
            hub.begin_anew(changes.cursor)
            return False
        await self._tell(changes)
        return changes.has_more

    async def _tell(self, changes: Changes) -> None:
        began = time.thread_time()  # on a busy machine the clock would say more than was done
        await self._hub.tell(changes)
        await asyncio.sleep(0)  # the event loop writes what it was given
        self._work_seconds = time.thread_time() - began if changes.levels else 0.0

    async def _read(self, cursor: Cursor, began: float) -> Changes:
        """Read the journal. While no answer comes the readiness probe is told."""
        measures_lag = began - self._lag_read_at >= LAG_SECONDS
        self._hub.figures.reads += 1
        task = asyncio.ensure_future(self._hub.reader.ask(_read_news, cursor, measures_lag))
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
        hub = self._hub
        if hub.is_stopping:
            return
        is_listened_to = hub.count() > 0
        if hub.wake.sees_everything or not is_listened_to:
            await hub.wake.wait(
                IDLE_SECONDS, **({} if is_listened_to else {"look_every": IDLE_SECONDS})
            )
        else:
            await hub.wake.wait(TICK_SECONDS)

    # --- how it goes -----------------------------------------------------------------------

    def _note_success(self) -> None:
        self._heard_at = _now()
        if self.trouble:
            self.trouble = ""
            _logger.info("the live stream reads again")
            for subscription in self._hub.everybody():
                subscription.remind()

    def _note_trouble(self, error: BaseException) -> None:
        text = error.message if isinstance(error, CommerceError) else repr(error)
        if not self.trouble:
            self._hub.figures.failures += 1
            is_ours = isinstance(error, CommerceError)
            _logger.warning(
                "the live stream is deaf: %s", text, exc_info=None if is_ours else error
            )
        self.trouble = text


def _read_news(session: Session, cursor: Cursor, measures_lag: bool) -> tuple[Changes, float]:  # noqa: FBT001
    """Return what changed since the cursor, and how late the journal is (0 where not asked)."""
    lag = 0.0
    if measures_lag and is_postgresql(session):
        lag = journal_lag(session, StockMovement).seconds
    return read_changes(session, cursor), lag


def _now() -> float:
    """Return the seconds of the event loop's clock, which never jumps."""
    return asyncio.get_running_loop().time()
