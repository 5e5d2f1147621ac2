"""OPTIONS for every address: all methods it takes, whoever asks. It tells nothing else.

The framework lists those of one handler only, and leaves HEAD out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.routes import ASGIRoute, HTTPRoute, WebSocketRoute
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from webapp.security import stated_routes
from webapp.wire import is_stream

_KIND_OF_PARAMETER: Final = re.compile(r":\w+(?=\})")


def answer_options(
    app: ASGIApp, routes: Iterable[HTTPRoute | ASGIRoute | WebSocketRoute]
) -> ASGIApp:
    """Return ``app`` with complete answers to OPTIONS."""
    allowed = _methods_by_template(routes)

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "OPTIONS":
            await app(scope, receive, send)
            return

        async def send_all_methods(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                methods = allowed.get(scope.get("path_template", ""))
                if methods and "allow" in headers:
                    headers["allow"] = ", ".join(sorted(methods))
            await send(message)

        await app(scope, receive, send_all_methods)

    return call


def _methods_by_template(
    routes: Iterable[HTTPRoute | ASGIRoute | WebSocketRoute],
) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(lambda: {"OPTIONS"})
    for route in stated_routes(routes):
        found[_KIND_OF_PARAMETER.sub("", route.path)] |= set(route.methods)
    for path, methods in found.items():
        if "GET" in methods and not is_stream(path):
            methods.add("HEAD")
    return dict(found)
