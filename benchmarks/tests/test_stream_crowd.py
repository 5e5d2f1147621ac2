"""The load client counts what arrives, wherever its bytes are cut: everything else rests on it."""

from __future__ import annotations

import shutil
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING

import pytest

from benchmarks._stream_crowd import Crowd, times_file

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc compiles the client")

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"
CLIENTS, FIRST, CHANGES = 3, 1000, 20


def answer(listener: socket.socket, go: threading.Event, done: threading.Event) -> None:
    """Accept all clients; then tell them every change, in pieces of seven bytes."""
    lines = [listener.accept()[0] for _ in range(CLIENTS)]
    for line in lines:
        line.recv(4096)
        line.sendall(HEAD)
    assert go.wait(20)
    numbers = [*range(FIRST, FIRST + CHANGES), FIRST, FIRST + 1]  # the last two a second time
    data = b"".join(b'data: {"on_hand":%d,"version":1}\n\n' % number for number in numbers)
    for start in range(0, len(data), 7):
        for line in lines[1:] if start > 200 else lines:  # the first client hears only a part
            line.sendall(data[start : start + 7])
    assert done.wait(20)
    for line in lines:
        line.close()


def test_every_change_is_counted_once_for_each_client(tmp_path: Path) -> None:
    go, done = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=answer, args=(listener, go, done))
        server.start()
        with Crowd(listener.getsockname()[1], tmp_path) as crowd:
            crowd.open(["GET / HTTP/1.1\r\n\r\n"] * CLIENTS)
            crowd.mark()
            with times_file(tmp_path).open("r+b") as file:
                file.seek(8 * FIRST)
                now = time.monotonic_ns()
                file.write(struct.pack(f"<{CHANGES}Q", *[now] * CHANGES))
            go.set()
            told_to_all = crowd.wait_for(CHANGES, seconds=0.5)
            done.set()
        server.join()

    heard_by_first = 207 // len(b'data: {"on_hand":1000,"version":1}\n\n')
    assert told_to_all["count"] == told_to_all["open"] == CLIENTS
    assert told_to_all["complete"] in {heard_by_first, heard_by_first + 1}
    assert told_to_all["deliveries"] == 2 * CHANGES + told_to_all["complete"]
