from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.catalog.models import Variant, VariantStatus
from commerce_core.errors import (
    InsufficientStockError,
    InvalidInputError,
    InvalidQuantityError,
    LocationNotFoundError,
    VariantArchivedError,
    VariantNotFoundError,
)
from commerce_core.inventory import (
    BasketLine,
    StockLocation,
    adjust_stock,
    define_kit,
    kit_available,
    receive_stock,
    reserve_basket,
    reserve_stock,
    set_stock_policy,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from commerce_core.tests.inventory.market import Market


def breakfast(market: Market, *, cups: int = 2, plates: int = 1) -> tuple[Variant, ...]:
    """Return (kit, cup, plate) of a kit of 2 cups and a plate."""
    kit, cup, plate = (market.another(sku) for sku in ("KIT", "CUP", "PLATE"))
    market.ask(define_kit, kit, {cup: cups, plate: plates})
    return kit, cup, plate


def reserve(market: Market, *lines: tuple[Any, int], **how: Any) -> Any:
    return market.to(reserve_basket, [BasketLine(v, n) for v, n in lines], **how)


def pieces(basket: Any) -> dict[int, int]:
    return {row.variant_id: row.quantity for row in basket.reservations}


def test_there_are_as_many_kits_as_the_scarcest_component_allows(market: Market) -> None:
    kit, cup, plate = breakfast(market)
    market.stock(7, of=cup)
    market.stock(9, of=plate)
    market.stock(4, of=cup, at=market.shed)

    assert market.ask(kit_available, kit) == {market.hall.id: 3, market.shed.id: 0}


def test_availability_of_a_kit_counts_no_expired_holds_and_no_closed_places(
    market: Market,
) -> None:
    kit, cup, plate = breakfast(market)
    for at in (market.hall, market.shed):
        market.stock(4, of=cup, at=at)
        market.stock(4, of=plate, at=at)
    market.do(reserve_stock, of=cup, quantity=4, expires_in=timedelta(seconds=9))
    market.close(market.shed)

    assert market.ask(kit_available, kit) == {market.hall.id: 0}
    market.clock.move(seconds=9)
    assert market.ask(kit_available, kit) == {market.hall.id: 2}
    market.archive(plate)
    assert market.ask(kit_available, kit) == {market.hall.id: 0}
    market.archive(kit)
    assert market.ask(kit_available, kit) == {}


def test_what_is_no_kit_has_no_kits(market: Market) -> None:
    market.stock(3)

    assert market.ask(kit_available, market.variant) == {}


def test_components_are_reserved_and_summed_with_the_other_lines(market: Market) -> None:
    kit, cup, plate = breakfast(market)
    market.stock(7, of=cup)
    market.stock(9, of=plate)

    basket = reserve(market, (kit, 2), (cup, 3))

    assert pieces(basket) == {cup.id: 7, plate.id: 2}


def test_two_kits_that_share_a_component_never_get_the_same_piece(market: Market) -> None:
    kit, cup, plate = breakfast(market)
    other = market.another("OTHER-KIT")
    market.ask(define_kit, other, {cup: 3})
    market.stock(6, of=cup)
    market.stock(9, of=plate)

    error = market.refuses(
        InsufficientStockError,
        reserve_basket,
        [BasketLine(kit, 2), BasketLine(other, 1)],
    )

    assert (error.sku, error.requested, error.available) == ("OTHER-KIT", 1, 0)


def test_a_partial_basket_has_whole_kits_only(market: Market) -> None:
    kit, cup, plate = breakfast(market)
    market.stock(5, of=cup)
    market.stock(1, of=plate)

    basket = reserve(market, (kit, 3), (cup, 9), allow_partial=True)

    assert pieces(basket) == {cup.id: 5, plate.id: 1}
    short = [(line.variant_id, line.requested, line.reserved) for line in basket.short]
    assert short == [(kit.id, 3, 1), (cup.id, 9, 3)]


def test_an_archived_kit_or_component_is_not_promised(market: Market) -> None:
    kit, cup, plate = breakfast(market)
    market.stock(5, of=cup)
    market.stock(5, of=plate)
    market.archive(plate)
    first = market.refuses(VariantArchivedError, reserve_basket, [BasketLine(kit, 1)])
    market.archive(kit)
    second = market.refuses(VariantArchivedError, reserve_basket, [BasketLine(kit, 1)])

    assert (first.sku, second.sku) == ("PLATE", "KIT")


def test_defining_it_again_replaces_what_it_was(market: Market) -> None:
    kit, cup, plate = breakfast(market)
    market.stock(5, of=cup)
    market.ask(define_kit, kit, {cup: 5})

    assert market.ask(kit_available, kit) == {market.hall.id: 1}
    market.ask(define_kit, kit, {cup: 1, plate: 1})
    market.stock(2, of=plate)
    assert market.ask(kit_available, kit) == {market.hall.id: 2}


@pytest.mark.parametrize("quantity", [0, -1, 1.5, True, "2"], ids=repr)
def test_a_kit_of_no_pieces_is_refused(market: Market, quantity: Any) -> None:
    kit, cup, plate = breakfast(market)

    market.refused(InvalidQuantityError, lambda s: define_kit(s, kit, {cup: 1, plate: quantity}))


def _define(session: Session, kit: Variant, parts: dict[Variant, int]) -> None:
    define_kit(session, kit, parts)


def test_a_kit_is_not_empty_not_of_itself_and_not_of_kits(market: Market) -> None:
    kit, cup, _ = breakfast(market)
    crate = market.another("CRATE")

    for made, parts in (
        (kit, {}),
        (kit, {kit: 1}),
        (crate, {kit: 2}),
        (cup, {crate: 2}),
    ):
        market.refused(InvalidInputError, partial(_define, kit=made, parts=parts))


def test_what_has_stock_of_its_own_is_no_kit(market: Market) -> None:
    market.stock(3)
    cup = market.another("CUP")

    market.refused(InvalidInputError, lambda s: define_kit(s, market.variant, {cup: 1}))


def test_a_kit_has_no_stock_of_its_own(market: Market) -> None:
    kit, _, _ = breakfast(market)

    market.refuses(InvalidInputError, receive_stock, kit, market.hall, quantity=1)
    market.refuses(InvalidInputError, adjust_stock, kit, market.hall, quantity=1, reason="found")
    market.refuses(InvalidInputError, set_stock_policy, kit, market.hall, minimum=1)


def test_places_that_cannot_be_are_named(market: Market) -> None:
    ghost = Variant(id=999_999, sku="GHOST", status=VariantStatus.ACTIVE)
    nowhere = StockLocation(id=999_999, name="Nowhere", is_open=True, priority=0)

    one = market.refuses(VariantNotFoundError, receive_stock, ghost, market.hall, quantity=1)
    other = market.refuses(
        LocationNotFoundError, receive_stock, market.variant, nowhere, quantity=1
    )

    assert (one.variant_id, other.location_id) == (999_999, 999_999)
