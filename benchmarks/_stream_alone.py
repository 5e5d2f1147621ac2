"""How long a lone change takes from its commit to the clients, on a machine with nothing to do."""

from __future__ import annotations

import random
import struct
import time
from typing import TYPE_CHECKING

from sqlalchemy import select

from benchmarks._measure import estimate
from benchmarks._peers import Child
from benchmarks._stream_clerk import Clerk
from benchmarks._stream_crowd import Crowd, times_file
from benchmarks._stream_rounds import Bench
from benchmarks._stream_servers import ours
from benchmarks._stream_shop import fill
from commerce_core import make_engine, make_session_factory, run_in_transaction
from commerce_core.inventory.models import StockMovement
from commerce_core.testing import make_variant

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from benchmarks._report import Report
    from benchmarks._stream_servers import Server

LISTENERS = 10
A_SECOND = 3
TICK_MS = 50
SKU = "ALONE"
WORDS = "ms from a lone commit to the client, half of them"


def add_alone_claims(
    report: Report, bench: Bench, live: Server, url: str, redis: str, *, count: int
) -> None:
    """Add a claim for each way a commit is noticed: by looking at the tick, or at once."""
    found = _latencies(bench, live, count)
    report.add(f"{WORDS}: PostgreSQL, another process", estimate(found), f"<= {TICK_MS}")
    engine = make_engine(url)
    run_in_transaction(make_session_factory(engine), _make_lone_variant)
    engine.dispose()
    found = _through_a_web_process(bench, live, live, url, count)
    report.add(f"{WORDS}: PostgreSQL, the same web process", estimate(found), "<= 10")
    with (
        ours(url, live.cookies, COMMERCE_REDIS_URL=redis) as one,
        ours(url, live.cookies, COMMERCE_REDIS_URL=redis) as other,
    ):
        time.sleep(3)  # until one of them leads
        found = _through_a_web_process(bench, one, other, url, count)
        found += _through_a_web_process(bench, other, one, url, count)
    report.add(f"{WORDS}: another web process, through Redis", estimate(found), "<= 10")
    _on_sqlite(report, bench, count)


def _on_sqlite(report: Report, bench: Bench, count: int) -> None:
    url = f"sqlite:///{bench.folder / 'shop.db'}"
    cookies = fill(url, people=1)
    with (
        ours(url, cookies) as server,
        Child("_stream_writer.py", url, str(times_file(bench.folder))) as writer,
    ):
        found = _latencies(Bench(writer, bench.folder), server, count)
    report.add(f"{WORDS}: SQLite, another process", estimate(found), "<= 10")


def _latencies(bench: Bench, server: Server, count: int) -> list[float]:
    """Return the time of each change until the last listener had it, in milliseconds."""
    found = []
    with Crowd(server.port, bench.folder) as listeners:
        listeners.open(server.requests(LISTENERS))
        for _ in range(count):
            one = bench.round(server, listeners, changes=1, rate=A_SECOND, jitter=0.5)
            found.append(one.stats["longest_ms"])
    return found


def _through_a_web_process(
    bench: Bench, writer: Server, reader: Server, url: str, count: int
) -> list[float]:
    """Adjust through one web process and listen at another, or the same.

    Nobody outside knows when a web process commits; the movement's own time, which is noted
    before its statements run, stands for it: what is measured here is a little too long.
    """
    found = []
    engine = make_engine(url)
    sessions = make_session_factory(engine)
    past = time.time_ns() - time.monotonic_ns()
    with Crowd(reader.port, bench.folder) as listeners, Clerk(writer) as clerk:
        listeners.open(reader.requests(LISTENERS))
        # A first adjustment tells where the level is, and opens the connections.
        on_hand = clerk.adjust(SKU, 1, key=f"first {time.monotonic_ns()}")["on_hand"]
        bench.numbers(2)  # one of them is on hand now
        for _ in range(count):
            time.sleep(random.uniform(0.2, 0.5))
            number = bench.numbers(1)
            listeners.mark()
            _stamp(bench, number)
            clerk.adjust(SKU, number - on_hand, key=str(number))
            on_hand = number
            stats = listeners.wait_for(1, seconds=10)
            noted = run_in_transaction(sessions, _newest_movement)
            found.append((stats["last_complete_ns"] + past - noted) / 1e6)
    engine.dispose()
    return found


def _stamp(bench: Bench, number: int) -> None:
    """Let the load client take the number for a change of now."""
    with times_file(bench.folder).open("r+b") as file:
        file.seek(8 * number)
        file.write(struct.pack("<Q", time.monotonic_ns()))


def _make_lone_variant(session: Session) -> None:
    make_variant(session, sku=SKU, on_hand=1)


def _newest_movement(session: Session) -> int:
    """Return when the newest movement was noted, in nanoseconds of the clock on the wall."""
    newest = select(StockMovement.recorded_at).order_by(StockMovement.id.desc()).limit(1)
    return int(session.execute(newest).scalar_one().timestamp() * 1e9)
