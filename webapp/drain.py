"""Ends what would hold up a shutdown, at the signal and not after it.

A server waits for open connections before it tells the application to stop; a stream that never
ends would make it wait for ever. So the signal itself is heard here, and whoever holds streams
open registers a callback that ends them.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Drain:
    """The callbacks of one application. Kept in ``app.state.drain``."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[], None]] = []
        self.has_begun = False

    def add(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` once, on the event loop, when the process is asked to end."""
        self._callbacks.append(callback)

    def begin(self) -> None:
        """Call all callbacks. Later calls do nothing."""
        if self.has_begun:
            return
        self.has_begun = True
        for callback in self._callbacks:
            callback()

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Begin at SIGTERM or SIGINT, before the server's own handler runs.

        Only the main thread can listen to signals; elsewhere (in tests) this does nothing.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        before: dict[signal.Signals, Any] = {}

        def handle(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.begin)
            previous = before[signal.Signals(number)]
            if callable(previous):
                previous(number, frame)

        for number in _SIGNALS:
            before[number] = signal.signal(number, handle)
        try:
            yield
        finally:
            for number, previous in before.items():
                signal.signal(number, previous)
