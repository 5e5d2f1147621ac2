"""Where the browser is, and how it is started: the same for tests and for screenshots."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from webapp.page import STATIC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


class NoBrowserError(Exception):
    """A browser cannot be driven here; the message says what is missing."""


def find_chromium() -> str:
    """Return the path of Chromium.

    Raises:
        NoBrowserError: there is none, or the vendor files that pages need are not built.
    """
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise NoBrowserError("no Chromium on this machine: apt install chromium")
    if not (STATIC / "vendor" / "htmx.min.js").exists():
        raise NoBrowserError("the vendor files are not built: python hatch_build.py")
    return found


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """Run Chromium without a window until the block ends.

    Raises:
        NoBrowserError: it cannot be started here.
    """
    path = find_chromium()
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where it is used
    except ModuleNotFoundError as exc:
        raise NoBrowserError("playwright is not installed: pip install playwright") from exc
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
