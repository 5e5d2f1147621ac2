"""What listens in the tests, a client as a good program would be one, and the shop it watches."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from commerce_core.catalog import Variant
from commerce_core.database import make_engine, make_session_factory
from commerce_core.flows import run_in_transaction
from commerce_core.inventory import StockLevel, StockLocation, adjust_stock
from commerce_core.journal import Cursor, read_cursor
from webapp.database import WebDatabase
from webapp.live.frames import as_json, encode_json
from webapp.live.hub import Hub
from webapp.live.relay import Relay
from webapp.live.states import read_levels
from webapp.live.topics import ALL_STOCK
from webapp.tests.harness import PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from sqlalchemy.orm import Session

    from webapp.live.subscription import Subscription
    from webapp.live.topics import Topic

Key = tuple[int, str]
State = dict[str, Any]


@asynccontextmanager
async def running_hub(url: str, *, redis: str = "", build: str = "tests") -> AsyncIterator[Hub]:
    """Run a hub over the database at ``url`` until the block ends."""
    database = WebDatabase.open(url)
    hub = Hub(database, {"json": encode_json})
    if redis:
        hub.relay = Relay(redis, build=build, describe=hub.describe)
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()
        await database.close()


class Shop:
    """The database, written to by somebody who knows nothing of any hub."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url)
        self._factory = make_session_factory(self.engine)

    def run(self, step: Callable[[Session], Any]) -> Any:
        return run_in_transaction(self._factory, step)

    def variants(self) -> list[int]:
        return list(self.run(lambda s: s.scalars(select(Variant.id).order_by(Variant.id)).all()))

    def locations(self) -> list[int]:
        return list(self.run(lambda s: s.scalars(select(StockLocation.id)).all()))

    def adjust(self, variant_id: int, pieces: int, *, location_id: int = 0) -> int:
        """Adjust a level and return its version."""

        def step(session: Session) -> int:
            return adjust(session, variant_id, pieces, location_id=location_id)

        return int(self.run(step))

    def snapshot(self) -> tuple[Cursor, dict[Key, State]]:
        """Return the present end of the journal, and then every level."""

        def step(session: Session) -> tuple[Cursor, dict[Key, State]]:
            cursor = read_cursor(session)
            ids = session.scalars(select(Variant.id)).all()
            states = [as_json(level) for level in read_levels(session, ids)]
            return cursor, {(state["variant_id"], state["location"]): state for state in states}

        found: tuple[Cursor, dict[Key, State]] = self.run(step)
        return found

    def close(self) -> None:
        self.engine.dispose()


def adjust(session: Session, variant_id: int, pieces: int, *, location_id: int = 0) -> int:
    """Adjust a level by ``pieces``; one that would go below nothing goes up instead."""
    variant = session.get_one(Variant, variant_id)
    location = session.get_one(StockLocation, location_id or first_location(session))
    level = session.scalars(
        select(StockLevel).filter_by(variant_id=variant_id, location_id=location.id)
    ).first()
    if level is None or level.on_hand + pieces < 0:
        pieces = abs(pieces)
    movement = adjust_stock(
        session, variant, location, quantity=pieces, reason="a test", actor="a third program"
    )
    return movement.version


def first_location(session: Session) -> int:
    return session.scalars(select(StockLocation.id).order_by(StockLocation.id)).first() or 0


def events(data: bytes) -> Iterator[tuple[str, str, str]]:
    """Split bytes of a stream into (event, id, data). Comments are no events."""
    for block in data.decode().split("\n\n"):
        fields: dict[str, list[str]] = {}
        for line in block.split("\n"):
            name, _, value = line.partition(": ")
            fields.setdefault(name, []).append(value)
        last_id = fields.get("id", [""])[-1]
        if "data" in fields or last_id:
            name = fields.get("event", [""])[-1]
            yield name, last_id, "\n".join(fields.get("data", []))


@dataclass
class Client:
    """Follows the stream by the rules: newest version wins, ``reset`` reads again, ids resume."""

    shop: Shop
    hub: Hub
    topic: Topic = ALL_STOCK
    known: dict[Key, State] = field(default_factory=dict)
    last_id: str = ""
    heard: list[str] = field(default_factory=list)
    delayed: int = 0
    resets: int = 0
    _subscription: Subscription | None = None
    _newest: dict[Key, int] = field(default_factory=dict)
    _last_heard: list[tuple[str, str, str]] = field(default_factory=list)

    def open_page(self) -> Client:
        """Read everything once, then connect after what was read."""
        cursor, self.known = self.shop.snapshot()
        self.last_id = str(cursor)
        self.connect()
        return self

    def connect(self) -> None:
        after = Cursor.parse(self.last_id) if self.last_id else None
        self._subscription = self.hub.subscribe(self.topic, "json", owner="tests", after=after)
        self._newest = {}
        self._last_heard = []

    @property
    def subscription(self) -> Subscription:
        assert self._subscription is not None
        return self._subscription

    def drop(self) -> None:
        """Lose the connection, with whatever was under way."""
        if self._subscription is not None:
            self.hub.unsubscribe(self._subscription)
            self._subscription = None

    async def read(self, *, patience: float = 0.02) -> bool:
        """Take what there is; tell whether anything came before the patience was out."""
        if self._subscription is None:
            self.connect()
        try:
            async with asyncio.timeout(patience):
                told = await self.subscription.take()
        except TimeoutError:
            return False
        self.hear_all(told)
        return bool(told)

    def hear_all(self, told: list[bytes]) -> None:
        found = [event for data in told for event in events(data)]
        for event in found:
            self.hear(*event)
        self._last_heard = [event for event in found if event[0] == "stock"]

    def hear_again(self) -> None:
        """Hear once more what was heard last."""
        for event in self._last_heard:
            self.hear(*event)

    def hear(self, name: str, last_id: str, content: str) -> None:
        self.heard.append(name)
        if name == "stock":
            self.note(json.loads(content))
        elif name == "status":
            self.delayed = json.loads(content)["delayed"]
        elif name == "reset":
            self.resets += 1
            _, self.known = self.shop.snapshot()
            self._newest = {}
        self.last_id = last_id or self.last_id

    def note(self, state: State) -> None:
        key = (state["variant_id"], state["location"])
        assert state["version"] >= self._newest.get(key, 0), "a version went back"
        self._newest[key] = state["version"]
        if state["version"] >= self.known.get(key, {"version": 0})["version"]:
            self.known[key] = state


async def settle(clients: list[Client], *, seconds: float = PATIENCE) -> None:
    """Let every client read until it knows what the database knows.

    Raises:
        AssertionError: one still does not after ``seconds``.
    """
    _, truth = clients[0].shop.snapshot()
    deadline = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < deadline:
        if all(client.known == truth for client in clients):
            return
        for client in clients:
            await client.read()
    for client in clients:
        assert client.known == truth
