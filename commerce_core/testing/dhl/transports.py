"""The two ways to the fake: inside httpx, and over sockets of the loopback interface."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import httpx

from commerce_core.testing.dhl.faults import Fault
from commerce_core.testing.dhl.replies import Reply

Handle = Callable[[httpx.Request], Reply | Fault]
SLOW_PIECES: Final = 20
SLOW_PAUSE_SECONDS: Final = 0.2


class FakeTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport whose other end is a function; faults become httpx's own errors."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of a sync client."""
        request.read()
        return self._respond(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of an async client."""
        await request.aread()
        return self._respond(request)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        reply = self._handle(request)
        if reply is Fault.NO_CONNECTION:
            raise httpx.ConnectError("fake: no connection", request=request)
        if isinstance(reply, Fault):
            raise httpx.ReadTimeout("fake: no answer", request=request)
        content: Any = reply.as_bytes()
        if reply.is_slow:
            content = _Drops(content)
        return httpx.Response(reply.status, headers=reply.all_headers(), content=content)


class FakeServer:
    """A threading HTTP server on a free port of 127.0.0.1."""

    def __init__(self, handle: Handle) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.handle_question = handle
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    def __enter__(self) -> str:
        self._thread.start()
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def __exit__(self, *exc: object) -> None:
        self._server.is_closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    handle_question: Handle

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.is_closing = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        request = httpx.Request(
            self.command,
            f"http://{self.headers.get('host', 'localhost')}{self.path}",
            headers=list(self.headers.items()),
            content=self.rfile.read(length),
        )
        reply = self.server.handle_question(request)
        if isinstance(reply, Fault):
            # Held open until the client gives up: then the socket closes without an answer.
            self.close_connection = True
            self.server.is_closing.wait(0 if reply is Fault.NO_CONNECTION else 30)
            return
        content = reply.as_bytes()
        self.send_response(reply.status)
        for name, value in reply.all_headers().items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        for piece in _pieces(content) if reply.is_slow else (content,):
            self.wfile.write(piece)
            if reply.is_slow:
                self.server.is_closing.wait(SLOW_PAUSE_SECONDS)

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - the names that http.server looks for

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in http.server
        """Say nothing: the fake keeps its requests itself."""


class _Drops(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes in small pieces; the client's clock, not ours, decides what is slow."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        for piece in _pieces(self._content):
            time.sleep(SLOW_PAUSE_SECONDS / SLOW_PIECES)
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in _pieces(self._content):
            yield piece


def _pieces(content: bytes) -> Iterator[bytes]:
    size = max(1, len(content) // SLOW_PIECES)
    return (content[start : start + size] for start in range(0, len(content), size))
