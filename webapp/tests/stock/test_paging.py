"""The board says which rows it shows, on whatever way somebody came to the page."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from commerce_core.testing import make_shop
from webapp.accounts.roles import Role
from webapp.tests.harness import FEW
from webapp.tests.stockroom import words

if TYPE_CHECKING:
    import httpx

    from webapp.tests.harness import Browser as Visitor

pytestmark = pytest.mark.anyio

COUNT = 117


@pytest.fixture
async def visitor(browser: Visitor) -> Visitor:
    await browser.database.transact(lambda session: make_shop(session, variants=COUNT - FEW))
    await browser.become(Role.VIEWER)
    return browser


def shown(page: httpx.Response) -> str:
    found = re.search(r"(\d+)\u2013(\d+) of (\d+)", words(page))
    return found[0] if found else ""


def address(page: httpx.Response, way: str) -> str:
    found = [html.unescape(link) for link in re.findall(r'href="(/stock\?[^"]*)"', page.text)]
    return next(link for link in found if f"{way}=" in link)


async def test_back_and_forth_the_same_rows_have_the_same_places(visitor: Visitor) -> None:
    page = await visitor.get("/stock")
    said = [shown(page)]
    for way in ("after", "after", "before", "after", "before", "before"):
        page = await visitor.get(address(page, way))
        said.append(shown(page))
    first, middle, last = "1\u201350 of 117", "51\u2013100 of 117", "101\u2013117 of 117"
    assert said == [first, middle, last, middle, last, middle, first]


async def test_a_typed_start_cannot_name_rows_that_are_not_there(visitor: Visitor) -> None:
    page = await visitor.get(address(await visitor.get("/stock"), "after"))
    onward = address(page, "after").partition("&start")[0]
    back = onward.replace("after", "before")
    for start in ("99999999", "0", "\u0663", "1" * 40):
        assert shown(await visitor.get(f"{onward}&start={start}")) == "101\u2013117 of 117"
        place = shown(await visitor.get(f"{back}&start={start}"))
        assert 0 < int(place.split(" ")[0].split("\u2013")[1]) <= COUNT
