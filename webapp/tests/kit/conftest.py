"""Fixtures of the page kit's tests: its environment, a browser, and a stage to look at."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader

from webapp.accounts.roles import Role
from webapp.navigation import AREAS
from webapp.page import TEMPLATES, configure_environment
from webapp.tests.chromium import NoBrowserError, open_chromium
from webapp.tests.kit.board import BOARD, button, connection
from webapp.tests.kit.stage import Stage, open_stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page


@dataclass(frozen=True)
class Shop:
    """The settings a page reads."""

    shop_name: str = "Kiefer & Kalk"
    locale: str = "en"
    time_zone: str = "Europe/Berlin"


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in."""

    name: str = "Mara Jansen"
    email: str = "mara@example.com"
    role: Role = Role.ADMIN


def make_environment(locale: str = "en", **templates: str) -> Environment:
    """The application's environment, with templates of the test beside the real ones."""
    loader = ChoiceLoader([DictLoader(templates), FileSystemLoader(TEMPLATES)])
    env = Environment(loader=loader, autoescape=True)
    configure_environment(env, Shop(locale=locale)).open(area.href for area in AREAS)
    return env


def page_context(**more: Any) -> dict[str, Any]:
    """What a request adds to every page."""
    return {"user": Person(), "path": "/stock", "csrf_token": lambda: "token-1", **more}


@pytest.fixture
def env() -> Environment:
    return make_environment()


@pytest.fixture
def render(env: Environment) -> Callable[..., str]:
    """Render a line of template text, with the kit at hand."""

    def render_text(text: str, **context: Any) -> str:
        return env.from_string(text).render(page_context(**context))

    return render_text


@pytest.fixture
def stage() -> Iterator[Stage]:
    with open_stage() as stage:
        yield stage


@pytest.fixture(scope="module")  # only one may drive a browser at a time in a process
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; the test is skipped with a reason where there is none."""
    with ExitStack() as stack:
        try:
            browser = stack.enter_context(open_chromium())
        except NoBrowserError as exc:
            if os.environ.get("COMMERCE_REQUIRE_BROWSER") == "1":
                raise
            pytest.skip(str(exc))
        yield browser


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of its own whose script errors and CSP violations fail the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda line: problems.append(line.text) if "Content Security" in line.text else None,
    )
    page.set_default_timeout(8000)
    yield page
    context.close()
    assert problems == []


@pytest.fixture
def board(page: Page, stage: Stage) -> Page:
    """A board of three cells at version 5, with its stream open."""
    env = make_environment(board=BOARD)
    shown = {"rows": [("q-1-1", 17), ("q-1-2", 3), ("q-2-1", 0)], "version": 5, "button": button}

    def html() -> str:
        return env.get_template("board").render(page_context(stream="/stream", **shown))

    stage.pages["/stock"] = html
    stage.shown = shown
    page.goto(f"{stage.url}/stock")
    connection(page, "Live")
    return page
