from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.errors import InsufficientStockError, InvalidInputError
from commerce_core.inventory import (
    Allocation,
    Cause,
    SetAside,
    adjust_stock,
    allocate_stock,
    count_stock,
    create_purchase_order,
    create_supplier,
    deallocate_stock,
    expire_reservations,
    fill_backorders,
    list_allocations,
    list_expiring,
    list_purchase_order_lines,
    list_transfer_lines,
    place_purchase_order,
    post_count,
    receive_purchase_order,
    receive_transfer,
    release_reservation,
    reserve_stock,
    restock,
    set_aside_stock,
    set_stock_policy,
    ship_allocation,
    start_count,
    transfer_stock,
)
from commerce_core.money import Money

if TYPE_CHECKING:
    from commerce_core.tests.inventory.market import Market

LIMIT = 9


def wait_for(market: Market, quantity: int, *, ref: str = "1") -> Allocation:
    """Allocate with whatever is missing on backorder."""
    found: Allocation = market.do(
        allocate_stock, quantity=quantity, holder=Cause("host_order", ref), allow_backorder=True
    )
    return found


def waiting(market: Market, *allocations: Allocation) -> list[int]:
    """Return what each still waits for."""

    def read(session: Any) -> list[int]:
        rows = [session.get(Allocation, a.id, populate_existing=True) for a in allocations]
        return [row.backordered for row in rows]

    found: list[int] = market.run(read)
    return found


def test_what_is_not_there_waits_up_to_the_limit(market: Market) -> None:
    market.stock(2)
    market.do(set_stock_policy, backorder_limit=3)

    allocation = wait_for(market, 5)
    error = market.refuses(
        InsufficientStockError,
        allocate_stock,
        market.variant,
        market.hall,
        quantity=1,
        holder=Cause("host_order", "2"),
        allow_backorder=True,
    )

    assert (allocation.quantity, allocation.backordered) == (5, 3)
    assert market.now() == {"on_hand": 2, "allocated": 5, "backordered": 3, "available": -3}
    assert (error.requested, error.available) == (1, 0)
    assert market.kinds()[-1] == "backordered"


def test_nothing_waits_where_nobody_allowed_it(market: Market) -> None:
    market.stock(2)
    how: dict[str, Any] = {"quantity": 3, "holder": Cause("host_order", "1")}

    market.refuses(
        InsufficientStockError,
        allocate_stock,
        market.variant,
        market.hall,
        allow_backorder=True,
        **how,
    )
    market.do(set_stock_policy, backorder_limit=LIMIT)
    market.refuses(InsufficientStockError, allocate_stock, market.variant, market.hall, **how)


def test_what_waits_is_not_shipped(market: Market) -> None:
    market.stock(2)
    market.do(set_stock_policy, backorder_limit=LIMIT)
    allocation = wait_for(market, 5)

    market.refuses(InsufficientStockError, ship_allocation, allocation, quantity=3)
    movement = market.to(ship_allocation, allocation)

    assert movement.on_hand_delta == -2
    market.refuses(InsufficientStockError, ship_allocation, allocation)


def test_the_oldest_is_served_first(market: Market) -> None:
    market.do(set_stock_policy, backorder_limit=LIMIT)
    first, second, third = (wait_for(market, 3, ref=str(n)) for n in range(3))

    market.stock(4)

    assert waiting(market, first, second, third) == [0, 2, 3]
    assert market.kinds()[-3:] == ["received", "backorder_filled", "backorder_filled"]
    assert [m.cause_id for m in market.story()[-2:]] == ["0", "1"]
    market.stock(9)
    assert waiting(market, first, second, third) == [0, 0, 0]
    assert market.now() == {"on_hand": 13, "allocated": 9, "available": 4}


def by_restock(market: Market) -> None:
    market.do(restock, quantity=2)


def by_adjusting(market: Market) -> None:
    market.do(adjust_stock, quantity=2, reason="found")


def by_selling_again(market: Market) -> None:
    market.do(set_aside_stock, quantity=-2, place=SetAside.QUALITY_CONTROL, reason="fine")


