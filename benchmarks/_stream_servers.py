"""The servers of the stream benchmark, ours and the peers, each as a process of its own."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._peers import ROOT, peer_python

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHANNELS = (
    "django==5.2.*",
    "channels==4.3.2",
    "channels-redis==4.3.0",
    "redis==5.2.1",  # a newer one opens at most 100 connections, which Channels outgrows
    "uvicorn[standard]",
)
NCHAN_MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
NCHAN_CONFIG = """
load_module {module};
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log stderr error;
events {{ worker_connections 15000; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location /publish {{ nchan_publisher; nchan_channel_id stock; }}
        location /subscribe {{
            nchan_subscriber eventsource; nchan_channel_id stock;
            nchan_subscriber_first_message newest;
        }}
    }}
}}
"""
_WEBSOCKET = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. ``publish`` is where it wants to be told; ours needs no telling."""

    name: str
    port: int
    process: subprocess.Popen[str]
    path: str = "/subscribe"
    headers: str = "Accept: text/event-stream\r\n"
    publish: str = ""
    cookies: Sequence[str] = ()
    streams_each: int = 20

    def pids(self) -> list[int]:
        """Return the process and its children (nginx's worker)."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [pid, *map(int, children.split())]

    def requests(self, count: int, *, after: str = "") -> list[str]:
        """Return the requests of so many subscribers, who come back ``after`` a cursor."""
        head = f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{self.headers}"
        if after:
            head += f"Last-Event-ID: {after}\r\n"
        if not self.cookies:
            return [head + "\r\n"] * count
        each = self.streams_each
        return [f"{head}Cookie: {self.cookies[n // each]}\r\n\r\n" for n in range(count)]


@contextmanager
def ours(url: str, cookies: Sequence[str], **variables: str) -> Iterator[Server]:
    """Run ``commerce serve`` over the database."""
    command = [sys.executable, "-m", "webapp.cli", "serve", "--database", url, "--port", "0"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT.parent,
        env=os.environ | {"PYTHONPATH": str(ROOT.parent)} | variables,
    )
    with _ending(process):
        assert process.stdout is not None  # noqa: S101 - it was opened above
        line = process.stdout.readline()
        found = re.search(r":(\d+)/", line)
        if found is None:
            raise RuntimeError(f"commerce serve said {line!r}")
        yield Server("ours", int(found[1]), process, path="/api/v1/stock/stream", cookies=cookies)


@contextmanager
def plain_litestar() -> Iterator[Server]:
    """Run Litestar's ``ServerSentEvent``, one generator a client."""
    with _script(sys.executable, "_stream_litestar.py") as (process, port):
        yield Server("Litestar", port, process, publish=f"http://127.0.0.1:{port}/publish")


@contextmanager
def channels(redis_url: str) -> Iterator[Server]:
    """Run Django Channels with channels_redis under uvicorn."""
    python = peer_python("channels", CHANNELS)
    with _script(python, "_stream_channels.py", redis_url) as (process, port):
        publish = f"http://127.0.0.1:{port}/publish"
        yield Server("Channels", port, process, headers=_WEBSOCKET, publish=publish)


@contextmanager
def nchan(folder: Path) -> Iterator[Server]:
    """Run nginx with nchan, one worker. Look at ``has_nchan`` first."""
    port = _free_port()
    config = folder / "nchan.conf"
    config.write_text(
        NCHAN_CONFIG.format(module=NCHAN_MODULE, folder=folder, port=port), encoding="utf-8"
    )
    command = ["nginx", "-p", str(folder), "-c", str(config), "-e", "stderr"]
    process = subprocess.Popen(command, text=True)
    with _ending(process):
        _wait_for(port, process)
        yield Server("nchan", port, process, publish=f"http://127.0.0.1:{port}/publish")


def has_nchan() -> bool:
    """Tell whether Debian's nginx and libnginx-mod-nchan are installed."""
    return NCHAN_MODULE.exists() and shutil.which("nginx") is not None


@contextmanager
def _script(
    python: str, script: str, *arguments: str
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    port = _free_port()
    process = subprocess.Popen([python, str(ROOT / script), str(port), *arguments], text=True)
    with _ending(process):
        _wait_for(port, process)
        yield process, port


@contextmanager
def _ending(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"{process.args!r} does not listen")
