"""A WebSocket client over a real socket, no more than the tests need (wsproto does the framing)."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wsproto.events import Event

PATIENCE_SECONDS = 15
PATH = "/api/v1/stock/ws"


class Socket:
    """One connection. ``status`` is the answer to the handshake, ``code`` how it was closed."""

    def __init__(self, line: socket.socket, host: str, path: str, headers: dict[str, str]) -> None:
        self._line = line
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._events: list[Event] = []
        self._text = ""
        self.status = 0
        self.code: int | None = None
        extra = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._send(Request(host=host, target=path, extra_headers=extra))
        answer = self._next()
        self.status = answer.status_code if isinstance(answer, RejectConnection) else 101
        assert isinstance(answer, AcceptConnection | RejectConnection)

    def _send(self, event: Event) -> None:
        self._line.sendall(self._protocol.send(event))

    def _next(self) -> Event:
        while not self._events:
            data = self._line.recv(65536)
            self._protocol.receive_data(data or None)
            self._events = list(self._protocol.events())
        return self._events.pop(0)

    def send(self, content: object) -> None:
        self._send(TextMessage(content if isinstance(content, str) else json.dumps(content)))

    def receive(self) -> dict[str, Any] | None:
        """Return the next message, None once the server has closed."""
        while True:
            event = self._next()
            match event:
                case Ping():
                    self._send(event.response())
                case CloseConnection():
                    self.code = event.code
                    self._line.sendall(self._protocol.send(event.response()))
                    return None
                case TextMessage():
                    self._text += event.data
                    if event.message_finished:
                        text, self._text = self._text, ""
                        message: dict[str, Any] = json.loads(text)
                        return message

    def next_stock(self) -> tuple[dict[str, Any], str]:
        """Return the next level that is told, and the cursor after its frame."""
        while message := self.receive():
            for event in message.get("events", ()):
                if event["event"] == "stock":
                    return event["data"], message["cursor"]
        raise AssertionError(self.code)

    def ask(self, content: object) -> dict[str, Any]:
        """Send a request and return its answer; frames that come first are left out."""
        self.send(content)
        while message := self.receive():
            if "answer" in message:
                return message
        raise AssertionError(self.code)

    def adjust(self, key: str = "k", **wish: Any) -> dict[str, Any]:
        usual = {"sku": "LAMP-1", "location": "HAM", "quantity": 1, "reason": "a test"}
        return self.ask({"adjust": usual | wish, "key": key})


@contextmanager
def open_socket(
    address: str, cookie: str = "", *, query: str = "", **headers: str
) -> Iterator[Socket]:
    parts = urlsplit(address)
    assert parts.hostname
    named = {"Cookie": cookie} | {name.title(): value for name, value in headers.items()}
    with socket.create_connection((parts.hostname, parts.port or 80), PATIENCE_SECONDS) as line:
        yield Socket(line, parts.netloc, PATH + query, named)
