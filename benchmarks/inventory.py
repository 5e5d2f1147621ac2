"""Reserving stock against django-oscar's get + allocate, and against the bare statements.

Real PostgreSQL with fsync on, both sides on the same server in the same run, in turns.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import Any

from benchmarks._measure import Estimate, estimate
from benchmarks._peers import Child, peer_python
from benchmarks._report import Report
from commerce_core import make_engine
from commerce_core.testing import temporary_postgres

OSCAR = ("django-oscar==4.2.1", "psycopg[binary]", "sorl-thumbnail", "django-haystack")
VARIANTS = 200
ROUNDS = 9
OPERATIONS = 320
LONG_LEDGER = 10_000_000


def main() -> int:
    """Run every comparison and return the exit code."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    report = Report("inventory")
    with temporary_postgres(fsync=True) as url, ExitStack() as stack:
        ours = stack.enter_context(Child("_inventory_child.py", _database(url, "ours"), "200"))
        python = peer_python("oscar", OSCAR)
        oscar = stack.enter_context(
            Child("_oscar_child.py", _database(url, "oscar"), str(VARIANTS), python=python)
        )
        _against_oscar(report, ours, oscar, rounds)
        _against_bare(report, ours, rounds)
        _many(report, ours, rounds)
        _oversell(report, ours, oscar)
        _long_ledger(report, url, rounds)
    return report.finish()


def _against_oscar(report: Report, ours: Child, oscar: Child, rounds: int) -> None:
    for name, clients, hot, target in (
        ("1 client, uniform SKUs", 1, False, ">= 4"),
        ("8 clients, uniform SKUs", 8, False, ">= 4"),
        ("8 clients, one hot SKU", 8, True, ">= 2"),
    ):
        request = {"clients": clients, "hot": hot, "operations": OPERATIONS // clients}
        rate, peer, ratio = _pair(ours, oscar, request, request, rounds)
        report.add(f"reserve_stock over oscar get + allocate, {name}", ratio, target)
        report.context[name] = f"{rate:.0f} against {peer:.0f} a second"


def _against_bare(report: Report, ours: Child, rounds: int) -> None:
    request: dict[str, Any] = {"clients": 1, "hot": False, "operations": OPERATIONS}
    _, bare, ratio = _pair(ours, ours, request, request | {"mode": "bare"}, rounds)
    report.add("reserve_stock over the same statements through psycopg, 1 client", ratio, ">= 0.5")
    report.context["bare statements"] = f"{bare:.0f} a second"


def _many(report: Report, ours: Child, rounds: int) -> None:
    one: dict[str, Any] = {"clients": 1, "hot": True, "operations": OPERATIONS}
    many = one | {"mode": "many", "operations": 3000}
    rate, _, ratio = _pair(ours, ours, many, one, rounds)
    report.add("reserve_many(100) over one at a time, one hot SKU", ratio, ">= 10")
    report.context["reserve_many"] = f"{rate:.0f} a second"


def _oversell(report: Report, ours: Child, oscar: Child) -> None:
    request = {"clients": 16, "hot": True, "operations": 4, "stock": 5}
    granted = ours.ask(**request)["granted"]
    report.add("granted by 16 clients on a stock of 5", float(granted), "== 5")
    report.add("levels that promise more than they have", ours.ask(ask=1)["oversold"], "== 0")
    theirs = max(oscar.ask(**request)["granted"] for _ in range(5))
    report.context["oscar, 16 clients on a stock of 5"] = f"{theirs} granted (most of 5 tries)"


def _long_ledger(report: Report, url: str, rounds: int) -> None:
    """Compare a reserve on a short ledger with one on a ledger a thousand times as long."""
    with ExitStack() as stack:
        short, long = (
            stack.enter_context(Child("_inventory_child.py", _database(url, name), "200"))
            for name in ("short", "long")
        )
        short.ask(fill=10_000)
        report.context["movements in the long ledger"] = long.ask(fill=LONG_LEDGER)["filled"]
        request = {"clients": 1, "hot": False, "operations": OPERATIONS}
        _, _, ratio = _pair(short, long, request, request, rounds)
        report.add("reserve_stock with 10 million movements over 10 thousand", ratio, "<= 1.2")


def _pair(
    first: Child, second: Child, one: dict[str, Any], two: dict[str, Any], rounds: int
) -> tuple[float, float, Estimate]:
    """Return both median rates and the ratio of rates, measured in turns after one warm-up."""
    pairs = []
    for number in range(rounds + 1):
        sides = [(first, one), (second, two)]
        rates = {}
        for index in (0, 1) if number % 2 else (1, 0):
            child, request = sides[index]
            answer = child.ask(**request)
            rates[index] = answer["granted"] / answer["seconds"]
        if number:
            pairs.append((rates[0], rates[1]))
    ours = estimate([a for a, _ in pairs]).median
    theirs = estimate([b for _, b in pairs]).median
    return ours, theirs, estimate([a / b for a, b in pairs])


def _database(url: str, name: str) -> str:
    engine = make_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return url.replace("/postgres?", f"/{name}?")


if __name__ == "__main__":
    raise SystemExit(main())
