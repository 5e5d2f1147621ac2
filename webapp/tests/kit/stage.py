"""A small stage for the browser tests of the page kit: real pages, real files, a scripted stream.

The stream speaks what the hub speaks (unnamed cells, ``status``, ``reset``, comments), but a test
decides when a byte is sent, a line is cut or a connection is refused.
"""

from __future__ import annotations

import queue
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from webapp.headers import CONTENT_SECURITY_POLICY
from webapp.page import STATIC, STATIC_URL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
HANG_UP = object()


def cell(key: str, version: int, figure: str, inside: str = "") -> str:
    """One cell as a frame carries it."""
    attributes = f'id="{key}" data-version="{version}" class="num live"'
    return f'<td {attributes} hx-swap-oob="true">{inside or f"<strong>{figure}</strong>"}</td>'


@dataclass
class Stage:
    """What the server shows, and the wires to the browsers that listen."""

    pages: dict[str, Callable[[], str]] = field(default_factory=dict)
    wires: list[queue.Queue[object]] = field(default_factory=list)
    resumed_from: list[str | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refuse_with: int = 0
    seen: list[str] = field(default_factory=list)
    shown: dict[str, object] = field(default_factory=dict)
    """What a test's page shows; a test may change it."""
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def send(self, *cells: str, id: str = "") -> None:  # noqa: A002 - the field's own name
        """Send one unnamed message."""
        self.raw(f"id: {id}\n" * bool(id) + f"data: {''.join(cells)}\n\n")

    def event(self, name: str, data: str) -> None:
        self.raw(f"event: {name}\ndata: {data}\n\n")

    def raw(self, text: str) -> None:
        for wire in self.wires:
            wire.put(text.encode())

    def cut(self) -> None:
        """End every stream, as a restart does."""
        for wire in self.wires:
            wire.put(HANG_UP)
        self.wires.clear()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # a page asks for everything at once


class _Handler(BaseHTTPRequestHandler):
    stage: Stage

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.stage.seen.append(path)
        if path == "/stream":
            self.listen()
        elif path.startswith(STATIC_URL):
            content = (STATIC / path.removeprefix(f"{STATIC_URL}/")).read_bytes()
            self.answer(content, TYPES[path.rsplit(".", 1)[-1]])
        elif path in self.stage.pages:
            self.answer(self.stage.pages[path]().encode(), "text/html; charset=utf-8")
        else:
            self.answer(b"", "text/plain", HTTPStatus.NOT_FOUND)

    def answer(self, content: bytes, kind: str, status: int = HTTPStatus.OK) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.send_header("content-security-policy", CONTENT_SECURITY_POLICY)
        self.end_headers()
        self.wfile.write(content)

    def listen(self) -> None:
        """Stay on the line until the test hangs up or the browser does."""
        self.stage.asked.append(self.path)
        self.stage.resumed_from.append(self.headers.get("Last-Event-ID"))
        if self.stage.refuse_with:
            self.answer(b"<p>refused</p>", "text/html", self.stage.refuse_with)
            return
        wire: queue.Queue[object] = queue.Queue()
        self.stage.wires.append(wire)  # before the head: from then on the page says "Live"
        self.send_response(HTTPStatus.OK)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b": hello\n\n")
        with suppress(OSError):
            while isinstance(part := wire.get(), bytes):
                self.wfile.write(part)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def open_stage() -> Iterator[Stage]:
    """Run a stage on a free port until the block ends."""
    stage = Stage()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"stage": stage}))
    stage.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stage
    finally:
        stage.cut()
        server.shutdown()
        server.server_close()
