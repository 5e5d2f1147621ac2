"""Who may open which stream, and from where it goes on; and the stream of the pages.

A stream ends by itself after about ten minutes, when its session does, and when the process is
asked to stop; the client connects again with the id it saw last. It never redirects: without a
session the answer is 401.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any, Final

from litestar import Request, Router, get
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException

from commerce_core.errors import InvalidCursorError
from commerce_core.journal import Cursor
from webapp.live.answers import EventStream, Subscribe
from webapp.live.hub import Hub
from webapp.live.line import Line
from webapp.live.subscription import Subscription
from webapp.live.topics import ALL_STOCK, TOPICS, Topic
from webapp.records import address_number
from webapp.security import Right, signed_in_user

MOST_STREAMS: Final = 20
"""How many streams one person may have open in one process."""
LONGEST_SECONDS: Final = 600.0

Connection = ASGIConnection[Any, Any, Any, Any]


def open_stream(request: Request[Any, Any, Any], topic: Topic, representation: str) -> EventStream:
    """Return the stream of ``topic`` for the person who asks.

    It goes on after the ``Last-Event-ID`` header, else after the query's ``after``, else from now.

    Raises:
        HTTPException: 429 for too many streams, 503 while the process shuts down.
        InvalidCursorError: the cursor is none of ours.
    """
    return EventStream(subscriber(request, topic, representation))


def subscriber(connection: Connection, topic: Topic, representation: str) -> Subscribe:
    """Return what opens the stream of ``topic`` for the person who asks, once it can begin.

    Raises:
        HTTPException: 429 for too many streams, 503 while the process shuts down.
        InvalidCursorError: the cursor is none of ours.
    """
    hub: Hub = connection.app.state.hub
    user = signed_in_user(connection)
    assert user is not None  # noqa: S101 - the route's right says so
    if hub.is_stopping:
        raise HTTPException("The server is restarting.", status_code=503)
    if hub.listeners.count(user.user_id) >= MOST_STREAMS:
        text = f"You have {MOST_STREAMS} live pages open already: close one."
        raise HTTPException(text, status_code=429, headers={"retry-after": "15"})
    after = position_of(connection)
    age = LONGEST_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
    owner, session_id = user.user_id, user.session_id

    def subscribe(line: Line | None) -> Subscription:
        return hub.subscribe(
            topic,
            representation,
            owner=owner,
            after=after,
            line=line,
            session_id=session_id,
            ends_at=asyncio.get_running_loop().time() + age,
        )

    return subscribe


def position_of(request: Connection) -> Cursor | None:
    """Return where the client was. A header that cannot be read means: it does not know.

    Raises:
        InvalidCursorError: the query's cursor is none of ours.
    """
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


def topic_of(request: Connection) -> Topic:
    """Return what the query asks for: ``variant=``, ``product=``, ``location=``, ``low=1``.

    Without any of them it is all stock.

    Raises:
        HTTPException: 400, the value is no number.
    """
    for kind, about in TOPICS.items():
        value = request.query_params.get(kind)
        if value:
            number = address_number(value)
            if number is None:
                raise HTTPException(f"{kind} must be a number.", status_code=400)
            return Topic(kind, number if about.takes_id else None)
    return ALL_STOCK


@get("/live/stock", right=Right.VIEW_STOCK, sync_to_thread=False)
def stream_stock(request: Request[Any, Any, Any]) -> EventStream:
    """Tell pages what changed, as the cells that show it: all stock, or that of a topic."""
    return open_stream(request, topic_of(request), "html")


router = Router("/", route_handlers=[stream_stock], include_in_schema=False)
