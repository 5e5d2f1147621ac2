"""The story of a number goes on while somebody reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from commerce_core import make_engine, make_session_factory, run_in_transaction
from commerce_core.catalog import get_variant
from commerce_core.inventory import StockLevel, adjust_stock, get_location
from webapp.accounts.roles import Role
from webapp.tests.browser.conftest import house, shop_template, wait_until_live
from webapp.tests.orders.shop import SHIRT

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from webapp.tests.browser.conftest import House

__all__ = ["house", "shop_template"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_number_and_its_story_follow_the_stock(house: House) -> None:
    engine = make_engine(house.url)
    sessions = make_session_factory(engine)

    def level(session: Session) -> StockLevel:
        variant, place = get_variant(session, sku=SHIRT), get_location(session, code="HAM")
        query = select(StockLevel).filter_by(variant_id=variant.id, location_id=place.id)
        return session.scalars(query).one()

    def find(session: Session) -> None:
        variant, place = get_variant(session, sku=SHIRT), get_location(session, code="HAM")
        adjust_stock(session, variant, place, quantity=7, reason="behind a shelf", actor="tests")

    here = run_in_transaction(sessions, level)
    page = house.person(Role.VIEWER)
    page.goto(f"{house.address}stock/explain/{here.variant_id}/{here.location_id}")
    wait_until_live(page)
    assert page.get_by_role("heading", level=1).inner_text() == f"Why is this {here.available}?"

    run_in_transaction(sessions, find)
    page.wait_for_selector("text=behind a shelf")
    heading = page.get_by_role("heading", level=1).inner_text()
    assert heading == f"Why is this {here.available + 7}?"

    page.get_by_label("At the end of").fill("2026-01-05")  # somebody types: nothing is taken away
    run_in_transaction(sessions, find)
    page.wait_for_timeout(800)
    assert page.get_by_label("At the end of").input_value() == "2026-01-05"
    engine.dispose()
