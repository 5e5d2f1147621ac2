"""The server as a real process: says where it is, keeps quiet, and ends when told."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from webapp import cli
from webapp.server import AddressInUseError, bind
from webapp.tests.harness import PATIENCE, running_server

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop_and_leaves_quietly(
    sqlite_url: str, number: signal.Signals
) -> None:
    with running_server(sqlite_url) as (process, address):
        assert httpx.get(f"{address}health/ready").status_code == 200
        page = httpx.get(f"{address}login")
        assert page.status_code == 200
        assert "server" not in page.headers
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert err == ""
        assert "Traceback" not in out


def test_the_access_log_leaves_out_probes_and_files(sqlite_url: str) -> None:
    with running_server(sqlite_url, COMMERCE_ACCESS_LOG="1") as (process, address):
        for path in ("login", "health/live", "static/app.css", "api/v1/stock/stream"):
            with httpx.stream("GET", f"{address}{path}"):
                pass
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE)
    assert "GET /login" in out + err
    for quiet in ("/health/", "/static/", "/stream"):
        assert quiet not in out + err


def test_an_address_in_use_is_one_sentence(sqlite_url: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(AddressInUseError, match="choose another with --port"):
            bind("127.0.0.1", port)
        assert cli.main(["serve", "--database", sqlite_url, "--port", str(port)]) == 1


def test_ipv6_can_be_bound() -> None:
    try:
        with bind("::1", 0) as listener:
            assert listener.family == socket.AF_INET6
    except AddressInUseError as exc:
        pytest.skip(f"this machine has no IPv6: {exc}")
