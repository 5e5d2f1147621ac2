"""Ctrl-C while long work is done: heard at once, obeyed between two steps.

An exception that a signal raises anywhere may be swallowed by whatever is just cleaning up (a
connection pool, for one). So the signal only leaves word, and the work asks after each step.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import FrameType, TracebackType
    from typing import Self

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Hears SIGINT and SIGTERM inside its ``with`` block. Works in the main thread only."""

    def __init__(self) -> None:
        self.is_wanted = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def check(self) -> None:
        """Return if the work may go on.

        Raises:
            KeyboardInterrupt: it was asked to stop.
        """
        if self.is_wanted:
            raise KeyboardInterrupt

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        """Leave word; whoever is in a hurry and asks twice gets it at once."""
        self.check()
        self.is_wanted = True
