"""A stream read from a socket as a browser gets it, and a third program that commits."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import commerce_core
from commerce_core import make_engine, make_session_factory, run_in_transaction, utc_now
from webapp.accounts.roles import Role
from webapp.accounts.sessions import SessionLimits, start_session
from webapp.accounts.users import get_user
from webapp.security import session_cookie_name
from webapp.settings import Settings
from webapp.tests.harness import PATIENCE, email_of
from webapp.tests.live.clients import events

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(commerce_core.__file__).parents[1]

THIRD_PROGRAM = """
import sys
from commerce_core import make_engine, make_session_factory, run_in_transaction
from commerce_core.catalog import get_variant
from commerce_core.inventory import adjust_stock, get_location

sessions = make_session_factory(make_engine(sys.argv[1]))
for line in sys.stdin:
    sku, pieces = line.split()
    def step(session):
        variant, place = get_variant(session, sku=sku), get_location(session, code="HAM")
        movement = adjust_stock(
            session, variant, place, quantity=int(pieces), reason="a test", actor="a third program"
        )
        return movement.on_hand
    print(run_in_transaction(sessions, step), flush=True)
"""


@dataclass
class ThirdProgram:
    """A process that imports the library and nothing else, and commits when it is told to."""

    process: subprocess.Popen[str]

    def adjust(self, sku: str, pieces: int) -> int:
        """Adjust the stock in HAM; return what is on hand once it is committed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{sku} {pieces}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def third_program(url: str) -> Iterator[ThirdProgram]:
    process = subprocess.Popen(
        [sys.executable, "-c", THIRD_PROGRAM, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        yield ThirdProgram(process)
    finally:
        process.communicate(timeout=PATIENCE)


def session_cookie(url: str, role: Role = Role.VIEWER) -> str:
    """Open a session of the role's account, and return the header that carries it."""
    settings = Settings(database_url=url)
    engine = make_engine(url)

    def step(session: Any) -> str:
        user = get_user(session, email=email_of(role))
        limits = SessionLimits.of(settings, stays=False)
        return start_session(session, user, limits=limits, stays=False, as_of=utc_now())

    token = run_in_transaction(make_session_factory(engine), step)
    engine.dispose()
    return f"{session_cookie_name(settings)}={token}"


@dataclass
class Wire:
    """One connection with one answer that goes on."""

    socket: socket.socket
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    ended_cleanly: bool = False
    _raw: bytes = b""
    _body: bytes = b""

    def _receive(self) -> bool:
        part = self.socket.recv(65536)
        self._raw += part
        return bool(part)

    def read_head(self) -> None:
        while b"\r\n\r\n" not in self._raw:
            assert self._receive(), "closed before the head"
        head, _, self._raw = self._raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])
        }

    def read_chunk(self) -> bytes:
        """Return the next chunk; empty at the end of the answer."""
        while b"\r\n" not in self._raw:
            if not self._receive():
                return b""
        size, _, rest = self._raw.partition(b"\r\n")
        length = int(size, 16)
        while len(rest) < length + 2:
            if not self._receive():
                return b""
            size, _, rest = self._raw.partition(b"\r\n")
        self._raw = rest[length + 2 :]
        self.ended_cleanly = length == 0
        return rest[:length]

    def next_event(self, wanted: str = "stock", *, seconds: float = PATIENCE) -> tuple[str, Any]:
        """Return id and content of the next event of this name."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            block, found, rest = self._body.partition(b"\n\n")
            if not found:
                self.socket.settimeout(max(0.01, deadline - time.monotonic()))
                chunk = self.read_chunk()
                assert chunk, "the stream ended"
                self._body += chunk
                continue
            self._body = rest
            for name, last_id, data in events(block + b"\n\n"):
                if name == wanted:
                    return last_id, json.loads(data) if name else data
        message = f"no event {wanted!r} within {seconds} s"
        raise TimeoutError(message)

    def read_to_end(self) -> bytes:
        self.socket.settimeout(PATIENCE)
        body = b""
        while chunk := self.read_chunk():
            body += chunk
        return body


@contextmanager
def open_wire(address: str, path: str, cookie: str = "", **headers: str) -> Iterator[Wire]:
    """Send one GET and read the head of its answer."""
    parts = urlsplit(address)
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=PATIENCE) as opened:
        lines = [f"GET {path} HTTP/1.1", f"Host: {parts.netloc}", f"Cookie: {cookie}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        opened.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        wire = Wire(opened)
        wire.read_head()
        yield wire
