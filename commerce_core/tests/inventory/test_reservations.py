from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import inspect

from commerce_core.catalog.models import Variant, VariantStatus
from commerce_core.errors import (
    IdempotencyConflictError,
    InsufficientStockError,
    InvalidQuantityError,
    InvalidTextError,
    InvalidTimeError,
    LocationClosedError,
    ReservationClosedError,
    ReservationExpiredError,
    ReservationNotFoundError,
    VariantArchivedError,
)
from commerce_core.inventory import (
    Cause,
    Reservation,
    ReservationStatus,
    SetAside,
    allocate_reservation,
    extend_reservation,
    get_reservation,
    list_expiring,
    release_reservation,
    release_reservations,
    reserve_stock,
    set_aside_stock,
    set_stock_policy,
    ship_stock,
)

if TYPE_CHECKING:
    from commerce_core.tests.inventory.market import Market

MINUTE = timedelta(minutes=1)
NOT_QUANTITIES = [0, -1, 1.5, True, "2", None, Decimal(2), 1_000_000_001, 10**30]


def test_it_holds_pieces_for_a_while_and_moves_none(market: Market) -> None:
    market.stock(5)

    reservation = market.do(reserve_stock, quantity=2, expires_in=MINUTE, holder_ref=" basket-7 ")

    assert (reservation.quantity, reservation.status) == (2, ReservationStatus.ACTIVE)
    assert reservation.expires_at == market.clock.now() + MINUTE
    assert (reservation.holder_ref, reservation.actor) == ("basket-7", "ann")
    assert market.now() == {"on_hand": 5, "reserved": 2, "available": 3}


def test_its_movement_says_who_for_whom_and_what_was_left(market: Market) -> None:
    market.stock(5)
    market.do(reserve_stock, quantity=2, holder_ref="basket-7")

    movement = market.story()[-1]

    assert (movement.kind, movement.actor, movement.version) == ("reserved", "ann", 2)
    assert (movement.reserved_delta, movement.on_hand_delta) == (2, 0)
    assert (movement.on_hand, movement.reserved, movement.available) == (5, 2, 3)
    assert (movement.cause_kind, movement.cause_id) == ("holder", "basket-7")


def test_what_is_returned_is_loaded_completely(market: Market) -> None:
    market.stock(1)

    reservation = market.do(reserve_stock, quantity=1)

    state: Any = inspect(reservation)
    assert state.unloaded == set()
    assert reservation.idempotency_key is None
    assert market.ask(get_reservation, reservation.id).expires_at == reservation.expires_at


def test_more_than_is_available_is_refused_in_numbers(market: Market) -> None:
    market.stock(5)
    market.do(reserve_stock, quantity=3)

    error = market.refuses(
        InsufficientStockError, reserve_stock, market.variant, market.hall, quantity=3
    )

    assert (error.sku, error.location, error.requested, error.available) == ("LAMP", "HAM", 3, 2)


def test_nothing_is_promised_that_is_damaged_held_or_kept_back(market: Market) -> None:
    market.stock(10)
    market.do(set_aside_stock, quantity=2, place=SetAside.DAMAGED, reason="fell")
    market.do(set_aside_stock, quantity=3, place=SetAside.QUALITY_CONTROL, reason="looks odd")
    market.do(set_stock_policy, safety_stock=4)

    error = market.refuses(
        InsufficientStockError, reserve_stock, market.variant, market.hall, quantity=2
    )
    market.do(reserve_stock, quantity=1)

    assert error.available == 1
    assert market.level().available == 0


@pytest.mark.parametrize("quantity", NOT_QUANTITIES, ids=repr)
def test_what_is_no_quantity_is_refused(market: Market, quantity: Any) -> None:
    market.stock(5)

    market.refuses(
        InvalidQuantityError, reserve_stock, market.variant, market.hall, quantity=quantity
    )


@pytest.mark.parametrize(
    "lasting",
    [timedelta(0), -MINUTE, timedelta(milliseconds=999), timedelta(days=30, seconds=1), 900],
    ids=str,
)
def test_a_hold_lasts_from_a_second_to_thirty_days(market: Market, lasting: Any) -> None:
    market.stock(5)

    market.refuses(
        InvalidTimeError,
        reserve_stock,
        market.variant,
        market.hall,
        quantity=1,
        expires_in=lasting,
    )


@pytest.mark.parametrize(
    "how",
    [{"actor": " "}, {"holder_ref": "x" * 65}, {"holder_ref": "a\0b"}, {"idempotency_key": ""}],
    ids=str,
)
def test_what_cannot_be_stored_is_refused(market: Market, how: dict[str, Any]) -> None:
    market.stock(5)

    market.refuses(
        InvalidTextError, reserve_stock, market.variant, market.hall, **{"quantity": 1, **how}
    )


