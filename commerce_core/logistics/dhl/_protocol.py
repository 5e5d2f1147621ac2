"""How a question is asked of DHL: when to repeat, refresh, wait or give up. All of it lives here.

A flow is a generator. It yields an ``httpx.Request`` and is sent the ``httpx.Response``, or it
yields ``Wait(seconds)`` and is sent None; what the transport raises is thrown in. No flow does
I/O, sleeps or reads a clock: the clock comes in with the :class:`Setting`, and two thin drivers
(``client.py``) run every flow, sync and async.

::

    what came             GET                      POST, DELETE
    nothing was sent      repeat (twice)           repeat (twice)
    no answer, 5xx        repeat (twice)           UncertainOutcomeError, never repeated
    429                   wait, once more          the same: the gateway refused before any work
    401 with a token      refresh, once more       the same
    400 403 404 422       never repeated           never repeated
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import httpx

from commerce_core.logistics.dhl import _answers
from commerce_core.logistics.dhl.errors import (
    DHLBudgetExhaustedError,
    DHLConfigurationError,
    DHLError,
    DHLRateLimitedError,
    DHLTimeoutError,
    DHLUnavailableError,
    LimitKind,
    UncertainOutcomeError,
)

if TYPE_CHECKING:
    from commerce_core.logistics.dhl.config import DHLConfig
    from commerce_core.logistics.dhl.receivers import ReceiverCache

_Result = TypeVar("_Result")

REPEATS: Final = 2
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 8.0
SPIKE_PAUSE_SECONDS: Final = 5.0
"""DHL allows one call in five seconds and sends no Retry-After that anyone has documented."""
LONGEST_SPIKE_SECONDS: Final = 600.0
"""A longer Retry-After is the day's quota, not a spike."""
_CALL: Final = "commerce_core.dhl"
_NOTHING_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_NEVER_VALID: Final = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


@dataclass(frozen=True, slots=True)
class Wait:
    """Tell the driver to sleep."""

    seconds: float


Flow = Generator[httpx.Request | Wait, Any, _Result]
"""Yields requests and waits, returns a message."""


class Api(StrEnum):
    """The products of DHL that are called; each has a quota of its own."""

    TRACKING = "tracking"
    PUSH = "push"
    RETURNS = "returns"
    SHIPPING = "shipping"
    PARCEL_TRACKING = "parcel_tracking"
    TOKEN = "token"  # noqa: S105 - the name of an API


METERED: Final = frozenset({Api.TRACKING, Api.PUSH, Api.PARCEL_TRACKING})
"""The products with a quota a day: a second 429 there closes the day."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a flow knows about the world: settings, the time, chance in [0, 1), what it has seen."""

    config: DHLConfig
    now: Callable[[], datetime]
    chance: Callable[[], float]
    receivers: ReceiverCache


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a driver has to know about a request; it travels in the request's extensions."""

    api: Api
    changes: bool = False
    """True if carrying it out twice would do something twice."""
    bearer: bool = False
    """True if the driver has to put in a token."""
    stale_token: str | None = None
    """The token that DHL has just refused: any other one in the cache is newer."""
    deadline: datetime | None = None


def call_of(request: httpx.Request) -> Call:
    """Return what the flow said about the request."""
    call: Call = request.extensions[_CALL]
    return call


@dataclass(slots=True)
class _Attempts:
    """How often an operation has been tried, and why again."""

    deadline: datetime
    failures: int = 0
    refused: bool = False
    refreshed: bool = False
    trouble: list[str] = field(default_factory=list)
    failure: DHLError | None = None
    """What is raised if there is no further attempt."""


def exchange(setting: Setting, request: httpx.Request, call: Call) -> Flow[httpx.Response]:
    """Ask until DHL has answered for good, and return that answer (2xx, or a 4xx that stays).

    Raises:
        DHLUnavailableError, DHLTimeoutError: a GET found no answer, or a request was not sent.
        UncertainOutcomeError: a request that changes something may have been carried out.
        DHLRateLimitedError: refused twice, or for the rest of the day.
    """
    config = setting.config
    attempts = _Attempts(setting.now() + timedelta(seconds=config.deadline_seconds))
    call = replace(call, deadline=attempts.deadline)
    while True:
        _address(request, call, setting)
        try:
            response: httpx.Response = yield request
        except (httpx.HTTPError, DHLBudgetExhaustedError) as error:
            yield Wait(_pause_after_failure(setting, call, attempts, error))
        else:
            if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                yield Wait(_pause_after_refusal(setting, call, attempts, response))
            elif response.is_server_error:
                yield Wait(_pause_after_breakdown(setting, call, attempts, response))
            elif _token_is_stale(response, call, attempts):
                attempts.refreshed = True
                call = replace(call, stale_token=_token_in(request))
            else:
                return response
        request = _again(request)


