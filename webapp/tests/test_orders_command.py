"""``commerce import orders`` as a program."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from commerce_core.migrations import upgrade
from webapp import migrations
from webapp.tests.test_products_command import run

if TYPE_CHECKING:
    from pathlib import Path

PRODUCTS = "title,sku,price\nLamp,L-1,9.90\n"
ORDERS = (
    "No;order;placed_at;quantity;price;city\n"
    "L-1;1;2026-03-14 00:30;2;1.009,90;Köln\n"
    "L-2;2;2026-03-14;1;5,00;\n"
    "L-1;3;2026-03-14;none;5,00;\n"
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    upgrade(url)
    migrations.upgrade(url)
    return url


def test_a_file_is_looked_at_and_imported_once(tmp_path: Path, url: str) -> None:
    products, orders = tmp_path / "products.csv", tmp_path / "orders.csv"
    products.write_text(PRODUCTS, encoding="utf-8")
    orders.write_text(ORDERS, encoding="cp1252")
    run(url, "import", "products", str(products))
    words = ["import", "orders", str(orders), "--channel", "market", "--mapping", "No=sku"]

    dry = run(url, *words, "--dry-run")
    # In Berlin the first order was placed before midnight UTC, on the day before.
    done = run(url, *words, "--zone", "Europe/Berlin", "--cut-over", "2026-03-14")
    again = run(url, *words, "--zone", "Europe/Berlin", "--cut-over", "2026-03-15")

    lines = done.stdout.splitlines()
    assert lines[0] == "row 3, No: Order 2: there is no variant L-2."
    assert lines[1] == "row 4, quantity: 'none' is no number of pieces, such as 2."
    assert lines[2].startswith("order 1 will not ship yet: the address lacks a name")
    told = json.loads(lines[-1])
    assert (told["created"], told["refused"], told["dry_run"]) == (1, 2, False)
    assert json.loads(dry.stdout.splitlines()[-1]) == told | {"dry_run": True}
    assert json.loads(again.stdout.splitlines()[-1])["unchanged"] == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--mapping", "sku"], "'sku' is no COLUMN=MEANING"),
        (["--zone", "Nowhere"], "'Nowhere' is no time zone"),
        (["--cut-over", "soon"], "invalid"),
    ],
)
def test_words_that_mean_nothing_are_refused(words: list[str], sentence: str, url: str) -> None:
    done = run(url, "import", "orders", "x.csv", *words)

    assert done.returncode == 2
    assert sentence in done.stderr


def test_a_damaged_file_is_one_sentence(tmp_path: Path, url: str) -> None:
    file = tmp_path / "orders.csv"
    file.write_bytes(b'order,placed_at,sku,quantity,price\n1,2026-03-14,"L-1,1,5\n')

    done = run(url, "import", "orders", str(file))

    assert done.returncode == 1
    assert "orders.csv cannot be read from line 2 on" in done.stderr
    assert "Traceback" not in done.stderr
