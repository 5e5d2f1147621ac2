from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import inspect

from commerce_core.errors import (
    AllocationClosedError,
    AllocationNotFoundError,
    IdempotencyConflictError,
    InsufficientStockError,
    InvalidQuantityError,
    InvalidTextError,
    LocationClosedError,
    ReservationClosedError,
    VariantArchivedError,
)
from commerce_core.inventory import (
    Allocation,
    Cause,
    SetAside,
    adjust_stock,
    allocate_reservation,
    allocate_reservations,
    allocate_stock,
    deallocate_stock,
    list_allocations,
    receive_stock,
    reserve_stock,
    set_aside_stock,
    set_stock_policy,
    ship_allocation,
    ship_stock,
)

if TYPE_CHECKING:
    from commerce_core.tests.inventory.market import Market

MINUTE = timedelta(minutes=1)
ORDER = Cause("host_order", "2026-1")


def allocate(market: Market, quantity: int, *, ref: str = "1", **how: Any) -> Allocation:
    found: Allocation = market.do(
        allocate_stock, quantity=quantity, holder=Cause("host_order", ref), **how
    )
    return found


def test_placement_moves_nothing_and_dispatch_does(market: Market) -> None:
    market.stock(5)

    allocation = allocate(market, 3)
    assert market.now() == {"on_hand": 5, "allocated": 3, "available": 2}
    movement = market.to(ship_allocation, allocation)

    assert (movement.kind, movement.on_hand_delta, movement.allocated_delta) == ("shipped", -3, -3)
    assert (movement.cause_kind, movement.cause_id) == ("host_order", "1")
    assert market.now() == {"on_hand": 2, "available": 2}


def test_what_is_returned_is_loaded_completely(market: Market) -> None:
    market.stock(5)

    allocation = allocate(market, 3)

    state: Any = inspect(allocation)
    assert state.unloaded == set()
    assert (allocation.open, allocation.shipped, allocation.backordered) == (3, 0, 0)
    assert [found.id for found in market.ask(list_allocations, Cause("host_order", "1"))] == [
        allocation.id
    ]


def test_more_than_is_available_is_refused_in_numbers(market: Market) -> None:
    market.stock(5)
    market.do(reserve_stock, quantity=3)

    error = market.refuses(
        InsufficientStockError,
        allocate_stock,
        market.variant,
        market.hall,
        quantity=3,
        holder=ORDER,
    )

    assert (error.sku, error.location, error.requested, error.available) == ("LAMP", "HAM", 3, 2)


@pytest.mark.parametrize("quantity", [0, -1, 1.5, True, "2", 1_000_000_001], ids=repr)
def test_what_is_no_quantity_is_refused(market: Market, quantity: Any) -> None:
    market.stock(5)
    allocation = allocate(market, 2)
    place = (market.variant, market.hall)
    how = {"quantity": quantity}

    market.refuses(InvalidQuantityError, allocate_stock, *place, holder=ORDER, **how)
    market.refuses(InvalidQuantityError, deallocate_stock, allocation, **how)
    market.refuses(InvalidQuantityError, ship_allocation, allocation, **how)


def test_nothing_is_promised_of_what_is_closed_or_archived(market: Market) -> None:
    market.stock(5)
    how: dict[str, Any] = {"quantity": 1, "holder": ORDER}
    market.archive(market.variant)
    market.refuses(VariantArchivedError, allocate_stock, market.variant, market.hall, **how)
    market.close(market.hall)
    market.refuses(LocationClosedError, allocate_stock, market.variant, market.hall, **how)


@pytest.mark.parametrize(
    ("kind", "ref"), [("", "1"), ("order", ""), ("x" * 33, "1"), ("o", "x" * 65)]
)
def test_a_holder_that_cannot_be_stored_is_refused(market: Market, kind: str, ref: str) -> None:
    market.stock(5)

    market.refused(
        InvalidTextError,
        lambda s: allocate_stock(
            s, market.variant, market.hall, quantity=1, holder=Cause(kind, ref), actor="ann"
        ),
    )


# --- keys ---------------------------------------------------------------------------------------


def test_a_replay_gets_the_first_allocation_whatever_holds_by_now(market: Market) -> None:
    market.stock(5)
    first = allocate(market, 5, idempotency_key="k-1")
    before = market.venue.contents()

    assert allocate(market, 5, idempotency_key="k-1").id == first.id
    assert market.venue.contents() == before
    market.to(ship_allocation, first)
    market.close(market.hall)
    assert allocate(market, 5, idempotency_key="k-1").shipped == 5


@pytest.mark.parametrize("other", [{"quantity": 1}, {"holder": Cause("host_order", "2")}], ids=str)
def test_a_key_with_other_content_is_a_conflict(market: Market, other: dict[str, Any]) -> None:
    market.stock(5)
    how: dict[str, Any] = {"quantity": 2, "holder": ORDER, "idempotency_key": "k-1"}
    market.do(allocate_stock, **how)

    market.refuses(
        IdempotencyConflictError, allocate_stock, market.variant, market.hall, **(how | other)
    )


