"""A worker that is killed with -9, again and again, while others write: nothing lost, in order."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from commerce_core.inventory import receive_stock
from commerce_core.testing import make_location, make_variant
from commerce_core.tests.source import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from commerce_core.tests.databases import Database

pytestmark = pytest.mark.slow

WRITERS, TRANSACTIONS, KILLS = 4, 30, 6
WORKER = """
import sys, time
from sqlalchemy import text
from commerce_core import make_engine, make_session_factory, run_in_transaction
from commerce_core.errors import ConsumerBusyError
from commerce_core.inventory import StockMovement
from commerce_core.journal import consume

sessions = make_session_factory(make_engine(sys.argv[1]))
log = open(sys.argv[2], "a", buffering=1)

def step(session):
    page = consume(session, StockMovement, "worker", batch=5)
    for row in page.rows:
        log.write(f"{row.id}\\n")  # the outside world: at least once
        session.execute(text("INSERT INTO handled (movement_id) VALUES (:id)"), {"id": row.id})
        time.sleep(0.002)  # so that a kill finds it at work
    return page.more

while True:
    try:
        more = run_in_transaction(sessions, step)
    except ConsumerBusyError:  # the server has not noticed yet that the last one is dead
        more = False
    if not more:
        time.sleep(0.005)
"""


def write(database: Database, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - repeatable, not secret
    variant = database.run(make_variant)
    place = database.run(make_location)

    def step(session: Session) -> None:
        for _ in range(dice.randint(1, 3)):
            receive_stock(session, variant, place, quantity=1, actor="ann")
            time.sleep(dice.uniform(0, 0.004))

    for _ in range(TRANSACTIONS):
        database.run(step)


def work_and_die(database: Database, log: Path, stop: threading.Event) -> int:
    """Run the worker, kill it while it is at work, until the writers are done. Count the kills."""
    dice = random.Random(1)  # noqa: S311
    kills = 0
    while not stop.is_set() or kills < KILLS:
        worker = subprocess.Popen([sys.executable, "-c", WORKER, database.url, str(log)], cwd=ROOT)
        size = log.stat().st_size
        while log.stat().st_size == size and not stop.is_set() and worker.poll() is None:
            time.sleep(0.005)
        time.sleep(dice.uniform(0, 0.1))
        os.kill(worker.pid, signal.SIGKILL)
        assert worker.wait() == -signal.SIGKILL
        kills += 1
    return kills


def finish(database: Database, log: Path) -> None:
    """Let a last worker handle what is left."""
    count = "SELECT (SELECT count(*) FROM commerce_stock_movement), (SELECT count(*) FROM handled)"
    worker = subprocess.Popen([sys.executable, "-c", WORKER, database.url, str(log)], cwd=ROOT)
    try:
        for _ in range(1000):
            ((there, handled),) = database.sql(count)
            if there == handled:
                break
            time.sleep(0.02)
    finally:
        worker.kill()
        worker.wait()


def test_a_worker_killed_at_any_moment_loses_nothing_and_keeps_the_order(
    database: Database, tmp_path: Path
) -> None:
    serial = "bigserial" if database.is_postgresql else "integer"
    database.sql(f"CREATE TABLE handled (id {serial} PRIMARY KEY, movement_id bigint)")
    database.run(make_location)
    log = tmp_path / "log"
    log.touch()
    stop = threading.Event()
    writers = [threading.Thread(target=write, args=(database, seed)) for seed in range(WRITERS)]
    killer = threading.Thread(target=work_and_die, args=(database, log, stop))
    for thread in [*writers, killer]:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    killer.join()
    finish(database, log)
    handled = database.sql(
        "SELECT m.id, m.level_id, m.version FROM handled h"
        " JOIN commerce_stock_movement m ON m.id = h.movement_id ORDER BY h.id"
    )
    booked = [row[0] for row in database.sql("SELECT id FROM commerce_stock_movement")]
    outside = [int(line) for line in log.read_text().splitlines()]
    firsts = list(dict.fromkeys(outside))
    database.sql("DROP TABLE handled")

    assert sorted(row[0] for row in handled) == sorted(booked), "exactly once in our database"
    assert set(outside) == set(booked), "at least once outside"
    assert firsts == [row[0] for row in handled], "in the same order outside"
    by_level: dict[int, list[int]] = {}
    for _, level, version in handled:
        by_level.setdefault(level, []).append(version)
    assert all(versions == sorted(versions) for versions in by_level.values())
