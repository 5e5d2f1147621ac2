"""A progress bar with rate and time left. On anything but a terminal: one line at the end."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self, TextIO

_WIDTH: Final = 24
_REDRAW_SECONDS: Final = 0.1


class ProgressBar:
    """Shows how far the work called ``label`` is. A context manager.

    ``check`` is called with each step that is shown, and may raise to end the work there.
    """

    def __init__(
        self,
        label: str,
        total: int = 1,
        *,
        stream: TextIO | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._label = label
        self._check = check
        self._total = max(1, total)
        self._stream = sys.stderr if stream is None else stream
        self._is_terminal = self._stream.isatty()
        self._done = 0
        self._began = monotonic()
        self._drawn = 0.0

    def __enter__(self) -> Self:
        self._draw()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_terminal:
            self._draw()
            self._stream.write("\n")
        elif kind is None:
            self._stream.write(f"{self._label}: {self._done:,} in {self._seconds:.1f} s\n")
        self._stream.flush()

    def advance(self, steps: int = 1) -> None:
        """Count ``steps`` more."""
        self.show(self._done + steps, self._total)

    def show(self, done: int, total: int) -> None:
        """Say how much is done, of how much."""
        self._check()
        self._done, self._total = done, max(1, total)
        if self._is_terminal and monotonic() - self._drawn >= _REDRAW_SECONDS:
            self._draw()

    @property
    def _seconds(self) -> float:
        return monotonic() - self._began

    def _draw(self) -> None:
        if not self._is_terminal:
            return
        self._drawn = monotonic()
        share = min(1.0, self._done / self._total)
        filled = round(share * _WIDTH)
        rate = self._done / max(self._seconds, 1e-6)
        left = (self._total - self._done) / rate if rate and self._done < self._total else 0.0
        bar = "█" * filled + "·" * (_WIDTH - filled)
        self._stream.write(
            f"\r{self._label:<22} {bar} {share:4.0%} {rate:>9,.0f}/s {left:4.0f} s left "
        )
        self._stream.flush()
