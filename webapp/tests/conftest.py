"""Fixtures of the web tests: the real application over real databases, spoken to over ASGI.

``browser`` (see harness.py) is what most tests ask for.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session

from commerce_core import make_engine, make_session_factory, run_in_transaction
from commerce_core import migrations as core_migrations
from commerce_core.testing import make_shop, temporary_postgres
from webapp import migrations as web_migrations
from webapp.accounts.passwords import hash_password
from webapp.accounts.roles import Role
from webapp.accounts.users import create_user
from webapp.settings import Settings
from webapp.tests.chromium import NoBrowserError, open_chromium
from webapp.tests.harness import (
    FEW,
    MANY,
    PASSWORD,
    Browser,
    Opener,
    email_of,
    open_browser,
    running_server,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import Page


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def password_hash() -> str:
    return hash_password(PASSWORD, email="")


def migrate(url: str) -> None:
    core_migrations.upgrade(url)
    web_migrations.upgrade(url)


def fill(url: str, *, variants: int, password_hash: str) -> None:
    """One account of each role, and a shop."""
    engine = make_engine(url)

    def rows(session: Session) -> None:
        for role in Role:
            create_user(
                session,
                email=email_of(role),
                name=f"Some {role}",
                role=role,
                password_hash=password_hash,
                actor="tests",
            )
        make_shop(session, variants=variants)

    run_in_transaction(make_session_factory(engine), rows)
    engine.dispose()


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory, password_hash: str) -> dict[int, Path]:
    """Databases made once, by number of variants; each test gets a copy."""
    folder = tmp_path_factory.mktemp("templates")
    made = {}
    for variants in (FEW, MANY):
        made[variants] = folder / f"{variants}.db"
        url = f"sqlite:///{made[variants]}"
        migrate(url)
        fill(url, variants=variants, password_hash=password_hash)
    return made


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with temporary_postgres() as url:
        yield url


@pytest.fixture
def empty_postgres(postgres_server: str) -> Iterator[str]:
    """The URL of a new database without tables."""
    name = f"web_{uuid4().hex}"
    server = create_engine(
        make_url(postgres_server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def sqlite_url(tmp_path: Path, templates: dict[int, Path]) -> str:
    shutil.copy(templates[FEW], tmp_path / "shop.db")
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_url(request: pytest.FixtureRequest) -> str:
    """The same small shop on each database."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def postgres_url(empty_postgres: str, password_hash: str) -> str:
    migrate(empty_postgres)
    fill(empty_postgres, variants=FEW, password_hash=password_hash)
    return empty_postgres


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    return Settings(database_url=sqlite_url, jobs=False)


@pytest.fixture
def opener() -> Opener:
    """``async with opener(settings) as browser``: for tests with settings of their own."""
    return open_browser


@pytest.fixture
async def browser(settings: Settings) -> AsyncIterator[Browser]:
    async with open_browser(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """Debian's Chromium. Without one the tests skip, but fail where a browser is required."""
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(open_chromium())
        except NoBrowserError as exc:
            if os.environ.get("COMMERCE_REQUIRE_BROWSER") == "1":
                raise
            pytest.skip(str(exc))
        yield opened


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    """A page without cookies; script errors and violations of our policy fail the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    opened.set_default_timeout(8000)
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on(
        "console",
        lambda line: problems.append(line.text) if "Content Security" in line.text else None,
    )
    yield opened
    context.close()
    assert problems == []


@pytest.fixture
def server_address(sqlite_url: str) -> Iterator[str]:
    """The address of a real server over the small shop, such as ``http://127.0.0.1:1234/``."""
    with running_server(sqlite_url) as (_process, address):
        yield address
