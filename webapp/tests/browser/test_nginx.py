"""Two processes behind the nginx of the documentation: HTTP/2, many tabs, one process killed."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import webapp
from webapp.accounts.roles import Role
from webapp.tests.browser.conftest import wait_for_figure, wait_until_live
from webapp.tests.harness import running_server
from webapp.tests.live.redis_server import running_redis
from webapp.tests.live.wire import session_cookie

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webapp.tests.browser.conftest import House

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.redis,
    pytest.mark.slow,
    pytest.mark.skipif(NGINX is None or not shutil.which("openssl"), reason="no nginx here"),
]
CONFIG = Path(webapp.__file__).parents[1] / "docs" / "nginx.conf"
TABS = 7


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def is_open(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running_nginx(folder: Path, ports: list[int]) -> Iterator[str]:
    """Run nginx with the documented configuration; only names and ports are other ones."""
    port = free_port()
    certificate, key = folder / "shop.pem", folder / "shop.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-out", certificate, "-keyout", key),
        ],
        check=True,
        capture_output=True,
    )
    config = CONFIG.read_text(encoding="utf-8")
    for old, new in {
        "127.0.0.1:8001": f"127.0.0.1:{ports[0]}",
        "127.0.0.1:8002": f"127.0.0.1:{ports[1]}",
        "listen 443": f"listen 127.0.0.1:{port}",
        "/etc/ssl/shop.example.pem": str(certificate),
        "/etc/ssl/shop.example.key": str(key),
        "worker_processes auto;": f"worker_processes 1; daemon off; pid {folder}/nginx.pid;",
        "http {": f"http {{ access_log off; client_body_temp_path {folder}/body;",
        "worker_rlimit_nofile 65536;": "",
        "worker_connections 32768": "worker_connections 512",
    }.items():
        assert old in config
        config = config.replace(old, new, 1)
    path = folder / "nginx.conf"
    path.write_text(config, encoding="utf-8")
    folder.chmod(0o755)
    process = subprocess.Popen([str(NGINX), "-c", path, "-e", folder / "error.log"])
    try:
        deadline = time.monotonic() + 10
        while not is_open(port) and time.monotonic() < deadline:
            time.sleep(0.05)
        yield f"https://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


def test_seven_tabs_over_http_2_are_live_and_outlive_a_killed_process(
    house: House, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        redis = stack.enter_context(running_redis())
        servers = [
            stack.enter_context(running_server(house.url, COMMERCE_REDIS_URL=redis.url))
            for _ in range(2)
        ]
        ports = [int(address.rstrip("/").rpartition(":")[2]) for _, address in servers]
        folder = tmp_path / "nginx"
        folder.mkdir()
        address = stack.enter_context(running_nginx(folder, ports))
        context = house.chromium.new_context(ignore_https_errors=True)
        stack.callback(context.close)
        name, _, value = session_cookie(house.url, Role.CLERK).partition("=")
        context.add_cookies([{"name": name, "value": value, "url": address}])
        pages = [context.new_page() for _ in range(TABS)]
        for page in pages:
            page.goto(f"{address}stock")
            wait_until_live(page)
        protocol = "performance.getEntriesByType('navigation')[0].nextHopProtocol"
        assert {page.evaluate(protocol) for page in pages} == {"h2"}
        house.writer.adjust("ALM-CHA-S", -4)
        for page in pages:
            wait_for_figure(page, "c1-1", "18")
        servers[0][0].kill()
        house.writer.adjust("ALM-CHA-S", -3)
        for page in pages:
            wait_for_figure(page, "c1-1", "15", seconds=20)
