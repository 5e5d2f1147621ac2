"""The open end of a subscription: server-sent events over HTTP, and the stream of the pages.

A stream ends by itself after about ten minutes, when its session does, and when the process is
asked to stop; the client connects again with the id it saw last. It never redirects: without a
session the answer is 401.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from litestar import Litestar, Request, Response, Router, get
from litestar.exceptions import HTTPException
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Send
from sqlalchemy.exc import SQLAlchemyError

from commerce_core.errors import InvalidCursorError
from commerce_core.journal import Cursor
from webapp.accounts.sessions import Identity
from webapp.database import WebDatabase
from webapp.live.frames import encode_event, status_event
from webapp.live.hub import Hub
from webapp.live.subscription import Subscription
from webapp.live.topics import ALL_STOCK, Topic
from webapp.records import address_number
from webapp.security import Right, session_is_alive, signed_in_user

MOST_STREAMS: Final = 20
"""How many streams one person may have open in one process."""
LONGEST_SECONDS: Final = 600.0
RECHECK_SECONDS: Final = 60.0
RETRY_MILLISECONDS: Final = (500, 1500)
"""Clients that lost their stream together come back spread over this time."""
_HEADERS: Final = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}


class EventStream(Response[None]):
    """An answer that goes on: what the hub has to tell, until somebody ends it."""

    def __init__(self, open_stream: Callable[[], Subscription], user: Identity) -> None:
        super().__init__(None, media_type="text/event-stream", headers=_HEADERS)
        self._open = open_stream
        self._user = user

    def to_asgi_response(
        self,
        app: Litestar | None,  # noqa: ARG002 - Litestar's form
        request: Request[Any, Any, Any],
        **_: Any,
    ) -> ASGIResponse:
        """Return the running answer (Litestar calls this)."""
        state = request.app.state
        return _RunningStream(self._open, self._user, state.database, state.hub, self.headers)


class _RunningStream(ASGIResponse):
    """Sends what a subscription tells. Holds no database session while it waits."""

    _should_set_content_length = False

    def __init__(
        self,
        open_stream: Callable[[], Subscription],
        user: Identity,
        database: WebDatabase,
        hub: Hub,
        headers: dict[str, Any],
    ) -> None:
        super().__init__(headers=headers, media_type="text/event-stream")
        self._open = open_stream
        self._user = user
        self._database = database
        self._hub = hub

    async def send_body(self, send: Send, receive: Receive) -> None:
        """Send events until the subscription is closed, then the end of the answer."""
        subscription = self._open()
        listener = asyncio.create_task(_close_when_gone(receive, subscription))
        try:
            await _send(send, self._greeting(subscription))
            async for told in self._tell(subscription):
                await _send(send, told)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._hub.unsubscribe(subscription)
            listener.cancel()

    def _greeting(self, subscription: Subscription) -> bytes:
        """Return the first bytes, so that a proxy lets the answer through at once."""
        position = None if subscription.is_behind else subscription.position
        retry = random.randint(*RETRY_MILLISECONDS)  # noqa: S311 - no secret
        return encode_event(status_event(self._hub.delayed), cursor=position, retry=retry)

    async def _tell(self, subscription: Subscription) -> AsyncIterator[bytes]:
        now = asyncio.get_running_loop().time
        ends_at = now() + LONGEST_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
        check_at = now() + RECHECK_SECONDS
        while now() < ends_at:
            told = await subscription.take()
            if not told:
                return
            yield told[0] if len(told) == 1 else b"".join(told)
            if now() >= check_at:
                if not await self._may_go_on():
                    return
                check_at = now() + RECHECK_SECONDS

    async def _may_go_on(self) -> bool:
        """Tell whether the session is still good; a database that does not answer ends nothing."""
        try:
            return await session_is_alive(self._database, self._user)
        except SQLAlchemyError:
            return True


async def _send(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _close_when_gone(receive: Receive, subscription: Subscription) -> None:
    """Wait until the client has left; then there is nobody to tell."""
    while (await receive())["type"] != "http.disconnect":
        pass
    subscription.close()


def open_stream(request: Request[Any, Any, Any], topic: Topic, representation: str) -> EventStream:
    """Return the stream of ``topic`` for the person who asks.

    It goes on after the ``Last-Event-ID`` header, else after the query's ``after``, else from now.

    Raises:
        HTTPException: 429 for too many streams, 503 while the process shuts down.
        InvalidCursorError: the cursor is none of ours.
    """
    hub: Hub = request.app.state.hub
    user = signed_in_user(request)
    assert user is not None  # noqa: S101 - the route's right says so
    if hub.is_stopping:
        raise HTTPException("The server is restarting.", status_code=503)
    if hub.count(user.user_id) >= MOST_STREAMS:
        text = f"You have {MOST_STREAMS} live pages open already: close one."
        raise HTTPException(text, status_code=429, headers={"retry-after": "15"})
    after = _position_of(request)

    def subscribe() -> Subscription:
        return hub.subscribe(topic, representation, owner=user.user_id, after=after)

    return EventStream(subscribe, user)


def _position_of(request: Request[Any, Any, Any]) -> Cursor | None:
    """Return where the client was. A header that cannot be read means: it does not know."""
    header = request.headers.get("last-event-id")
    if header:
        try:
            return Cursor.parse(header)
        except InvalidCursorError:
            return _NOWHERE
    query = request.query_params.get("after")
    return Cursor.parse(query) if query else None


_NOWHERE: Final = Cursor("none", 0)
"""A cursor of no epoch: it is answered with ``reset``."""


@get("/live/stock", right=Right.VIEW_STOCK, sync_to_thread=False)
def stream_stock(request: Request[Any, Any, Any]) -> EventStream:
    """Tell pages what changed, as the cells that show it; all stock, or that of one product."""
    return open_stream(request, topic_of(request), "html")


def topic_of(request: Request[Any, Any, Any]) -> Topic:
    """Return what the query asks for: ``variant=``, ``product=``, ``location=``, or everything.

    Raises:
        HTTPException: 400, the value is no number.
    """
    for kind in ("variant", "product", "location"):
        value = request.query_params.get(kind)
        if value:
            number = address_number(value)
            if number is None:
                raise HTTPException(f"{kind} must be a number.", status_code=400)
            return Topic(kind, number)
    return ALL_STOCK


router = Router("/", route_handlers=[stream_stock], include_in_schema=False)
