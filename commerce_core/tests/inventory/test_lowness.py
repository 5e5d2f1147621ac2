"""What is low: below the minimum of a location, or below the variant's own threshold in all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import and_, select

from commerce_core.catalog.models import Variant, VariantStatus
from commerce_core.inventory import (
    StockLevel,
    StockLocation,
    is_low_variant,
    low_variants,
    receive_stock,
    set_stock_policy,
)
from commerce_core.inventory.lowness import is_low_level, low_levels
from commerce_core.testing import make_location, make_variant

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    Run = Callable[[Callable[[Session], Any]], Any]


def low(session: Session, *places: StockLocation) -> set[str]:
    """The SKUs that are low, asked in both ways."""
    session.flush()
    at = [place.id for place in places] or None
    by_index = select(Variant.sku).where(Variant.id.in_(low_variants(at=at)))
    one_by_one = select(Variant.sku).where(is_low_variant(at=at))
    found = set(session.scalars(by_index))
    assert found == set(session.scalars(one_by_one))
    return found


def levels(session: Session) -> set[tuple[str, str]]:
    """SKU and location of the levels that are low, asked in both ways."""
    session.flush()
    names = select(Variant.sku, StockLocation.code).select_from(StockLevel)
    names = names.join(Variant).join(StockLocation)
    ids = low_levels().subquery()
    same = (ids.c.variant_id == StockLevel.variant_id, ids.c.location_id == StockLevel.location_id)
    found = {(sku, code) for sku, code in session.execute(names.where(is_low_level()))}
    assert found == {(sku, code) for sku, code in session.execute(names.join(ids, and_(*same)))}
    return found


@pytest.mark.parametrize(
    ("threshold", "minimum", "is_low"),
    [(None, 0, False), (7, 0, False), (8, 0, True), (None, 5, True), (None, 4, False)],
)
def test_a_location_has_its_minimum_and_a_variant_its_threshold(
    run: Run, threshold: int | None, minimum: int, *, is_low: bool
) -> None:
    def story(session: Session) -> set[str]:
        here, there = make_location(session), make_location(session, code="LEJ")
        variant = make_variant(session, sku="MUG", on_hand=4, location=here)
        receive_stock(session, variant, there, quantity=3, actor="tests")
        variant.low_stock_threshold = threshold
        set_stock_policy(session, variant, here, minimum=minimum, actor="tests")
        return low(session)

    assert run(story) == ({"MUG"} if is_low else set())


def test_what_was_never_stocked_is_low_as_soon_as_somebody_minds(run: Run) -> None:
    def story(session: Session) -> tuple[set[str], set[str]]:
        variant = make_variant(session, sku="NEW")
        before = low(session)
        variant.low_stock_threshold = 1
        return before, low(session)

    assert run(story) == (set(), {"NEW"})


@pytest.mark.parametrize("change", [{"track_inventory": False}, {"status": VariantStatus.ARCHIVED}])
def test_what_nobody_counts_or_offers_is_never_low(run: Run, change: dict[str, object]) -> None:
    def story(session: Session) -> tuple[set[str], set[str]]:
        place = make_location(session)
        variant = make_variant(session, sku="GIFT", on_hand=1, location=place)
        set_stock_policy(session, variant, place, minimum=5, actor="tests")
        variant.low_stock_threshold = 9
        before = low(session)
        for name, value in change.items():
            setattr(variant, name, value)
        return before, low(session)

    assert run(story) == ({"GIFT"}, set())


def test_what_is_low_all_over_is_low_at_each_location_that_has_it(run: Run) -> None:
    def story(session: Session) -> tuple[list[set[str]], set[tuple[str, str]]]:
        here, there = make_location(session, code="HAM"), make_location(session, code="LEJ")
        empty = make_location(session, code="KOE")
        mug = make_variant(session, sku="MUG", on_hand=4, location=here)
        receive_stock(session, mug, there, quantity=3, actor="tests")
        set_stock_policy(session, mug, here, minimum=5, actor="tests")
        bowl = make_variant(session, sku="BOWL", on_hand=4, location=here)
        receive_stock(session, bowl, there, quantity=3, actor="tests")
        bowl.low_stock_threshold = 8
        make_variant(session, sku="RUG", on_hand=4, location=here)
        asked = [low(session, *places) for places in ((here,), (there,), (empty,), (here, there))]
        return asked, levels(session)

    asked, found = run(story)
    assert asked == [{"MUG", "BOWL"}, {"BOWL"}, set(), {"MUG", "BOWL"}]
    assert found == {("MUG", "HAM"), ("BOWL", "HAM"), ("BOWL", "LEJ")}


def test_a_level_of_what_nobody_counts_is_never_low(run: Run) -> None:
    def story(session: Session) -> set[tuple[str, str]]:
        place = make_location(session)
        for sku in ("GIFT", "OLD"):
            variant = make_variant(session, sku=sku, on_hand=1, location=place)
            set_stock_policy(session, variant, place, minimum=5, actor="tests")
            variant.low_stock_threshold = 9
            variant.track_inventory = sku == "OLD"
            variant.status = VariantStatus.ARCHIVED if sku == "OLD" else VariantStatus.ACTIVE
        return levels(session)

    assert run(story) == set()
