"""One round of the stream benchmark: changes are committed, a crowd listens, both are counted."""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks._stream_crowd import Crowd, cpu_seconds, resident_bytes, times_file

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks._peers import Child
    from benchmarks._stream_servers import Server

GRACE_SECONDS = 2.0
"""How long after the last commit a change may still arrive."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round showed. ``rate``: changes a second that reached every subscriber."""

    rate: float
    cpu_per_second: float
    microseconds_per_delivery: float
    p50_ms: float
    p99_ms: float
    stats: dict[str, Any]


class Bench:
    """The writer, the folder of the load client, and the number of the next change."""

    def __init__(self, writer: Child, folder: Path) -> None:
        self.writer = writer
        self.folder = folder
        self._next = 1_000

    def numbers(self, changes: int) -> int:
        """Return the first of so many numbers that were never used."""
        first = self._next
        self._next += changes
        return first

    def round(
        self, server: Server, crowd: Crowd, *, changes: int, rate: float, **options: Any
    ) -> Round:
        """Commit ``changes`` at ``rate`` a second and count what arrives."""
        first = self.numbers(changes)
        crowd.mark()
        began, cpu = time.monotonic(), cpu_seconds(server.pids())
        request = {"first": first, "changes": changes, "rate": rate, "publish": server.publish}
        at_most = 1.5 * changes / rate
        made = self.writer.ask(**request, at_most=at_most, **options)["changes"]
        stats = crowd.wait_for(made, seconds=GRACE_SECONDS)
        used, seconds = cpu_seconds(server.pids()) - cpu, time.monotonic() - began
        until = stats["last_complete_ns"] if stats["complete"] == made else stats["now_ns"]
        span = (until - self._committed_ns(first)) / 1e9
        return Round(
            rate=stats["complete"] / span,
            cpu_per_second=used / seconds,
            microseconds_per_delivery=used / max(1, stats["deliveries"]) * 1e6,
            p50_ms=stats["p50_ms"],
            p99_ms=stats["p99_ms"],
            stats=stats | {"made": made, "seconds": round(seconds, 2), "cpu": round(used, 3)},
        )

    def _committed_ns(self, number: int) -> int:
        with times_file(self.folder).open("rb") as file:
            file.seek(8 * number)
            committed: int = struct.unpack("<Q", file.read(8))[0]
        return committed


def watch_idle(server: Server, *, seconds: float) -> tuple[float, float]:
    """Return bytes and processor seconds a second of a server to whom nothing happens."""
    pids = server.pids()
    cpu, began = cpu_seconds(pids), time.monotonic()
    time.sleep(seconds)
    used = (cpu_seconds(pids) - cpu) / (time.monotonic() - began)
    return resident_bytes(pids), used
