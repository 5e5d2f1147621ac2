"""The async client: the same flows and the same rules as the sync one, awaited."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Self, TypeVar
from weakref import WeakKeyDictionary

import httpx

from commerce_core.logistics.dhl._driver import (
    Driver,
    GuardedBody,
    as_transport_error,
    default_chance,
    default_now,
)
from commerce_core.logistics.dhl._protocol import Api, Flow, Wait, call_of
from commerce_core.logistics.dhl.errors import (
    DHLBudgetExhaustedError,
    DHLRateLimitedError,
)
from commerce_core.logistics.dhl.namespaces import (
    AsyncParcelTracking,
    AsyncPush,
    AsyncReturns,
    AsyncShipping,
    AsyncTracking,
)
from commerce_core.logistics.dhl.redaction import log_answer, log_failure
from commerce_core.logistics.dhl.tokens import fetch_token, token_key

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from commerce_core.logistics.dhl.budget import BudgetStore, Left
    from commerce_core.logistics.dhl.config import DHLConfig
    from commerce_core.logistics.dhl.tokens import Token, TokenCache

_Result = TypeVar("_Result")


class AsyncBudget:
    """What is left of the day's calls."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def left(self, api: Api = Api.TRACKING) -> Left:
        """Return the calls left today (GMT) and when the next may be made."""
        if self._driver.budget_store.is_blocking:
            return await asyncio.to_thread(self._driver.left, api)
        return self._driver.left(api)


class AsyncDHLClient:
    """All of DHL's APIs, for asyncio. Tasks may share one client.

    ``http`` is used if given and never closed; a client made here is closed by :meth:`aclose` or
    at the end of an ``async with`` block. ``budget`` and ``tokens`` may be shared by several
    clients; ``now``, ``sleep`` and ``chance`` are for tests.
    """

    def __init__(
        self,
        config: DHLConfig,
        http: httpx.AsyncClient | None = None,
        *,
        budget: BudgetStore | None = None,
        tokens: TokenCache | None = None,
        now: Callable[[], datetime] = default_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = default_chance,
    ) -> None:
        driver = Driver(config, budget=budget, tokens=tokens, now=now, chance=chance)
        self._driver = driver
        self._http = http if http is not None else httpx.AsyncClient()
        self._owns_http = http is None
        self._sleep = sleep
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = (
            WeakKeyDictionary()
        )
        self.budget = AsyncBudget(driver)
        self.tracking = AsyncTracking(self, driver.setting)
        self.returns = AsyncReturns(self, driver.setting)
        self.shipping = AsyncShipping(self, driver.setting)
        self.push = AsyncPush(self, driver.setting)
        self.parcel_tracking = AsyncParcelTracking(self, driver.setting)

    @property
    def config(self) -> DHLConfig:
        """The settings the client was made with."""
        return self._driver.config

    async def aclose(self) -> None:
        """Close the connections that this client opened itself."""
        if self._owns_http:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def run(self, flow: Flow[_Result]) -> _Result:
        """Run a flow to its end: send what it yields, sleep when it says so."""
        try:
            command = next(flow)
            while True:
                try:
                    answer = await self._perform(command)
                except (httpx.HTTPError, DHLBudgetExhaustedError) as error:
                    command = flow.throw(error)
                else:
                    command = flow.send(answer)
        except StopIteration as stop:
            result: _Result = stop.value
            return result
        except DHLRateLimitedError as error:
            if self._driver.closes_day(error):
                account, until = self._driver.closing(error)
                store = self._driver.budget_store
                if store.is_blocking:
                    await asyncio.to_thread(store.close, account, until=until)
                else:
                    store.close(account, until=until)
            raise
        finally:
            flow.close()

    async def _perform(self, command: httpx.Request | Wait) -> httpx.Response | None:
        if isinstance(command, Wait):
            if command.seconds > 0:
                await self._sleep(command.seconds)
            return None
        return await self._send(command)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        call = call_of(request)
        if call.bearer:
            token = await self._token(call.stale_token)
            request.headers["Authorization"] = f"Bearer {token.text}"
        if self._driver.is_metered(call):
            await self._wait_for_slot(request)
        if self._http.is_closed:
            raise httpx.LocalProtocolError("the httpx client has been closed")
        try:
            response = await self._http.send(
                request, stream=True, auth=None, follow_redirects=False
            )
            try:
                response.stream = GuardedBody(response.stream, call, self._driver.setting)
                await response.aread()
            finally:
                await response.aclose()
        except Exception as error:
            log_failure(request, error)
            raise as_transport_error(error) from error
        log_answer(request, response)
        return response

    async def _wait_for_slot(self, request: httpx.Request) -> None:
        driver, call = self._driver, call_of(request)
        store = driver.budget_store
        reserve = functools.partial(
            store.reserve,
            driver.account(call.api),
            now=driver.setting.now(),
            limit=driver.limit(call.api),
            max_wait=driver.longest_wait(call),
        )
        seconds = await asyncio.to_thread(reserve) if store.is_blocking else reserve()
        if seconds > 0:
            await self._sleep(seconds)

    async def _token(self, refused: str | None) -> Token:
        driver = self._driver
        key, now = token_key(driver.config), driver.setting.now
        token = driver.tokens.find(key, now=now(), refused=refused)
        if token is None:
            async with self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
                token = driver.tokens.find(key, now=now(), refused=refused)
                if token is None:
                    token = await self.run(fetch_token(driver.setting))
                    driver.tokens.keep(key, token)
        return token
