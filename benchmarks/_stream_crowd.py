"""The crowd of subscribers (a C program, compiled on first use) and what processes cost."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCE = Path(__file__).parent / "_stream_client.c"
MOST_CHANGES = 65_536
PATIENCE_SECONDS = 90.0


class Crowd:
    """Subscribers of one server at 127.0.0.1. ``with`` ends the program."""

    def __init__(self, port: int, folder: Path) -> None:
        self._folder = folder
        times = times_file(folder)
        command = [_compiled(folder), "127.0.0.1", str(port), str(times), str(MOST_CHANGES)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it was opened above
        self._process.stdin.close()
        self._process.wait(timeout=30)
        assert self._process.stdout is not None  # noqa: S101 - the same
        self._process.stdout.close()

    def begin(self, requests: Sequence[str], *, at_once: int = 200) -> None:
        """Begin to open one connection for each request; returns at once."""
        path = self._folder / "requests"
        path.write_bytes(b"".join(request.encode() + b"\0" for request in requests))
        self._ask(f"open {path} {at_once}")

    def open(self, requests: Sequence[str], *, at_once: int = 200) -> None:
        """Open one connection for each request and wait until all of them have an answer.

        Raises:
            RuntimeError: one was refused, or they did not all come through.
        """
        self.begin(requests, at_once=at_once)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (stats := self.stats())["open"] < len(requests):
            if stats["failed"] or time.monotonic() > deadline:
                message = f"only {stats['open']} of {len(requests)} streams: {stats}"
                raise RuntimeError(message)
            time.sleep(0.05)

    def mark(self) -> None:
        """Forget what was counted."""
        self._ask("mark")

    def stats(self) -> dict[str, Any]:
        """Return what was counted since ``mark``."""
        return self._ask("stats")

    def wait_for(self, changes: int, *, seconds: float) -> dict[str, Any]:
        """Wait until so many changes have reached everybody, or the time is over."""
        deadline = time.monotonic() + seconds
        while (stats := self.stats())["complete"] < changes and time.monotonic() < deadline:
            time.sleep(0.02)
        return stats

    def close(self) -> None:
        """Close all connections."""
        self._ask("close")

    def _ask(self, command: str) -> dict[str, Any]:
        assert self._process.stdin is not None  # noqa: S101 - they were opened above
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def times_file(folder: Path) -> Path:
    """Return the file in which the writer notes when it committed, made on first use."""
    path = folder / "times"
    if not path.exists():
        path.write_bytes(bytes(8 * MOST_CHANGES))
    return path


def _compiled(folder: Path) -> str:
    target = folder / "stream_client"
    if not target.exists():
        subprocess.run(["gcc", "-O2", "-o", str(target), str(SOURCE)], check=True, timeout=60)  # noqa: S607
    return str(target)


def cpu_seconds(pids: Sequence[int]) -> float:
    """Return how long the processes have been on a processor, to the nanosecond."""
    total = 0
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            try:
                total += int((thread / "schedstat").read_text(encoding="ascii").split()[0])
            except OSError:
                continue  # it ended meanwhile
    return total / 1e9


def resident_bytes(pids: Sequence[int]) -> int:
    """Return the memory the processes hold."""
    total = 0
    for pid in pids:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
        line = next(line for line in text.splitlines() if line.startswith("VmRSS:"))
        total += int(line.split()[1]) * 1024
    return total
