"""HEAD for every page: what GET answers, without its body. Monitors and proxies ask like that."""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from webapp.page import STATIC_URL
from webapp.wire import is_stream


def answer_head(app: ASGIApp) -> ASGIApp:
    """Return ``app`` with HEAD at every address that takes GET, by the same right.

    Static files answer it themselves without being read. Streams stay closed to it (405): they
    would never end.
    """

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not _is_page(scope["method"], scope["path"]):
            await app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await app({**scope, "method": "GET"}, receive, send_without_body)

    return call


def _is_page(method: str, path: str) -> bool:
    return method == "HEAD" and not path.startswith(STATIC_URL) and not is_stream(path)
