from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.catalog.models import Variant, VariantStatus
from commerce_core.errors import (
    IdempotencyConflictError,
    InsufficientStockError,
    InvalidInputError,
    InvalidQuantityError,
    InvalidStateError,
    InvalidTextError,
    LocationClosedError,
    LocationNotFoundError,
    VariantNotFoundError,
)
from commerce_core.inventory import (
    StockLocation,
    StockTransfer,
    StockTransferLine,
    TransferStatus,
    cancel_transfer,
    create_transfer,
    list_transfer_lines,
    receive_transfer,
    reserve_stock,
    send_transfer,
    transfer_stock,
)

if TYPE_CHECKING:
    from commerce_core.tests.inventory.market import Market


def draft(market: Market, quantity: int = 4, **how: Any) -> StockTransfer:
    lines = {market.variant: quantity}
    found: StockTransfer = market.to(create_transfer, market.hall, market.shed, lines, **how)
    return found


def sent(market: Market, quantity: int = 4) -> tuple[StockTransfer, StockTransferLine]:
    """Return a transfer on its way from the hall (which had 5) to the shed, and its line."""
    market.stock(5)
    transfer = market.to(send_transfer, draft(market, quantity))
    (line,) = market.ask(list_transfer_lines, transfer)
    return transfer, line


def lines_of(market: Market, transfer: StockTransfer) -> list[tuple[int, int, int]]:
    found = market.ask(list_transfer_lines, transfer)
    return [(line.quantity, line.received, line.lost) for line in found]


def test_a_draft_moves_nothing(market: Market) -> None:
    market.stock(5)

    transfer = draft(market)

    assert transfer.status is TransferStatus.DRAFT
    assert transfer.number == f"T{transfer.id:05d}"
    assert market.now() == {"on_hand": 5, "available": 5}


def test_on_its_way_it_is_nobodys(market: Market) -> None:
    transfer, _ = sent(market)

    assert transfer.status is TransferStatus.IN_TRANSIT
    assert transfer.sent_at == market.clock.now()
    assert market.now() == {"on_hand": 1, "available": 1}
    assert market.now(at=market.shed) == {"incoming": 4, "available": 0}
    market.refuses(InsufficientStockError, reserve_stock, market.variant, market.shed, quantity=1)


def test_it_arrives_in_parts(market: Market) -> None:
    transfer, line = sent(market)

    first = market.to(receive_transfer, transfer, {line.id: 1})
    assert first.status is TransferStatus.PARTIALLY_RECEIVED
    assert market.now(at=market.shed) == {"on_hand": 1, "incoming": 3, "available": 1}
    market.clock.move(minutes=1)
    last = market.to(receive_transfer, transfer, {line.id: 3})

    assert (last.status, last.closed_at) == (TransferStatus.RECEIVED, market.clock.now())
    assert market.now(at=market.shed) == {"on_hand": 4, "available": 4}
    assert lines_of(market, transfer) == [(4, 4, 0)]
    causes = {(m.cause_kind, m.cause_id) for m in market.story(at=market.shed)}
    assert causes == {("stock_transfer_line", str(line.id))}


def test_more_than_the_source_has_is_refused(market: Market) -> None:
    market.stock(3)
    market.do(reserve_stock, quantity=1)
    transfer = draft(market, 3)

    error = market.refuses(InsufficientStockError, send_transfer, transfer)
    market.refuses(
        InsufficientStockError, transfer_stock, market.hall, market.shed, {market.variant: 3}
    )

    assert (error.requested, error.available, error.location) == (3, 2, "HAM")


def test_what_was_never_stocked_cannot_be_sent(market: Market) -> None:
    market.refuses(InsufficientStockError, send_transfer, draft(market))


def test_one_line_that_falls_short_stops_them_all(market: Market) -> None:
    chair = market.another("CHAIR")
    market.stock(5)
    market.stock(1, of=chair)
    lines = {market.variant: 5, chair: 2}

    error = market.refuses(InsufficientStockError, transfer_stock, market.hall, market.shed, lines)

    assert error.sku == "CHAIR"


@pytest.mark.parametrize("end", ["source", "destination"])
def test_a_closed_place_neither_sends_nor_receives(market: Market, end: str) -> None:
    market.stock(5)
    transfer = draft(market)
    market.close(market.hall if end == "source" else market.shed)

    market.refuses(LocationClosedError, send_transfer, transfer)


def test_what_is_on_its_way_to_a_closed_place_can_come_back(market: Market) -> None:
    transfer, line = sent(market)
    market.close(market.shed)
    market.close(market.hall)

    market.refuses(LocationClosedError, receive_transfer, transfer, {line.id: 1})
    market.to(cancel_transfer, transfer)

    assert market.now() == {"on_hand": 5, "available": 5}


# --- called back, or lost -----------------------------------------------------------------------


def test_a_draft_that_is_cancelled_leaves_no_movement(market: Market) -> None:
    market.stock(5)

    ended = market.to(cancel_transfer, draft(market))

    assert ended.status is TransferStatus.CANCELLED
    assert market.kinds() == ["received"]


