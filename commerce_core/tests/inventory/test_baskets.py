from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.catalog.models import Variant, VariantStatus
from commerce_core.errors import (
    IdempotencyConflictError,
    InsufficientStockError,
    InvalidInputError,
    InvalidQuantityError,
    InvalidTimeError,
    VariantArchivedError,
)
from commerce_core.inventory import (
    BasketLine,
    BasketReservation,
    ByPriority,
    FewestSplits,
    HighestStock,
    Nearest,
    PreferredLocation,
    ReservationStatus,
    RoutingRequest,
    StockLocation,
    reserve_basket,
    set_stock_policy,
    ship_stock,
)
from commerce_core.inventory.baskets import MAX_LINES
from commerce_core.inventory.ledger.levels import empty_state
from commerce_core.inventory.routing import split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_core.tests.inventory.market import Market


def reserve(market: Market, *lines: tuple[Any, int], **how: Any) -> BasketReservation:
    basket = [BasketLine(variant, quantity) for variant, quantity in lines]
    found: BasketReservation = market.to(reserve_basket, basket, **how)
    return found


def refuse(market: Market, kind: Any, *lines: tuple[Any, Any], **how: Any) -> Any:
    basket = [BasketLine(variant, quantity) for variant, quantity in lines]
    return market.refuses(kind, reserve_basket, basket, **how)


def taken(market: Market, basket: BasketReservation) -> dict[tuple[str, str], int]:
    """Return (SKU, location) → pieces."""
    names = {market.hall.id: "hall", market.shed.id: "shed"}
    found: Counter[tuple[str, str]] = Counter()
    for row in basket.reservations:
        sku = "LAMP" if row.variant_id == market.variant.id else "other"
        found[sku, names.get(row.location_id, "elsewhere")] += row.quantity
    return dict(found)


def test_every_line_is_held_for_the_same_holder(market: Market) -> None:
    chair = market.another("CHAIR")
    market.stock(3)
    market.stock(3, of=chair, at=market.shed)

    basket = reserve(market, (market.variant, 2), (chair, 3), holder_ref="basket-7")

    assert taken(market, basket) == {("LAMP", "hall"): 2, ("other", "shed"): 3}
    assert basket.short == []
    assert {row.holder_ref for row in basket.reservations} == {"basket-7"}
    assert {row.status for row in basket.reservations} == {ReservationStatus.ACTIVE}
    assert market.story()[-1].cause_id == "basket-7"


def test_all_or_nothing(market: Market) -> None:
    chair = market.another("CHAIR")
    market.stock(3)
    market.stock(1, of=chair)
    market.stock(1, of=chair, at=market.shed)

    error = refuse(market, InsufficientStockError, (market.variant, 2), (chair, 3))

    assert (error.sku, error.requested, error.available) == ("CHAIR", 3, 2)
    assert error.location == "HAM, SHED"


def test_demand_is_summed_before_anything_is_checked(market: Market) -> None:
    market.stock(3)

    error = refuse(market, InsufficientStockError, (market.variant, 2), (market.variant, 2))

    assert (error.requested, error.available) == (4, 3)


def test_a_partial_basket_says_what_was_short(market: Market) -> None:
    chair, ghost = market.another("CHAIR"), market.another("GHOST")
    market.stock(3)
    market.stock(1, of=chair)

    basket = reserve(market, (market.variant, 2), (chair, 3), (ghost, 1), allow_partial=True)

    assert taken(market, basket) == {("LAMP", "hall"): 2, ("other", "hall"): 1}
    short = [(line.variant_id, line.requested, line.reserved) for line in basket.short]
    assert short == [(chair.id, 3, 1), (ghost.id, 1, 0)]


def test_a_line_is_split_so_that_every_piece_is_taken_once(market: Market) -> None:
    market.stock(6)
    market.stock(10, at=market.shed)

    basket = reserve(market, (market.variant, 10))

    assert taken(market, basket) == {("LAMP", "hall"): 6, ("LAMP", "shed"): 4}


def test_what_is_negative_at_one_place_does_not_poison_the_sum(market: Market) -> None:
    market.stock(2)
    market.do(set_stock_policy, safety_stock=9)
    market.stock(4, at=market.shed)

    assert taken(market, reserve(market, (market.variant, 4))) == {("LAMP", "shed"): 4}


def test_closed_places_and_archived_variants_serve_nobody(market: Market) -> None:
    chair = market.another("CHAIR")
    for variant in (market.variant, chair):
        market.stock(5, of=variant)
        market.stock(5, of=variant, at=market.shed)
    market.close(market.shed)
    market.archive(chair)

    refuse(market, InsufficientStockError, (market.variant, 6))
    error = refuse(market, VariantArchivedError, (market.variant, 1), (chair, 1))
    basket = reserve(market, (market.variant, 1), (chair, 1), allow_partial=True)

    assert error.sku == "CHAIR"
    assert taken(market, basket) == {("LAMP", "hall"): 1}


