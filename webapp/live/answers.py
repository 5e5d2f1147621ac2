"""The answer that goes on: it leaves the framework first and then holds next to nothing.

A handler returns ``EventStream``. Litestar sends its head and is done with the request; only then
``serve_streams``, the outermost layer of the application, goes on with the body. So an open stream
holds no request, no route and no middleware, just one waiting task; and what wraps every message
of an answer (security headers, say) costs nothing for each event.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any, Final, cast

from litestar import Litestar, Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Receive, Scope, Send

from webapp.live.frames import encode_event, status_event
from webapp.live.hub import Hub
from webapp.live.line import EXTENSION, Line, LineProtocol
from webapp.live.subscription import Subscription

RETRY_MILLISECONDS: Final = (500, 1500)
"""Clients that lost their stream together come back spread over this time."""
_HEADERS: Final = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
_KEY: Final = "commerce.stream"
_LITESTAR: Final = ("user", "auth", "session", "path_params", "route_handler", "path_template")

Subscribe = Callable[[Line | None], Subscription]


class EventStream(Response[None]):
    """What the hub has to tell, until somebody ends it."""

    def __init__(self, subscribe: Subscribe) -> None:
        super().__init__(None, media_type="text/event-stream", headers=_HEADERS)
        self._subscribe = subscribe

    def to_asgi_response(
        self,
        app: Litestar | None,  # noqa: ARG002 - Litestar's form
        request: Request[Any, Any, Any],
        **_: Any,
    ) -> ASGIResponse:
        """Return the head of the answer (Litestar calls this)."""
        stream = _Stream(request.app.state.hub, self._subscribe)
        return _Head(stream, self.headers)


class _Head(ASGIResponse):
    """Sends the head, and leaves the rest to ``serve_streams``."""

    _should_set_content_length = False

    def __init__(self, stream: _Stream, headers: dict[str, Any]) -> None:
        super().__init__(headers=headers, media_type="text/event-stream")
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send status and headers."""
        cast("dict[str, Any]", scope)[_KEY] = self._stream
        await self.start_response(send)


def serve_streams(app: ASGIApp) -> ASGIApp:
    """Return ``app`` with the streams that its handlers began."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)
        held = cast("dict[str, Any]", scope)
        stream: _Stream | None = held.pop(_KEY, None)
        if stream is not None:
            for name in _LITESTAR:
                held.pop(name, None)
            held["state"] = {}
            await stream.run(scope, receive, send)

    return call


class _Stream:
    """Sends what a subscription tells. Holds no database session while it waits."""

    __slots__ = ("_hub", "_subscribe")

    def __init__(self, hub: Hub, subscribe: Subscribe) -> None:
        self._hub = hub
        self._subscribe = subscribe

    async def run(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the subscription is closed, then the end of the answer."""
        line = _line_of(scope)
        subscription = self._subscribe(line)
        listener = None
        if line is not None:
            line.on_lost = subscription.close
        else:
            listener = asyncio.create_task(_close_when_gone(receive, subscription))
        try:
            await _send(send, self._greeting(subscription))
            while told := await _take(subscription, line):
                await _send(send, told)
            if subscription.is_stuck and line is not None:
                line.abort()  # the end would wait behind what is not taken
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._hub.unsubscribe(subscription)
            if listener is not None:
                listener.cancel()

    def _greeting(self, subscription: Subscription) -> bytes:
        """Return the first bytes, so that a proxy lets the answer through at once."""
        position = None if subscription.is_behind else subscription.position
        retry = random.randint(*RETRY_MILLISECONDS)  # noqa: S311 - no secret
        return encode_event(status_event(self._hub.delayed), cursor=position, retry=retry)


async def _take(subscription: Subscription, line: Line | None) -> bytes:
    """Return what is to be sent next, empty at the end. Nothing is read for who takes nothing."""
    if line is not None and not line.is_clear:
        await line.clear()
    told = await subscription.take()
    return told[0] if len(told) == 1 else b"".join(told)


async def _send(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _close_when_gone(receive: Receive, subscription: Subscription) -> None:
    """Wait until the client has left; then there is nobody to tell."""
    while (await receive())["type"] != "http.disconnect":
        pass
    subscription.close()


def _line_of(scope: Scope) -> Line | None:
    """Return the connection itself, where the server lends it."""
    extensions: dict[str, Any] = scope.get("extensions") or {}
    protocol = extensions.get(EXTENSION)
    return protocol.open_line() if isinstance(protocol, LineProtocol) else None
