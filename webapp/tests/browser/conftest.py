"""A running shop, browsers in which somebody is signed in, and a program beside them."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from webapp.accounts.roles import Role
from webapp.tests.harness import running_server
from webapp.tests.live.wire import session_cookie, third_program
from webapp.tests.stock.conftest import fill

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import BrowserContext, Page

    from webapp.tests.live.wire import ThirdProgram

PATIENCE_MS = 8000


@dataclass
class House:
    """The address of the shop, who commits beside it, and what browsers complained about."""

    url: str
    address: str
    writer: ThirdProgram
    chromium: Chromium
    stack: ExitStack
    process: subprocess.Popen[str]
    problems: list[str] = field(default_factory=list)

    def person(self, role: Role = Role.CLERK, *, width: int = 1280, height: int = 800) -> Page:
        """Open a browser of its own in which somebody of this role is signed in."""
        context: BrowserContext = self.chromium.new_context(
            viewport={"width": width, "height": height}
        )
        self.stack.callback(context.close)
        name, _, value = session_cookie(self.url, role).partition("=")
        context.add_cookies([{"name": name, "value": value, "url": self.address}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on(
            "console",
            lambda line: self.problems.append(line.text) if line.type == "error" else None,
        )
        return page

    def board(self, role: Role = Role.CLERK, query: str = "") -> Page:
        """Open the board and wait until it is live."""
        page = self.person(role)
        page.goto(f"{self.address}stock{query}")
        wait_until_live(page)
        return page


def wait_until_live(page: Page) -> None:
    page.wait_for_selector('#connection[data-state="live"]')


def shown(page: Page, key: str) -> str:
    """Return the figure in a cell."""
    return page.locator(f"#{key} strong").inner_text()


def wait_for_figure(page: Page, key: str, figure: str, *, seconds: float = 8) -> None:
    page.wait_for_function(
        "([key, figure]) => document.querySelector(`#${key} strong`)?.textContent === figure",
        arg=[key, figure],
        timeout=seconds * 1000,
    )


@contextmanager
def open_house(url: str, chromium: Chromium) -> Iterator[House]:
    with (
        running_server(url) as (process, address),
        third_program(url) as writer,
        ExitStack() as stack,
    ):
        yield House(url, address, writer, chromium, stack, process)


@pytest.fixture(scope="module")
def shop_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("browser") / "shop.db"
    fill(f"sqlite:///{path}")
    return path


@pytest.fixture
def house(shop_template: Path, tmp_path: Path, chromium: Chromium) -> Iterator[House]:
    """A shop of its own for each test. Anything a browser reports as an error fails it."""
    copy = tmp_path / "shop.db"
    copy.write_bytes(shop_template.read_bytes())
    with open_house(f"sqlite:///{copy}", chromium) as house:
        yield house
    assert house.problems == []
