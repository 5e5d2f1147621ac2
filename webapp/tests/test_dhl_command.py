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
from commerce_core.logistics.dhl import MediaType, ReturnLabel
from commerce_core.logistics.dhl.labels import Document
from commerce_core.testing import FakeDHL
from commerce_core.testing.dhl import Fault
from webapp import cli
from webapp import migrations as web_migrations
from webapp.commands.dhl_labels import save_labels

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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "changes", "words"),
    [
        (("track", ""), {}, "it is empty"),
        (("track", "1" * 40), {}, "40 characters"),
        (("track", "420902109400111202555842333290"), {}, "US mail"),
        (("track", "\U0001f69a" * 3), {}, "no tracking number"),
        (("track", NUMBER), {"API_KEY": "fake-api-secret"}, "not its secret"),
        (("track", NUMBER), {"BASE_URL": "http://127.0.0.1:1", "DEADLINE_SECONDS": "1"}, "network"),
        (("track", NUMBER), {"DEADLINE_SECONDS": "nan"}, "deadline_seconds"),
        (("track", NUMBER), {"TRACKING_CALLS_PER_DAY": "0"}, "calls of the day are used"),
        (("return", "--country", "DE", *ADDRESS, *PLACE), {"PASSWORD": "old"}, "expired"),
        (("return", "--country", "CH", *ADDRESS, *PLACE), {}, "customs"),
        (("return", "--country", "XX", *ADDRESS, *PLACE), {}, "no returns from"),
    ],
)
def test_odd_input_is_one_sentence_that_says_what_to_change(
    variables: dict[str, str], arguments: tuple[str, ...], changes: dict[str, str], words: str
) -> None:
    shop = variables | {f"COMMERCE_DHL_{name}": value for name, value in changes.items()}

    done = run(*arguments, shop=shop)

    said = done.stderr.decode().splitlines()
    assert (done.returncode, done.stdout) == (1, b"")
    assert said[-1].startswith("commerce: ")
    assert words in said[-1]
    assert "Traceback" not in done.stderr.decode()
    assert "unforeseen" not in said[-1]


@pytest.mark.slow
def test_no_label_is_made_that_could_not_be_saved(
    fake: FakeDHL, variables: dict[str, str], tmp_path: Path
) -> None:
    folder = str(tmp_path / "nowhere")

    done = run("return", "--country", "DE", *ADDRESS, *PLACE, "--folder", folder, shop=variables)

    assert done.returncode == 1
    assert b"no such folder" in done.stderr
    assert fake.requests == []


@pytest.mark.slow
def test_what_came_instead_of_a_label_is_saved_too(
    fake: FakeDHL, variables: dict[str, str], tmp_path: Path
) -> None:
    fake.inject(Fault.WRONG_LABEL, "/orders")

    done = run(
        *("return", "--country", "DE", *ADDRESS, *PLACE, "--folder", str(tmp_path)), shop=variables
    )

    saved = list(tmp_path.glob("99999*-label.bin"))
    assert done.returncode == 1
    assert [path.read_bytes() for path in saved] == [b"<html>not a label</html>"]
    assert str(saved[0]).encode() in done.stderr


@pytest.mark.slow
def test_a_stored_answer_commands_no_terminal() -> None:
    colour, half = "\\u001b[31mred\\u0007", "\\ud800"
    answer = f'{{"shipments": [{{"id": "{colour}{half}"}}]}}'.encode()

    table = run("explain", "-", stdin=answer)
    shown = run("explain", "--json", "-", stdin=answer)

    assert (table.returncode, shown.returncode) == (0, 0)
    assert b"\x1b" not in table.stdout
    assert b"\x07" not in table.stdout
    assert json.loads(shown.stdout)["shipments"][0]["number"] == "\x1b[31mred\x07\ud800"


def test_labels_go_to_the_temporary_folder_when_theirs_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    document = Document(content=b"%PDF-1.4", media_type=MediaType.PDF)
    label = ReturnLabel(shipment_number="../../9", label=document)

    (saved,) = save_labels(label, tmp_path / "gone")

    assert Path(saved).read_bytes() == b"%PDF-1.4"
    assert Path(saved).name == "9-label.pdf"
    assert saved in capsys.readouterr().err
