"""The page /stock as somebody reads it: which rows, in which order, with which numbers."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from commerce_core import make_engine, make_session_factory
from commerce_core.catalog import create_product, create_variant, get_variant
from commerce_core.inventory import get_location, receive_stock, ship_stock
from commerce_core.journal import Cursor, ensure_epoch, read_cursor
from commerce_core.models import metadata
from commerce_core.money import Money
from commerce_core.testing import make_location, make_variant
from webapp.accounts.roles import Role
from webapp.live.changes import read_changes
from webapp.live.lowness import read_low
from webapp.live.topics import Topic, cut
from webapp.stock import board as board_module
from webapp.stock import census as census_module
from webapp.stock.filters import BoardFilter, StateFilter
from webapp.stock.sales import read_sales

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from webapp.tests.harness import Browser

DASH = "\u2013"
pytestmark = pytest.mark.anyio

ALL = ["ALM-CHA-S", "ALM-CHA-M", "ALM-INK-M", "MOO-FOG", "MOO-CLA", "OEL-SAG"]


async def skus(browser: Browser, address: str = "/stock") -> list[str]:
    answer = await browser.get(address)
    assert answer.status_code == 200
    return re.findall(r'class="mono muted md">([^<]+)<', answer.text)


def cell(page: str, key: str) -> str:
    """Return the words of a cell, as a screen reader says them."""
    found = re.search(rf'<(td|span) id="{key}"[^>]*>(.*?)</\1>', page, re.DOTALL)
    assert found, key
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[2])).split())


async def test_rows_stand_by_product_and_in_the_order_of_its_variants(clerk: Browser) -> None:
    found = await skus(clerk)
    # Databases differ on where Ü comes; within a product the order is the product's own.
    assert sorted(found) == sorted(ALL)
    assert [sku for sku in found if sku.startswith("ALM")] == ALL[:3]
    page = (await clerk.get("/stock")).text
    assert page.count('scope="rowgroup"') == 3
    assert "6 variants in 2 locations" in page


async def test_numbers_of_each_location_and_of_all(clerk: Browser) -> None:
    page = (await clerk.get("/stock")).text
    assert cell(page, "c1-1") == "Adjust Chalk · S in Hamburg, 22"
    assert cell(page, "h1-1") == "22"
    assert cell(page, "c2-2") == "Adjust Chalk · M in Leipzig, 1 , below the minimum of 2"
    assert cell(page, "t2") == "20"
    assert cell(page, "m2") == "7"
    assert cell(page, "i2") == DASH
    assert cell(page, "c4-1") == "Adjust Sage in Hamburg, 1,240"
    assert cell(page, "p1") == "3 variants, 47 available"
    assert cell(page, "c6-1") == f"Adjust Clay in Hamburg, {DASH}"
    assert cell(page, "t6") == DASH


async def test_states_are_silent_low_or_out(clerk: Browser) -> None:
    page = (await clerk.get("/stock")).text
    states = {number: cell(page, f"s{number}") for number in (1, 2, 3, 6)}
    assert states == {1: "In stock", 2: "Low", 3: "Out", 6: ""}


async def test_what_is_low_by_its_own_threshold_is_low_everywhere(clerk: Browser) -> None:
    def expect_more(session: Session) -> Cursor:
        get_variant(session, sku="ALM-CHA-S").low_stock_threshold = 50
        get_variant(session, sku="ALM-CHA-M").track_inventory = False
        return read_cursor(session)

    begin = await clerk.database.transact(expect_more)

    assert await skus(clerk, "/stock?state=low") == ["ALM-CHA-S"]
    assert await skus(clerk, "/stock?state=low&location=LEI") == ["ALM-CHA-S"]
    page = (await clerk.get("/stock")).text
    assert (cell(page, "s1"), cell(page, "s2")) == ("Low", "In stock")
    assert re.search(r'href="/stock\?state=low"[^>]*>Low <span class="n">1<', page)
    # A cell tells of its own location: no minimum is missed there.
    assert cell(page, "c1-1") == "Adjust Chalk · S in Hamburg, 22"
    assert cell(page, "c2-2") == "Adjust Chalk · M in Leipzig, 1"
    assert "Linen shirt Alma" in (await clerk.get("/products?stock=low")).text

    def move(session: Session) -> None:
        variant = get_variant(session, sku="ALM-CHA-S")
        receive_stock(session, variant, get_location(session, code="LEI"), quantity=1, actor="t")

    await clerk.database.transact(move)
    async with clerk.database.reads() as session:
        changes = await session.run_sync(read_changes, begin)
        low = await session.run_sync(read_low)
    assert [state.is_low for state in changes.variants] == [True]
    assert [level.location for level in cut(changes, Topic("low")).levels] == ["LEI"]
    assert low == {(1, 1), (1, 2)}


async def test_colours_stand_before_the_names_that_have_one(clerk: Browser) -> None:
    page = (await clerk.get("/stock")).text
    assert page.count('fill="#f1ede4"') == 2
    assert page.count('fill="#9db08f"') == 1
    assert page.count('class="swatch"') == 4


async def test_a_viewer_sees_the_same_numbers_and_no_button(clerk: Browser) -> None:
    await clerk.become(Role.VIEWER)
    page = (await clerk.get("/stock")).text
    assert cell(page, "c1-1") == "22"
    assert "data-popup" not in page
    assert 'id="adjust"' not in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=alma", ALL[:3]),
        ("q=chalk+m", ["ALM-CHA-M"]),
        ("q=4006381333931", ["ALM-CHA-S"]),
        ("q=moo-", ["MOO-FOG", "MOO-CLA"]),
        ("q=%C3%B6land", ["OEL-SAG"]),
        ("q=nothing", []),
        ("state=low", ["ALM-CHA-M"]),
        ("state=out", ["ALM-INK-M"]),
        ("state=nonsense", None),
        ("product=wool-throw-moor", ["MOO-FOG", "MOO-CLA"]),
        ("product=wool-throw-moor&product=linen-shirt-alma", ALL[:5]),
        ("product=unknown", []),
        ("location=LEI", ["ALM-CHA-S", "ALM-CHA-M", "MOO-FOG"]),
        ("location=LEI&state=low", ["ALM-CHA-M"]),
        ("location=HAM&state=low", []),
        ("location=LEI&state=out", []),
        ("location=HAM&state=out", ["ALM-INK-M"]),
        ("location=unknown", []),
        ("q=alma&state=low", ["ALM-CHA-M"]),
        ("q=moor&state=low", []),
        ("after=999999", None),
        ("after=x&before=%F0%9F%98%80", None),
    ],
)
async def test_filters(clerk: Browser, query: str, expected: list[str] | None) -> None:
    found = await skus(clerk, f"/stock?{query}")
    assert found == expected if expected is not None else sorted(found) == sorted(ALL)


async def test_a_location_filter_leaves_its_columns_alone(clerk: Browser) -> None:
    page = (await clerk.get("/stock?location=LEI")).text
    assert 'id="c1-2"' in page
    assert 'id="c1-1"' not in page
    assert cell(page, "t1") == "27"


async def test_facets_count_what_they_open(clerk: Browser) -> None:
    page = (await clerk.get("/stock")).text
    assert re.search(r'href="/stock\?state=low"[^>]*>Low <span class="n">1<', page)
    assert re.search(r'href="/stock\?state=out"[^>]*>Out <span class="n">1<', page)
    assert re.search(r'value="LEI"> Leipzig <span class="n">3<', page)
    narrowed = (await clerk.get("/stock?q=alma")).text
    assert re.search(r'href="/stock\?q=alma&amp;state=low">Low</a>', narrowed)


async def test_what_is_chosen_can_be_taken_off(clerk: Browser) -> None:
    page = (await clerk.get("/stock?state=low&location=LEI&q=chalk")).text
    assert 'href="/stock?q=chalk&amp;location=LEI"><b>Low</b>' in page
    assert 'href="/stock?q=chalk&amp;state=low"><b>Leipzig</b>' in page
    assert '<input type="hidden" name="state" value="low">' in page


@pytest.mark.parametrize("size", [1, 2, 4])
async def test_pages_lead_through_everything_and_back(
    clerk: Browser, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    whole = await skus(clerk)
    backwards = await skus(clerk, "/stock?sort=-name")
    assert backwards == whole[::-1]
    monkeypatch.setattr(board_module, "PAGE_SIZE", size)
    for first, expected in (("/stock", whole), ("/stock?sort=-name", backwards)):
        pages, ranges, address, answer = [], [], first, ""
        while address:
            answer = (await clerk.get(address)).text
            pages.append(await skus(clerk, address))
            ranges.append(re.search(r"<footer><span>([^<]+)<", answer)[1])  # type: ignore[index]
            address = link(answer, "next")
        assert [sku for page in pages for sku in page] == expected
        assert ranges[0] == f"1{DASH}{size} of 6"
        assert ranges[-1].endswith(f"{DASH}6 of 6")
        while previous := link(answer, "prev"):
            pages.pop()
            assert (await skus(clerk, previous))[-len(pages[-1]) :] == pages[-1][-size:]
            answer = (await clerk.get(previous)).text


def link(page: str, rel: str) -> str:
    found = re.search(rf'<a href="([^"]+)" rel="{rel}"', page)
    return unescape(found[1]) if found else ""


async def test_htmx_gets_the_table_the_facets_and_the_address(clerk: Browser) -> None:
    headers = {"hx-request": "true", "hx-current-url": "http://shop.test/stock"}
    answer = await clerk.get("/stock?q=alma&q2=&state=", headers=headers)
    assert "<html" not in answer.text
    assert answer.text.count('id="board"') == 1
    assert 'hx-target="#facets"' in answer.text
    assert answer.headers["hx-push-url"] == "/stock?q=alma"
    again = await clerk.get("/stock", headers=headers)
    assert again.headers["hx-push-url"] == "false"


async def test_a_search_without_a_match_says_so_and_leads_out(clerk: Browser) -> None:
    page = (await clerk.get("/stock?q=%3Cb%3Enothing&state=low")).text
    assert "Nothing matches “&lt;b&gt;nothing”" in page
    assert "Filters on: Low." in page
    assert "<b>nothing" not in page


async def test_a_shop_without_variants_says_how_to_begin(browser: Browser) -> None:
    def empty(session: Session) -> None:
        for table in (
            "catalog_change", "idempotency_key", "stock_movement", "stock_policy",
            "stock_level", "variant_option_value", "variant", "product_option_type", "product",
        ):  # fmt: skip
            session.execute(text(f"DELETE FROM commerce_{table}"))  # noqa: S608

    await browser.database.transact(empty)
    await browser.become(Role.VIEWER)
    assert "No variants yet" in (await browser.get("/stock")).text


async def test_sold_bars_count_fourteen_days_in_the_shops_zone(clerk: Browser) -> None:
    def sell(session: Session) -> None:
        variant, place = get_variant(session, sku="MOO-FOG"), get_location(session, code="HAM")
        for quantity in (2, 3):
            ship_stock(session, variant, place, quantity=quantity, actor="tests")

    await clerk.database.transact(sell)
    page = (await clerk.get("/stock?q=moo-fog")).text
    assert 'aria-label="Sold in 14 days: 5"' in page


async def test_a_large_shop_shows_counts_that_were_kept(
    clerk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(census_module, "SMALL", 0)
    monkeypatch.setattr(census_module, "_KEEP_FACTOR", 1e9)
    assert "6 variants" in (await clerk.get("/stock")).text

    def add(session: Session) -> None:
        product = create_product(session, name="Jute rug Bo")
        variant = create_variant(session, product, sku="BO", price=Money.of(1, "EUR"))
        place = get_location(session, code="HAM")
        receive_stock(session, variant, place, quantity=1, actor="tests")

    await clerk.database.transact(add)
    page = (await clerk.get("/stock")).text
    assert "6 variants" in page
    assert ">BO<" in page


def test_an_address_says_what_was_read_from_it() -> None:
    wanted = BoardFilter(
        query="a b",
        products=("x", "y"),
        locations=("HAM",),
        state=StateFilter.OUT,
        is_descending=True,
    )
    assert wanted.url() == "/stock?q=a+b&product=x&product=y&location=HAM&state=out&sort=-name"
    assert wanted.url(after=7, start=50).endswith("&after=7&start=50")
    assert BoardFilter(after=7, start=50).url(state=StateFilter.LOW) == "/stock?state=low"
    assert BoardFilter.read({"q": "  x  ", "after": "12", "start": "-3"}) == BoardFilter(
        query="x", after=12
    )


def test_a_day_ends_at_midnight_in_the_shop() -> None:
    engine = make_engine("sqlite://")
    metadata.create_all(engine)
    factory = make_session_factory(engine)
    berlin = ZoneInfo("Europe/Berlin")
    with factory() as session, session.begin():
        ensure_epoch(session)
        place = make_location(session)
        variant = make_variant(session)
        start = datetime(2026, 1, 1, tzinfo=UTC)
        receive_stock(session, variant, place, quantity=50, actor="t", occurred_at=start)
        for at, quantity in (
            (datetime(2026, 1, 9, 22, 59, tzinfo=UTC), 1),  # still the 9th in Berlin
            (datetime(2026, 1, 9, 23, 1, tzinfo=UTC), 2),  # the 10th there
            (datetime(2026, 1, 10, 22, 59, tzinfo=UTC), 4),
        ):
            ship_stock(session, variant, place, quantity=quantity, actor="t", occurred_at=at)
        as_of = datetime(2026, 1, 10, 22, 59, tzinfo=UTC)
        sold = read_sales(session, [variant.id], zone=berlin, as_of=as_of, days=3)
        assert sold == {variant.id: [0, 1, 6]}
    engine.dispose()
