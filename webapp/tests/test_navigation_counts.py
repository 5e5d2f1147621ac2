"""The figures of the sidebar are those of the lists they lead to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from commerce_core.inventory.purchasing_models import PurchaseOrder
from webapp.accounts.roles import Role
from webapp.tests.harness import frozen_clock
from webapp.tests.stockroom import fill_papers, submit

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio


async def figures(browser: Browser) -> dict[str, str]:
    page = await browser.get("/stock/counts")
    sidebar = page.text.partition('class="sidebar"')[2].partition("</nav>")[0]
    found = re.findall(r'<a href="([^"]+)"[^>]*>(?:(?!</a>).)*class="count[^"]*">([^<]+)<', sidebar)
    return dict(found)


async def test_what_waits_stands_in_the_sidebar(browser: Browser) -> None:
    await browser.become(Role.CLERK)
    assert await figures(browser) == {}
    await browser.database.transact(fill_papers)
    assert await figures(browser) == {
        "/orders": "11",
        "/returns": "1",
        "/stock/counts": "1",
        "/stock/transfers": "1",
        "/stock/purchase-orders": "1",
    }
    await submit(browser, "/stock/counts/1/cancel")
    assert "/stock/counts" not in await figures(browser)


async def test_what_is_late_is_told_instead(browser: Browser) -> None:
    with frozen_clock() as clock:
        await browser.become(Role.CLERK)
        await browser.database.transact(fill_papers)

        def expect(session: Session) -> None:
            session.get_one(PurchaseOrder, 1).expected_on = clock.now().date()

        await browser.database.transact(expect)
        assert (await figures(browser))["/stock/purchase-orders"] == "1"
        clock.move(days=1)
        await browser.become(Role.CLERK)
        assert (await figures(browser))["/stock/purchase-orders"] == "1 late"


async def test_only_the_innermost_area_is_current(browser: Browser) -> None:
    await browser.become(Role.CLERK)
    page = await browser.get("/stock/counts")
    sidebar = page.text.partition('class="sidebar"')[2].partition("</nav>")[0]
    assert re.findall(r'href="([^"]+)" aria-current', sidebar) == ["/stock/counts"]
