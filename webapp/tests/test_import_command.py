"""``commerce import online-retail`` as a program: what it prints, and how it fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from commerce_core.migrations import upgrade
from webapp import cli, migrations

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
ROWS = (
    "536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
    "536365,POST,POSTAGE,1,2010-12-01 08:26:00,18.0,17850.0,United Kingdom\n"
    "C536366,85123A,WHITE HEART,-1,2010-12-02 08:26:00,2.55,,France\n"
)
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("COMMERCE_")},
    "PYTHONPATH": str(Path(cli.__file__).parents[1]),
}


def command(file: Path, url: str, *more: str) -> list[str]:
    words = ("import", "online-retail", str(file), "--database", url, *more)
    return [sys.executable, "-m", "webapp.cli", *words]


def run(file: Path, url: str, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(file, url, *more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=ENVIRONMENT,
    )


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = f"sqlite:///{tmp_path / 'shop.db'}"
    upgrade(found)
    migrations.upgrade(found)
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "retail.csv"
    path.write_text(HEADER + ROWS, encoding="utf-8")
    return path


@pytest.mark.slow
def test_the_last_line_is_json_and_a_second_run_says_nothing_new(file: Path, url: str) -> None:
    first, second = run(file, url), run(file, url)

    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stdout.startswith("3 of 3 rows of retail.csv were new")
    assert second.stdout.startswith("Nothing new: the 3 rows of retail.csv are in the database")
    told = json.loads(first.stdout.splitlines()[-1])
    assert told == {
        "rows_read": 3,
        "rows_rejected": 0,
        "rows_new": 3,
        "products": 1,
        "variants": 1,
        "customers": 1,
        "orders": 1,
        "order_lines": 1,
        "charge_lines": 1,
        "credit_notes": 1,
        "bad_debts": 0,
        "credit_lines": 1,
        "adjustments": 0,
        "net_value": "30.75",
    }
    assert json.loads(second.stdout.splitlines()[-1]) == {**told, "rows_new": 0}
    assert "Import: booking: 3 in " in first.stderr


def test_rejects_are_named_and_the_rest_comes_in(file: Path, url: str) -> None:
    file.write_text(HEADER + ROWS + ROWS.replace("6,2010", "six,2010", 1), encoding="utf-8")

    done = run(file, url, "--location", "YORK")

    assert done.returncode == 0
    assert f"1 rows were rejected: correct them in {file}.rejects.csv" in done.stdout
    assert json.loads(done.stdout.splitlines()[-1])["rows_rejected"] == 1
    assert "5,the quantity 'six' is not" in Path(f"{file}.rejects.csv").read_text(encoding="utf-8")


def failures(folder: Path, file: Path, url: str) -> dict[str, tuple[Path, str, str]]:
    """What can go wrong, and what the one sentence has to mention."""
    empty, western, less = folder / "empty.csv", folder / "western.csv", folder / "less.csv"
    empty.touch()
    western.write_bytes((HEADER + ROWS.replace("WHITE", "CRÈME")).encode("cp1252"))
    less.write_text((HEADER + ROWS).replace("Quantity", "Pieces"), encoding="utf-8")
    return {
        "no file": (folder / "nothing.csv", url, "no such file"),
        "empty": (empty, url, "is empty"),
        "encoding": (western, url, "save it as CSV UTF-8"),
        "column": (less, url, "lacks the column Quantity"),
        "URL": (file, "nonsense", "Write sqlite:///shop.db or postgresql://"),
        "no database": (file, f"sqlite:///{folder / 'none.db'}", "commerce migrate"),
        "no server": (file, "postgresql://shop@127.0.0.1:9/shop", "does not answer"),
    }


@pytest.mark.parametrize(
    "problem", ["no file", "empty", "encoding", "column", "URL", "no database", "no server"]
)
def test_a_failure_is_one_sentence(tmp_path: Path, file: Path, url: str, problem: str) -> None:
    path, database, text = failures(tmp_path, file, url)[problem]

    done = run(path, database)

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("commerce: ")
    assert done.stderr.count("\n") == 1
    assert text in done.stderr


def test_a_database_that_is_not_migrated_is_named(tmp_path: Path, file: Path) -> None:
    (tmp_path / "bare.db").touch()

    done = run(file, f"sqlite:///{tmp_path / 'bare.db'}")

    assert (done.returncode, done.stdout) == (1, "")
    assert "commerce migrate" in done.stderr


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on_and_the_next_run_does(tmp_path: Path, url: str) -> None:
    file = tmp_path / "long.csv"
    rows = (
        f"{536000 + n // 9},{20000 + n % 800},LAMP,1,2010-12-01 08:26:00,2.5,,France\n"
        for n in range(40_000)
    )
    file.write_text(HEADER + "".join(rows), encoding="utf-8")
    running = subprocess.Popen(
        command(file, url), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    )
    assert running.stderr is not None
    while b"opening stock" not in (line := running.stderr.readline()):
        assert line, "it ended too soon"
    time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=60)

    assert running.returncode == 130
    assert told.decode().endswith("goes on from there.\ncommerce: stopped\n")
    summary = json.loads(run(file, url).stdout.splitlines()[-1])
    assert summary["order_lines"] == 40_000
    assert 0 < summary["rows_new"] < 40_000
