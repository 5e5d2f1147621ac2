"""The claims of the live stream, against plain Litestar, Django Channels and nchan in the same run.

``nox -s bench -- stream [--short] [PASSES]``. Changes are committed through the library by a
process of its own to a real PostgreSQL (fsync on); a crowd of subscribers written in C listens.
The peers know no journal: the same writer tells them over HTTP after each commit. ``--short`` is
one pass with a crowd of 200: it shows that everything runs, and its figures prove nothing.

A *delivery* is one change that reached one subscriber. Processor time is that of the server alone,
with its reading of the database: not of PostgreSQL, Redis, writer or crowd.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._measure import estimate
from benchmarks._peers import Child
from benchmarks._report import Report
from benchmarks._stream_alone import add_alone_claims
from benchmarks._stream_claims import Measured, add_crowd_claims, in_words
from benchmarks._stream_crowd import Crowd, resident_bytes, times_file
from benchmarks._stream_rounds import Bench, Round, watch_idle
from benchmarks._stream_servers import Server, channels, has_nchan, nchan, ours, plain_litestar
from benchmarks._stream_shop import cursor_of, fill, new_database
from commerce_core.testing import temporary_postgres, temporary_redis

if TYPE_CHECKING:
    from collections.abc import Sequence

PASSES = 3
CROWDS = (500, 2_000)
IDLE = 10_000
RATE = 50
SECONDS = 3
IMPORT_ROWS = 25
MISSED = 20


def main() -> int:
    """Run every part and return the exit code."""
    is_short = "--short" in sys.argv
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    passes = numbers[0] if numbers else 1 if is_short else PASSES
    small, large = (100, 200) if is_short else CROWDS
    idle = 1_000 if is_short else IDLE
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    report = Report("stream")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)  # nginx's worker is another user
        postgres = stack.enter_context(temporary_postgres(fsync=True))
        redis = stack.enter_context(temporary_redis())
        url = new_database(postgres, "shop")
        cookies = fill(url, people=idle // 20)
        writer = Child("_stream_writer.py", url, str(times_file(folder)))
        bench = Bench(stack.enter_context(writer), folder)
        live = stack.enter_context(ours(url, cookies))
        peers = [stack.enter_context(plain_litestar()), stack.enter_context(channels(redis))]
        if has_nchan():
            peers.append(stack.enter_context(nchan(folder)))
        else:
            report.context["nchan"] = "skipped: apt-get install libnginx-mod-nchan"
        _against_peers(report, bench, [live, *peers], large, passes)
        _small_crowd(report, bench, [live, *peers], small)
        _crowds_of_our_own(report, bench, live, url, crowd=large, idle=idle, passes=passes)
        add_alone_claims(report, bench, live, url, redis, count=10 if is_short else 30)
    return report.finish()


def _against_peers(
    report: Report, bench: Bench, servers: Sequence[Server], crowd: int, passes: int
) -> None:
    """Measure all in turns, each pass in the other order."""
    found = Measured({server.name: [] for server in servers}, crowd)
    for number in range(passes):
        for server in servers if number % 2 == 0 else reversed(servers):
            with Crowd(server.port, bench.folder) as listeners:
                before = resident_bytes(server.pids())
                listeners.open(server.requests(crowd))
                if number == 0:
                    found.held[server.name] = resident_bytes(server.pids()) - before
                    bench.round(server, listeners, changes=RATE, rate=RATE)  # to warm up
                _settle(server)
                found.rounds[server.name].append(_round(bench, server, listeners))
                if server is servers[0]:
                    found.again.append(_round(bench, server, listeners))
                    found.heavy.append(_import(bench, server, listeners))
            _settle(server)
    add_crowd_claims(report, found)


def _small_crowd(report: Report, bench: Bench, servers: Sequence[Server], crowd: int) -> None:
    """Show the same at a crowd that every peer can serve: no claim, but for the reader."""
    for server in servers:
        with Crowd(server.port, bench.folder) as listeners:
            listeners.open(server.requests(crowd))
            _settle(server)
            words = in_words([_round(bench, server, listeners)])
            report.context[f"{server.name}, at {crowd} subscribers"] = words
        _settle(server)


def _crowds_of_our_own(
    report: Report, bench: Bench, live: Server, url: str, *, crowd: int, idle: int, passes: int
) -> None:
    """Measure a crowd that comes back at once, and one to whom nothing happens."""
    seconds = [_come_back(bench, live, url, crowd) for _ in range(passes)]
    report.add(f"s until {crowd} who come back at once have all", estimate(seconds), "<= 3")
    with Crowd(live.port, bench.folder) as listeners:
        began = time.monotonic()
        listeners.open(live.requests(idle), at_once=500)
        report.context[f"s to open {idle} streams"] = round(time.monotonic() - began, 1)
        _settle(live)
        held, used = watch_idle(live, seconds=20)
        report.add(f"MB with {idle} idle subscribers", held / 1e6, "<= 400")
        report.add(f"% of a core for {idle} idle subscribers", used * 100, "<= 3")
    _settle(live)


def _come_back(bench: Bench, live: Server, url: str, crowd: int) -> float:
    """Return how long it takes until everybody has what happened while nobody was there.

    Raises:
        RuntimeError: somebody never got it.
    """
    cursor = cursor_of(url)
    with Crowd(live.port, bench.folder) as listeners:
        listeners.mark()
        first = bench.numbers(MISSED)
        bench.writer.ask(first=first, changes=MISSED, rate=0)
        requests = live.requests(crowd, after=cursor)
        began = time.monotonic_ns()
        listeners.begin(requests, at_once=crowd)
        stats = listeners.wait_for(MISSED, seconds=30)
        if stats["complete"] < MISSED:
            raise RuntimeError(f"not everybody caught up: {stats}")
    _settle(live)
    return float(stats["last_complete_ns"] - began) / 1e9


def _round(bench: Bench, server: Server, listeners: Crowd) -> Round:
    return bench.round(server, listeners, changes=RATE * SECONDS, rate=RATE)


def _import(bench: Bench, server: Server, listeners: Crowd) -> Round:
    changes = 10 * RATE * SECONDS
    return bench.round(server, listeners, changes=changes, rate=10 * RATE, batch=IMPORT_ROWS)


def _settle(server: Server) -> None:
    """Wait until the server has nothing left to do, at most five seconds."""
    for _ in range(10):
        if watch_idle(server, seconds=0.5)[1] < 0.1:
            return


if __name__ == "__main__":
    raise SystemExit(main())
