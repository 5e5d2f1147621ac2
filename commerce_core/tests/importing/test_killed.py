"""kill -9 in the middle of an import, again and again: in the end nothing can be told apart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from commerce_core.inventory import verify_ledger
from commerce_core.tests.databases import SqliteFiles, opened
from commerce_core.tests.importing.retail import books, csv_text, line
from commerce_core.tests.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from commerce_core.tests.databases import PostgresServer
    from commerce_core.tests.importing.retail import Line

CHILD = """
import os, signal, sys
from sqlalchemy import event
from commerce_core.database import make_engine, make_session_factory
from commerce_core.importing import import_online_retail
from commerce_core.importing import online_retail

url, path, life = sys.argv[1], sys.argv[2], int(sys.argv[3])
online_retail.WINDOW = 900
engine = make_engine(url)

@event.listens_for(engine, "before_cursor_execute")
def count(*_):
    global life
    life -= 1
    if life == 0:
        os.kill(os.getpid(), signal.SIGKILL)

@event.listens_for(engine, "commit")
def commit(_):
    count()

import_online_retail(make_session_factory(engine), path, actor="tests")
"""
FIRST_LIFE, LONGER = 6, 5
"""The statements (commits counted) after which the first run is killed, and how many more each
later one gets: so it happens in the catalog, in the opening stock, between documents and lines,
and between lines and their movements."""


def lines() -> Iterator[Line]:
    """Yield 2,600 rows of all kinds, some orders longer than a transaction."""
    for n in range(2_600):
        code = f"{20000 + (n * 7) % 61}{'ABC'[n % 3] if n % 4 else ''}"
        at = f"2010-12-{1 + n // 200:02} {8 + n % 200 // 20:02}:{n % 60:02}:00"
        who = str(12_000 + n % 97) if n % 5 else ""
        if n % 50 == 7:
            yield line(f"C{540000 + n}", code, -(n % 4 + 1), at=at, customer=who)
        elif n % 90 == 11:
            yield line(f"{550000 + n}", code, -2, "0.0", name="smashed", at=at, customer="")
        elif n % 700 == 13:
            yield line(f"A{560000 + n}", "B", 1, "-5.00", at=at, customer="")
        else:
            kind = "POST" if n % 31 == 0 else code
            yield line(f"{530000 + n // 650}", kind, n % 9 + 1, f"{n % 13}.95", at=at, customer="")


def run_child(url: str, path: Path, life: int) -> int:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, url, str(path), str(life)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done.returncode


def check(url: str, other_url: str, path: Path) -> None:
    path.write_text(csv_text(lines()), encoding="utf-8")
    deaths = 0
    while run_child(url, path, FIRST_LIFE + deaths * LONGER) != 0:
        deaths += 1
    assert deaths > 5, "it was done too soon to prove anything"
    assert run_child(other_url, path, 0) == 0

    with opened(url) as killed, opened(other_url) as undisturbed:
        assert books(killed) == books(undisturbed)
        assert killed.run(verify_ledger) == []
        sizes = killed.sql("SELECT count(*) FROM commerce_stock_movement GROUP BY xid")
        assert max(size for (size,) in sizes) <= 500


@pytest.mark.slow
def test_on_sqlite(sqlite_files: SqliteFiles, tmp_path: Path) -> None:
    check(sqlite_files.url(), sqlite_files.url(), tmp_path / "retail.csv")


@pytest.mark.slow
@pytest.mark.postgres
def test_on_postgresql(postgres_server: PostgresServer, tmp_path: Path) -> None:
    with postgres_server.database() as url, postgres_server.database() as other_url:
        check(url, other_url, tmp_path / "retail.csv")
