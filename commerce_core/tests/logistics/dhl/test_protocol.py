"""When the client repeats, waits, refreshes or gives up: the matrix of ``_protocol.py``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from commerce_core.logistics.dhl import (
    Api,
    DHLAuthenticationError,
    DHLBudgetExhaustedError,
    DHLClient,
    DHLNotFoundError,
    DHLProtocolError,
    DHLRateLimitedError,
    DHLTimeoutError,
    DHLUnavailableError,
    LimitKind,
    ReturnAddress,
    ReturnRequest,
    UncertainOutcomeError,
    Wait,
)
from commerce_core.logistics.dhl._protocol import Call, Setting, exchange
from commerce_core.logistics.dhl.receivers import ReceiverCache
from commerce_core.testing.dhl import Fault

if TYPE_CHECKING:
    from commerce_core.testing import FakeDHL, FrozenClock

NUMBER = "00340434161094015902"
ADDRESS = ReturnAddress(
    name1="Ann Ott", street="Hauptstr.", house="1", postal_code="53113", city="Bonn"
)
RETURN = ReturnRequest(shipper=ADDRESS, receiver_id="deu")


@pytest.fixture
def parcel(fake: FakeDHL, clock: FrozenClock) -> str:
    fake.add_parcel(NUMBER)
    clock.move(minutes=20)
    return NUMBER


def questions(fake: FakeDHL, path: str) -> int:
    return sum(path in request.url.path for request in fake.requests)


# --- the flow by itself: no client, no transport ---------------------------------------------


def test_a_flow_yields_requests_and_waits_and_takes_responses(
    fake: FakeDHL, clock: FrozenClock
) -> None:
    setting = Setting(fake.config(), clock.now, lambda: 0.5, ReceiverCache())
    flow = exchange(setting, httpx.Request("GET", "https://x.test/"), Call(api=Api.TRACKING))

    assert isinstance(next(flow), httpx.Request)
    wait = flow.send(httpx.Response(429, headers={"retry-after": "7"}))
    assert wait == Wait(7.0)
    assert isinstance(flow.send(None), httpx.Request)
    with pytest.raises(StopIteration) as end:
        flow.send(httpx.Response(200, json={"shipments": []}))
    assert end.value.value.status_code == 200


# --- 429 ---------------------------------------------------------------------------------------


def test_a_first_429_waits_five_seconds_and_asks_once_more(
    client: DHLClient, fake: FakeDHL, parcel: str, slept: list[float]
) -> None:
    fake.inject(Fault.SPIKE, "/track/")

    assert client.tracking.track(parcel).shipments
    assert slept == [5.5]
    assert questions(fake, "/track/") == 2


def test_retry_after_in_seconds_is_obeyed(
    client: DHLClient, fake: FakeDHL, parcel: str, slept: list[float]
) -> None:
    fake.inject(Fault.SPIKE, "/track/", retry_after="11")

    client.tracking.track(parcel)

    assert slept == [11.0]


def test_retry_after_as_a_date_is_obeyed(
    client: DHLClient, fake: FakeDHL, parcel: str, slept: list[float], clock: FrozenClock
) -> None:
    when = clock.now().replace(microsecond=0)
    fake.inject(
        Fault.SPIKE,
        "/track/",
        retry_after=format_datetime(when + timedelta(seconds=13), usegmt=True),
    )

    client.tracking.track(parcel)

    assert slept == [13.0]


@pytest.mark.parametrize("nonsense", ["soon", "-5", "Mon, 99 Foo 2026", "١٢"])
def test_a_retry_after_that_says_nothing_is_five_seconds(
    client: DHLClient, fake: FakeDHL, parcel: str, slept: list[float], nonsense: str
) -> None:
    response = httpx.Response(429, headers=[(b"retry-after", nonsense.encode())])
    setting = Setting(
        fake.config(), lambda: datetime(2026, 1, 1, tzinfo=UTC), lambda: 0.5, ReceiverCache()
    )
    flow = exchange(setting, httpx.Request("GET", "https://x.test/"), Call(api=Api.TRACKING))
    next(flow)

    assert flow.send(response) == Wait(5.5)


def test_the_second_429_closes_the_day_and_nothing_more_is_sent(
    client: DHLClient, fake: FakeDHL, parcel: str, clock: FrozenClock
) -> None:
    fake.inject(Fault.DAY, "/track/")

    with pytest.raises(DHLRateLimitedError) as caught:
        client.tracking.track(parcel)

    midnight = datetime(2026, 1, 6, tzinfo=UTC)
    assert caught.value.kind is LimitKind.DAY
    assert caught.value.retry_after == pytest.approx((midnight - clock.now()).total_seconds())
    asked = questions(fake, "/track/")
    assert asked == 2
    with pytest.raises(DHLBudgetExhaustedError):
        client.tracking.track(parcel)
    assert questions(fake, "/track/") == asked
    assert client.budget.left().calls == 0
    assert client.budget.left().closed_until == midnight
    clock.move(seconds=(midnight - clock.now()).total_seconds() + 1)
    assert client.tracking.track(parcel).shipments


def test_a_retry_after_of_hours_is_the_day_at_once(
    client: DHLClient, fake: FakeDHL, parcel: str
) -> None:
    fake.inject(Fault.SPIKE, "/track/", retry_after="7200")

    with pytest.raises(DHLRateLimitedError) as caught:
        client.tracking.track(parcel)

    assert caught.value.kind is LimitKind.DAY
    assert questions(fake, "/track/") == 1


def test_labels_have_no_quota_a_day_so_two_429_are_a_spike(
    client: DHLClient, fake: FakeDHL
) -> None:
    fake.inject(Fault.SPIKE, "/orders", times=2)

    with pytest.raises(DHLRateLimitedError) as caught:
        client.returns.create(RETURN)

    assert caught.value.kind is LimitKind.SPIKE
    assert client.returns.create(RETURN).shipment_number


# --- no answer ---------------------------------------------------------------------------------


def test_a_question_is_repeated_twice_after_a_breakdown(
    client: DHLClient, fake: FakeDHL, parcel: str, slept: list[float]
) -> None:
    fake.inject(Fault.SERVER_ERROR, "/track/", times=2)

    assert client.tracking.track(parcel).shipments
    assert slept == [1.0, 2.0]


def test_after_three_breakdowns_it_says_so(client: DHLClient, fake: FakeDHL, parcel: str) -> None:
    fake.inject(Fault.SERVER_ERROR, "/track/", times=9)

    with pytest.raises(DHLUnavailableError, match="503"):
        client.tracking.track(parcel)
    assert questions(fake, "/track/") == 3


def test_no_answer_to_a_question_is_a_timeout(
    client: DHLClient, fake: FakeDHL, parcel: str
) -> None:
    fake.inject(Fault.TIMEOUT, "/track/", times=9)

    with pytest.raises(DHLTimeoutError):
        client.tracking.track(parcel)
    assert questions(fake, "/track/") == 3


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_AFTER_WORK, Fault.SERVER_ERROR, Fault.TRUNCATED])
def test_a_label_that_may_exist_is_never_asked_for_twice(
    client: DHLClient, fake: FakeDHL, fault: Fault
) -> None:
    fake.inject(fault, "/orders")

    with pytest.raises(UncertainOutcomeError):
        client.returns.create(RETURN)
    assert questions(fake, "/orders") == 1
    assert len(fake.parcels) == (0 if fault is Fault.SERVER_ERROR else 1)


def test_a_label_request_that_never_left_is_repeated(client: DHLClient, fake: FakeDHL) -> None:
    fake.inject(Fault.NO_CONNECTION, "/orders", times=2)

    assert client.returns.create(RETURN).shipment_number
    assert len(fake.parcels) == 1


def test_the_deadline_ends_the_repeating(
    fake: FakeDHL, clock: FrozenClock, parcel: str, slept: list[float]
) -> None:
    def late(request: httpx.Request) -> httpx.Response:
        clock.move(seconds=40)
        raise httpx.ReadTimeout("too late", request=request)

    http = httpx.Client(transport=httpx.MockTransport(late))
    client = DHLClient(fake.config(), http, now=clock.now, sleep=slept.append)

    with pytest.raises(DHLTimeoutError):
        client.tracking.track(parcel)
    assert len(slept) == 1


def test_a_body_that_drips_past_the_deadline_is_a_timeout(
    fake: FakeDHL, clock: FrozenClock, parcel: str
) -> None:
    class Drip(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            for _ in range(100):
                clock.move(seconds=5)
                yield b" "

    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=Drip())))
    client = DHLClient(fake.config(), http, now=clock.now, sleep=lambda _: None)

    with pytest.raises(DHLTimeoutError):
        client.tracking.track(parcel)


def test_what_is_not_found_is_not_asked_again(client: DHLClient, fake: FakeDHL) -> None:
    with pytest.raises(DHLNotFoundError):
        client.tracking.track("99999")
    assert questions(fake, "/track/") == 1


def test_a_redirect_is_not_followed_with_the_key(fake: FakeDHL, clock: FrozenClock) -> None:
    asked: list[str] = []

    def elsewhere(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url.host))
        return httpx.Response(302, headers={"location": "https://evil.test/"})

    http = httpx.Client(transport=httpx.MockTransport(elsewhere), follow_redirects=True)

    with pytest.raises(DHLProtocolError, match="302"):
        DHLClient(fake.config(), http, now=clock.now).tracking.track(NUMBER)
    assert asked == ["api-sandbox.dhl.com"]


# --- 401 ---------------------------------------------------------------------------------------


def test_a_token_that_dhl_forgot_is_renewed_once(client: DHLClient, fake: FakeDHL) -> None:
    client.returns.create(RETURN)
    fake.revoke_tokens()

    assert client.returns.create(RETURN).shipment_number
    assert questions(fake, "/token") == 2


def test_a_401_that_stays_is_raised_after_one_renewal(client: DHLClient, fake: FakeDHL) -> None:
    fake.issue_token = lambda seconds: f"never-known-{seconds}"  # type: ignore[method-assign]

    with pytest.raises(DHLAuthenticationError):
        client.returns.create(RETURN)
    assert questions(fake, "/token") == 2
    assert questions(fake, "/orders") == 2


def test_a_token_is_renewed_before_it_expires(
    client: DHLClient, fake: FakeDHL, clock: FrozenClock
) -> None:
    client.returns.create(RETURN)
    clock.move(seconds=1799 - 59)
    client.returns.create(RETURN)

    assert questions(fake, "/token") == 2