def test_an_archived_variant_is_not_promised(market: Market) -> None:
    market.stock(5)
    market.archive(market.variant)

    error = market.refuses(
        VariantArchivedError, reserve_stock, market.variant, market.hall, quantity=1
    )

    assert error.sku == "LAMP"


def test_nothing_is_promised_at_a_closed_location(market: Market) -> None:
    market.stock(5)
    market.close(market.hall)

    error = market.refuses(
        LocationClosedError, reserve_stock, market.variant, market.hall, quantity=1
    )

    assert error.location == "HAM"


def test_where_nothing_was_ever_stocked_nothing_is_there(market: Market) -> None:
    unknown = Variant(id=999_999, sku="GHOST", status=VariantStatus.ACTIVE)

    for variant in (market.variant, unknown):
        error = market.refuses(
            InsufficientStockError, reserve_stock, variant, market.shed, quantity=1
        )
        assert (error.requested, error.available) == (1, 0)


# --- keys ---------------------------------------------------------------------------------------


def test_a_replay_gets_the_first_reservation_and_changes_nothing(market: Market) -> None:
    market.stock(5)
    how: dict[str, Any] = {"quantity": 2, "idempotency_key": "k-1"}
    first = market.do(reserve_stock, **how)
    market.clock.move(seconds=5)
    before = market.venue.contents()

    again = market.do(reserve_stock, **how)

    assert again.id == first.id
    assert market.venue.contents() == before


@pytest.mark.parametrize("what", ["sold out", "closed", "archived", "expired", "released"])
def test_a_replay_is_answered_whatever_holds_by_now(market: Market, what: str) -> None:
    market.stock(2)
    how: dict[str, Any] = {"quantity": 2, "idempotency_key": "k-1", "expires_in": MINUTE}
    first = market.do(reserve_stock, **how)
    if what == "expired":
        market.clock.move(minutes=1)
    if what in {"expired", "released", "sold out"}:
        if what != "expired":
            market.to(release_reservation, first)
        market.do(ship_stock, quantity=2)
    if what == "closed":
        market.close(market.hall)
    if what == "archived":
        market.archive(market.variant)

    assert market.do(reserve_stock, **how).id == first.id


@pytest.mark.parametrize("other", [{"quantity": 1}, {"holder_ref": "b"}, {"at": "shed"}], ids=str)
def test_a_key_with_other_content_is_a_conflict(market: Market, other: dict[str, Any]) -> None:
    market.stock(5)
    market.stock(5, at=market.shed)
    how: dict[str, Any] = {"quantity": 2, "holder_ref": "a", "idempotency_key": "k-1"}
    market.do(reserve_stock, **how)
    place = market.shed if "at" in other else market.hall
    how |= {name: value for name, value in other.items() if name != "at"}

    error = market.refuses(IdempotencyConflictError, reserve_stock, market.variant, place, **how)

    assert error.key == "k-1"


def test_a_key_belongs_to_its_actor(market: Market) -> None:
    market.stock(5)

    first = market.do(reserve_stock, quantity=1, idempotency_key="k-1")
    other = market.do(reserve_stock, quantity=1, idempotency_key="k-1", actor="bob")

    assert first.id != other.id


# --- extend -------------------------------------------------------------------------------------


@pytest.mark.parametrize("lasting", [timedelta(seconds=10), timedelta(hours=1)], ids=str)
def test_its_end_can_be_moved_both_ways(market: Market, lasting: timedelta) -> None:
    market.stock(3)
    reservation = market.do(reserve_stock, quantity=3, expires_in=MINUTE)

    extended = market.to(extend_reservation, reservation, expires_in=lasting)

    end = market.clock.now() + lasting
    assert extended.expires_at == end
    market.clock.move(seconds=lasting.total_seconds() - 1)
    market.refuses(InsufficientStockError, reserve_stock, market.variant, market.hall, quantity=1)
    market.clock.move(seconds=1)
    market.do(reserve_stock, quantity=1)
    assert market.kinds() == ["received", "reserved", "extended", "expired", "reserved"]


