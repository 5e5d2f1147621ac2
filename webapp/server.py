"""Runs the application under uvicorn: binds first, says where, and ends cleanly at a signal."""

from __future__ import annotations

import gc
import logging
import signal
import socket
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Final

import uvicorn

from commerce_core.errors import InvalidInputError
from webapp.live.line import LineProtocol

if TYPE_CHECKING:
    from types import FrameType

    from litestar import Litestar

    from webapp.settings import Settings

SHUTDOWN_SECONDS: Final = 5
"""How long open requests may take to end; streams are ended at the signal itself."""
_BACKLOG: Final = 4096
_MOST_SOCKET_BYTES: Final = 64 * 1024
"""A longer message over a WebSocket closes it."""
_QUIET_PATHS: Final = ("/stream", "/live/", "/health/", "/static/")


class AddressInUseError(InvalidInputError):
    """The server cannot listen where it was told to."""

    code = "address_in_use"


class _QuietPaths(logging.Filter):
    """Keeps streams, probes and static files out of the access log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let all other lines through."""
        return not any(quiet in record.getMessage() for quiet in _QUIET_PATHS)


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address; port 0 lets the system choose one.

    Raises:
        AddressInUseError: another program listens there, or the address is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as exc:
        listener.close()
        reason = (exc.strerror or str(exc)).lower()
        message = f"cannot listen on {host} port {port} ({reason}): choose another with --port"
        raise AddressInUseError(message, host=host, port=port) from exc
    return listener


def serve(app: Litestar, settings: Settings, *, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C. ``say`` is told the address once it can be opened.

    Raises:
        AddressInUseError: the address cannot be bound.
    """
    with closing(bind(settings.host, settings.port)) as listener:
        port = listener.getsockname()[1]
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        server = _Server(_config(app, settings), lambda: say(f"http://{host}:{port}/"))
        logging.getLogger("uvicorn.access").addFilter(_QuietPaths())
        # uvicorn raises the signal again when it is done: then there is nothing left to end.
        previous = signal.signal(signal.SIGTERM, _leave)
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            pass
        finally:
            signal.signal(signal.SIGTERM, previous)
            # The process ends now: Python need not look through everything once more, which on
            # a busy machine takes a second.
            gc.freeze()


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


class _Server(uvicorn.Server):
    """uvicorn, which tells when it can be reached."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then tell."""
        await super().startup(sockets=sockets)
        if self.started:
            self._on_ready()


def _config(app: Litestar, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="info" if settings.access_log else "warning",
        access_log=settings.access_log,
        http=LineProtocol,
        ws="wsproto",
        ws_max_size=_MOST_SOCKET_BYTES,
        lifespan="on",
        backlog=_BACKLOG,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        server_header=False,
    )
