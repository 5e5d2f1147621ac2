"""Headers that every answer carries, and the check of the ``Host`` header."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.middleware import ASGIMiddleware
from litestar.types import (
    ASGIApp,
    BeforeMessageSendHookHandler,
    Message,
    Receive,
    Scope,
    Send,
)

from webapp.settings import Settings

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
_HEADERS: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    # Pages show people and money: no copy stays in a cache unless the route says so.
    "cache-control": "no-store",
}
_STRICT_TRANSPORT: Final = "max-age=31536000"


def security_headers(settings: Settings) -> BeforeMessageSendHookHandler:
    """Return the hook that adds our headers to every answer, error pages included."""
    headers = dict(_HEADERS)
    if settings.secure_cookies:
        headers["strict-transport-security"] = _STRICT_TRANSPORT

    async def add_headers(message: Message, _scope: Scope) -> None:
        if message["type"] == "http.response.start":
            message.setdefault("headers", [])
            present = MutableScopeHeaders.from_message(message)
            for name, value in headers.items():
                present.setdefault(name, value)

    return add_headers


class HostMiddleware(ASGIMiddleware):
    """Answers 421 to a request for a host that is not ours, when the settings name our hosts."""

    scopes = (ScopeType.HTTP, ScopeType.WEBSOCKET)

    def __init__(self, settings: Settings) -> None:
        self._allowed = frozenset(name.lower() for name in settings.allowed_hosts)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let the request through if its ``Host`` is one of ours."""
        host = MutableScopeHeaders(scope=scope).get("host", "")
        if self._allowed and _host_name(host) not in self._allowed:
            raise HTTPException("This server does not answer for that host.", status_code=421)
        await next_app(scope, receive, send)


def _host_name(host: str) -> str | None:
    """Return the name in a ``Host`` header in lower case, without port and brackets."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