# --- from a reservation -------------------------------------------------------------------------


def test_its_own_hold_never_blocks_it(market: Market) -> None:
    market.stock(5)
    reservation = market.do(reserve_stock, quantity=5)

    allocation = market.to(allocate_reservation, reservation, holder=ORDER)

    assert (allocation.quantity, allocation.reservation_id) == (5, reservation.id)
    assert market.now() == {"on_hand": 5, "allocated": 5, "available": 0}
    assert market.kinds() == ["received", "reserved", "allocated"]


def test_what_was_promised_is_kept_where_the_place_closed_meanwhile(market: Market) -> None:
    market.stock(5)
    reservation = market.do(reserve_stock, quantity=5)
    market.close(market.hall)
    market.archive(market.variant)

    assert market.to(allocate_reservation, reservation, holder=ORDER).open == 5


def test_asking_twice_for_the_same_holder_gives_the_same_allocation(market: Market) -> None:
    market.stock(5)
    reservation = market.do(reserve_stock, quantity=2)

    first = market.to(allocate_reservation, reservation, holder=ORDER, idempotency_key="k")
    second = market.to(allocate_reservation, reservation, holder=ORDER, idempotency_key="k")

    assert first.id == second.id
    market.refuses(
        ReservationClosedError, allocate_reservation, reservation, holder=Cause("host_order", "2")
    )


def test_a_key_of_another_allocation_is_a_conflict(market: Market) -> None:
    market.stock(5)
    allocate(market, 1, idempotency_key="k")
    reservation = market.do(reserve_stock, quantity=2)

    market.refuses(
        IdempotencyConflictError,
        allocate_reservation,
        reservation,
        holder=ORDER,
        idempotency_key="k",
    )


def test_several_become_firm_together_or_not_at_all(market: Market) -> None:
    market.stock(5)
    market.stock(5, at=market.shed)
    far = market.do(reserve_stock, quantity=2, at=market.shed)
    near = market.do(reserve_stock, quantity=1)
    gone = market.do(reserve_stock, quantity=1)
    market.to(allocate_reservation, gone, holder=Cause("host_order", "0"))
    holders = {far: Cause("host_order", "1"), near: Cause("host_order", "2")}

    market.refuses(ReservationClosedError, allocate_reservations, holders | {gone: ORDER})
    done = market.to(allocate_reservations, holders)
    again = market.to(allocate_reservations, holders)

    assert [(row.location_id, row.holder_ref) for row in done] == [
        (market.shed.id, "1"),
        (market.hall.id, "2"),
    ]
    assert [row.id for row in again] == [row.id for row in done]


# --- taking back --------------------------------------------------------------------------------


def test_a_part_can_be_taken_back_and_then_the_rest(market: Market) -> None:
    market.stock(5)
    allocation = allocate(market, 4)

    part = market.to(deallocate_stock, allocation, quantity=1, reason="customer changed mind")
    assert (part.released, part.open) == (1, 3)
    rest = market.to(deallocate_stock, allocation)
    market.to(deallocate_stock, allocation)

    assert (rest.released, rest.open) == (4, 0)
    assert market.now() == {"on_hand": 5, "available": 5}
    assert market.kinds() == ["received", "allocated", "deallocated", "deallocated"]
    assert market.story()[2].reason == "customer changed mind"


def test_no_more_is_taken_back_or_shipped_than_is_open(market: Market) -> None:
    market.stock(5)
    allocation = allocate(market, 4)
    market.to(ship_allocation, allocation, quantity=1)
    market.to(deallocate_stock, allocation, quantity=1)

    back = market.refuses(AllocationClosedError, deallocate_stock, allocation, quantity=3)
    out = market.refuses(AllocationClosedError, ship_allocation, allocation, quantity=3)

    assert (back.requested, back.available) == (out.requested, out.available) == (3, 2)


def test_what_is_shipped_completely_is_not_shipped_again(market: Market) -> None:
    market.stock(5)
    allocation = allocate(market, 4)
    market.to(ship_allocation, allocation)

    market.refuses(AllocationClosedError, ship_allocation, allocation)
    market.refuses(AllocationClosedError, ship_allocation, allocation, quantity=1)


def test_one_that_never_was_is_not_found(market: Market) -> None:
    ghost = Allocation(id=999_999, level_id=1)

    market.refuses(AllocationNotFoundError, deallocate_stock, ghost)
    market.refuses(AllocationNotFoundError, ship_allocation, ghost)


