"""The library's ``StockStream`` against the real server: killed, restarted, restored."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from commerce_core.journal import begin_epoch
from commerce_core.stream import StockChange, StockReset, StockStream, StreamRefusedError
from webapp.tests.harness import running_server
from webapp.tests.live.clients import Shop
from webapp.tests.live.wire import session_cookie

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 30
PATH = "api/v1/stock/stream"


class Follower(threading.Thread):
    """A program that follows the stock as the documentation says, and keeps what it knows."""

    def __init__(self, stream: StockStream) -> None:
        super().__init__(daemon=True)
        self.stream = stream
        self.known = {level.key: level for level in stream.read_all().levels}
        self.heard: list[StockChange] = []
        self.resets = 0
        self.is_told_to_stop = False

    def run(self) -> None:
        for item in self.stream:
            self.handle(item)
            if self.is_told_to_stop:
                return

    def handle(self, item: Any) -> None:
        match item:
            case StockChange():
                self.heard.append(item)
                self.known[item.key] = item
            case StockReset():
                self.resets += 1
                self.known = {level.key: level for level in self.stream.read_all().levels}

    def until_it_knows(self, shop: Shop) -> None:
        """Wait until it knows what the database knows."""
        _, truth = shop.snapshot()
        wanted = {key: (state["version"], state["on_hand"]) for key, state in truth.items()}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.numbers() != wanted and time.monotonic() < deadline:
            time.sleep(0.02)
        assert self.numbers() == wanted

    def numbers(self) -> dict[Any, tuple[int, int]]:
        return {key: (level.version, level.on_hand) for key, level in self.known.items()}

    def stop(self, shop: Shop) -> None:
        self.is_told_to_stop = True
        shop.adjust(shop.variants()[0], 1)
        self.join(PATIENCE_SECONDS)
        assert not self.is_alive()


@contextmanager
def following(address: str, url: str) -> Iterator[tuple[Follower, Shop]]:
    shop = Shop(url)
    stream = StockStream(address + PATH, headers={"cookie": session_cookie(url)})
    follower = Follower(stream)
    follower.start()
    try:
        yield follower, shop
        follower.stop(shop)
    finally:
        shop.close()


def assert_versions_never_went_back(heard: list[StockChange]) -> None:
    newest: dict[Any, int] = {}
    for change in heard:
        assert change.version > newest.get(change.key, 0)
        newest[change.key] = change.version


def test_it_survives_a_kill_of_the_server_and_hears_what_happened_meanwhile(any_url: str) -> None:
    with running_server(any_url) as (process, address):
        port = urlsplit(address).port or 0
        with following(address, any_url) as (follower, shop):
            first, second, *_ = shop.variants()
            shop.adjust(first, 5)
            follower.until_it_knows(shop)
            process.send_signal(signal.SIGKILL)
            process.wait()
            for pieces in (1, 2, 3):
                shop.adjust(first, pieces)
            shop.adjust(second, -2)
            with running_server(any_url, port=port):
                follower.until_it_knows(shop)
                shop.adjust(second, 7)
                follower.until_it_knows(shop)
                assert_versions_never_went_back(follower.heard)
                assert follower.resets == 0
                follower.stop(shop)


def test_after_a_restore_it_says_so_and_goes_on(sqlite_url: str) -> None:
    with (
        running_server(sqlite_url) as (_, address),
        following(address, sqlite_url) as (follower, shop),
    ):
        shop.adjust(shop.variants()[0], 1)
        follower.until_it_knows(shop)
        shop.run(begin_epoch)
        shop.adjust(shop.variants()[1], 4)
        follower.until_it_knows(shop)
        assert follower.resets == 1


def test_a_program_that_starts_again_goes_on_where_it_was(sqlite_url: str) -> None:
    with running_server(sqlite_url) as (_, address):
        shop = Shop(sqlite_url)
        headers = {"cookie": session_cookie(sqlite_url)}
        first, second, *_ = shop.variants()
        stream = StockStream(address + PATH, headers=headers)
        stream.read_all()
        shop.adjust(first, 5)
        change = next(item for item in stream if isinstance(item, StockChange))
        for variant in (first, second):
            shop.adjust(variant, 1)
        later = StockStream(address + PATH, headers=headers, after=change.cursor)
        heard = {}
        for item in later:
            if isinstance(item, StockChange):
                heard[item.variant_id] = item.version
            if len(heard) == 2:
                break
        assert heard == {first: change.version + 1, second: 2}
        shop.close()


def test_what_could_not_be_handled_is_told_again(sqlite_url: str) -> None:
    with running_server(sqlite_url) as (_, address):
        shop = Shop(sqlite_url)
        stream = StockStream(address + PATH, headers={"cookie": session_cookie(sqlite_url)})
        stream.read_all()
        version = shop.adjust(shop.variants()[0], 5)
        with pytest.raises(ZeroDivisionError):
            [1 / 0 for item in stream if isinstance(item, StockChange)]
        again = next(item for item in stream if isinstance(item, StockChange))
        assert again.version == version
        shop.close()


def test_the_same_with_async(sqlite_url: str) -> None:
    shop = Shop(sqlite_url)
    first, second, *_ = shop.variants()

    async def follow(address: str) -> list[StockChange]:
        heard: list[StockChange] = []
        headers = {"cookie": session_cookie(sqlite_url)}
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            StockStream(address + PATH, headers=headers) as stream,
        ):
            snapshot = await stream.read_all_async()
            assert len(snapshot.levels) == len(shop.variants())
            await asyncio.to_thread(shop.adjust, first, 5)
            await asyncio.to_thread(shop.adjust, second, 1)
            async for item in stream:
                assert isinstance(item, StockChange)
                heard.append(item)
                if {change.variant_id for change in heard} == {first, second}:
                    return heard
        return heard

    with running_server(sqlite_url) as (_, address):
        heard = asyncio.run(follow(address))
        assert_versions_never_went_back(heard)
    shop.close()


def test_who_is_not_signed_in_is_told_so_at_once(sqlite_url: str) -> None:
    with running_server(sqlite_url) as (_, address):
        stream = StockStream(address + PATH)
        with pytest.raises(StreamRefusedError) as caught:
            next(iter(stream))
        assert caught.value.status == 401
        with pytest.raises(StreamRefusedError):
            stream.read_all()
        missing = StockStream(address + "nothing/here", headers={"cookie": "a=b"})
        with pytest.raises(StreamRefusedError):
            next(iter(missing))


def test_a_server_that_is_not_there_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        free_port = taken.getsockname()[1]
    stream = StockStream(f"http://127.0.0.1:{free_port}/{PATH}")
    pauses: list[float] = []

    class EnoughError(Exception):
        pass

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 4:
            raise EnoughError

    monkeypatch.setattr(time, "sleep", sleep)
    with pytest.raises(EnoughError):
        next(iter(stream))
    assert pauses[0] < pauses[2] < pauses[3]
    with pytest.raises(httpx.TransportError):
        stream.read_all()
