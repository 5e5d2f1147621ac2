"""A progress bar with rate and time left; where there is no terminal, a line now and then."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import TextIO

    from commerce_core.importing import Phase, Progress

_WIDTH: Final = 24
_REDRAW_SECONDS: Final = 0.1
_LINE_SECONDS: Final = 10.0


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
        self._began = self._shown = monotonic()

    def __enter__(self) -> Self:
        if self._is_terminal:
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
        pause = monotonic() - self._shown
        if self._is_terminal and pause >= _REDRAW_SECONDS:
            self._draw()
        elif not self._is_terminal and pause >= _LINE_SECONDS:
            self._shown = monotonic()
            self._stream.write(f"{self._label}: {self._done:,} ({self._state()})\n")
            self._stream.flush()

    @property
    def _seconds(self) -> float:
        return monotonic() - self._began

    def _draw(self) -> None:
        self._shown = monotonic()
        filled = round(self._share * _WIDTH)
        bar = "█" * filled + "·" * (_WIDTH - filled)
        self._stream.write(f"\r{self._label:<22} {bar} {self._state()} ")
        self._stream.flush()

    @property
    def _share(self) -> float:
        return min(1.0, self._done / self._total)

    def _state(self) -> str:
        """Return share, rate and time left, each of the same width at any time."""
        rate = self._done / max(self._seconds, 1e-6)
        left = max(0, self._total - self._done) / rate if rate else 0.0
        return f"{self._share:4.0%} {rate:>9,.0f}/s {left:4.0f} s left"


class PhaseBars:
    """One progress bar after the other, one for each phase of an import."""

    def __init__(self, check: Callable[[], None] = lambda: None) -> None:
        self._check = check
        self._phase: Phase | None = None
        self._bar: ProgressBar | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.__exit__(kind, error, trace)
            self._bar = None

    def show(self, progress: Progress) -> None:
        """Move the bar of the phase, and begin it if it is new."""
        if progress.phase is not self._phase or self._bar is None:
            self.__exit__(None, None, None)
            self._phase = progress.phase
            self._bar = ProgressBar(f"Import: {progress.phase}", check=self._check).__enter__()
        total = round(progress.done / progress.part) if progress.part else progress.done
        self._bar.show(progress.done, total)
