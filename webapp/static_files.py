"""Serves ``webapp/static``: for ever where the address carries a hash of the content."""

from __future__ import annotations

from typing import Final

from litestar import Router
from litestar.datastructures import CacheControlHeader, MutableScopeHeaders
from litestar.exceptions import NotFoundException
from litestar.middleware import ASGIMiddleware
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from webapp.page import STATIC, STATIC_URL
from webapp.security import Right

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_A_WHILE: Final = CacheControlHeader(public=True, max_age=3600)
_OK: Final = 200


class VersionedCache(ASGIMiddleware):
    """Lets browsers keep what has ``?v=`` in its address: another content has another address."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Replace the short cache time of a file that was found."""
        if "\0" in scope["path"]:  # no file system has such a name, and asking for it raises
            raise NotFoundException

        async def send_cached(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == _OK:
                MutableScopeHeaders.from_message(message)["cache-control"] = _FOR_EVER
            await send(message)

        versioned = scope["query_string"].startswith(b"v=")
        await next_app(scope, receive, send_cached if versioned else send)


def make_static_router() -> Router:
    """Return the router of the static files. They are public and need no session."""
    return create_static_files_router(
        path=STATIC_URL,
        directories=[STATIC],
        cache_control=_A_WHILE,
        middleware=[VersionedCache()],
        opt={"right": Right.PUBLIC, "no_session": True},
    )
