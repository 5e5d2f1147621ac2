"""Several hubs behind one Redis: one reads for all, and whatever Redis does, nothing is lost."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from commerce_core.journal import Cursor, begin_epoch
from webapp.live.changes import Changes
from webapp.live.hub import Hub
from webapp.live.messages import Message, decode_message, encode_message
from webapp.tests.harness import PATIENCE
from webapp.tests.live.clients import Client, Shop, running_hub, settle
from webapp.tests.live.redis_server import RedisServer, running_redis

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

pytestmark = [pytest.mark.anyio, pytest.mark.redis]


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


async def until(condition: object, *, seconds: float = PATIENCE) -> None:
    assert callable(condition)
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.02)


@asynccontextmanager
async def hubs(shop: Shop, redis: RedisServer, count: int = 3) -> AsyncIterator[list[Hub]]:
    """Run hubs, the first of which leads, until the block ends."""
    async with AsyncExitStack() as stack:
        running = []
        for number in range(count):
            hub = await stack.enter_async_context(running_hub(shop.url, redis=redis.url))
            running.append(hub)
            word = "following" if number else "leading"
            await until(lambda hub=hub, word=word: hub.feed.mode == word)
            if number:
                relay = hub.relay
                assert relay is not None
                await until(lambda relay=relay: relay.is_following)
        yield running


async def test_one_reads_and_the_others_copy_its_bytes(shop: Shop, redis: RedisServer) -> None:
    async with hubs(shop, redis) as running:
        clients = [Client(shop, hub).open_page() for hub in running]
        await settle(clients)
        reads = [hub.figures.reads for hub in running]
        for number in range(4):
            await asyncio.to_thread(shop.adjust, shop.variants()[number], 1)
            await settle(clients)
        leader, *followers = running
        assert leader.figures.reads > reads[0]
        assert [hub.figures.reads for hub in followers] == reads[1:]
        assert all(hub.figures.relayed >= 4 for hub in followers)
        assert all(client.resets == 0 for client in clients)


async def test_a_commit_where_nobody_reads_is_told_to_who_does(
    shop: Shop, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hubs(shop, redis, 2) as (leader, follower):
        heard: list[bool] = []
        assert leader.relay is not None
        monkeypatch.setattr(leader.relay, "_wake", lambda: heard.append(True))
        follower.wake._note_commit()
        await until(lambda: heard)


async def test_redis_may_be_killed_and_come_back_in_the_middle(
    shop: Shop, redis: RedisServer
) -> None:
    async with hubs(shop, redis) as running:
        clients = [Client(shop, hub).open_page() for hub in running]
        variants = shop.variants()
        await asyncio.to_thread(shop.adjust, variants[0], 1)
        redis.kill()
        for number in range(5):
            await asyncio.to_thread(shop.adjust, variants[number], 1)
            await settle(clients)
        assert all(hub.is_well for hub in running)
        assert [(await hub.examine()).faults for hub in running] == [[], [], []]
        await until(lambda: all(hub.feed.mode == "alone" for hub in running))
        warnings = [(await hub.examine()).warnings[0] for hub in running]
        assert all("Redis does not answer" in warning for warning in warnings)
        redis.start()
        for number in range(5):
            await asyncio.to_thread(shop.adjust, variants[number], 1)
        await until(lambda: [hub.feed.mode for hub in running].count("leading") == 1)
        await until(lambda: [hub.feed.mode for hub in running].count("following") == 2)
        await asyncio.to_thread(shop.adjust, variants[5], 1)
        await settle(clients)
        assert all(client.resets == 0 for client in clients)


async def test_when_the_leader_falls_silent_another_one_leads(
    shop: Shop, redis: RedisServer
) -> None:
    async with hubs(shop, redis) as running:
        leader, *followers = running
        clients = [Client(shop, hub).open_page() for hub in followers]
        assert leader.relay is not None
        assert leader.feed._task is not None
        for task in (*leader.relay._tasks, leader.feed._task):
            task.cancel()  # it gives nothing back: that is how kill -9 looks to the others
        for number in range(4):
            await asyncio.to_thread(shop.adjust, shop.variants()[number], 1)
        await settle(clients)
        await until(lambda: any(hub.feed.mode == "leading" for hub in followers))
        await asyncio.to_thread(shop.adjust, shop.variants()[5], 1)
        await settle(clients)


async def test_a_message_that_got_lost_is_read_from_the_database(
    shop: Shop, redis: RedisServer
) -> None:
    async with hubs(shop, redis, 2) as (leader, follower):
        client = Client(shop, follower).open_page()
        assert leader.relay is not None
        publish = leader.relay.publish
        lost: list[Changes] = []

        def lose(changes: Changes, frames: object, *, lag: float) -> None:
            if changes.levels and not lost:
                lost.append(changes)
                leader.relay._published = changes.cursor  # type: ignore[union-attr]
            else:
                publish(changes, frames, lag=lag)  # type: ignore[arg-type]

        leader.relay.publish = lose  # type: ignore[method-assign]
        await asyncio.to_thread(shop.adjust, shop.variants()[0], 1)
        await until(lambda: lost)
        await settle([client])
        assert follower.figures.gaps >= 1


async def test_a_new_epoch_reaches_everybody(shop: Shop, redis: RedisServer) -> None:
    async with hubs(shop, redis, 2) as running:
        clients = [Client(shop, hub).open_page() for hub in running]
        await asyncio.to_thread(shop.run, begin_epoch)
        await asyncio.to_thread(shop.adjust, shop.variants()[0], 1)
        await until(lambda: all(hub.figures.epoch_changes for hub in running))
        await settle(clients)
        epoch = shop.snapshot()[0].epoch
        assert [hub.relay.epoch for hub in running if hub.relay] == [epoch, epoch]
        await asyncio.to_thread(shop.adjust, shop.variants()[1], 1)
        await settle(clients)


async def test_who_encodes_otherwise_is_not_copied(shop: Shop, redis: RedisServer) -> None:
    async with (
        hubs(shop, redis, 1) as (leader,),
        running_hub(shop.url, redis=redis.url, build="another") as other,
    ):
        client = Client(shop, other).open_page()
        await asyncio.to_thread(shop.adjust, shop.variants()[0], 1)
        await settle([client])
        # Whichever of them leads, on a busy machine it may change: neither copies the other.
        assert (leader.figures.relayed, other.figures.relayed) == (0, 0)


def test_what_is_no_message_is_as_good_as_silence() -> None:
    message = Message(
        "b", "me", Cursor("e", 1), Changes(Cursor("e", 2)), [("stock", None, "json", b"x")]
    )
    assert decode_message(encode_message(message), build="b") == message
    assert decode_message(encode_message(message), build="c") is None
    for noise in (b"", b"\x93", b"hello", encode_message(message)[:-3]):
        assert decode_message(noise, build="b") is None