def test_a_variant_nobody_knows_is_short(market: Market) -> None:
    unknown = Variant(id=999_999, sku="GHOST", status=VariantStatus.ACTIVE)

    error = refuse(market, InsufficientStockError, (unknown, 1))

    assert (error.sku, error.location, error.available) == (
        "variant 999999",
        "every location",
        0,
    )


@pytest.mark.parametrize("quantity", [0, -1, 1.5, True, "2", 1_000_000_001], ids=repr)
def test_what_is_no_quantity_is_refused(market: Market, quantity: Any) -> None:
    market.stock(5)

    refuse(market, InvalidQuantityError, (market.variant, 1), (market.variant, quantity))


@pytest.mark.parametrize("count", [0, MAX_LINES + 1])
def test_a_basket_has_a_line_and_not_too_many(market: Market, count: int) -> None:
    market.stock(1)

    refuse(market, InvalidInputError, *[(market.variant, 1)] * count)


def test_a_hold_of_a_basket_ends_too(market: Market) -> None:
    market.stock(5)

    refuse(market, InvalidTimeError, (market.variant, 1), expires_in=timedelta(0))
    reserve(market, (market.variant, 5), expires_in=timedelta(seconds=5))
    market.clock.move(seconds=5)
    reserve(market, (market.variant, 5))

    assert market.kinds() == ["received", "reserved", "expired", "reserved"]


# --- keys ---------------------------------------------------------------------------------------


def test_a_replay_gets_the_first_answer_whatever_holds_by_now(market: Market) -> None:
    market.stock(3)
    how: dict[str, Any] = {"idempotency_key": "k-1", "allow_partial": True}
    first = reserve(market, (market.variant, 5), **how)
    market.stock(9)
    before = market.venue.contents()

    again = reserve(market, (market.variant, 5), **how)
    market.do(ship_stock, quantity=9)
    once_more = reserve(market, (market.variant, 5), **how)

    assert [row.id for row in again.reservations] == [row.id for row in first.reservations]
    assert again.short == first.short == once_more.short
    assert before["commerce_reservation"] == market.venue.contents()["commerce_reservation"]


def test_a_replay_that_could_be_served_anew_writes_nothing(market: Market) -> None:
    """Also where a hold has ended meanwhile, whose expiry a new basket would have written."""
    chair = market.another("CHAIR")
    for variant in (market.variant, chair):
        market.stock(9, of=variant)
    wanted, how = [(market.variant, 2), (chair, 1)], {"idempotency_key": "k-1"}
    first = reserve(market, *wanted, **how)
    reserve(market, (market.variant, 1), expires_in=timedelta(seconds=1))
    market.clock.move(seconds=1)
    before = market.venue.contents()

    again = reserve(market, *wanted, **how)

    assert [row.id for row in again.reservations] == [row.id for row in first.reservations]
    assert taken(market, again) == {("LAMP", "hall"): 2, ("other", "hall"): 1}
    assert market.venue.contents() == before


def test_a_basket_that_got_nothing_gets_nothing_under_its_key(market: Market) -> None:
    how: dict[str, Any] = {"idempotency_key": "k-1", "allow_partial": True}
    first = reserve(market, (market.variant, 2), **how)
    market.stock(9)
    again = reserve(market, (market.variant, 2), **how)

    assert list(again.reservations) == first.reservations == []
    assert again.short == first.short != []


@pytest.mark.parametrize("other", ["pieces", "partial", "holder"])
def test_a_key_with_other_content_is_a_conflict(market: Market, other: str) -> None:
    market.stock(9)
    reserve(market, (market.variant, 2), idempotency_key="k-1")
    others: dict[str, dict[str, Any]] = {
        "partial": {"allow_partial": True},
        "holder": {"holder_ref": "b"},
    }
    how = {"idempotency_key": "k-1", **others.get(other, {})}

    refuse(
        market,
        IdempotencyConflictError,
        (market.variant, 3 if other == "pieces" else 2),
        **how,
    )


def test_a_refusal_does_not_use_the_key_up(market: Market) -> None:
    refuse(market, InsufficientStockError, (market.variant, 2), idempotency_key="k-1")
    market.stock(2)

    assert reserve(market, (market.variant, 2), idempotency_key="k-1").reservations != []


# --- where from ---------------------------------------------------------------------------------


def request(demand: dict[int, int], available: dict[tuple[int, int], int]) -> RoutingRequest:
    return RoutingRequest(demand, available, sorted({place for _, place in available}))


