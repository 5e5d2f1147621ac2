"""``/api/v1/stock/ws``: the live stream over a WebSocket, which also takes stock adjustments.

Out go the frames of the hub, as JSON. In come adjustments, one after the other: each is booked in
a transaction of its own under the client's key and answered with the result or a named error.
Nothing builds up: a slow client's frames are conflated as in every stream, and its next request
is read when the last one is answered. Close codes: 1001 come back and go on, 1012 the server
restarts, 4401 the session has ended.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Final

from litestar import Router, WebSocket, websocket
from litestar.exceptions import (
    HTTPException,
    NotAuthorizedException,
    WebSocketDisconnect,
    WebSocketException,
)
from sqlalchemy.orm import Session

from commerce_core.catalog import get_variant
from commerce_core.clock import utc_now
from commerce_core.errors import InvalidCursorError
from commerce_core.inventory import adjust_stock, get_location
from webapp.accounts.sessions import Identity, find_identity
from webapp.api.socket_messages import (
    InvalidMessageError,
    Wish,
    error_message,
    frame_message,
    read_wish,
    result_message,
)
from webapp.csrf import require_same_origin
from webapp.database import WebDatabase
from webapp.errors import problem_of
from webapp.live.frames import encode_event, status_event
from webapp.live.hub import Hub
from webapp.live.stream import subscriber, topic_of
from webapp.live.subscription import Subscription
from webapp.security import Right, require_right

COME_BACK: Final = 1001
RESTARTING: Final = 1012
SESSION_ENDED: Final = 4401
_REFUSED: Final = 4000
"""A WebSocket that is refused before it opens is closed with 4000 and the HTTP status."""

Socket = WebSocket[Any, Any, Any]


@websocket("/stock/ws", right=Right.VIEW_STOCK)
async def talk_about_stock(socket: Socket) -> None:
    """Stream changes and take adjustments until one side closes."""
    try:
        require_same_origin(socket)
        subscribe = subscriber(socket, topic_of(socket), "json")
    except (HTTPException, InvalidCursorError) as exc:
        problem = problem_of(exc)
        raise WebSocketException(detail=problem.detail, code=_REFUSED + problem.status) from exc
    hub: Hub = socket.app.state.hub
    subscription = subscribe(None)
    try:
        await socket.accept()
        await Talk(socket, subscription, hub).run()
    finally:
        hub.unsubscribe(subscription)


class Talk:
    """One open WebSocket: one task tells, one listens."""

    def __init__(self, socket: Socket, subscription: Subscription, hub: Hub) -> None:
        self._socket = socket
        self._subscription = subscription
        self._hub = hub
        self._database: WebDatabase = socket.app.state.database

    async def run(self) -> None:
        """Go on until one of the two ends; then close with the code that says why."""
        tasks = [asyncio.ensure_future(work()) for work in (self._tell, self._listen)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        code = next(task for task in tasks if task in done).result()
        if code is not None:
            await self._close(code)

    async def _tell(self) -> int | None:
        """Send frames as the client takes them. The hub ends it with its age or its session."""
        if not await self._send(self._greeting()):
            return None
        while told := await self._subscription.take():
            message = frame_message(told[0] if len(told) == 1 else b"".join(told))
            if message is not None and not await self._send(message):
                return None
        if self._hub.is_stopping:
            return RESTARTING
        return SESSION_ENDED if await self._present_user() is None else COME_BACK

    def _greeting(self) -> str:
        """Return the first message: how late we are, and from where this stream goes on."""
        position = None if self._subscription.is_behind else self._subscription.position
        message = frame_message(encode_event(status_event(self._hub.delayed), cursor=position))
        assert message is not None  # noqa: S101 - there is an event in it
        return message

    async def _listen(self) -> int | None:
        """Answer one request after the other. Ends when the client goes, or may not stay."""
        while True:
            try:
                text = await self._socket.receive_data(mode="text")
            except WebSocketDisconnect:
                return None
            user = await self._present_user()
            if user is None:
                await self._send(
                    error_message(None, problem_of(NotAuthorizedException("Sign in.")))
                )
                return SESSION_ENDED
            if not await self._send(await self._answer(text, user)):
                return None

    async def _answer(self, text: str, user: Identity) -> str:
        """Do what a message asks, and return what is to be said about it."""
        key = None
        try:
            wish = read_wish(text)
            key = wish.key
            require_right(user, Right.CHANGE_STOCK)
            return result_message(key, await self._database.transact(book, wish, user.actor))
        except InvalidMessageError as exc:
            return error_message(exc.fields["key"], problem_of(exc))
        except Exception as exc:  # noqa: BLE001 - every request gets an answer
            return error_message(key, problem_of(exc))

    async def _present_user(self) -> Identity | None:
        """Return who the client is now: a role may have been taken away, a session ended."""
        async with self._database.reads() as session:
            return await session.run_sync(
                find_identity, self._socket.scope["auth"], as_of=utc_now()
            )

    async def _send(self, message: str) -> bool:
        """Send a message; tell whether the client is still there."""
        try:
            await self._socket.send_data(message, mode="text")
        except (RuntimeError, WebSocketException):
            return False
        return True

    async def _close(self, code: int) -> None:
        with suppress(RuntimeError, WebSocketException):  # the client was quicker
            await self._socket.close(code=code)


def book(session: Session, wish: Wish, actor: str) -> dict[str, Any]:
    """Book an adjustment and return what it came to. The same key again gets the same answer.

    Raises:
        CommerceError: what ``adjust_stock`` raises; the SKU or the location does not exist.
    """
    variant = get_variant(session, sku=wish.sku)
    movement = adjust_stock(
        session,
        variant,
        get_location(session, code=wish.location),
        quantity=wish.quantity,
        reason=wish.reason,
        actor=actor,
        idempotency_key=wish.key,
    )
    return {
        "sku": variant.sku,
        "location": wish.location,
        "change": movement.on_hand_delta,
        "on_hand": movement.on_hand,
        "version": movement.version,
    }


router = Router("/api/v1", route_handlers=[talk_about_stock])