def ended(market: Market, how: str) -> Reservation:
    """Return a reservation that has ended in one of the ways there are."""
    market.stock(3)
    reservation: Reservation = market.do(reserve_stock, quantity=1, expires_in=MINUTE)
    if how == "expired":
        market.clock.move(minutes=1)
    elif how == "released":
        market.to(release_reservation, reservation)
    else:
        market.to(allocate_reservation, reservation, holder=Cause("host_order", "1"))
    return reservation


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("expired", ReservationExpiredError),
        ("released", ReservationClosedError),
        ("allocated", ReservationClosedError),
    ],
)
def test_one_that_has_ended_is_neither_extended_nor_allocated(
    market: Market, how: str, error: Any
) -> None:
    reservation = ended(market, how)

    first = market.refuses(error, extend_reservation, reservation, expires_in=MINUTE)
    market.refuses(error, allocate_reservation, reservation, holder=Cause("host_order", "2"))

    assert first.reservation_id == reservation.id


@pytest.mark.parametrize("lasting", [timedelta(0), timedelta(days=31)], ids=str)
def test_it_is_not_extended_for_ever(market: Market, lasting: timedelta) -> None:
    market.stock(3)
    reservation = market.do(reserve_stock, quantity=1)

    market.refuses(InvalidTimeError, extend_reservation, reservation, expires_in=lasting)


# --- release ------------------------------------------------------------------------------------


def test_releasing_gives_the_pieces_back_once(market: Market) -> None:
    market.stock(3)
    reservation = market.do(reserve_stock, quantity=3)

    released = market.to(release_reservation, reservation)
    market.to(release_reservation, reservation)

    assert (released.status, released.closed_at) == ("released", market.clock.now())
    assert market.now() == {"on_hand": 3, "available": 3}
    assert market.kinds() == ["received", "reserved", "released"]


def test_releasing_an_expired_one_changes_nothing(market: Market) -> None:
    market.stock(3)
    old = market.do(reserve_stock, quantity=3, expires_in=MINUTE)
    market.clock.move(minutes=2)
    market.do(reserve_stock, quantity=3)

    assert market.to(release_reservation, old).status is ReservationStatus.EXPIRED
    assert market.now() == {"on_hand": 3, "reserved": 3, "available": 0}


def test_what_became_an_allocation_is_not_released(market: Market) -> None:
    reservation = ended(market, "allocated")

    error = market.refuses(ReservationClosedError, release_reservation, reservation)

    assert error.status == "allocated"


def test_several_are_released_together_or_not_at_all(market: Market) -> None:
    market.stock(5)
    market.stock(5, at=market.shed)
    some = [market.do(reserve_stock, quantity=1, at=at) for at in (market.shed, market.hall)]
    taken = market.do(reserve_stock, quantity=1)
    market.to(allocate_reservation, taken, holder=Cause("host_order", "1"))

    market.refuses(ReservationClosedError, release_reservations, [*some, taken])
    released = market.to(release_reservations, some)

    assert {row.status for row in released} == {ReservationStatus.RELEASED}
    assert market.now()["available"] == 4
    assert market.now(at=market.shed)["available"] == 5


# --- whose it is --------------------------------------------------------------------------------


def test_somebody_elses_is_as_good_as_not_there(market: Market) -> None:
    market.stock(3)
    theirs = market.do(reserve_stock, quantity=1, holder_ref="basket-1")
    order = Cause("host_order", "1")
    mine = {"holder_ref": "basket-2"}
    missing = ReservationNotFoundError

    market.refuses(missing, extend_reservation, theirs, expires_in=MINUTE, **mine)
    market.refuses(missing, release_reservation, theirs, **mine)
    market.refuses(missing, allocate_reservation, theirs, holder=order, **mine)
    market.refused(missing, lambda s: get_reservation(s, theirs.id, **mine))

    assert market.ask(get_reservation, theirs.id, holder_ref=" basket-1 ").id == theirs.id


def test_one_that_never_was_is_not_found(market: Market) -> None:
    ghost = Reservation(id=999_999, level_id=1)

    for verb, how in (
        (extend_reservation, {"expires_in": MINUTE}),
        (release_reservation, {}),
        (allocate_reservation, {"holder": Cause("host_order", "1")}),
    ):
        error = market.refuses(ReservationNotFoundError, verb, ghost, **how)
        assert error.reservation_id == 999_999
    market.refused(ReservationNotFoundError, lambda s: get_reservation(s, 999_999))


def test_those_running_out_are_listed_the_next_one_first(market: Market) -> None:
    market.stock(10)
    ends = {
        minutes: market.do(reserve_stock, quantity=1, expires_in=timedelta(minutes=minutes))
        for minutes in (30, 2, 5)
    }
    market.to(release_reservation, market.do(reserve_stock, quantity=1, expires_in=MINUTE))

    found = market.ask(list_expiring, within=timedelta(minutes=5))
    first = market.ask(list_expiring, within=timedelta(minutes=5), limit=1)

    assert [row.id for row in found] == [ends[2].id, ends[5].id]
    assert [row.id for row in first] == [ends[2].id]
