"""The sync client: it sends, sleeps, and leaves every decision to the flows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self, TypeVar

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
    ParcelTracking,
    Push,
    Returns,
    Shipping,
    Tracking,
)
from commerce_core.logistics.dhl.redaction import log_answer, log_failure
from commerce_core.logistics.dhl.tokens import fetch_token, token_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from commerce_core.logistics.dhl.budget import BudgetStore, Left
    from commerce_core.logistics.dhl.config import DHLConfig
    from commerce_core.logistics.dhl.tokens import Token, TokenCache

_Result = TypeVar("_Result")


class SyncBudget:
    """What is left of the day's calls."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def left(self, api: Api = Api.TRACKING) -> Left:
        """Return the calls left today (GMT) and when the next may be made."""
        return self._driver.left(api)


class DHLClient:
    """All of DHL's APIs, synchronously. Threads may share one client.

    ``http`` is used if given and never closed; a client made here is closed by :meth:`close` or
    at the end of a ``with`` block. ``budget`` and ``tokens`` may be shared by several clients;
    ``now``, ``sleep`` and ``chance`` are for tests.
    """

    def __init__(
        self,
        config: DHLConfig,
        http: httpx.Client | None = None,
        *,
        budget: BudgetStore | None = None,
        tokens: TokenCache | None = None,
        now: Callable[[], datetime] = default_now,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = default_chance,
    ) -> None:
        driver = Driver(config, budget=budget, tokens=tokens, now=now, chance=chance)
        self._driver = driver
        self._http = http if http is not None else httpx.Client()
        self._owns_http = http is None
        self._sleep = sleep
        self.budget = SyncBudget(driver)
        self.tracking = Tracking(self, driver.setting)
        self.returns = Returns(self, driver.setting)
        self.shipping = Shipping(self, driver.setting)
        self.push = Push(self, driver.setting)
        self.parcel_tracking = ParcelTracking(self, driver.setting)

    @property
    def config(self) -> DHLConfig:
        """The settings the client was made with."""
        return self._driver.config

    def close(self) -> None:
        """Close the connections that this client opened itself."""
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def run(self, flow: Flow[_Result]) -> _Result:
        """Run a flow to its end: send what it yields, sleep when it says so."""
        try:
            command = next(flow)
            while True:
                try:
                    answer = self._perform(command)
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
                self._driver.budget_store.close(account, until=until)
            raise
        finally:
            flow.close()

    def _perform(self, command: httpx.Request | Wait) -> httpx.Response | None:
        if isinstance(command, Wait):
            if command.seconds > 0:
                self._sleep(command.seconds)
            return None
        return self._send(command)

    def _send(self, request: httpx.Request) -> httpx.Response:
        call = call_of(request)
        if call.bearer:
            token = self._token(call.stale_token)
            request.headers["Authorization"] = f"Bearer {token.text}"
        if self._driver.is_metered(call):
            self._wait_for_slot(request)
        if self._http.is_closed:
            raise httpx.LocalProtocolError("the httpx client has been closed")
        try:
            response = self._http.send(request, stream=True, auth=None, follow_redirects=False)
            try:
                response.stream = GuardedBody(response.stream, call, self._driver.setting)
                response.read()
            finally:
                response.close()
        except Exception as error:
            log_failure(request, error)
            raise as_transport_error(error) from error
        log_answer(request, response)
        return response

    def _wait_for_slot(self, request: httpx.Request) -> None:
        driver, call = self._driver, call_of(request)
        seconds = driver.budget_store.reserve(
            driver.account(call.api),
            now=driver.setting.now(),
            limit=driver.limit(call.api),
            max_wait=driver.longest_wait(call),
        )
        if seconds > 0:
            self._sleep(seconds)

    def _token(self, refused: str | None) -> Token:
        driver = self._driver
        key, now = token_key(driver.config), driver.setting.now
        token = driver.tokens.find(key, now=now(), refused=refused)
        if token is None:
            with driver.tokens.lock(key):
                token = driver.tokens.find(key, now=now(), refused=refused)
                if token is None:
                    token = self.run(fetch_token(driver.setting))
                    driver.tokens.keep(key, token)
        return token
