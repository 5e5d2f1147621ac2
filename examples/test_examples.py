"""Runs every example as a real program, on a database of its own, with real requests."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

HERE = Path(__file__).parent
MAX_LINES = 80


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _server(command: list[str], port: int, folder: Path, cwd: Path) -> Iterator[httpx.Client]:
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{folder / 'shop.db'}"}
    log = (folder / "server.log").open("w+")
    process = subprocess.Popen(  # an example of ours
        [sys.executable, *command], cwd=cwd, env=environment, stdout=log, stderr=log
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            _wait(client, process, folder / "server.log")
            yield client
    finally:
        process.terminate()
        process.wait(timeout=10)
        log.close()


def _wait(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            pytest.fail(f"the example ended by itself:\n{log.read_text()}")
        try:
            client.get("/")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the example did not answer within 30 s:\n{log.read_text()}")


def _servers(port: int) -> dict[str, tuple[list[str], Path]]:
    return {
        "fastapi": (["-m", "uvicorn", "fastapi_app:app", "--port", str(port)], HERE),
        "flask": (["-m", "flask", "--app", "flask_app", "run", "--port", str(port)], HERE),
        "django": (
            ["manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"],
            HERE / "django_project",
        ),
    }


@pytest.mark.parametrize("framework", ["fastapi", "flask", "django"])
def test_a_web_framework_creates_receives_ships_and_reads(framework: str, tmp_path: Path) -> None:
    port = _free_port()
    command, folder = _servers(port)[framework]
    with _server(command, port, tmp_path, folder) as client:
        new = {"name": "Linen shirt", "sku": "ALM-M", "price": "89.90", "received": 12}
        assert client.post("/variants", json=new).status_code == httpx.codes.CREATED
        answer = client.post("/variants/alm-m/ship", params={"quantity": 5})
        assert answer.json() == {"available": 7}
        refused = client.post("/variants/ALM-M/ship", params={"quantity": 8})
        assert refused.status_code == httpx.codes.CONFLICT
        assert refused.json()["code"] == "insufficient_stock"


def _printed(script: str) -> list[str]:
    answer = subprocess.run(
        [sys.executable, script], cwd=HERE, capture_output=True, text=True, timeout=60, check=True
    )
    return answer.stdout.splitlines()


def test_the_plain_script_ships_and_refuses() -> None:
    assert _printed("plain_script.py") == [
        "shipped 5, 7 left",
        "refused: ALM-CHA-M at Hamburg: 8 requested, 7 there",
    ]


def test_a_host_keeps_its_own_orders_beside_our_stock() -> None:
    assert _printed("host_orders.py") == [
        "2026-1 placed, 2 available",
        "2026-2 refused: ALM-M at Shop: 3 requested, 2 there",
        "2026-1 shipped, 2 on hand",
    ]


SELL = """
import sys
from commerce_core import make_engine, make_session_factory, run_in_transaction
from commerce_core.catalog import get_variant
from commerce_core.inventory import get_location, ship_stock
from commerce_core.migrations import upgrade
from commerce_core.testing import make_variant

upgrade(sys.argv[1])
sessions = make_session_factory(make_engine(sys.argv[1]))
run_in_transaction(sessions, lambda s: make_variant(s, sku="LAMP", on_hand=int(sys.argv[2])))
for _ in range(int(sys.argv[2]) - 2):
    run_in_transaction(sessions, lambda s: ship_stock(
        s, get_variant(s, sku="LAMP"), get_location(s, code="HAM"), quantity=1, actor="shop"))
"""


SHIP = """
sessions = make_session_factory(make_engine(sys.argv[1]))
run_in_transaction(sessions, lambda s: ship_stock(
    s, get_variant(s, sku="LAMP"), get_location(s, code="HAM"), quantity=1, actor="shop"))
"""


def test_the_worker_notes_once_what_runs_out_however_often_it_is_killed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    subprocess.run([sys.executable, "-c", SELL, url, "40"], timeout=60, check=True)
    command = [sys.executable, str(HERE / "worker.py"), url]
    printed = []
    for _ in range(2):
        worker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        time.sleep(1.5)
        worker.kill()
        printed += worker.communicate(timeout=10)[0].splitlines()
    last = subprocess.run([*command, "--once"], capture_output=True, timeout=60, check=True)
    printed += last.stdout.decode().splitlines()
    assert printed == ["LAMP: only 4 left"]


def _commerce(*arguments: str, text: str = "") -> str:
    """Run the command and return what it said."""
    command = [sys.executable, "-m", "webapp.cli", *arguments]
    done = subprocess.run(
        command, input=text, text=True, timeout=60, check=True, capture_output=True
    )
    return done.stdout


def test_a_program_follows_the_stock_of_a_running_back_office(tmp_path: Path) -> None:
    url, port = f"sqlite:///{tmp_path / 'shop.db'}", _free_port()
    subprocess.run([sys.executable, "-c", SELL, url, "4"], timeout=60, check=True)
    _commerce("migrate", "--database", url)
    person = ["ann@example.com", "--role", "viewer", "--password-stdin"]
    _commerce("user", "add", *person, "--database", url, text="correct horse battery\n")
    token = _commerce("token", "add", "ann@example.com", "--name", "board", "--database", url)
    serve = ["-m", "webapp.cli", "serve", "--database", url, "--port", str(port)]
    with _server(serve, port, tmp_path, HERE) as client:
        command = [sys.executable, "follow_stock.py", str(client.base_url)]
        command += [token.split()[-1], "1"]
        follower = subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True)
        assert follower.stdout is not None
        assert follower.stdout.readline() == "1 levels\n"
        ship = ["-c", SELL.partition("upgrade(")[0] + SHIP, url]
        subprocess.run([sys.executable, *ship], timeout=60, check=True)
        assert follower.communicate(timeout=30)[0] == "LAMP at HAM: 2 -> 1\n"


def test_every_example_is_short_and_says_how_to_run_it() -> None:
    for path in [*HERE.glob("*.py"), *HERE.glob("*/manage.py")]:
        if path.name.startswith("test_"):
            continue
        text = path.read_text()
        assert text.count("\n") < MAX_LINES, path.name
        assert re.search(r"Run it: ``", text), path.name
