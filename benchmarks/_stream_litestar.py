"""The plain way in Litestar: a ``ServerSentEvent`` with one generator and one queue a client."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator  # noqa: TC003 - Litestar reads it
from typing import Any

import uvicorn
from litestar import Litestar, Request, get, post
from litestar.response import ServerSentEvent

_queues: set[asyncio.Queue[str]] = set()


async def _events() -> AsyncIterator[dict[str, Any]]:
    queue: asyncio.Queue[str] = asyncio.Queue()
    _queues.add(queue)
    try:
        yield {"comment": "open"}
        while True:
            yield {"event": "stock", "data": await queue.get()}
    finally:
        _queues.discard(queue)


@get("/subscribe")
async def subscribe() -> ServerSentEvent:
    """Stream what is published from now on."""
    return ServerSentEvent(_events())


@post("/publish", status_code=204)
async def publish(request: Request[Any, Any, Any]) -> None:
    """Hand the body to every client's queue."""
    content = (await request.body()).decode()
    for queue in _queues:
        queue.put_nowait(content)


if __name__ == "__main__":
    uvicorn.run(
        Litestar([subscribe, publish]),
        port=int(sys.argv[1]),
        log_level="warning",
        backlog=4096,
        timeout_graceful_shutdown=1,
    )
