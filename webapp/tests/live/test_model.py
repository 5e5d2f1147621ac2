"""The promise, against every order of things: no final state is lost, no version goes back.

Hypothesis makes up what writers, clients and the line between them do. When it is quiet again,
every client knows exactly what the database knows.
"""

from __future__ import annotations

import asyncio
import shutil
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from commerce_core.journal import begin_epoch
from webapp.live.topics import ALL_STOCK
from webapp.tests.harness import FEW
from webapp.tests.live.clients import Client, Shop, adjust, running_hub, settle
from webapp.tests.live.line_client import LineClient

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from commerce_core.journal import Cursor
    from webapp.live.frames import Frame
    from webapp.live.hub import Hub

pytestmark = pytest.mark.slow

CLIENTS = 3
numbers = st.integers(0, 5)
pieces = st.integers(-6, 6).filter(bool)
some_client = st.integers(0, CLIENTS - 1)
STEPS = st.one_of(
    st.tuples(st.just("commit"), numbers, pieces),
    st.tuples(st.just("commit"), numbers, pieces),
    st.tuples(st.just("burst"), numbers, st.integers(2, 12)),
    st.tuples(st.just("roll_back"), numbers, pieces),
    st.tuples(st.just("read"), some_client, st.just(0)),
    st.tuples(st.just("drop"), some_client, st.just(0)),
    st.tuples(st.just("crash"), some_client, st.just(0)),
    st.tuples(st.just("reload"), some_client, st.just(0)),
    st.tuples(st.just("pause"), st.integers(1, 8), st.just(0)),
    st.tuples(st.just("slow"), some_client, st.just(0)),
    st.tuples(st.just("keep_frame"), st.just(0), st.just(0)),
    st.tuples(st.just("duplicate"), some_client, numbers),
    st.tuples(st.just("twice"), some_client, st.just(0)),
    st.tuples(st.just("restart"), st.just(0), st.just(0)),
    st.tuples(st.just("new_epoch"), st.just(0), st.just(0)),
)


class PowerCutError(Exception):
    """Ends a transaction before its commit."""


@dataclass
class World:
    """What the steps act on.

    The first client has a connection to which the hub writes by itself, the others have
    mailboxes. The last one never reads until all is quiet.
    """

    shop: Shop
    stack: AsyncExitStack
    variants: list[int]
    hub: Hub = field(init=False)
    clients: list[Client] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    """Frames of the present epoch that were told once, and what they hold since its start."""
    begin: Cursor | None = None

    async def open(self) -> None:
        self.hub = await self.stack.enter_async_context(running_hub(self.shop.url))
        self.clients = [LineClient(self.shop, self.hub)]
        self.clients += [Client(self.shop, self.hub) for _ in range(CLIENTS - 1)]
        for client in self.clients:
            client.open_page()
        self.begin = self.hub.cursor

    async def do(self, name: str, first: int, second: int) -> None:
        await getattr(self, name)(first, second)

    async def commit(self, number: int, change: int) -> None:
        await asyncio.to_thread(self.shop.adjust, self.variants[number], change)

    async def burst(self, number: int, count: int) -> None:
        def write(session: Session) -> None:
            for step in range(count):
                adjust(session, self.variants[(number + step) % 6], 1)

        await asyncio.to_thread(self.shop.run, write)

    async def roll_back(self, number: int, change: int) -> None:
        def write(session: Session) -> None:
            adjust(session, self.variants[number], change)
            raise PowerCutError

        with pytest.raises(PowerCutError):
            await asyncio.to_thread(self.shop.run, write)

    async def read(self, number: int, _: int) -> None:
        if number != CLIENTS - 1:
            await self.clients[number].read()

    async def drop(self, number: int, _: int) -> None:
        """Lose the line; the client comes back with the last id it saw."""
        self.clients[number].drop()
        self.clients[number].connect()

    async def slow(self, number: int, _: int) -> None:
        """The line of a client is full, or takes bytes again."""
        client = self.clients[number]
        if isinstance(client, LineClient):
            client.toggle()

    async def keep_frame(self, _: int, __: int) -> None:
        if self.begin is not None:
            frame = await self.hub.catching_up.frame(ALL_STOCK, "json", self.begin)
            if frame is not None and frame.data:
                self.frames.append(frame)

    async def duplicate(self, number: int, which: int) -> None:
        """A frame of some time ago comes once more, as from a process that was slow."""
        if self.frames and self.hub.cursor is not None:
            frame = self.frames[which % len(self.frames)]
            if frame.cursor.epoch == self.hub.cursor.epoch:
                now = asyncio.get_running_loop().time()
                self.clients[number].subscription.offer(frame, now)

    async def twice(self, number: int, _: int) -> None:
        """What arrived last arrives again."""
        self.clients[number].hear_again()

    async def restart(self, _: int, __: int) -> None:
        """The process dies; everybody comes back to another one with the last id they saw."""
        for client in self.clients:
            client.drop()
        await self.stack.aclose()
        self.hub = await self.stack.enter_async_context(running_hub(self.shop.url))
        self.frames.clear()
        self.begin = self.hub.cursor
        for client in self.clients:
            client.hub = self.hub
            client.connect()

    async def crash(self, number: int, _: int) -> None:
        """Lose the line with bytes under way: they were taken, but never arrived."""
        client = self.clients[number]
        if not isinstance(client, LineClient):
            try:
                async with asyncio.timeout(0.01):
                    await client.subscription.take()
            except TimeoutError:
                pass
        client.drop()
        client.connect()

    async def reload(self, number: int, _: int) -> None:
        self.clients[number].drop()
        self.clients[number].open_page()

    async def pause(self, ticks: int, _: int) -> None:
        await asyncio.sleep(0.02 * ticks)

    async def new_epoch(self, _: int, __: int) -> None:
        await asyncio.to_thread(self.shop.run, begin_epoch)
        self.frames.clear()
        self.begin = None


async def live_through(url: str, steps: list[tuple[str, int, int]]) -> None:
    shop = Shop(url)
    async with AsyncExitStack() as stack:
        world = World(shop, stack, shop.variants()[:6])
        await world.open()
        for name, first, second in steps:
            await world.do(name, first, second)
        await settle(world.clients)
        for client in world.clients:
            client.drop()
    shop.close()


OLD_FRAME = [
    ("commit", 0, 1), ("pause", 5, 0), ("read", 0, 0), ("read", 1, 0), ("keep_frame", 0, 0),
    ("commit", 0, 1), ("pause", 5, 0), ("read", 0, 0), ("read", 1, 0),
    ("duplicate", 0, 0), ("duplicate", 1, 0), ("read", 0, 0), ("read", 1, 0),
]  # fmt: skip
"""A frame comes late, when its clients have long heard something newer."""


@example(steps=OLD_FRAME)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=5, max_size=25))
def test_when_it_is_quiet_everybody_knows_what_the_database_knows(
    steps: list[tuple[str, int, int]], tmp_path: Path, templates: dict[int, Path]
) -> None:
    path = tmp_path / "shop.db"
    for old in tmp_path.glob("shop.db*"):
        old.unlink()
    shutil.copy(templates[FEW], path)
    asyncio.run(live_through(f"sqlite:///{path}", steps))
