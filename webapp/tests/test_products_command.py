"""``commerce import products`` and ``commerce export products`` as programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from commerce_core.migrations import upgrade
from webapp import cli, migrations

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("COMMERCE_")},
    "PYTHONPATH": str(Path(cli.__file__).parents[1]),
}
ROWS = "title,sku,price,Colour of the moon\nLamp,L-1,9.90,x\nLamp two,L-2,dear,x\n"


def run(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "webapp.cli", *words, "--database", url],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=ENVIRONMENT,
    )


def test_a_file_is_looked_at_imported_and_exported(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    upgrade(url)
    migrations.upgrade(url)
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_text(ROWS, encoding="utf-8")

    dry = run(url, "import", "products", str(file), "--dry-run")
    done = run(url, "import", "products", str(file))
    told = run(url, "export", "products", str(out))
    again = run(url, "import", "products", str(out))

    lines = done.stdout.splitlines()
    assert lines[0] == "row 3, price: 'dear' is not a number"
    assert lines[1] == "Columns that mean nothing to us: Colour of the moon"
    counts = {"created": 1, "changed": 0, "unchanged": 0, "refused": 1}
    assert json.loads(lines[-1]) == {"dry_run": False} | counts
    assert json.loads(dry.stdout.splitlines()[-1]) == {"dry_run": True} | counts
    assert told.stdout == f"1 rows are in {out}.\n"
    assert json.loads(again.stdout.splitlines()[-1])["unchanged"] == 1


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    upgrade(url)
    migrations.upgrade(url)

    done = run(url, "import", "products", str(tmp_path / "gone.csv"))

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "gone.csv" in done.stderr
