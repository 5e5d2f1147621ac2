"""Several processes behind one Redis: one reads and encodes for all, the others copy.

Who holds the lease leads: it publishes each span of the journal it has handed out, and a sign of
life where nothing happens. The others hand out what they hear as long as each message begins
where they are; at a gap, or after a second of silence, they read the database by themselves, and
one of them takes the lease. Redis never decides what is true. It may restart, lose messages or be
gone altogether: that costs reads of the database, and no change.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import socket
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from commerce_core.journal import Cursor
from webapp.live.changes import Changes
from webapp.live.messages import (
    HINT,
    KEEP_SECONDS,
    SILENCE_SECONDS,
    Message,
    decode_message,
    encode_message,
)

_logger: Final = logging.getLogger("webapp.live")

LEASE_SECONDS: Final = 1.5
ANSWER_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 1.0
MOST_MESSAGES: Final = 200
"""Messages that wait, in either direction. More is a gap, and a gap is read from the database."""
DESCRIPTION_SECONDS: Final = 4
_KEEP: Final = (
    "if redis.call('get', KEYS[1]) == ARGV[1] then "
    "return redis.call('pexpire', KEYS[1], ARGV[2]) else return 0 end"
)
_RELEASE: Final = (
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
)
_ERRORS: Final = (RedisError, OSError, TimeoutError)


class Relay:
    """This process's end of Redis. ``trouble`` says why there is none, empty while there is."""

    def __init__(self, url: str, *, build: str, describe: Callable[[], dict[str, Any]]) -> None:
        retry = Retry(NoBackoff(), 0)
        self._redis: Redis = Redis.from_url(
            url, retry=retry, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
        )
        self._build = build
        self._describe = describe
        self._tasks: set[asyncio.Task[None]] = set()
        self._inbox: deque[Message] = deque(maxlen=MOST_MESSAGES)
        self._outbox: asyncio.Queue[bytes] = asyncio.Queue(MOST_MESSAGES)
        self._wake: Callable[[], None] = lambda: None
        self._published: Cursor | None = None
        self._published_at = 0.0
        self._heard_at = -SILENCE_SECONDS
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self.epoch = ""
        self.is_leading = False
        self.may_lead = True
        """Whether this process can read, which somebody who leads must."""
        self.trouble = ""

    # --- life ------------------------------------------------------------------------------

    async def attend(self, epoch: str, wake: Callable[[], None]) -> None:
        """Take part in what is told of this epoch; ``wake`` is called when there is something."""
        if self._tasks and self.epoch == epoch:
            return
        await self._end_tasks()
        self.is_leading = False  # a lease is for one epoch
        self.epoch, self._wake = epoch, wake
        self._inbox.clear()
        self._published = None
        self._tasks = {
            asyncio.create_task(self._supervise(work), name=f"live relay {work.__name__}")
            for work in (self._listen, self._keep, self._send)
        }

    async def close(self) -> None:
        """Give the lease back and leave."""
        await self._end_tasks()
        try:
            await self._resign()
            await self._redis.delete(f"{self._key}:process:{self.name}")
        except _ERRORS:
            pass  # the lease ends by itself
        await self._redis.aclose()

    async def _end_tasks(self) -> None:
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def _key(self) -> str:
        return f"commerce:live:{self.epoch}"

    # --- following -------------------------------------------------------------------------

    @property
    def is_following(self) -> bool:
        """Whether a leader was heard within the last second."""
        return not self.is_leading and self.silence < SILENCE_SECONDS

    @property
    def silence(self) -> float:
        """Return for how many seconds no other process has been heard as the leader."""
        return _now() - self._heard_at

    def take(self) -> list[Message]:
        """Return what the leader has told since the last time."""
        told = list(self._inbox)
        self._inbox.clear()
        return told

    def hint(self) -> None:
        """Tell the leader that this process has committed something."""
        if self.is_following and self._outbox.empty():
            self._outbox.put_nowait(HINT)

    # --- leading ---------------------------------------------------------------------------

    def must_publish(self, changes: Changes) -> bool:
        """Tell whether the leader has something to say: news, or that it is still there."""
        return changes.has_news or _now() - self._published_at >= KEEP_SECONDS

    def publish(
        self, changes: Changes, frames: list[tuple[str, int | None, str, bytes]], *, lag: float
    ) -> None:
        """Tell the others what was handed out here. Never waits."""
        since, self._published = self._published or changes.cursor, changes.cursor
        self._published_at = _now()
        message = Message(self._build, self.name, since, changes, frames, lag)
        if not self._outbox.full():  # else they find a gap
            self._outbox.put_nowait(encode_message(message))

    # --- tasks -----------------------------------------------------------------------------

    async def _supervise(self, work: Callable[[], Any]) -> None:
        pause = KEEP_SECONDS
        while True:
            try:
                await work()
                pause = KEEP_SECONDS
            except _ERRORS as exc:
                self._note_trouble(exc)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            except Exception as exc:
                _logger.exception("the relay of the live stream failed")
                self._note_trouble(exc)
                await asyncio.sleep(LONGEST_PAUSE_SECONDS)

    async def _listen(self) -> None:
        """Hear what is told, and hints."""
        async with self._redis.pubsub() as channel:
            await channel.subscribe(self._key)
            while True:
                found = await channel.get_message(ignore_subscribe_messages=True, timeout=10)
                if found is not None and found["type"] == "message":
                    self._hear(found["data"])

    def _hear(self, data: bytes) -> None:
        if data == HINT:
            if self.is_leading:
                self._wake()
            return
        message = decode_message(data, build=self._build)
        if message is None or message.sender == self.name:
            return
        self._heard_at = _now()
        self._inbox.append(message)
        self._wake()

    async def _keep(self) -> None:
        """Hold the lease, or try to take it; say how this process does."""
        was_leading = self.is_leading
        self.is_leading = await self._has_lease()
        if self.is_leading and not was_leading:
            self._published = None
            self._inbox.clear()
            _logger.info("%s leads the live stream", self.name)
        if self.is_leading != was_leading:
            self._wake()
        description = json.dumps(self._describe())
        key = f"{self._key}:process:{self.name}"
        await self._redis.set(key, description, ex=DESCRIPTION_SECONDS)
        self.trouble = ""
        await asyncio.sleep(KEEP_SECONDS)

    async def _has_lease(self) -> bool:
        key = f"{self._key}:lease"
        if not self.may_lead:
            if self.is_leading:
                await self._resign()
            return False
        milliseconds = int(LEASE_SECONDS * 1000)
        if self.is_leading:
            answer: Any = self._redis.eval(_KEEP, 1, key, self.name, str(milliseconds))
            return bool(await answer)
        return bool(await self._redis.set(key, self.name, nx=True, px=milliseconds))

    async def _resign(self) -> None:
        if self.is_leading:
            self.is_leading = False
            answer: Any = self._redis.eval(_RELEASE, 1, f"{self._key}:lease", self.name)
            await answer

    async def _send(self) -> None:
        data = await self._outbox.get()
        await self._redis.publish(self._key, data)

    def _note_trouble(self, error: BaseException) -> None:
        if not self.trouble:
            _logger.warning("Redis does not answer, the database is read instead: %s", error)
        self.trouble = f"Redis does not answer ({error}): each process reads the database"
        self.is_leading = False
        while not self._outbox.empty():
            self._outbox.get_nowait()

    # --- the others ------------------------------------------------------------------------

    async def processes(self) -> list[dict[str, Any]]:
        """Return how each process says it does, this one among them; none without Redis."""
        try:
            keys = [key async for key in self._redis.scan_iter(f"{self._key}:process:*")]
            found = await self._redis.mget(keys) if keys else []
        except _ERRORS:
            return []
        return [json.loads(text) for text in found if text]


def _now() -> float:
    return asyncio.get_running_loop().time()
