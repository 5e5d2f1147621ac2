"""``commerce demo`` as a person runs it: a process, a browser's requests, and Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

import webapp
from webapp.demo.logins import LOGINS, PASSWORD
from webapp.tests.demo.retail import write_retail
from webapp.tests.harness import PATIENCE

pytestmark = pytest.mark.slow

ROOT = Path(webapp.__file__).parents[1]
SMALL = ("--port", "0", "--scale", "0.05")
START_SECONDS = 60


@dataclass
class Running:
    process: subprocess.Popen[str]
    address: str
    text: str

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Send the signal and wait for the end of the process."""
        self.process.send_signal(number)
        out, self_err = self.process.communicate(timeout=PATIENCE)
        self.text += out + self_err


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "webapp.cli", "demo", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
    )


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[Running]:
    """Run the demo with its temporary files in ``folder``, from when it can be visited."""
    process = start(folder, *options)
    try:
        assert process.stdout is not None
        text = ""
        for line in process.stdout:
            text += line
            if "Ctrl-C" in line or "Nothing moves" in line:
                break
        found = re.search(r"http://127\.0\.0\.1:\d+/", text)
        assert found, text + process.communicate(timeout=PATIENCE)[1]
        yield Running(process, found[0], text)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    process = start(folder, *options)
    out, err = process.communicate(timeout=START_SECONDS)
    return subprocess.CompletedProcess(options, process.returncode, out, err)


@contextmanager
def signed_in(address: str, email: str) -> Iterator[httpx.Client]:
    """Yield a client that has signed in through the page."""
    with httpx.Client(base_url=address, follow_redirects=True, timeout=10) as client:
        page = client.get("login")
        token = re.search(r'name="_csrf_token" value="([0-9a-f]{64})"', page.text)
        assert token
        form = {"_csrf_token": token[1], "email": email, "password": PASSWORD}
        answer = client.post("login", data=form)
        assert answer.status_code == 200
        assert not answer.url.path.startswith("/login"), answer.text
        yield client


def moved(path: Path) -> int:
    """Count what the shoppers did, as a third program."""
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        query = "SELECT count(*) FROM commerce_stock_movement WHERE actor = 'demo shopper'"
        return int(connection.execute(query).fetchone()[0])


def track_as_printed(text: str) -> str:
    """Ask the demo's DHL with the command that the demo prints, about a parcel of two."""
    found = re.search(r"((?:COMMERCE_DHL_\w+=\S+ )+)commerce (dhl track) ", text)
    assert found, text
    settings = dict(pair.split("=", 1) for pair in found[1].split())
    command = [sys.executable, "-m", "webapp.cli", *found[2].split(), "4234757294"]
    environment = {**os.environ, **settings, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=60, check=True
    )
    return done.stdout


def wait_for(condition: Callable[[], bool], *, seconds: float = 20) -> bool:
    ends = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < ends:
        time.sleep(0.2)
    return met


def test_a_visit_to_the_demo(tmp_path: Path) -> None:
    with demo(tmp_path, *SMALL) as running:
        assert all(email in running.text for email, _, _ in LOGINS)
        assert PASSWORD in running.text
        with signed_in(running.address, LOGINS[0][0]) as client:
            page = client.get("stock")
            assert page.status_code == 200
            assert "Chalk · S" in page.text
            assert "Linen shirt Alma" in page.text
            parcel = client.get("shipments/track?number=4234757294")
            assert "2 shipments have this number" in parcel.text
            assert "249 calls left today" in parcel.text
        assert "out_for_delivery" in track_as_printed(running.text)
        (folder,) = tmp_path.glob("commerce-demo-*")
        assert wait_for(lambda: moved(folder / "shop.db") > 2)
        with (
            signed_in(running.address, LOGINS[3][0]) as client,
            client.stream("GET", "api/v1/stock/stream") as stream,
        ):
            assert next(stream.iter_lines())
            running.stop(signal.SIGINT)
        assert running.process.returncode == 0
        assert "Traceback" not in running.text
        assert list(tmp_path.glob("commerce-demo-*")) == []


def test_a_stopped_service_leaves_nothing_behind_either(tmp_path: Path) -> None:
    with demo(tmp_path, *SMALL, "--still") as running:
        assert "Nothing moves." in running.text
        (folder,) = tmp_path.glob("commerce-demo-*")
        time.sleep(1.5)
        assert moved(folder / "shop.db") == 0
        running.stop(signal.SIGTERM)
        assert running.process.returncode == 0
        assert list(tmp_path.glob("commerce-demo-*")) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_stopped_while_the_shop_is_made(tmp_path: Path, number: signal.Signals) -> None:
    process = start(tmp_path, "--port", "0")
    assert wait_for(lambda: bool(list(tmp_path.glob("commerce-demo-*/*.building"))))
    time.sleep(0.5)
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out.strip()) == (0, "Stopped.")
    assert "Traceback" not in err
    assert list(tmp_path.glob("commerce-demo-*")) == []


def test_a_busy_port_is_said_at_once(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = run(tmp_path, "--port", str(port))
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert str(port) in ended.stderr
    assert "--port" in ended.stderr
    assert list(tmp_path.glob("commerce-demo-*")) == []


def test_a_kept_shop_is_used_again(tmp_path: Path) -> None:
    kept = tmp_path / "kept.db"
    with demo(tmp_path, *SMALL, "--keep", str(kept)) as running:
        assert wait_for(lambda: moved(kept) > 0)
        running.stop()
    before = moved(kept)
    with demo(tmp_path, *SMALL, "--keep", str(kept)) as running:
        assert f"Using {kept} again." in running.text
        with signed_in(running.address, LOGINS[2][0]) as client:
            assert client.get("stock").status_code == 200
        assert wait_for(lambda: moved(kept) > before)
        running.stop()
    assert list(tmp_path.glob("commerce-demo-*")) == []


def test_a_foreign_file_is_not_taken_for_a_shop(tmp_path: Path) -> None:
    diary = tmp_path / "diary.db"
    diary.write_text("dear diary")
    ended = run(tmp_path, *SMALL, "--keep", str(diary))
    assert ended.returncode == 1
    assert "is not a database of the demo" in ended.stderr
    assert diary.read_text() == "dear diary"


def test_a_file_is_imported_and_its_end_replayed(tmp_path: Path) -> None:
    file = write_retail(tmp_path / "retail.csv")
    with demo(tmp_path, "--port", "0", "--data", str(file), "--speed", "100000") as running:
        assert "rows will be replayed" in running.text
        (folder,) = tmp_path.glob("commerce-demo-*")
        before = moved(folder / "shop.db")
        with signed_in(running.address, LOGINS[3][0]) as client:
            page = client.get("stock")
            assert page.status_code == 200
            assert "LAMP" in page.text
        assert wait_for(lambda: moved(folder / "shop.db") > before)
        running.stop()
        assert running.process.returncode == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["retail.csv"]


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01\x02 no table", b"a,b,c\n1,2,3\n"],
    ids=["empty", "binary", "columns"],
)
def test_a_damaged_file_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "damaged.csv"
    file.write_bytes(content)
    ended = run(tmp_path, "--port", "0", "--data", str(file))
    assert ended.returncode == 1
    assert ended.stderr.strip().startswith("commerce: damaged.csv")
    assert ended.stderr.count("\n") == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["damaged.csv"]


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "inf", "nan"])
def test_a_speed_that_is_none_is_refused(tmp_path: Path, speed: str) -> None:
    ended = run(tmp_path, "--speed", speed)
    assert ended.returncode == 2
    assert "is not a speed" in ended.stderr
