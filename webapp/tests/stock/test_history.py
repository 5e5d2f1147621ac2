"""The page of one variant: its levels, and what happened to them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.catalog import get_variant
from commerce_core.inventory import (
    MovementKind,
    adjust_stock,
    extend_reservation,
    get_location,
    reserve_stock,
)
from commerce_core.inventory.models import QUANTITIES
from webapp.accounts.roles import Role
from webapp.stock import history as history_module
from webapp.stock.history_filter import GROUPS
from webapp.tests.kit.conftest import make_environment

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from webapp.tests.harness import Browser

DASH = "\u2013"

pytestmark = pytest.mark.anyio


async def test_it_tells_what_happened_newest_first_and_by_whom(clerk: Browser) -> None:
    await clerk.post(
        "/stock/adjust", {"at": "2-1", "delta": "3", "reason": "Found", "note": "", "key": "k1"}
    )
    page = (await clerk.get("/stock/2")).text
    assert "Linen shirt Alma, Chalk · M" in page
    rows = [
        " ".join(re.sub(r"<[^>]+>", " ", row).split())
        for row in re.findall(
            r"<tr><th scope=\"row\" class=\"when\"><time.*?</tr>", page, re.DOTALL
        )
    ]
    assert len(rows) == 5
    assert re.search(r"Adjusted Hamburg \+3 22 Hamburg Some clerk Found$", rows[0])
    assert f"Minimum changed Leipzig {DASH} 1 Leipzig tests Minimum 2" in rows[1]
    assert re.search(rf"Received Hamburg \+19 19 Hamburg tests {DASH}$", rows[-1])


async def test_its_levels_are_live_and_its_stream_is_its_own(clerk: Browser) -> None:
    page = (await clerk.get("/stock/2")).text
    assert 'id="c2-2"' in page
    assert re.search(r'hx-sse:connect="/live/stock\?variant=2&amp;after=[\w.-]+"', page)
    assert 'data-popup="adjust"' in page
    await clerk.become(Role.VIEWER)
    assert 'data-popup="adjust"' not in (await clerk.get("/stock/2")).text


async def test_a_long_history_is_read_page_by_page(
    clerk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def many(session: Session) -> None:
        variant, place = get_variant(session, sku="MOO-FOG"), get_location(session, code="HAM")
        for number in range(9):
            adjust_stock(session, variant, place, quantity=1, reason=f"no {number}", actor="x")

    await clerk.database.transact(many)
    monkeypatch.setattr(history_module, "PAGE_SIZE", 4)
    address, reasons = "/stock/5", []
    while address:
        page = (await clerk.get(address)).text
        reasons += re.findall(r'title="(no \d)"', page)
        found = re.search(r'<a href="([^"]+)" rel="next"', page)
        address = found[1] if found else ""
    assert reasons == [f"no {number}" for number in range(8, -1, -1)]


async def rows_of(browser: Browser, address: str) -> list[str]:
    """What the list of movements says happened, newest first."""
    page = (await browser.get(address)).text
    return re.findall(r'class="when">.*?<span class="two"><span>([^<]+)</span>', page, re.DOTALL)


async def test_the_list_is_narrowed_by_kind_location_and_day(clerk: Browser) -> None:
    def change(session: Session) -> None:
        variant, here = get_variant(session, sku="ALM-CHA-M"), get_location(session, code="HAM")
        adjust_stock(session, variant, here, quantity=-1, reason="Lost", actor="x")
        held = reserve_stock(session, variant, here, quantity=2, actor="x")
        extend_reservation(session, held, expires_in=timedelta(hours=1), actor="x")

    await clerk.database.transact(change)
    newest = ["Reservation extended", "Reserved", "Adjusted"]
    assert (await rows_of(clerk, "/stock/2"))[:3] == newest
    assert await rows_of(clerk, "/stock/2?what=baskets") == newest[:2]
    assert await rows_of(clerk, "/stock/2?what=corrections&what=shipments") == ["Adjusted"]
    here = await rows_of(clerk, "/stock/2?location=LEI")
    assert here
    assert not set(here) & set(newest)
    today = datetime.now(UTC).date()
    assert await rows_of(clerk, f"/stock/2?what=baskets&since={today + timedelta(days=2)}") == []
    assert await rows_of(clerk, f"/stock/2?what=baskets&since={today - timedelta(days=2)}")
    empty = (await clerk.get("/stock/2?what=transfers")).text
    assert "Nothing matches these filters" in empty
    assert "Filters on: Transfers." in empty


@pytest.mark.parametrize(
    "query",
    [
        "what=nonsense",
        "location=%00",
        "since=x",
        "since=0001-01-01",
        "since=9999-12-31",
        "before=x",
    ],
)
async def test_any_address_of_the_list_gets_an_answer(clerk: Browser, query: str) -> None:
    assert (await clerk.get(f"/stock/2?{query}")).status_code == 200


def test_every_kind_of_movement_has_words_and_one_filter() -> None:
    words: Any = make_environment().get_template("stock/_words.html").module
    assert set(words.kinds) == {kind.value for kind in MovementKind}
    assert set(words.quantities) == set(QUANTITIES)
    assert set(words.groups) == set(GROUPS)
    assert sorted(kind for kinds in GROUPS.values() for kind in kinds) == sorted(MovementKind)


async def test_a_variant_that_never_moved_says_so(clerk: Browser) -> None:
    page = (await clerk.get("/stock/6")).text
    assert "Nothing has moved yet" in page


@pytest.mark.parametrize("address", ["/stock/999", f"/stock/{10**17}", "/stock/2?before=999"])
async def test_addresses_that_lead_nowhere(clerk: Browser, address: str) -> None:
    expected = 200 if "before" in address else 404
    assert (await clerk.get(address)).status_code == expected
