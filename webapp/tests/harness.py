"""A browser for the web tests: the real application, spoken to over ASGI in the test's own task.

So ``use_clock`` reaches the application, and an error shows its whole way.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import httpx
from litestar import Litestar

import webapp
from commerce_core import use_clock, utc_now
from commerce_core.testing import FrozenClock
from webapp.accounts.roles import Role
from webapp.accounts.sessions import SessionLimits, start_session
from webapp.accounts.users import get_user
from webapp.app import create_app
from webapp.csrf import FormToken
from webapp.database import WebDatabase
from webapp.security import session_cookie_name
from webapp.settings import Settings

PASSWORD: Final = "correct horse battery"
FEW, MANY = 10, 200
PATIENCE = 60.0
"""Seconds that a test waits for what has to come, however busy the machine is."""
"""Variants in the two shops that tests get a copy of."""

Opener = Callable[..., AbstractAsyncContextManager["Browser"]]


def email_of(role: Role) -> str:
    """Return the address of the account that each test shop has for this role."""
    return f"{role}@example.com"


@contextmanager
def frozen_clock() -> Iterator[FrozenClock]:
    """Let a clock stand still for the application and the test, until it is moved."""
    clock = FrozenClock()
    with use_clock(clock):
        yield clock


@dataclass
class Browser:
    """A browser that keeps cookies, and knows the tricks of our pages."""

    app: Litestar
    http: httpx.AsyncClient

    @property
    def database(self) -> WebDatabase:
        database: WebDatabase = self.app.state.database
        return database

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.http.get(path, **options)

    async def post(
        self, path: str, data: dict[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        """Send a form as our pages do: with the token of the session it has."""
        fields = {"_csrf_token": await self.token(), **(data or {})}
        return await self.http.post(path, data=fields, **options)

    async def token(self) -> str:
        cookie = self.http.cookies.get(session_cookie_name(self.app.state.settings))
        if cookie:
            return FormToken(cookie).value()
        page = await self.http.get("/login")
        found = re.search(r'name="_csrf_token" value="([0-9a-f]{64})"', page.text)
        assert found
        return found[1]

    async def log_in(self, email: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        return await self.post("/login", {"email": email, "password": password, **more})

    async def become(self, role: Role | None) -> None:
        """Be signed in as ``role`` (None: not at all) without the work of a real sign-in."""
        self.http.cookies.clear()
        if role is None:
            return
        settings = self.app.state.settings
        limits = SessionLimits.of(settings, stays=False)
        token = await self.database.transact(
            lambda session: start_session(
                session,
                get_user(session, email=email_of(role)),
                limits=limits,
                stays=False,
                as_of=utc_now(),
            )
        )
        self.http.cookies.set(session_cookie_name(settings), token)


@asynccontextmanager
async def open_browser(
    settings: Settings, *, address: str = "192.0.2.1", base_url: str = "http://shop.test"
) -> AsyncIterator[Browser]:
    app = create_app(settings)
    transport = httpx.ASGITransport(cast("Any", app), client=(address, 50000))
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url=base_url) as http,
    ):
        yield Browser(app, http)


async def log_in_from(app: Litestar, address: str, email: str, password: str) -> httpx.Response:
    """Sign in from a network address, with a browser that has no cookies."""
    transport = httpx.ASGITransport(cast("Any", app), client=(address, 50000))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as http:
        return await Browser(app, http).log_in(email, password)


@contextmanager
def running_server(
    url: str, *, port: int = 0, **variables: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run ``commerce serve`` as a process of its own; yield it, and the address it told."""
    process = subprocess.Popen(
        [sys.executable, "-m", "webapp.cli", "serve", "--database", url, "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(webapp.__file__).parents[1]), **variables},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line + process.communicate(timeout=10)[1]
        yield process, found[0]
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
