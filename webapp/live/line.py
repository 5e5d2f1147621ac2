"""The shortest way to a client: the connection itself, past ASGI, where the server offers it.

Plain ASGI costs a task to wake, an awaited call and a copy for every client and every tick; for
two thousand of them that is most of the work. ``commerce serve`` runs uvicorn with
``LineProtocol``, which puts an ASGI extension into the scope of each request. A stream that finds
it lets the hub write chunks, which are the same bytes for everybody, to the connection. Under any
other server there is no such extension and everything goes through ``send``.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

EXTENSION: Final = "commerce.line"
"""The name in ``scope["extensions"]``; the value is a ``LineProtocol``."""
MOST_UNSENT: Final = 65_536
"""Bytes that may wait in the kernel for one client. Without a bound it takes megabytes from a
client that does not read, and would show it all of that later."""
_NOT_SENT_LOW_WATER: Final[int | None] = getattr(socket, "TCP_NOTSENT_LOWAT", None)


class Line:
    """One connection whose answer goes on in chunks. The head was sent before."""

    __slots__ = ("_transport", "flow", "on_lost", "write")

    def __init__(self, transport: asyncio.Transport, flow: FlowControl) -> None:
        self._transport = transport
        self.flow = flow
        """``flow.write_paused``: the client does not take what is written."""
        self.write: Callable[[bytes], None] = transport.write
        """Send whole chunks. Never waits: ask ``is_clear`` before."""
        self.on_lost: Callable[[], None] | None = None
        """Called once when the client has left."""

    @property
    def is_clear(self) -> bool:
        """Whether the client takes what is written."""
        return not self.flow.write_paused

    async def clear(self) -> None:
        """Wait until the client takes what is written, or has left."""
        await self.flow.drain()

    def abort(self) -> None:
        """Cut the connection; what was not sent is lost."""
        self._transport.abort()


class LineProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which lends its connection to an answer that goes on."""

    _line: Line | None = None

    def on_message_begin(self) -> None:
        """Offer the extension with each request."""
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope["extensions"] = {EXTENSION: self}

    def open_line(self) -> Line:
        """Return the connection of the present answer, for writing chunks to it."""
        if _NOT_SENT_LOW_WATER is not None:
            opened = self.transport.get_extra_info("socket")
            if opened is not None and opened.family in {socket.AF_INET, socket.AF_INET6}:
                opened.setsockopt(socket.IPPROTO_TCP, _NOT_SENT_LOW_WATER, MOST_UNSENT)
        self._line = Line(self.transport, self.flow)
        return self._line

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the stream that its client has left."""
        super().connection_lost(exc)
        line, self._line = self._line, None
        if line is not None and line.on_lost is not None:
            line.on_lost()
