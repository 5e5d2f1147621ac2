"""The board's part of the benchmark ``foundations``: its listing must not feel the catalog's size.

The whole request is measured, from the ASGI call to the last byte of the page, with the session's
query, every statement and the rendering; for the plain list, a search, and the low filter.
"""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import httpx
from sqlalchemy import create_engine, make_url, text

from benchmarks._board_shop import fill_shop
from benchmarks._measure import measure_pair
from commerce_core.clock import utc_now
from commerce_core.testing import temporary_postgres
from webapp import migrations
from webapp.accounts.roles import Role
from webapp.accounts.sessions import SessionLimits, start_session
from webapp.accounts.users import create_user
from webapp.app import create_app
from webapp.security import session_cookie_name
from webapp.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from litestar import Litestar
    from sqlalchemy.orm import Session

    from benchmarks._report import Report

SMALL, LARGE = 1_000, 100_000
TARGET = "<= 1.5"
PAGES = {
    "listing": "/stock",
    "listing from the middle on": "/stock?after={middle}",
    "search by a name, a full page at both sizes": "/stock?q=jubilee",
    "search by a name and a colour, a full page at both sizes": "/stock?q=jubilee+chalk",
    "search by a name, 16 rows at 1,000 and 50 at 100,000": "/stock?q=teashirt",
    "search by a name and a colour, 2 rows at 1,000 and 50 at 100,000": "/stock?q=teashirt+chalk",
    "search by SKU": "/stock?q=nev-00057",
    "low filter": "/stock?state=low",
}


def add_board_claims(report: Report, *, rounds: int = 30) -> None:
    """Fill four shops, two sizes on two databases, and compare each page between the sizes."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(temporary_postgres(fsync=True))
        for kind in ("SQLite", "PostgreSQL"):
            urls = [_new_database(kind, folder, server, size) for size in (SMALL, LARGE)]
            sizes = (SMALL, LARGE)
            shops = [
                stack.enter_context(open_shop(*both)) for both in zip(urls, sizes, strict=True)
            ]
            for name, path in PAGES.items():
                small, large = (shop.visit(path) for shop in shops)
                pairing = measure_pair(large, small, rounds=rounds, warmup=5)
                claim = f"{kind}: {name} at {LARGE:,} variants over {SMALL:,}"
                report.add(claim, pairing.ratio, TARGET)
                context = report.context.setdefault("board_ms", {})
                context[f"{kind} {name}"] = [
                    round(side.median * 1000, 1) for side in (pairing.second, pairing.first)
                ]


class Shop:
    """The application over one database, visited by somebody who is signed in."""

    def __init__(self, runner: asyncio.Runner, http: httpx.AsyncClient, size: int) -> None:
        self._runner = runner
        self._http = http
        self._size = size

    def visit(self, path: str) -> Callable[[], None]:
        """Return work that reads the page once.

        Raises:
            RuntimeError: the page is not what it should be.
        """
        address = path.format(middle=self._size // 2)

        def read() -> None:
            answer = self._runner.run(self._http.get(address))
            if answer.status_code != 200 or "data-version" not in answer.text:
                message = f"{address} answered {answer.status_code} without any number"
                raise RuntimeError(message)

        return read


@contextmanager
def open_shop(url: str, size: int) -> Iterator[Shop]:
    """Fill the database at ``url``, and open the application over it until the block ends."""
    fill_shop(url, size)
    migrations.upgrade(url)
    settings = Settings(database_url=url, jobs=False)
    app = create_app(settings)
    with asyncio.Runner() as runner:
        is_open, end = asyncio.Event(), asyncio.Event()
        keeper = runner.get_loop().create_task(_keep_open(app, is_open, end))
        runner.run(is_open.wait())
        token = runner.run(app.state.database.transact(_sign_in, settings))
        http = httpx.AsyncClient(
            transport=httpx.ASGITransport(cast("Any", app)),
            base_url="http://shop.test",
            cookies={session_cookie_name(settings): token},
        )
        try:
            yield Shop(runner, http, size)
        finally:
            end.set()
            runner.run(http.aclose())
            runner.run(_join(keeper))


async def _keep_open(app: Litestar, is_open: asyncio.Event, end: asyncio.Event) -> None:
    """Run the application's lifespan in one task, as Litestar wants it."""
    async with app.lifespan():
        is_open.set()
        await end.wait()


async def _join(task: asyncio.Task[None]) -> None:
    await task


def _sign_in(session: Session, settings: Settings) -> str:
    user = create_user(
        session,
        email="clerk@example.com",
        name="A clerk",
        role=Role.CLERK,
        password_hash="",
        actor="benchmark",
    )
    limits = SessionLimits.of(settings, stays=False)
    return start_session(session, user, limits=limits, stays=False, as_of=utc_now())


def _new_database(kind: str, folder: Path, server: str, size: int) -> str:
    """Return the URL of an empty database."""
    if kind == "SQLite":
        return f"sqlite:///{folder / f'{size}.db'}"
    url = make_url(server).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE shop{size}"))
    engine.dispose()
    shop = url.set(drivername="postgresql", database=f"shop{size}")
    return shop.render_as_string(hide_password=False)
