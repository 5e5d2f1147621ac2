from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.catalog.models import Variant, VariantStatus
from commerce_core.errors import (
    DuplicateError,
    IdempotencyConflictError,
    InvalidInputError,
    InvalidQuantityError,
    InvalidStateError,
    InvalidTextError,
    InvalidTimeError,
    LocationClosedError,
    VariantNotFoundError,
)
from commerce_core.inventory import (
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseStatus,
    Supplier,
    cancel_purchase_order,
    create_purchase_order,
    create_supplier,
    list_purchase_order_lines,
    observed_lead_time,
    place_purchase_order,
    receive_purchase_order,
)
from commerce_core.money import Money

if TYPE_CHECKING:
    from commerce_core.tests.inventory.market import Market

EURO = Money.of("2.50", "EUR")


def supplier(market: Market, name: str = "Alma Linen") -> Supplier:
    found: Supplier = market.ask(create_supplier, name=name)
    return found


def draft(market: Market, lines: dict[Any, Any] | None = None, **how: Any) -> PurchaseOrder:
    wanted = lines or {market.variant: (10, EURO)}
    source = how.pop("supplier", None) or supplier(market)
    found: PurchaseOrder = market.to(create_purchase_order, source, market.hall, wanted, **how)
    return found


def ordered(market: Market, **how: Any) -> tuple[PurchaseOrder, PurchaseOrderLine]:
    order = market.to(place_purchase_order, draft(market, **how))
    (line,) = market.ask(list_purchase_order_lines, order)
    return order, line


def test_a_draft_is_expected_by_nobody(market: Market) -> None:
    order = draft(market, expected_on=date(2026, 2, 1))

    assert order.status is PurchaseStatus.DRAFT
    assert order.number == f"P{order.id:05d}"
    assert (order.currency, order.expected_on) == ("EUR", date(2026, 2, 1))
    (line,) = market.ask(list_purchase_order_lines, order)
    assert (line.quantity, line.unit_cost, line.outstanding) == (10, EURO.amount, 10)


def test_what_is_ordered_is_incoming_and_not_available(market: Market) -> None:
    order, line = ordered(market)

    assert (order.status, order.ordered_at) == (PurchaseStatus.ORDERED, market.clock.now())
    assert market.now() == {"incoming": 10, "available": 0}
    movement = market.story()[-1]
    assert (movement.kind, movement.cause_kind) == ("expected", "purchase_order_line")
    assert movement.cause_id == str(line.id)


def test_it_arrives_in_parts(market: Market) -> None:
    order, line = ordered(market)

    first = market.to(receive_purchase_order, order, {line.id: 4})
    assert first.status is PurchaseStatus.PARTIALLY_RECEIVED
    assert market.now() == {"on_hand": 4, "incoming": 6, "available": 4}
    market.clock.move(minutes=1)
    last = market.to(receive_purchase_order, order, {line.id: 6})

    assert (last.status, last.closed_at) == (PurchaseStatus.RECEIVED, market.clock.now())
    assert market.now() == {"on_hand": 10, "available": 10}


def test_more_than_was_ordered_is_booked_too(market: Market) -> None:
    order, line = ordered(market)

    done = market.to(receive_purchase_order, order, {line.id: 12})

    assert done.status is PurchaseStatus.RECEIVED
    assert market.now() == {"on_hand": 12, "available": 12}
    (line,) = market.ask(list_purchase_order_lines, order)
    assert (line.received, line.outstanding) == (12, 0)


def test_cancelling_ends_what_is_expected(market: Market) -> None:
    order, line = ordered(market)
    market.to(receive_purchase_order, order, {line.id: 4})

    ended = market.to(cancel_purchase_order, order)

    assert ended.status is PurchaseStatus.RECEIVED
    assert market.now() == {"on_hand": 4, "available": 4}


def test_a_draft_that_is_cancelled_leaves_no_movement(market: Market) -> None:
    ended = market.to(cancel_purchase_order, draft(market))

    assert ended.status is PurchaseStatus.CANCELLED
    assert market.story() == []


# --- what is refused ----------------------------------------------------------------------------


def test_every_step_happens_in_its_turn(market: Market) -> None:
    order, line = ordered(market)
    fresh = draft(market, supplier=supplier(market, "Other"))

    market.refuses(InvalidStateError, place_purchase_order, order)
    market.refuses(InvalidStateError, receive_purchase_order, fresh, {line.id: 1})
    market.to(receive_purchase_order, order, {line.id: 10})
    market.refuses(InvalidStateError, receive_purchase_order, order, {line.id: 1})
    error = market.refuses(InvalidStateError, cancel_purchase_order, order)

    assert (error.number, error.status) == (order.number, "received")


@pytest.mark.parametrize("quantity", [0, -1, 1.5, True, "2", 1_000_000_001], ids=repr)
def test_what_is_no_quantity_is_refused(market: Market, quantity: Any) -> None:
    order, line = ordered(market)
    source = supplier(market, "Other")

    market.refuses(
        InvalidQuantityError,
        create_purchase_order,
        source,
        market.hall,
        {market.variant: (quantity, EURO)},
    )
    market.refuses(InvalidQuantityError, receive_purchase_order, order, {line.id: quantity})


