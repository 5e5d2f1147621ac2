"""Renders every page at three widths, light and dark, and reports what does not fit.

``python -m webapp.tests.screenshots`` runs the demo; with ``--url``, ``--email`` and ``--password``
it visits a shop that runs. Pages are found by following links from the start page: one
for each kind of address. The exit code is 1 if a page scrolls sideways or reports an error.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from webapp.tests.chromium import open_chromium

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from playwright.sync_api import Browser, ConsoleMessage, Page

SIZES = ((390, 844), (1280, 800), (1920, 1080))
SCHEMES = ("light", "dark")
PHONE = 640
SETTLE_MS = 400
END_SECONDS = 20
MOST_PAGES = 60


@dataclass(frozen=True)
class Shop:
    """An address, and who may see everything there."""

    url: str
    email: str
    password: str


@dataclass
class Tour:
    """What has been seen: pages by kind of address, and what was wrong."""

    folder: Path
    pages: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def kind_of(path: str) -> str:
    """Return the address with its numbers and codes taken out: /products/42 is /products/*."""
    parts = [("*" if re.search(r"\d", part) else part) for part in path.strip("/").split("/")]
    return "/" + "/".join(parts)


def sign_in(page: Page, shop: Shop) -> None:
    """Sign in as somebody does."""
    page.goto(f"{shop.url}/login")
    if page.locator("#password").count():
        page.fill("#email", shop.email)
        page.fill("#password", shop.password)
        page.click("form button.primary")
        page.wait_for_url(lambda url: "/login" not in url)


def find_pages(page: Page, shop: Shop, tour: Tour) -> None:
    """Follow links from the start page; the first address of each kind is kept."""
    waiting, known = ["/"], {"/"}
    while waiting and len(tour.pages) < MOST_PAGES:
        answer = page.goto(shop.url + waiting.pop(0), wait_until="domcontentloaded")
        if answer is None or "text/html" not in answer.headers.get("content-type", ""):
            continue
        path = urlsplit(page.url).path
        tour.pages.setdefault(kind_of(path), path)
        for link in page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"):
            wanted = urlsplit(urljoin(page.url, link)).path
            if link.startswith(shop.url) and kind_of(wanted) not in known:
                known.add(kind_of(wanted))
                waiting.append(wanted)


def take(page: Page, shop: Shop, tour: Tour, scheme: str) -> None:
    """Take every page in the size of the window and one scheme."""
    size = page.viewport_size or {"width": 0, "height": 0}
    width, height = size["width"], size["height"]
    for path in tour.pages.values():
        page.goto(shop.url + path, wait_until="load")
        page.wait_for_timeout(SETTLE_MS)
        name = path.strip("/").replace("/", "-") or "start"
        wide, high = page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        # A tall window instead of full_page, which forgets that a phone has a coarse pointer.
        page.set_viewport_size({"width": width, "height": max(high, height)})
        page.screenshot(path=tour.folder / f"{name}-{width}-{scheme}.png")
        page.set_viewport_size({"width": width, "height": height})
        if wide > width:
            tour.problems.append(f"{path} at {width} px is {wide} px wide")


def visit(browser: Browser, shop: Shop, tour: Tour) -> None:
    """Find the pages once, then take them in all sizes."""
    for width, height in SIZES:
        for scheme in SCHEMES:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,  # type: ignore[arg-type]  # its two words
                reduced_motion="reduce",
                device_scale_factor=2 if width < PHONE else 1,
                has_touch=width < PHONE,
                is_mobile=width < PHONE,
            )
            page = context.new_page()
            page.on("pageerror", lambda error: tour.problems.append(f"script error: {error}"))
            page.on("console", lambda line: note_console(line, tour))
            # Before signing in, so that /login is the sign-in page.
            page.goto(f"{shop.url}/login")
            page.screenshot(path=tour.folder / f"login-{width}-{scheme}.png")
            sign_in(page, shop)
            if not tour.pages:
                find_pages(page, shop, tour)
            take(page, shop, tour, scheme)
            context.close()


def note_console(line: ConsoleMessage, tour: Tour) -> None:
    """Remember what a browser reports as an error."""
    if line.type == "error":
        tour.problems.append(f"{line.location.get('url', '')}: {line.text}")


@contextmanager
def own_shop() -> Iterator[Shop]:
    """Run the demo until the block ends; nothing moves in it, so pictures can be compared."""
    command = [sys.executable, "-m", "webapp.cli", "demo", "--still", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield read_shop(server.stdout or ())
    finally:
        server.terminate()
        server.wait(END_SECONDS)


def read_shop(lines: Iterable[str]) -> Shop:
    """Read the address and the admin's login from what the demo says."""
    said = ""
    for line in lines:
        said += line
        found = re.search(
            r"(https?://[^/\s]+).*?(\S+@\S+)\s+admin\b.*?password (\S+)", said, re.DOTALL
        )
        if found:
            return Shop(*found.groups())
    message = f"the demo did not open: {said[-300:]}"
    raise RuntimeError(message)


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the pictures and say where they are."""
    parser = argparse.ArgumentParser(description="Render every page into a folder.")
    parser.add_argument("--url", help="a shop that runs; without it the demo is")
    parser.add_argument("--email", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--folder", type=Path, default=Path("screenshots"))
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    tour = Tour(options.folder)
    with open_chromium() as browser:
        if options.url:
            visit(browser, Shop(options.url.rstrip("/"), options.email, options.password), tour)
        else:
            with own_shop() as shop:
                visit(browser, shop, tour)
    for problem in sorted(set(tour.problems)):
        sys.stdout.write(f"problem: {problem}\n")
    sys.stdout.write(f"{len(tour.pages) + 1} pages in {options.folder}/\n")
    return 1 if tour.problems else 0


if __name__ == "__main__":
    sys.exit(main())
