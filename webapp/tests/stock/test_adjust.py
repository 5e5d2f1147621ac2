"""A clerk corrects a number: as a form on a page, as a popup, once and only once."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from commerce_core.inventory import StockLevel, StockMovement, verify_ledger
from webapp.accounts.roles import Role

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio

HTMX = {"hx-request": "true"}
MINUS = "\u2212"
FORM = {"at": "1-1", "delta": f"{MINUS}2", "reason": "Damaged", "note": "", "key": "abc123"}


async def on_hand(browser: Browser, variant_id: int = 1, location_id: int = 1) -> int:
    def read(session: Session) -> int:
        level = select(StockLevel.on_hand).filter_by(variant_id=variant_id, location_id=location_id)
        return session.scalar(level) or 0

    async with browser.database.reads() as session:
        return await session.run_sync(read)


async def movements(browser: Browser) -> list[StockMovement]:
    def read(session: Session) -> list[StockMovement]:
        assert verify_ledger(session) == []
        adjusted = select(StockMovement).filter_by(kind="adjusted")
        return list(session.scalars(adjusted.order_by(StockMovement.id)))

    async with browser.database.reads() as session:
        return await session.run_sync(read)


async def test_the_form_is_a_page_of_its_own_and_the_inside_of_a_popup(
    light_clerk: Browser,
) -> None:
    page = (await light_clerk.get("/stock/adjust?at=1-1&back=/stock?q=alma")).text
    assert "<html" in page
    assert "Chalk · S, Hamburg" in page
    assert 'name="back" value="/stock?q=alma"' in page
    inside = (await light_clerk.get("/stock/adjust?at=1-1", headers=HTMX)).text
    assert "<html" not in inside
    assert 'data-on-hand="22"' in inside
    keys = {re.search(r'name="key" value="(\w{32})"', text)[1] for text in (page, inside)}  # type: ignore[index]
    assert len(keys) == 2


async def test_a_plain_form_books_it_and_goes_back(light_clerk: Browser) -> None:
    answer = await light_clerk.post("/stock/adjust", {**FORM, "back": "/stock?q=alma"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/stock?q=alma")
    assert await on_hand(light_clerk) == 20
    (movement,) = await movements(light_clerk)
    assert (movement.reason, movement.on_hand_delta) == ("Damaged", -2)
    assert movement.actor.startswith("user:")


async def test_a_popup_closes_and_a_toast_offers_to_undo_it(clerk: Browser) -> None:
    answer = await clerk.post("/stock/adjust", {**FORM, "note": "fell off"}, headers=HTMX)
    assert answer.status_code == 200
    assert json.loads(answer.headers["hx-trigger"]) == {"popup:close": {}}
    assert f"Chalk · S in Hamburg adjusted by {MINUS}2, 20 on hand" in answer.text
    values = json.loads(unescape(re.search(r'hx-vals="([^"]+)"', answer.text)[1]))  # type: ignore[index]
    undone = await clerk.post("/stock/adjust", values, headers=HTMX)
    assert "adjusted by +2, 22 on hand" in undone.text
    assert "hx-vals" not in undone.text
    assert [m.reason for m in await movements(clerk)] == [
        "Damaged: fell off",
        "Undone: Damaged: fell off",
    ]


async def test_a_form_sent_twice_is_booked_once(clerk: Browser) -> None:
    answers = [await clerk.post("/stock/adjust", FORM, headers=HTMX) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert await on_hand(clerk) == 20
    assert len(await movements(clerk)) == 1


async def test_a_key_used_for_something_else_is_a_conflict(clerk: Browser) -> None:
    await clerk.post("/stock/adjust", FORM, headers=HTMX)
    answer = await clerk.post("/stock/adjust", {**FORM, "delta": "5"}, headers=HTMX)
    assert answer.status_code == 409
    assert await on_hand(clerk) == 20


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("delta", "", "A whole number is needed"),
        ("delta", "two", "A whole number is needed"),
        ("delta", "1.5", "A whole number is needed"),
        ("delta", "1e3", "A whole number is needed"),
        ("delta", str(10**18), "A whole number is needed"),
        ("delta", str(10**11), "The number is too large"),
        ("delta", "0", "A change of 0 changes nothing"),
        ("reason", "  ", "Choose a reason"),
        ("note", "x" * 200, "at most 200 characters"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    light_clerk: Browser, field: str, value: str, sentence: str
) -> None:
    answer = await light_clerk.post("/stock/adjust", {**FORM, field: value}, headers=HTMX)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert 'name="key" value="abc123"' in answer.text
    assert await on_hand(light_clerk) == 22


async def test_more_than_is_on_hand_cannot_go(clerk: Browser) -> None:
    answer = await clerk.post("/stock/adjust", {**FORM, "delta": "-23"}, headers=HTMX)
    assert answer.status_code == 409
    assert "Only 22 on hand" in answer.text
    assert 'value="-23"' in answer.text
    assert await on_hand(clerk) == 22


async def test_stock_appears_where_there_never_was_any(clerk: Browser) -> None:
    assert 'data-on-hand="0"' in (await clerk.get("/stock/adjust?at=6-2", headers=HTMX)).text
    form = {**FORM, "at": "6-2", "delta": "+4", "reason": "Found"}
    assert (await clerk.post("/stock/adjust", form, headers=HTMX)).status_code == 200
    assert await on_hand(clerk, 6, 2) == 4


@pytest.mark.parametrize("at", ["", "1", "x-y", "1-1-1", f"{10**30}-1"])
async def test_an_address_that_names_nothing_is_refused(light_clerk: Browser, at: str) -> None:
    assert (await light_clerk.get(f"/stock/adjust?at={at}")).status_code == 422


@pytest.mark.parametrize("at", ["999-1", "1-999"])
async def test_what_does_not_exist_is_not_found(light_clerk: Browser, at: str) -> None:
    assert (await light_clerk.get(f"/stock/adjust?at={at}")).status_code == 404
    answer = await light_clerk.post("/stock/adjust", {**FORM, "at": at})
    assert answer.status_code == 404


async def test_a_viewer_may_neither_open_nor_send_it(light_clerk: Browser) -> None:
    await light_clerk.become(Role.VIEWER)
    assert (await light_clerk.get("/stock/adjust?at=1-1")).status_code == 403
    assert (await light_clerk.post("/stock/adjust", FORM)).status_code == 403
    assert await on_hand(light_clerk) == 22


async def test_the_way_back_never_leads_to_another_site(light_clerk: Browser) -> None:
    answer = await light_clerk.post("/stock/adjust", {**FORM, "back": "https://elsewhere.example/"})
    assert answer.headers["location"] == "/"
