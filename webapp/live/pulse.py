"""Once a second: tell how late the numbers are, be heard where it is quiet, end what is over.

A stream ends at its age and with its session; a client that takes nothing for a minute is cut
off. Sessions are checked for many streams in one query.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from commerce_core.errors import CommerceError
from webapp.health import DELAY_SECONDS
from webapp.live.frames import as_chunk, sign_of_life

if TYPE_CHECKING:
    from webapp.live.hub import Hub
    from webapp.live.subscription import Subscription

_logger: Final = logging.getLogger("webapp.live")

PULSE_SECONDS: Final = 1.0
HEARTBEAT_SECONDS: Final = 15.0
RECHECK_SECONDS: Final = 55.0
SESSIONS_SECONDS: Final = 5.0
"""How often it is looked which sessions are due: each is asked about at least once a minute."""
STUCK_SECONDS: Final = 60.0
MOST_SESSIONS: Final = 500
"""Sessions that are asked about in one query."""

SessionCheck = Callable[[Collection[int]], Awaitable[Collection[int]]]
"""Returns those of the session ids that are still good."""


class Pulse:
    """The second hand of a hub."""

    def __init__(self, hub: Hub, are_alive: SessionCheck | None) -> None:
        self._hub = hub
        self._are_alive = are_alive
        self._task: asyncio.Task[None] | None = None
        self._look_at_sessions_at = 0.0

    def start(self) -> None:
        """Begin to beat."""
        self._task = asyncio.create_task(self._run(), name="live pulse")

    async def stop(self) -> None:
        """End; the hub has been drained before."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while not self._hub.is_stopping:
            await self._hub.rest(PULSE_SECONDS)
            try:
                await self._beat(asyncio.get_running_loop().time())
            except (CommerceError, SQLAlchemyError):
                pass  # nobody knows whether the sessions are good: they stay until somebody does
            except Exception:
                _logger.exception("the pulse of the live stream missed a beat")

    async def _beat(self, now: float) -> None:
        hub = self._hub
        late = hub.feed.condition.lateness(now)
        before, hub.delayed = hub.delayed, round(late) if late > DELAY_SECONDS else 0
        everybody = hub.listeners.everybody()
        if before != hub.delayed:
            for subscription in everybody:
                subscription.remind()
        cursor = hub.quiet_cursor
        chunk = as_chunk(sign_of_life(cursor))
        silent_since, behind = now - HEARTBEAT_SECONDS, 0
        for subscription in everybody:  # thousands: what can be spared is spared
            if subscription.ends_at is not None and now >= subscription.ends_at:
                subscription.close()
            elif subscription.told_at <= silent_since:
                self._break_silence(subscription, now)
                subscription.keep_alive(chunk, cursor, now)
            elif subscription.is_behind:
                behind += 1
                subscription.remind()
        hub.history.note(hub, now, behind=behind)
        if now >= self._look_at_sessions_at:
            self._look_at_sessions_at = now + SESSIONS_SECONDS
            await self._check_sessions(everybody, now)

    def _break_silence(self, subscription: Subscription, now: float) -> None:
        if subscription.is_stuck and now - subscription.told_at >= STUCK_SECONDS:
            self._hub.figures.cut_off += 1
            subscription.cut_off()

    async def _check_sessions(self, everybody: list[Subscription], now: float) -> None:
        """End the streams whose session is over."""
        if self._are_alive is None:
            return
        due: dict[int, list[Subscription]] = {}
        for subscription in everybody:
            id_ = subscription.session_id
            if id_ is not None and now - subscription.checked_at >= RECHECK_SECONDS:
                due.setdefault(id_, []).append(subscription)
        ids = list(due)
        for first in range(0, len(ids), MOST_SESSIONS):
            asked = ids[first : first + MOST_SESSIONS]
            alive = set(await self._are_alive(asked))
            for id_ in asked:
                for subscription in due[id_]:
                    subscription.checked_at = now
                    if id_ not in alive:
                        subscription.close()
