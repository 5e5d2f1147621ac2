"""``commerce dhl`` as a program, against a fake DHL on a real socket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core import migrations as core_migrations
from commerce_core.testing import FakeDHL
from webapp import cli
from webapp import migrations as web_migrations

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBER = "00340434161094015902"
ADDRESS = ("--name", "Ann Ott", "--street", "Hauptstr.", "--house", "1")
PLACE = ("--postal-code", "53113", "--city", "Bonn")
TRACKING = {
    "shipments": [
        {
            "id": 7777777770,
            "service": "parcel-de",
            "status": {"timestamp": "2026-01-05", "statusCode": "transit", "status": "PO"},
            "events": [
                {
                    "timestamp": "2026-01-05T08:00:00",
                    "location": {"address": {"countryCode": "DE", "addressLocality": "Bonn"}},
                    "statusCode": "transit",
                    "status": "PO",
                },
                {"timestamp": "2026-01-04T08:00:00", "statusCode": "transit", "status": "EE"},
                {"timestamp": "2026-01-04", "statusCode": "transit", "status": "DD"},
                {"timestamp": "soon", "statusCode": "news"},
            ],
        }
    ]
}


def run(
    *arguments: str, stdin: bytes = b"", shop: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COMMERCE_")}
    return subprocess.run(
        [sys.executable, "-m", "webapp.cli", "dhl", *arguments],
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
        env={**environment, "PYTHONPATH": str(Path(cli.__file__).parents[1]), **(shop or {})},
    )


@pytest.fixture
def fake() -> FakeDHL:
    return FakeDHL()


@pytest.fixture
def variables(fake: FakeDHL, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Serve the fake and return the environment of a shop that uses it."""
    database = f"sqlite:///{tmp_path / 'shop.db'}"
    core_migrations.upgrade(database)
    web_migrations.upgrade(database)
    with fake.serve() as url:
        yield {
            "COMMERCE_DATABASE_URL": database,
            "COMMERCE_DHL_ENVIRONMENT": "sandbox",
            "COMMERCE_DHL_API_KEY": fake.api_key,
            "COMMERCE_DHL_API_SECRET": fake.api_secret,
            "COMMERCE_DHL_USERNAME": fake.username,
            "COMMERCE_DHL_PASSWORD": fake.password,
            "COMMERCE_DHL_BASE_URL": url,
        }


@pytest.mark.slow
def test_track_return_and_budget(fake: FakeDHL, variables: dict[str, str], tmp_path: Path) -> None:
    from datetime import timedelta  # noqa: PLC0415

    fake.add_parcel(NUMBER, visible_after=timedelta(0))
    fake.advance(NUMBER, "PO")

    tracked = run("track", NUMBER, "--service", "parcel-de", shop=variables)
    budget = run("budget", "--json", shop=variables)
    made = run(
        *("return", "--country", "DE", *ADDRESS, *PLACE, "--folder", str(tmp_path)), shop=variables
    )

    assert (tracked.returncode, tracked.stderr) == (0, b"")
    assert tracked.stdout.startswith(f"{NUMBER}  parcel-de  out_for_delivery  [transit]".encode())
    left: dict[str, Any] = json.loads(budget.stdout)
    assert (left["left"], left["used"]) == (249, 1)
    assert (made.returncode, made.stderr) == (0, b"")
    saved = sorted(path.suffix for path in tmp_path.glob("99999*"))
    assert saved == [".pdf", ".png"]


@pytest.mark.slow
def test_explain_prints_our_reading_of_a_stored_answer(tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(TRACKING), encoding="utf-8")

    table = run("explain", str(file))
    shown = json.loads(run("explain", "--json", "-", stdin=file.read_bytes()).stdout)

    assert table.returncode == 0
    assert b"7777777770  parcel-de  out_for_delivery" in table.stdout
    assert shown["kind"] == "tracking"
    (one,) = shown["shipments"]
    assert (one["number"], one["service"], one["raw_status_code"]) == (
        "7777777770",
        "parcel-de",
        "transit",
    )
    assert [(e["at"], e["at_kind"], e["status"], e["place"]) for e in one["events"]] == [
        ("2026-01-05T08:00:00+01:00", "instant", "out_for_delivery", "Bonn, DE"),
        ("2026-01-04T08:00:00", "local", "in_transit", None),
        ("2026-01-04", "date", None, None),
        (None, "unreadable", "unknown", None),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"", b"<html></html>", b"{", b'{"a": 1}', b"\xff\xfe\x00"])
def test_what_is_no_answer_of_dhl_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "answer"
    file.write_bytes(content)

    done = run("explain", str(file))

    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr.startswith(b"commerce: ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.slow
def test_without_settings_it_says_which_to_set() -> None:
    done = run("track", NUMBER)

    assert done.returncode == 1
    assert b"COMMERCE_DHL_ENVIRONMENT" in done.stderr