def test_called_back_it_returns_to_the_source(market: Market) -> None:
    transfer, line = sent(market)
    market.to(receive_transfer, transfer, {line.id: 1})

    ended = market.to(cancel_transfer, transfer)

    assert ended.status is TransferStatus.RECEIVED
    assert market.now() == {"on_hand": 4, "available": 4}
    assert market.now(at=market.shed) == {"on_hand": 1, "available": 1}


def test_lost_on_the_way_it_arrives_nowhere(market: Market) -> None:
    transfer, _ = sent(market)

    ended = market.to(cancel_transfer, transfer, lost=True)

    assert ended.status is TransferStatus.CANCELLED
    assert market.now() == {"on_hand": 1, "available": 1}
    assert market.now(at=market.shed) == {"available": 0}
    assert lines_of(market, transfer) == [(4, 0, 4)]
    assert market.kinds(at=market.shed) == ["expected", "written_off"]


# --- what is refused ----------------------------------------------------------------------------


def test_every_step_happens_in_its_turn(market: Market) -> None:
    transfer, line = sent(market)
    fresh = draft(market, 1)

    market.refuses(InvalidStateError, send_transfer, transfer)
    market.refuses(InvalidStateError, receive_transfer, fresh, {line.id: 1})
    market.to(receive_transfer, transfer, {line.id: 4})
    error = market.refuses(InvalidStateError, receive_transfer, transfer, {line.id: 1})
    market.refuses(InvalidStateError, cancel_transfer, transfer)

    assert (error.number, error.status) == (transfer.number, "received")


def test_no_more_arrives_than_was_sent_and_nothing_of_another_transfer(market: Market) -> None:
    transfer, line = sent(market)
    market.to(receive_transfer, transfer, {line.id: 1})

    error = market.refuses(InvalidInputError, receive_transfer, transfer, {line.id: 4})
    market.refuses(InvalidInputError, receive_transfer, transfer, {line.id + 99: 1})
    market.refuses(InvalidInputError, receive_transfer, transfer, {})

    assert (error.requested, error.available) == (4, 3)


@pytest.mark.parametrize("quantity", [0, -1, 1.5, True, "2", 1_000_000_001], ids=repr)
def test_what_is_no_quantity_is_refused(market: Market, quantity: Any) -> None:
    transfer, line = sent(market)
    lines = {market.variant: quantity}

    market.refuses(InvalidQuantityError, create_transfer, market.hall, market.shed, lines)
    market.refuses(InvalidQuantityError, receive_transfer, transfer, {line.id: quantity})


def test_a_transfer_needs_lines_two_places_and_somebody(market: Market) -> None:
    one = {market.variant: 1}

    market.refuses(InvalidInputError, create_transfer, market.hall, market.hall, one)
    market.refuses(InvalidInputError, create_transfer, market.hall, market.shed, {})
    market.refuses(InvalidTextError, create_transfer, market.hall, market.shed, one, actor=" ")


def test_what_does_not_exist_is_named(market: Market) -> None:
    ghost = Variant(id=999_999, sku="GHOST", status=VariantStatus.ACTIVE)
    nowhere = StockLocation(id=999_999, name="Nowhere", is_open=True)
    one = {market.variant: 1}

    market.refuses(VariantNotFoundError, transfer_stock, market.hall, market.shed, {ghost: 1})
    market.refuses(LocationNotFoundError, create_transfer, market.hall, nowhere, one)


# --- keys ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", [create_transfer, transfer_stock])
def test_it_is_made_once_for_a_key(market: Market, verb: Any) -> None:
    market.stock(5)
    places = (market.hall, market.shed)
    first = market.to(verb, *places, {market.variant: 2}, idempotency_key="k-1")
    before = market.venue.contents()

    again = market.to(verb, *places, {market.variant: 2}, idempotency_key="k-1")

    assert (again.id, again.status) == (first.id, first.status)
    assert market.venue.contents() == before
    market.refuses(
        IdempotencyConflictError, verb, *places, {market.variant: 3}, idempotency_key="k-1"
    )


def test_a_delivery_is_booked_once_for_a_key(market: Market) -> None:
    transfer, line = sent(market)
    how: dict[str, Any] = {"idempotency_key": "van-1"}
    market.to(receive_transfer, transfer, {line.id: 4}, **how)
    before = market.venue.contents()

    again = market.to(receive_transfer, transfer, {line.id: 4}, **how)

    assert again.status is TransferStatus.RECEIVED
    assert market.venue.contents() == before
    market.refuses(IdempotencyConflictError, receive_transfer, transfer, {line.id: 1}, **how)


def test_a_refused_delivery_does_not_use_its_key_up(market: Market) -> None:
    transfer, line = sent(market)
    how: dict[str, Any] = {"idempotency_key": "van-1"}

    market.refuses(InvalidInputError, receive_transfer, transfer, {line.id: 9}, **how)
    market.to(receive_transfer, transfer, {line.id: 4}, **how)

    assert market.now(at=market.shed) == {"on_hand": 4, "available": 4}
