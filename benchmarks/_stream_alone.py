"""How long a lone change takes from its commit to the clients, on a machine with nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks._measure import estimate
from benchmarks._peers import Child
from benchmarks._stream_crowd import Crowd, times_file
from benchmarks._stream_rounds import Bench
from benchmarks._stream_servers import ours
from benchmarks._stream_shop import fill

if TYPE_CHECKING:
    from benchmarks._report import Report
    from benchmarks._stream_servers import Server

LISTENERS = 10
A_SECOND = 3
TICK_MS = 50


def add_alone_claims(report: Report, bench: Bench, live: Server, count: int) -> None:
    """Add a claim for each way a commit is noticed: by looking at the tick, or at once."""
    words = "ms from a lone commit to the client, half of them"
    tick = _latencies(bench, live, count)
    report.add(f"{words}: PostgreSQL, another process", estimate(tick), f"<= {TICK_MS}")
    url = f"sqlite:///{bench.folder / 'shop.db'}"
    cookies = fill(url, people=1)
    with (
        ours(url, cookies) as server,
        Child("_stream_writer.py", url, str(times_file(bench.folder))) as writer,
    ):
        other = Bench(writer, bench.folder)
        report.add(
            f"{words}: SQLite, another process", estimate(_latencies(other, server, count)), "<= 10"
        )


def _latencies(bench: Bench, server: Server, count: int) -> list[float]:
    """Return the time of each change until the last listener had it, in milliseconds."""
    found = []
    with Crowd(server.port, bench.folder) as listeners:
        listeners.open(server.requests(LISTENERS))
        for _ in range(count):
            one = bench.round(server, listeners, changes=1, rate=A_SECOND, jitter=0.5)
            found.append(one.stats["longest_ms"])
    return found