@pytest.mark.parametrize("verb", [deallocate_stock, ship_allocation])
def test_parts_are_booked_once_for_a_key(market: Market, verb: Any) -> None:
    market.stock(5)
    allocation = allocate(market, 4)
    how: dict[str, Any] = {"quantity": 3, "idempotency_key": "k-1"}

    market.to(verb, allocation, **how)
    before = market.venue.contents()
    market.to(verb, allocation, **how)

    assert market.venue.contents() == before
    market.refuses(IdempotencyConflictError, verb, allocation, **(how | {"quantity": 1}))
    market.refuses(IdempotencyConflictError, verb, allocation, **(how | {"reason": "other"}))


def test_shipping_all_that_can_be_is_booked_once_for_a_key(market: Market) -> None:
    market.stock(2)
    market.do(set_stock_policy, backorder_limit=9)
    allocation = allocate(market, 4, allow_backorder=True)
    first = market.to(ship_allocation, allocation, idempotency_key="k")
    market.stock(2)

    again = market.to(ship_allocation, allocation, idempotency_key="k")

    assert (again.id, again.on_hand_delta) == (first.id, -2)


@pytest.mark.parametrize("verb", [deallocate_stock, ship_allocation])
def test_a_reason_that_cannot_be_stored_is_refused(market: Market, verb: Any) -> None:
    market.stock(5)
    allocation = allocate(market, 4)

    market.refuses(InvalidTextError, verb, allocation, reason="x" * 201)
    market.refuses(InvalidTextError, verb, allocation, actor="")


# --- facts against promises ---------------------------------------------------------------------


def test_what_is_damaged_or_held_is_not_shipped(market: Market) -> None:
    market.stock(5)
    allocation = allocate(market, 5)
    market.do(set_aside_stock, quantity=2, place=SetAside.DAMAGED, reason="fell")
    assert market.now()["short"] == 2

    error = market.refuses(InsufficientStockError, ship_allocation, allocation, quantity=4)
    market.to(ship_allocation, allocation)

    assert (error.requested, error.available) == (4, 3)
    assert market.now() == {
        "on_hand": 2,
        "damaged": 2,
        "allocated": 2,
        "short": 2,
        "available": -2,
    }


def test_a_loss_of_promised_pieces_is_booked_as_short_until_more_arrive(market: Market) -> None:
    market.stock(5)
    allocation = allocate(market, 5)

    market.do(adjust_stock, quantity=-3, reason="stolen")
    assert market.now() == {"on_hand": 2, "allocated": 5, "short": 3, "available": -3}
    market.refuses(InsufficientStockError, reserve_stock, market.variant, market.hall, quantity=1)
    market.stock(2)
    assert market.now()["short"] == 1
    market.stock(4)

    assert market.now() == {"on_hand": 8, "allocated": 5, "available": 3}
    assert market.to(ship_allocation, allocation).on_hand_delta == -5


def test_what_is_lost_is_not_damaged_any_more(market: Market) -> None:
    market.stock(5)
    market.do(set_aside_stock, quantity=3, place=SetAside.DAMAGED, reason="fell")
    market.do(set_aside_stock, quantity=1, place=SetAside.QUALITY_CONTROL, reason="odd")

    market.do(adjust_stock, quantity=-3, reason="stolen")

    assert market.now() == {"on_hand": 2, "damaged": 1, "quality_control": 1, "available": 0}


def test_no_more_is_set_aside_than_is_there(market: Market) -> None:
    market.stock(5)
    how: dict[str, Any] = {"place": SetAside.DAMAGED, "reason": "fell"}
    market.do(set_aside_stock, quantity=3, **how)

    more = market.refuses(
        InsufficientStockError, set_aside_stock, market.variant, market.hall, quantity=3, **how
    )
    back = market.refuses(
        InsufficientStockError, set_aside_stock, market.variant, market.hall, quantity=-4, **how
    )

    assert (more.available, back.available) == (2, 3)


def test_what_is_promised_is_not_shipped_without_its_allocation(market: Market) -> None:
    market.stock(5)
    allocate(market, 3)
    market.do(reserve_stock, quantity=1)

    error = market.refuses(
        InsufficientStockError, ship_stock, market.variant, market.hall, quantity=2
    )

    assert error.available == 1


def test_dispatch_from_a_closed_place_is_refused(market: Market) -> None:
    market.stock(5)
    allocation = allocate(market, 3)
    market.close(market.hall)

    market.refuses(LocationClosedError, ship_allocation, allocation)
    market.to(deallocate_stock, allocation)


def test_receiving_the_ordered_pieces_again_is_one_receipt(market: Market) -> None:
    """A key that is taken keeps everything beside it out: here the filling of a backorder."""
    market.do(set_stock_policy, backorder_limit=9)
    market.do(receive_stock, quantity=2, idempotency_key="truck")
    allocate(market, 5, allow_backorder=True)
    before = market.venue.contents()

    market.do(receive_stock, quantity=2, idempotency_key="truck")

    assert market.venue.contents() == before
