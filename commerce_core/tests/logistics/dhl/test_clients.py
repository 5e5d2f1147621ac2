"""Both clients against the fake: the same flows, awaited or not; one token for all who ask."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from commerce_core.logistics.dhl import (
    AsyncDHLClient,
    DHLBudgetExhaustedError,
    DHLClient,
    DHLError,
    MemoryBudgetStore,
    ReturnAddress,
    ReturnRequest,
    ShipmentStatus,
    TokenCache,
)
from commerce_core.testing.dhl import FakeDHL, Fault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from commerce_core.testing import FrozenClock

NUMBER = "00340434161094015902"
ADDRESS = ReturnAddress(
    name1="Ann Ott", street="Hauptstr.", house="1", postal_code="53113", city="Bonn"
)
RETURN = ReturnRequest(shipper=ADDRESS, receiver_id="deu")


def in_async_client(
    fake: FakeDHL, work: Callable[[AsyncDHLClient], Awaitable[Any]], **options: Any
) -> Any:
    """Run ``work(client)`` with an async client of the fake whose sleep takes no time."""

    async def sleep(_: float) -> None:
        await asyncio.sleep(0)

    async def run() -> Any:
        async with httpx.AsyncClient(transport=fake.transport()) as http:
            config = options.pop("config", None) or fake.config()
            client = AsyncDHLClient(config, http, now=fake.now, sleep=sleep, **options)
            return await work(client)

    return asyncio.run(run())


def token_calls(fake: FakeDHL) -> int:
    return sum("/token" in request.url.path for request in fake.requests)


def test_the_async_client_does_what_the_sync_one_does(
    fake: FakeDHL, client: DHLClient, clock: FrozenClock
) -> None:
    fake.add_parcel(NUMBER)
    clock.move(minutes=20)
    fake.advance(NUMBER, "PO")

    async def work(other: AsyncDHLClient) -> Any:
        answer = await other.tracking.track(NUMBER, service="parcel-de")
        label = await other.returns.create(RETURN)
        return answer, label

    answer, label = in_async_client(fake, work)

    assert answer == client.tracking.track(NUMBER, service="parcel-de")
    assert answer.pick().status is ShipmentStatus.OUT_FOR_DELIVERY
    assert label.label.content.startswith(b"%PDF")


def test_fifty_tasks_make_one_token_call(fake: FakeDHL) -> None:
    async def work(client: AsyncDHLClient) -> Any:
        return await asyncio.gather(*(client.returns.locations() for _ in range(50)))

    answers = in_async_client(fake, work)

    assert len(answers) == 50
    assert token_calls(fake) == 1


def test_fifty_tasks_with_a_stale_token_renew_it_once(fake: FakeDHL) -> None:
    async def work(client: AsyncDHLClient) -> Any:
        await client.returns.locations()
        fake.revoke_tokens()
        return await asyncio.gather(*(client.returns.locations() for _ in range(50)))

    assert len(in_async_client(fake, work)) == 50
    assert token_calls(fake) == 2


def test_fifty_threads_make_one_token_call(fake: FakeDHL) -> None:
    client = DHLClient(fake.config(), httpx.Client(transport=fake.transport()), now=fake.now)
    start = threading.Barrier(50)

    def ask() -> None:
        start.wait(timeout=20)
        client.returns.locations()

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert token_calls(fake) == 1
    assert len(fake.requests) == 51


def test_two_users_never_share_a_token(fake: FakeDHL) -> None:
    tokens = TokenCache()
    http = httpx.Client(transport=fake.transport())
    DHLClient(fake.config(), http, tokens=tokens, now=fake.now).returns.locations()
    other = DHLClient(fake.config(username="somebody"), http, tokens=tokens, now=fake.now)

    with pytest.raises(DHLError, match="password"):
        other.returns.locations()


def test_the_async_client_keeps_the_ledger_in_a_thread_if_it_blocks(fake: FakeDHL) -> None:
    class Blocking(MemoryBudgetStore):
        is_blocking = True
        threads: set[int] = set()  # noqa: RUF012 - one test, one object

        def reserve(self, *arguments: Any, **options: Any) -> float:
            self.threads.add(threading.get_ident())
            return super().reserve(*arguments, **options)

    fake.add_parcel(NUMBER)
    store = Blocking()
    fake.inject(Fault.DAY, "/track/")

    async def work(client: AsyncDHLClient) -> Any:
        with pytest.raises(DHLError):
            await client.tracking.track(NUMBER)
        with pytest.raises(DHLBudgetExhaustedError):
            await client.tracking.track(NUMBER)
        return await client.budget.left()

    left = in_async_client(fake, work, budget=store)

    assert threading.get_ident() not in store.threads
    assert left.calls == 0


def test_waiting_calls_keep_dhls_distance(
    fake: FakeDHL, clock: FrozenClock, sleep: Callable[[float], None], slept: list[float]
) -> None:
    fake.add_parcel(NUMBER)
    clock.move(minutes=20)
    fake.quota.spacing_seconds = 5.0
    config = fake.config(tracking_spacing_seconds=5.0)
    client = DHLClient(config, httpx.Client(transport=fake.transport()), now=clock.now, sleep=sleep)

    for _ in range(4):
        client.tracking.track(NUMBER)

    assert slept == [5.0, 5.0, 5.0]
    assert client.budget.left().used == 4


def test_an_injected_client_is_not_closed_and_an_own_one_is(fake: FakeDHL) -> None:
    http = httpx.Client(transport=fake.transport())
    with DHLClient(fake.config(), http):
        pass
    assert not http.is_closed

    with DHLClient(fake.config()) as client:
        own = client._http
    assert own.is_closed


def test_over_real_sockets(fake: FakeDHL, clock: FrozenClock) -> None:
    fake.add_parcel(NUMBER)
    clock.move(minutes=20)
    with fake.serve() as url, DHLClient(fake.config(base_url=url), now=clock.now) as client:
        assert client.tracking.track(NUMBER).pick().status is ShipmentStatus.PRE_TRANSIT
        assert client.returns.create(RETURN).label
        fake.inject(Fault.TRUNCATED, "/track/")
        with pytest.raises(DHLError, match="no readable JSON"):
            client.tracking.track(NUMBER)


def test_a_lost_answer_over_real_sockets_is_uncertain(fake: FakeDHL, clock: FrozenClock) -> None:
    with fake.serve() as url:
        config = fake.config(base_url=url, read_timeout_seconds=0.3)
        with DHLClient(config, now=clock.now) as client:
            client.returns.locations()
            fake.inject(Fault.TIMEOUT_AFTER_WORK, "/orders")
            with pytest.raises(DHLError) as caught:
                client.returns.create(RETURN)

    assert caught.value.code == "dhl_uncertain_outcome"
    assert len(fake.parcels) == 1
