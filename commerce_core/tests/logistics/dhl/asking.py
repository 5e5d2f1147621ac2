"""One piece of work in a sync or an async client of the fake: what works in one works in both."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx

from commerce_core.logistics.dhl import AsyncDHLClient, DHLClient, MemoryBudgetStore, TokenCache

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_core.testing import FrozenClock


class Asking:
    """Runs one piece of work in a client of the kind asked for; ledger and tokens are kept."""

    def __init__(self, kind: str, transport: Any, clock: FrozenClock, config: Any) -> None:
        self.is_async = kind == "async"
        self.transport = transport
        self.clock = clock
        self.config = config
        self.slept: list[float] = []
        self.kept: dict[str, Any] = {"budget": MemoryBudgetStore(), "tokens": TokenCache()}

    def __call__(self, work: Callable[[Any], Any]) -> Any:
        if self.is_async:
            return asyncio.run(self._awaited(work))
        with httpx.Client(transport=self.transport) as http:
            return work(DHLClient(self.config, http, sleep=self._sleep, **self._options()))

    def left(self) -> Any:
        return self(lambda client: client.budget.left())

    async def _awaited(self, work: Callable[[Any], Any]) -> Any:
        async def sleep(seconds: float) -> None:
            self._sleep(seconds)

        async with httpx.AsyncClient(transport=self.transport) as http:
            found = work(AsyncDHLClient(self.config, http, sleep=sleep, **self._options()))
            return await found

    def _options(self) -> dict[str, Any]:
        return {"now": self.clock.now, "chance": lambda: 0.5, **self.kept}

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.move(seconds=seconds)


def answering(ask: Asking, status: int, content: Any) -> Asking:
    """Let DHL say one thing to every question but that for a token."""

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "t", "expires_in": 1799})
        kind = {"content": content} if isinstance(content, bytes) else {"json": content}
        return httpx.Response(status, **kind)

    ask.transport = httpx.MockTransport(respond)
    return ask