A, B = 1, 2
HALL, SHED, YARD = 10, 20, 30


@pytest.mark.parametrize(
    ("strategy", "order"),
    [
        (ByPriority(), [HALL, SHED, YARD]),
        (PreferredLocation(SHED), [SHED, HALL, YARD]),
        (PreferredLocation(99), [HALL, SHED, YARD]),
        (HighestStock(), [SHED, YARD, HALL]),
        (FewestSplits(), [YARD, HALL, SHED]),
        (Nearest({YARD: 1.5, SHED: 4}), [YARD, SHED, HALL]),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, list) else "",
)
def test_a_strategy_ranks_the_locations(strategy: Any, order: list[int]) -> None:
    available = {(A, HALL): 2, (A, SHED): 9, (B, SHED): 0, (A, YARD): 4, (B, YARD): 3}
    available[B, HALL] = 1

    assert list(strategy.rank(request({A: 5, B: 3}, available))) == order


def test_fewest_splits_are_the_fewest_where_greed_would_take_more() -> None:
    """Taking most first needs three: the hall (8 pieces), then both others."""
    available = {(A, HALL): 4, (B, HALL): 4, (A, SHED): 5, (B, YARD): 5}

    assert list(FewestSplits().rank(request({A: 5, B: 5}, available))) == [SHED, YARD, HALL]


def test_with_many_locations_greed_must_do() -> None:
    available = {(A, number): number for number in range(1, 41)}

    assert list(FewestSplits().rank(request({A: 70}, available)))[:3] == [40, 30, 1]


def test_fewest_splits_takes_the_one_place_that_has_everything(market: Market) -> None:
    chair = market.another("CHAIR")
    market.stock(5)
    market.stock(4, at=market.shed)
    market.stock(4, of=chair, at=market.shed)

    basket = reserve(market, (market.variant, 4), (chair, 4), strategy=FewestSplits())

    assert taken(market, basket) == {("LAMP", "shed"): 4, ("other", "shed"): 4}


@dataclass(frozen=True)
class Only:
    """A strategy of one's own: these places, twice over, and one that does not exist."""

    places: tuple[int, ...]

    def rank(self, request: RoutingRequest) -> Sequence[int]:
        assert request.demand
        return [*self.places, *self.places, 999]


def test_a_strategy_of_ones_own_may_leave_places_out(market: Market) -> None:
    market.stock(6)
    market.stock(6, at=market.shed)

    error = refuse(
        market, InsufficientStockError, (market.variant, 8), strategy=Only((market.shed.id,))
    )
    basket = reserve(market, (market.variant, 5), strategy=Only((market.shed.id,)))

    assert error.available == 6
    assert taken(market, basket) == {("LAMP", "shed"): 5}


STRATEGIES = st.sampled_from(
    [ByPriority(), HighestStock(), FewestSplits(), PreferredLocation(SHED), Only((YARD, HALL))]
)
STOCK = st.dictionaries(
    st.tuples(st.sampled_from([A, B, 3]), st.sampled_from([HALL, SHED, YARD])),
    st.integers(-5, 12),
)
DEMAND = st.dictionaries(st.sampled_from([A, B, 4, 5]), st.integers(1, 20), min_size=1)
PARTS = {A: {A: 1}, B: {B: 1}, 4: {A: 2, B: 1}, 5: {3: 1, A: 1}}
"""4 and 5 are kits that share component A with each other and with line A."""


@given(STOCK, DEMAND, STRATEGIES)
def test_a_plan_conserves_every_piece(
    stock: dict[tuple[int, int], int], demand: dict[int, int], strategy: Any
) -> None:
    levels = {}
    for (variant_id, location_id), available in stock.items():
        place = StockLocation(id=location_id, name="x", is_open=True, priority=location_id)
        variant = Variant(id=variant_id, sku="x", status=VariantStatus.ACTIVE)
        level = empty_state(variant, place)
        level.quantities["on_hand"] = max(0, available)
        level.quantities["allocated"] = max(0, -available)
        levels[variant_id, location_id] = level

    plan = split(levels, demand, PARTS, strategy)

    granted = {number: plan.short.get(number, wanted) for number, wanted in demand.items()}
    needed: Counter[int] = Counter()
    for number, kits in granted.items():
        for part, pieces in PARTS[number].items():
            needed[part] += kits * pieces
    placed: Counter[int] = Counter()
    for (variant_id, _), pieces in plan.taken.items():
        placed[variant_id] += pieces
    assert +needed == placed
    assert all(0 < n <= levels[place].available for place, n in plan.taken.items())
    assert all(got < demand[number] for number, got in plan.short.items())
