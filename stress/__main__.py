"""Crowds on one shop until 100,000 contended attempts are made: ``nox -s stress``.

Runs on a PostgreSQL of its own, from several processes with several threads each. After every
round the books are audited. Ends with 1 if anything was oversold, any deadlock came out, the books
disagree, something stays reserved for a dead basket, or the time was not enough.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from commerce_core.testing import temporary_postgres
from commerce_core.tests.databases import Database, PostgresServer, opened
from commerce_core.tests.inventory import rush
from commerce_core.tests.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

ATTEMPTS: Final = 100_000
MINUTES: Final = 30
PROCESSES: Final = 4
THREADS: Final = 4
LIVES: Final = 150
"""Lives of the state machine, on each database."""

UNITS: Final = {"grab": 500, "shop_in_any_order": 100_000, "storm": 12, "kill": 12}
"""Pieces of each variant: too few where people fight, plenty where only the order matters."""


@dataclass
class Report:
    """What happened so far, and what went wrong."""

    ends_at: float
    told: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Tell whether the time is up."""
        return time.perf_counter() > self.ends_at

    def note(self, name: str, crowd: rush.Crowd, began: float, faults: list[str]) -> None:
        """Print a line about a round and keep what it found."""
        self.told += crowd.told
        self.faults += [f"{name}: {fault}" for fault in faults]
        seconds = time.perf_counter() - began
        rate = crowd.attempts / seconds
        verdict = "; ".join(faults) or "clean"
        print(
            f"{name:<18} {crowd.attempts:>8,} attempts {rate:>7,.0f}/s "
            f"{crowd.told['granted']:>8,} granted  {verdict}",
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run rounds until there were enough attempts; return the exit code."""
    asked = _parsed(arguments)
    report = Report(time.perf_counter() + asked.minutes * 60)
    with temporary_postgres() as url:
        server = PostgresServer(url)
        rounds = 0
        while sum(report.told.values()) < asked.attempts and not report.is_over:
            for name in UNITS:
                with server.database() as there, opened(there) as database:
                    _play(name, database, report, times=asked.times)
            rounds += 1
        server.close()
    if not _machine_agrees(asked.lives):
        report.faults.append("the state machine and the model disagree")
    total = sum(report.told.values())
    if total < asked.attempts:
        report.faults.append(f"only {total:,} attempts in {asked.minutes} minutes")
    print(f"{total:,} attempts in {rounds} rounds: {dict(report.told)}")
    print("\n".join(report.faults) or "nothing oversold, no deadlock, the books agree")
    return 1 if report.faults else 0


def _play(name: str, database: Database, report: Report, *, times: int) -> None:
    """Play one round of a scenario in an empty shop and audit it."""
    variants = 1 if name == "grab" else 6
    crowd = rush.open_crowd(database, units=UNITS[name], variants=variants)
    began = time.perf_counter()
    faults: list[str] = []
    if name == "kill":
        _kill(database.url, 4)
    else:
        rush.from_processes(crowd, name, processes=PROCESSES, threads=THREADS, times=times)
    if name == "grab":
        granted, promised = crowd.told["granted"], rush.promised(database)
        if not granted == promised == UNITS[name]:
            faults.append(f"{granted} granted, {promised} promised of {UNITS[name]}")
    if name in {"storm", "kill"}:
        rush.close_the_day(database)
        if left := rush.reserved_now(database):
            faults.append(f"{left} still reserved for nobody")
    report.note(name, crowd, began, faults + rush.audit(database))


def _kill(url: str, deaths: int) -> None:
    with rush.customers_who_die(url, processes=PROCESSES) as kill_one:
        for _ in range(deaths):
            kill_one()


def _machine_agrees(lives: int) -> bool:
    """Run the state machine for many lives on both databases."""
    if not lives:
        return True
    test = "commerce_core/tests/inventory/test_machine.py"
    environment = os.environ | {"COMMERCE_MACHINE_EXAMPLES": str(lives)}
    command = [sys.executable, "-m", "pytest", "-q", test]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="stress", description=__doc__)
    parser.add_argument("--attempts", type=int, default=ATTEMPTS)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="give up after this long")
    parser.add_argument("--times", type=int, default=400, help="a customer's turns in a round")
    parser.add_argument("--lives", type=int, default=LIVES, help="of the state machine; 0: none")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
