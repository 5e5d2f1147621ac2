"""What both drivers share: the ledger's accounts, the guard on slow bodies, the setting.

Nothing here waits or sends; ``client.py`` and ``async_client.py`` do, and do little else.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import httpx

from commerce_core.clock import utc_now
from commerce_core.errors import CommerceError
from commerce_core.logistics.dhl import _answers
from commerce_core.logistics.dhl._protocol import METERED, Api, Call, Setting
from commerce_core.logistics.dhl.budget import (
    BudgetStore,
    Left,
    Limit,
    MemoryBudgetStore,
    left_of,
)
from commerce_core.logistics.dhl.errors import DHLRateLimitedError, LimitKind
from commerce_core.logistics.dhl.receivers import ReceiverCache
from commerce_core.logistics.dhl.redaction import hide_questions_in_log
from commerce_core.logistics.dhl.tokens import TokenCache

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from commerce_core.logistics.dhl.config import DHLConfig

LARGEST_ANSWER_BYTES: Final = 64 * 1024 * 1024
_UNLIMITED: Final = Limit(None, 0.0)


class Driver:
    """The part of a client that is neither sync nor async."""

    def __init__(
        self,
        config: DHLConfig,
        *,
        budget: BudgetStore | None,
        tokens: TokenCache | None,
        now: Callable[[], datetime],
        chance: Callable[[], float],
    ) -> None:
        self.config = config
        self.setting = Setting(config, now, chance, ReceiverCache())
        self.budget_store: BudgetStore = budget if budget is not None else MemoryBudgetStore()
        self.tokens = tokens if tokens is not None else TokenCache()
        hide_questions_in_log()

    def limit(self, api: Api) -> Limit:
        """Return the quota of an API: push starts with that of tracking, counted by itself."""
        config = self.config
        if api in (Api.TRACKING, Api.PUSH):
            return Limit(config.tracking_calls_per_day, config.tracking_spacing_seconds)
        if api is Api.PARCEL_TRACKING:
            return Limit(
                config.parcel_tracking_calls_per_day, config.parcel_tracking_spacing_seconds
            )
        return _UNLIMITED

    def account(self, api: Api) -> str:
        """Return the name of the ledger's account: one for each key, host and API."""
        host = _answers.host(self.config)
        return f"{api}:{host}:{self.config.key_fingerprint}"[:120]

    def longest_wait(self, call: Call) -> float:
        """Return how long this call may wait for its slot without missing its deadline."""
        config = self.config
        if call.deadline is None:
            return config.max_slot_wait_seconds
        left = (call.deadline - self.setting.now()).total_seconds()
        return max(0.0, min(config.max_slot_wait_seconds, left))

    def closes_day(self, error: DHLRateLimitedError) -> bool:
        """Return True if DHL itself has said that the day is over for this key."""
        return error.kind is LimitKind.DAY and error.status is not None

    def closing(self, error: DHLRateLimitedError) -> tuple[str, datetime]:
        """Return the account to close and until when."""
        api = Api(error.fields.get("api", Api.TRACKING))
        until = self.setting.now() + timedelta(seconds=error.retry_after)
        return self.account(api), until

    def left(self, api: Api) -> Left:
        """Return what is left of the day's calls."""
        now = self.setting.now()
        return left_of(self.budget_store.state(self.account(api), now=now), self.limit(api), now)

    def is_metered(self, call: Call) -> bool:
        """Return True if the call has to be booked."""
        return call.api in METERED and not self.limit(call.api).is_unlimited


class GuardedBody(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A response body that must end in time and stay of a size that fits in memory."""

    def __init__(
        self, stream: httpx.SyncByteStream | httpx.AsyncByteStream, call: Call, setting: Setting
    ) -> None:
        self._stream = stream
        self._deadline = call.deadline
        self._now = setting.now
        self._size = 0

    def __iter__(self) -> Iterator[bytes]:
        assert isinstance(self._stream, httpx.SyncByteStream)  # noqa: S101 - a sync client's
        for chunk in self._stream:
            self._check(chunk)
            yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert isinstance(self._stream, httpx.AsyncByteStream)  # noqa: S101 - an async client's
        async for chunk in self._stream:
            self._check(chunk)
            yield chunk

    def close(self) -> None:
        """Close the stream underneath."""
        if isinstance(self._stream, httpx.SyncByteStream):
            self._stream.close()

    async def aclose(self) -> None:
        """Close the stream underneath."""
        if isinstance(self._stream, httpx.AsyncByteStream):
            await self._stream.aclose()

    def _check(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > LARGEST_ANSWER_BYTES:
            raise httpx.RemoteProtocolError("the answer is too large")
        if self._deadline is not None and self._now() > self._deadline:
            raise httpx.ReadTimeout("the answer did not end in time")


def as_transport_error(error: Exception) -> Exception:
    """Return what the flows understand: an error of httpx, whatever a transport let through.

    Something that cannot even be a URL was never sent; of anything else that is not known.
    """
    if isinstance(error, httpx.HTTPError | CommerceError):
        return error
    said = f"{type(error).__name__}: {error}"
    if isinstance(error, httpx.InvalidURL | UnicodeError):
        return httpx.LocalProtocolError(said)
    return httpx.ReadError(said)


default_now: Callable[[], datetime] = utc_now
default_chance: Callable[[], float] = random.random
