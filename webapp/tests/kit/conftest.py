"""Fixtures of the page kit's tests: its environment, a browser, and a stage to look at."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader

from webapp.accounts.roles import Role
from webapp.navigation import AREAS
from webapp.page import STATIC, TEMPLATES, configure_environment
from webapp.tests.kit.stage import Stage, open_stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


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


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; the test is skipped with a reason where there is none."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if found is None:
        pytest.skip("no Chromium on this machine: apt install chromium")
    if not (STATIC / "vendor" / "htmx.min.js").exists():
        pytest.skip("the vendor files are not built: python hatch_build.py")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


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
