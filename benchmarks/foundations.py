"""The claims of the foundations: import, memory, the journal's tail, and the board's listing.

``nox -s bench -- foundations [ROUNDS]``. Reads the complete UCI Online Retail set from the data
folder: COMMERCE_DATA, or ``../shared/data`` beside the checkout.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import create_engine, event, make_url, text

from benchmarks._board import add_board_claims
from benchmarks._measure import Estimate, Run, estimate, run_child
from benchmarks._report import Report
from commerce_core import Cursor, make_engine, make_session_factory, read_cursor, run_in_transaction
from commerce_core.inventory import StockMovement, adjust_stock, get_location
from commerce_core.journal import tail
from commerce_core.migrations import upgrade
from commerce_core.testing import make_variant, temporary_postgres

ROOT = Path(__file__).parents[1]
ROUNDS = 3
MOVEMENTS = 1000
GIBIBYTE = 1024**3


def main() -> int:
    """Run every part and return the exit code."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    report = Report("foundations")
    folder = Path(os.environ.get("COMMERCE_DATA", ROOT.parent / "shared" / "data"))
    with temporary_postgres(fsync=True) as server:
        _import(report, folder / "online_retail.csv.xz", server, rounds)
        _tail(report, server)
    add_board_claims(report)
    return report.finish()


def _import(report: Report, path: Path, server: str, rounds: int) -> None:
    for kind in ("SQLite", "PostgreSQL"):
        ratios, peaks, seconds = [], [], []
        for number in range(rounds):
            sides = ("ours", "flat") if number % 2 else ("flat", "ours")
            runs = {side: _side(side, kind, path, server, number) for side in sides}
            mine, plain = (float(runs[side].output.split()[-1]) for side in ("ours", "flat"))
            ratios.append(mine / plain)
            seconds.append((round(mine, 1), round(plain, 1)))
            peaks.append(runs["ours"].peak_bytes / GIBIBYTE)
        claim = f"{kind}: import of the complete set over read_csv and one flat insert"
        report.add(claim, estimate(ratios), "<= 5")
        report.add(f"{kind}: peak memory of the import, GiB", max(peaks), "<= 1")
        report.context[f"{kind} seconds, ours and flat"] = seconds


def _side(side: str, kind: str, path: Path, server: str, number: int) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        if kind == "SQLite":
            url = f"sqlite:///{Path(folder) / 'shop.db'}"
        else:
            url = _database(server, f"{side}{number}")
        script = [sys.executable, "-m", "benchmarks._import_child", side, url, str(path)]
        return run_child(script, timeout_seconds=900)


def _tail(report: Report, server: str) -> None:
    """Read 1,000 new movements in one query."""
    url = _database(server, "tail")
    upgrade(url)
    engine = make_engine(url)
    factory = make_session_factory(engine)
    variant = run_in_transaction(factory, lambda s: make_variant(s, on_hand=5))
    hall = run_in_transaction(factory, lambda s: get_location(s, code="HAM"))
    start = run_in_transaction(factory, read_cursor)
    for _ in range(MOVEMENTS):
        run_in_transaction(
            factory,
            lambda s: adjust_stock(s, variant, hall, quantity=1, reason="bench", actor="bench"),
        )
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    times = _read(factory, start)
    report.add("tail of 1,000 new movements, milliseconds", times, "<= 20")
    report.add("tail of 1,000 new movements, queries", len(statements) / 21, "== 1")


def _read(factory: object, start: Cursor) -> Estimate:
    """Return the milliseconds of twenty reads after a warm one."""
    times = []
    for _ in range(21):
        with factory() as session:  # type: ignore[operator]  # a session factory
            begun = time.perf_counter()
            page = tail(session, StockMovement, start, limit=MOVEMENTS)
            times.append((time.perf_counter() - begun) * 1000)
        assert len(page.rows) == MOVEMENTS  # noqa: S101 - else nothing was measured
    return estimate(times[1:])


def _database(server: str, name: str) -> str:
    url = make_url(server).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)


if __name__ == "__main__":
    raise SystemExit(main())