def _address(request: httpx.Request, call: Call, setting: Setting) -> None:
    """Write onto the request what the driver and the transport need."""
    config = setting.config
    assert call.deadline is not None  # noqa: S101 - set by exchange
    left = (call.deadline - setting.now()).total_seconds()
    read = max(0.1, min(config.read_timeout_seconds, left))
    request.extensions[_CALL] = call
    request.extensions["timeout"] = {
        "connect": min(config.connect_timeout_seconds, read),
        "read": read,
        "write": read,
        "pool": read,
    }


def _again(request: httpx.Request) -> httpx.Request:
    """Return a fresh copy: a request that has been sent is not sent again."""
    return httpx.Request(
        request.method, request.url, headers=request.headers, content=request.content
    )


def _pause_after_failure(
    setting: Setting,
    call: Call,
    attempts: _Attempts,
    error: httpx.HTTPError | DHLBudgetExhaustedError,
) -> float:
    """Return the seconds to wait after a transport error, or raise what is left to say."""
    if isinstance(error, DHLBudgetExhaustedError):
        # Why the first attempt failed is the news, not that there is no slot for another.
        raise (attempts.failure or error) from None
    if isinstance(error, _NEVER_VALID):
        facts = _answers.facts(setting.config, call.api)
        raise DHLConfigurationError(f"no request can be made of this: {error}", **facts) from error
    unsent = isinstance(error, _NOTHING_SENT)
    if call.changes and not unsent:
        _uncertain(setting, call, f"{type(error).__name__} before an answer came", error)
    pause = _next_pause(setting, attempts, type(error).__name__)
    kind = DHLTimeoutError if isinstance(error, httpx.TimeoutException) else DHLUnavailableError
    attempts.failure = kind(
        f"{_answers.host(setting.config)} gives no answer: {', '.join(attempts.trouble)}",
        hint="check the network, the proxy and the host name; then DHL's status page",
        **_answers.facts(setting.config, call.api),
    )
    if pause is None:
        raise attempts.failure from error
    return pause


def _pause_after_breakdown(
    setting: Setting, call: Call, attempts: _Attempts, response: httpx.Response
) -> float:
    if call.changes:
        _uncertain(setting, call, f"HTTP {response.status_code}", None)
    pause = _next_pause(setting, attempts, f"HTTP {response.status_code}")
    attempts.failure = _answers.error_of(response, setting.config, call.api)
    if pause is None:
        raise attempts.failure
    return pause


def _next_pause(setting: Setting, attempts: _Attempts, trouble: str) -> float | None:
    """Return the next pause (full jitter under a doubling ceiling), or None to give up."""
    attempts.trouble.append(trouble)
    attempts.failures += 1
    if attempts.failures > REPEATS:
        return None
    ceiling = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempts.failures)
    pause = setting.chance() * ceiling
    return pause if _fits(setting, attempts, pause) else None


def _pause_after_refusal(
    setting: Setting, call: Call, attempts: _Attempts, response: httpx.Response
) -> float:
    """Wait out a first 429; a second one, or one that asks for hours, is raised."""
    now = setting.now()
    asked = _answers.retry_after(response, now)
    seconds = SPIKE_PAUSE_SECONDS + setting.chance() if asked is None else asked
    metered = call.api in METERED
    closed = metered and (attempts.refused or seconds > LONGEST_SPIKE_SECONDS)
    if not closed and not attempts.refused and _fits(setting, attempts, seconds):
        attempts.refused = True
        return seconds
    kind = LimitKind.DAY if closed else LimitKind.SPIKE
    if closed:
        seconds = max(seconds, _answers.seconds_to_midnight(now))
    facts = _answers.facts_of(response, setting.config, call.api)
    raise DHLRateLimitedError(
        f"DHL refuses more calls ({kind}); the next can succeed in {seconds:.0f} s",
        kind=kind,
        retry_after=seconds,
        api=call.api.value,
        hint="the quota is per API key; DHL raises it on request at developer.dhl.com",
        **{name: value for name, value in facts.items() if name not in ("api", "hint")},
    )


def _fits(setting: Setting, attempts: _Attempts, seconds: float) -> bool:
    return setting.now() + timedelta(seconds=seconds) < attempts.deadline


def _token_is_stale(response: httpx.Response, call: Call, attempts: _Attempts) -> bool:
    refused = response.status_code == httpx.codes.UNAUTHORIZED
    return refused and call.bearer and not attempts.refreshed


def _token_in(request: httpx.Request) -> str:
    return str(request.headers.get("Authorization", "")).removeprefix("Bearer ")


def _uncertain(setting: Setting, call: Call, what: str, cause: BaseException | None) -> NoReturn:
    raise UncertainOutcomeError(
        f"{what}: DHL may have carried out the request",
        hint="look for the result at DHL before asking again: a second label costs money",
        **_answers.facts(setting.config, call.api),
    ) from cause