def test_an_order_needs_lines_of_one_currency_at_a_cost(market: Market) -> None:
    chair, source = market.another("CHAIR"), supplier(market)
    mixed = {market.variant: (1, EURO), chair: (1, Money.of("1", "USD"))}
    negative = {market.variant: (1, Money.of("-1", "EUR"))}

    for lines in ({}, mixed, negative):
        market.refuses(InvalidInputError, create_purchase_order, source, market.hall, lines)


def test_what_does_not_exist_is_named(market: Market) -> None:
    ghost = Variant(id=999_999, sku="GHOST", status=VariantStatus.ACTIVE)
    source = supplier(market)

    market.refuses(
        VariantNotFoundError, create_purchase_order, source, market.hall, {ghost: (1, EURO)}
    )


def test_a_delivery_is_of_this_order(market: Market) -> None:
    order, line = ordered(market)

    market.refuses(InvalidInputError, receive_purchase_order, order, {})
    error = market.refuses(
        InvalidInputError, receive_purchase_order, order, {line.id: 1, line.id + 99: 1}
    )

    assert error.lines == [line.id + 99]


def test_nothing_is_received_at_a_closed_place(market: Market) -> None:
    order, line = ordered(market)
    market.close(market.hall)

    market.refuses(LocationClosedError, receive_purchase_order, order, {line.id: 1})


def test_a_supplier_is_there_once_and_has_a_name(market: Market) -> None:
    supplier(market)

    market.refused(DuplicateError, lambda s: create_supplier(s, name=" Alma Linen "))
    market.refused(InvalidTextError, lambda s: create_supplier(s, name=" "))


def test_a_moment_without_a_zone_is_refused(market: Market) -> None:
    naive = datetime(2026, 1, 1, 12)  # noqa: DTZ001 - the point

    market.refuses(InvalidTimeError, place_purchase_order, draft(market), ordered_at=naive)


def test_nothing_was_ordered_tomorrow(market: Market) -> None:
    """It would be delivered before it was ordered, and suppliers would take negative days."""
    order = draft(market)
    for ahead in (timedelta(days=1), timedelta(days=365 * 3000)):
        moment = market.clock.now() + ahead
        market.refuses(InvalidTimeError, place_purchase_order, order, ordered_at=moment)


# --- keys ---------------------------------------------------------------------------------------


def test_it_is_made_once_for_a_key(market: Market) -> None:
    source = supplier(market)
    first = draft(market, supplier=source, idempotency_key="k-1")
    before = market.venue.contents()

    assert draft(market, supplier=source, idempotency_key="k-1").id == first.id
    assert market.venue.contents() == before
    market.refuses(
        IdempotencyConflictError,
        create_purchase_order,
        source,
        market.hall,
        {market.variant: (11, EURO)},
        idempotency_key="k-1",
    )


@pytest.mark.parametrize("delivered", [4, 10])
def test_a_delivery_is_booked_once_for_a_key(market: Market, delivered: int) -> None:
    order, line = ordered(market)
    how: dict[str, Any] = {"idempotency_key": "van-1"}
    market.to(receive_purchase_order, order, {line.id: delivered}, **how)
    before = market.venue.contents()

    market.to(receive_purchase_order, order, {line.id: delivered}, **how)

    assert market.venue.contents() == before
    other = {line.id: delivered + 1}
    market.refuses(IdempotencyConflictError, receive_purchase_order, order, other, **how)


# --- lead times ---------------------------------------------------------------------------------


def test_the_lead_time_is_weighted_by_pieces(market: Market) -> None:
    """9 pieces after 2 days and 1 after 12: mean 3, variance (9 x 1 + 81) / 10 = 9, spread 3."""
    order, line = ordered(market)
    market.clock.move(days=2)
    market.to(receive_purchase_order, order, {line.id: 9})
    market.clock.move(days=10)
    market.to(receive_purchase_order, order, {line.id: 1})

    found = market.ask(observed_lead_time, variant=market.variant)

    assert found is not None
    assert (found.mean_days, found.spread_days, found.deliveries) == pytest.approx((3, 3, 2))


def test_lead_times_are_those_of_the_supplier_asked_for(market: Market) -> None:
    slow, quick = supplier(market, "Slow"), supplier(market, "Quick")
    now = datetime(2026, 1, 5, 9, tzinfo=UTC)
    for source, days in ((slow, 20), (quick, 1)):
        order = draft(market, supplier=source)
        began = now - timedelta(days=days)
        market.to(place_purchase_order, order, ordered_at=began)
        (line,) = market.ask(list_purchase_order_lines, order)
        market.to(receive_purchase_order, order, {line.id: 10})

    assert market.ask(observed_lead_time, supplier=slow).mean_days == pytest.approx(20)
    assert market.ask(observed_lead_time, supplier=quick).spread_days == 0
    assert market.ask(observed_lead_time).mean_days == pytest.approx(10.5)
    assert market.ask(observed_lead_time, variant=market.another("NEW")) is None
