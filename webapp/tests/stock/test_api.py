"""Stock for programs: the whole of it page by page, and where to follow it from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from commerce_core.journal import Cursor

if TYPE_CHECKING:
    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio


async def test_all_levels_page_by_page(clerk: Browser) -> None:
    address, levels, cursors = "/api/v1/stock?limit=2", [], []
    while address:
        answer = (await clerk.get(address)).json()
        cursors.append(Cursor.parse(answer["cursor"]))
        levels += answer["levels"]
        address = answer["next"]
    assert len(cursors) == 3
    assert [(level["sku"], level["location"]) for level in levels] == [
        ("ALM-CHA-S", "HAM"), ("ALM-CHA-S", "LEI"), ("ALM-CHA-M", "HAM"), ("ALM-CHA-M", "LEI"),
        ("ALM-INK-M", "HAM"), ("OEL-SAG", "HAM"), ("MOO-FOG", "HAM"), ("MOO-FOG", "LEI"),
    ]  # fmt: skip
    assert levels[0]["on_hand"] == levels[0]["available"] == 22
    assert levels[0]["kind"] == "policy_changed"


async def test_one_variant_by_its_sku_in_any_spelling(clerk: Browser) -> None:
    answer = (await clerk.get("/api/v1/stock?sku=alm-cha-m")).json()
    assert [level["location"] for level in answer["levels"]] == ["HAM", "LEI"]
    assert answer["next"] is None


async def test_an_unknown_sku_is_one_sentence(light_clerk: Browser) -> None:
    answer = await light_clerk.get("/api/v1/stock?sku=NO-SUCH")
    assert answer.status_code == 404
    assert answer.json()["code"] == "variant_not_found"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["limit=x", "after=-1", f"after={10**30}"])
async def test_numbers_that_are_none_are_refused(light_clerk: Browser, query: str) -> None:
    answer = await light_clerk.get(f"/api/v1/stock?{query}")
    assert answer.status_code == 400
    assert "must be a whole number" in answer.json()["detail"]


async def test_without_a_session_it_is_401(light_clerk: Browser) -> None:
    await light_clerk.become(None)
    assert (await light_clerk.get("/api/v1/stock")).status_code == 401