def by_taking_back(market: Market) -> None:
    """The first allocation, which has its pieces, is cancelled."""
    taken = Cause("host_order", "taken")
    (allocation,) = market.ask(list_allocations, taken)
    market.to(deallocate_stock, allocation)


def by_a_lower_safety_stock(market: Market) -> None:
    market.do(set_stock_policy, backorder_limit=LIMIT, safety_stock=0)


def by_releasing(market: Market) -> None:
    (reservation,) = market.ask(list_expiring, within=timedelta(days=1))
    market.to(release_reservation, reservation)


def by_the_sweep(market: Market) -> None:
    market.clock.move(minutes=15)
    market.to(expire_reservations)


def by_a_transfer(market: Market) -> None:
    market.stock(2, at=market.shed)
    sent = market.to(transfer_stock, market.shed, market.hall, {market.variant: 2})
    (line,) = market.ask(list_transfer_lines, sent)
    market.to(receive_transfer, sent, {line.id: 2})


def by_a_purchase(market: Market) -> None:
    supplier = market.ask(create_supplier, name="Alma")
    lines = {market.variant: (2, Money.of("1", "EUR"))}
    order = market.to(create_purchase_order, supplier, market.hall, lines)
    market.to(place_purchase_order, order)
    (line,) = market.ask(list_purchase_order_lines, order)
    market.to(receive_purchase_order, order, {line.id: 2})


def by_counting(market: Market) -> None:
    count = market.to(start_count, market.hall, name="Spring")
    there = market.level().on_hand
    market.to(count_stock, count, market.variant, counted=there + 2)
    market.to(post_count, count)


@pytest.mark.parametrize(
    "arrive",
    [
        by_restock,
        by_adjusting,
        by_selling_again,
        by_taking_back,
        by_a_lower_safety_stock,
        by_releasing,
        by_the_sweep,
        by_a_transfer,
        by_a_purchase,
        by_counting,
    ],
)
def test_whatever_frees_stock_serves_those_who_wait(market: Market, arrive: Any) -> None:
    market.stock(8)
    market.do(set_aside_stock, quantity=2, place=SetAside.QUALITY_CONTROL, reason="odd")
    market.do(set_stock_policy, backorder_limit=LIMIT, safety_stock=2)
    market.do(allocate_stock, quantity=2, holder=Cause("host_order", "taken"))
    market.do(reserve_stock, quantity=2)
    allocation = wait_for(market, 2, ref="late")
    assert waiting(market, allocation) == [2]

    arrive(market)

    assert waiting(market, allocation) == [0]


def test_safety_stock_is_not_given_to_those_who_wait(market: Market) -> None:
    market.stock(5)
    market.do(set_stock_policy, backorder_limit=LIMIT, safety_stock=5)
    allocation = wait_for(market, 2)

    assert market.do(fill_backorders) == 0
    assert waiting(market, allocation) == [2]


def test_what_waits_goes_first_when_a_part_is_taken_back(market: Market) -> None:
    market.stock(2)
    market.do(set_stock_policy, backorder_limit=LIMIT)
    allocation = wait_for(market, 5)

    part = market.to(deallocate_stock, allocation, quantity=2)
    assert (part.open, part.backordered) == (3, 1)
    rest = market.to(deallocate_stock, allocation, quantity=2)

    assert (rest.open, rest.backordered) == (1, 0)
    assert market.now() == {"on_hand": 2, "allocated": 1, "available": 1}


def test_a_limit_below_what_waits_is_refused(market: Market) -> None:
    market.do(set_stock_policy, backorder_limit=LIMIT)
    wait_for(market, 4)

    error = market.refuses(
        InvalidInputError, set_stock_policy, market.variant, market.hall, backorder_limit=3
    )

    assert error.backordered == 4


def test_those_who_wait_come_before_new_customers(market: Market) -> None:
    market.do(set_stock_policy, backorder_limit=LIMIT)
    allocation = wait_for(market, 4)
    market.stock(3)

    market.refuses(InsufficientStockError, reserve_stock, market.variant, market.hall, quantity=1)

    assert waiting(market, allocation) == [1]


def test_filling_where_nothing_was_ever_stocked_fills_nothing(market: Market) -> None:
    assert market.do(fill_backorders, at=market.shed) == 0
