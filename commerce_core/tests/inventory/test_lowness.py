"""What is low: below the minimum of a location, or below the variant's own threshold in all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from commerce_core.catalog.models import Variant, VariantStatus
from commerce_core.inventory import low_variants, receive_stock, set_stock_policy
from commerce_core.testing import make_location, make_variant

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    Run = Callable[[Callable[[Session], Any]], Any]


def low(session: Session) -> set[str]:
    session.flush()
    return set(session.scalars(select(Variant.sku).where(Variant.id.in_(low_variants()))))


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
