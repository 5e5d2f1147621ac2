"""``StockStream``: the live stream over httpx, for ``for`` and for ``async for``."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urljoin

import httpx

from commerce_core.stream.items import StockChange, StockDelay, StreamItem
from commerce_core.stream.protocol import (
    SILENCE_SECONDS,
    BrokenStreamError,
    Step,
    StreamProtocol,
    StreamRefusedError,
    is_worth_telling,
)

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterator,
        Generator,
        Iterator,
        Mapping,
        Sequence,
    )

CONNECT_SECONDS: Final = 10.0
_OK: Final = 200
_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every level as it was, and the cursor from which the stream has to go on."""

    levels: Sequence[StockChange]
    cursor: str


class StockStream:
    """Yields what happens to the stock, from now on or from ``after`` a cursor.

    ``url`` is the address of the stream, ``https://shop.example/api/v1/stock/stream``, with
    ``?variant=``, ``?product=`` or ``?location=`` for a part of it; ``token`` is what
    ``commerce token add`` printed. ::

        with StockStream(url, token=token) as stream:
            known = {level.key: level for level in stream.read_all().levels}
            for item in stream:
                match item:
                    case StockChange(): known[item.key] = item
                    case StockReset(): known = {l.key: l for l in stream.read_all().levels}

    The same with ``async with``, ``async for`` and ``await stream.read_all_async()``.

    It connects again by itself, with growing pauses, and goes on where it was; a level is never
    told in an older state than before. An item whose handling raised is told again by the next
    loop over the same stream. It never ends by itself; the end of the ``with`` block closes the
    connection (without one, the garbage collector does).

    Raises, while iterating and reading:
        StreamRefusedError: not signed in, not allowed, or there is no stream at this address.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str = "",
        after: str = "",
        headers: Mapping[str, str] | None = None,
        verify: Any = True,
    ) -> None:
        self.url = url
        self._headers = dict(headers or {})
        if token:
            self._headers["authorization"] = f"Bearer {token}"
        self._verify = verify
        self._protocol = StreamProtocol(after=after)
        self._delayed = 0
        self._loop: Generator[StreamItem, None, None] | None = None
        self._async_loop: AsyncGenerator[StreamItem, None] | None = None

    @property
    def cursor(self) -> str:
        """Where the stream would go on now: after everything that has been handled."""
        return self._protocol.cursor

    # --- with a for loop -----------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None:
            self._loop.close()

    def __iter__(self) -> Iterator[StreamItem]:
        self._loop = self._listen_on()
        return self._loop

    def _listen_on(self) -> Generator[StreamItem, None, None]:
        """Yield what one connection after the other tells."""
        with httpx.Client(**self._options()) as client:
            while True:
                pause = yield from self._listen(client)
                time.sleep(pause)

    def _listen(self, client: httpx.Client) -> Generator[StreamItem, None, float]:
        """Yield what one connection tells; return how long to wait for the next."""
        try:
            with client.stream("GET", self.url, headers=self._protocol.headers()) as answer:
                self._protocol.open(answer.status_code, answer.headers)
                for data in answer.iter_bytes():
                    for step in self._protocol.receive(data):
                        if is_worth_telling(step.item, self._delayed):
                            assert step.item is not None  # noqa: S101 - just asked
                            yield step.item
                        self._note(step)
        except (httpx.TransportError, BrokenStreamError) as exc:
            return self._pause(exc)
        return self._protocol.pause()

    def read_all(self) -> Snapshot:
        """Read every level; the stream goes on after what was read. For the start, and a reset.

        Raises:
            StreamRefusedError: as while iterating, and also for an answer that may pass.
            httpx.TransportError: the server cannot be reached.
        """
        with httpx.Client(**self._options()) as client:
            pages = self._pages()
            try:
                address = next(pages)
                while True:
                    address = pages.send(client.get(address))
            except StopIteration as end:
                return self._start_from(end.value)

    # --- with an async for loop ----------------------------------------------------------------

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._async_loop is not None:
            await self._async_loop.aclose()

    def __aiter__(self) -> AsyncIterator[StreamItem]:
        self._async_loop = self._listen_on_async()
        return self._async_loop

    async def _listen_on_async(self) -> AsyncGenerator[StreamItem, None]:
        """Yield what one connection after the other tells."""
        async with httpx.AsyncClient(**self._options()) as client:
            while True:
                pause = 0.0
                try:
                    async with aclosing(self._listen_async(client)) as items:
                        async for item in items:
                            yield item
                    pause = self._protocol.pause()
                except (httpx.TransportError, BrokenStreamError) as exc:
                    pause = self._pause(exc)
                await asyncio.sleep(pause)

    async def _listen_async(self, client: httpx.AsyncClient) -> AsyncGenerator[StreamItem, None]:
        """Yield what one connection tells."""
        async with client.stream("GET", self.url, headers=self._protocol.headers()) as answer:
            self._protocol.open(answer.status_code, answer.headers)
            async for data in answer.aiter_bytes():
                for step in self._protocol.receive(data):
                    if is_worth_telling(step.item, self._delayed):
                        assert step.item is not None  # noqa: S101 - just asked
                        yield step.item
                    self._note(step)

    async def read_all_async(self) -> Snapshot:
        """Read every level, as ``read_all`` does."""
        async with httpx.AsyncClient(**self._options()) as client:
            pages = self._pages()
            try:
                address = next(pages)
                while True:
                    address = pages.send(await client.get(address))
            except StopIteration as end:
                return self._start_from(end.value)

    # --- what both share -----------------------------------------------------------------------

    def _options(self) -> dict[str, Any]:
        timeout = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
        return {"headers": self._headers, "timeout": timeout, "verify": self._verify}

    def _note(self, step: Step) -> None:
        self._protocol.done(step)
        if isinstance(step.item, StockDelay):
            self._delayed = step.item.seconds

    def _pause(self, error: Exception) -> float:
        at_least = error.pause if isinstance(error, BrokenStreamError) else 0.0
        return self._protocol.pause(repr(error), at_least=at_least)

    def _pages(self) -> Generator[str, httpx.Response, Snapshot]:
        """Yield the address of each page, take its answer, return what all of them said."""
        address: str | None = f"{self.url.partition('?')[0].removesuffix('/stream')}?limit={_PAGE}"
        cursor, levels = "", []
        while address is not None:
            answer = yield address
            if answer.status_code != _OK:
                message = f"{address} answered {answer.status_code}"
                raise StreamRefusedError(message, status=answer.status_code)
            content = answer.json()
            # Of the first page: what changes while the others are read is told again.
            cursor = cursor or content["cursor"]
            levels += [StockChange.from_json(level, cursor=cursor) for level in content["levels"]]
            address = content["next"] and urljoin(address, content["next"])
        return Snapshot(levels, cursor)

    def _start_from(self, snapshot: Snapshot) -> Snapshot:
        self._protocol.cursor = snapshot.cursor
        self._protocol.versions = {level.key: level.version for level in snapshot.levels}
        return snapshot
