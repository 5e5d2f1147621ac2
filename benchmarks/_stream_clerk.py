"""A clerk who adjusts stock through a web process: a small WebSocket client."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any, Self

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Ping, Request, TextMessage

if TYPE_CHECKING:
    from benchmarks._stream_servers import Server


class Clerk:
    """One WebSocket to a server of ours. Speaks and waits for the answer."""

    def __init__(self, server: Server) -> None:
        self._line = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        self._protocol = WSConnection(ConnectionType.CLIENT)
        # A topic where nothing happens: only the answers are wanted.
        path = "/api/v1/stock/ws?variant=1"
        cookie = [(b"Cookie", server.cookies[-1].encode())]
        request = Request(host=f"127.0.0.1:{server.port}", target=path, extra_headers=cookie)
        self._line.sendall(self._protocol.send(request))
        self._text = ""
        while not any(isinstance(event, AcceptConnection) for event in self._events()):
            pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()

    def adjust(self, sku: str, pieces: int, *, key: str) -> dict[str, Any]:
        """Adjust a level and return what it came to.

        Raises:
            RuntimeError: the server would not.
        """
        wish = {"sku": sku, "location": "HAM", "quantity": pieces, "reason": "benchmark"}
        text = json.dumps({"adjust": wish, "key": key})
        self._line.sendall(self._protocol.send(TextMessage(text)))
        while True:
            for answer in self._messages():
                if answer.get("answer") == key:
                    if "error" in answer:
                        raise RuntimeError(f"{answer['error']}")
                    result: dict[str, Any] = answer["result"]
                    return result

    def _messages(self) -> list[dict[str, Any]]:
        found = []
        for event in self._events():
            if isinstance(event, Ping):
                self._line.sendall(self._protocol.send(event.response()))
            if isinstance(event, TextMessage):
                self._text += event.data
                if event.message_finished:
                    found.append(json.loads(self._text))
                    self._text = ""
        return found

    def _events(self) -> list[Any]:
        data = self._line.recv(65536)
        if not data:
            raise RuntimeError("the server closed the WebSocket")
        self._protocol.receive_data(data)
        return list(self._protocol.events())
