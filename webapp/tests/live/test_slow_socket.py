"""A WebSocket whose client takes nothing: memory stays bounded, and nothing is missed."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from webapp.api.stock_socket import Talk
from webapp.live.subscription import MOST_FRAMES
from webapp.live.topics import ALL_STOCK
from webapp.tests.harness import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from webapp.live.hub import Hub
from webapp.tests.live.clients import Shop

pytestmark = pytest.mark.anyio


class StuckSocket:
    """What the server gives us, over a line that is full."""

    def __init__(self) -> None:
        self.app = SimpleNamespace(state=SimpleNamespace(database=None))
        self.is_free = asyncio.Event()
        self.sent: list[dict[str, Any]] = []
        self.code: int | None = None

    async def receive_data(self, mode: str) -> str:
        assert mode == "text"
        await asyncio.Event().wait()
        raise AssertionError

    async def send_data(self, data: str, mode: str) -> None:
        assert mode == "text"
        await self.is_free.wait()
        self.sent.append(json.loads(data))

    async def close(self, code: int) -> None:
        self.code = code

    def levels(self) -> dict[int, int]:
        """The last that was told of each variant."""
        return {
            event["data"]["variant_id"]: event["data"]["on_hand"]
            for message in self.sent
            for event in message["events"]
            if event["event"] == "stock"
        }


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.005)


async def test_a_client_that_takes_nothing_fills_no_memory_and_misses_nothing(
    shop: Shop, hub: Hub
) -> None:
    socket = StuckSocket()
    subscription = hub.subscribe(ALL_STOCK, "json")
    talk = asyncio.create_task(Talk(cast("Any", socket), subscription, hub).run())
    variants = shop.variants()[:5]
    for number in range(3 * MOST_FRAMES):
        await asyncio.to_thread(shop.adjust, variants[number % 5], 1)
        await until(lambda number=number: hub.figures.frames > number)  # type: ignore[misc]
        assert subscription.waiting <= MOST_FRAMES
    assert subscription.is_behind

    socket.is_free.set()
    _, truth = shop.snapshot()
    wanted = {variant: truth[variant, "HAM"]["on_hand"] for variant in variants}
    await until(lambda: socket.levels() == wanted)
    assert len(socket.sent) < MOST_FRAMES
    hub.drain()
    await talk
    assert socket.code == 1012
