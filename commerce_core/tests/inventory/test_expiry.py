from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from commerce_core.clock import use_clock, utc_now
from commerce_core.errors import InsufficientStockError, ReservationExpiredError
from commerce_core.inventory import (
    BasketLine,
    Cause,
    Reservation,
    ReserveRequest,
    allocate_stock,
    available_now,
    expire_reservations,
    extend_reservation,
    get_reservation,
    list_availability,
    next_expiry,
    release_reservation,
    reserve_basket,
    reserve_many,
    reserve_stock,
    ship_stock,
    transfer_stock,
)
from commerce_core.testing import FrozenClock, make_location, make_variant
from commerce_core.tests.statements import recorded

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from commerce_core.tests.databases import Database
    from commerce_core.tests.inventory.market import Market

MINUTE = timedelta(minutes=1)


def hold_everything(market: Market, pieces: int = 3) -> Reservation:
    market.stock(pieces)
    found: Reservation = market.do(reserve_stock, quantity=pieces, expires_in=MINUTE)
    return found


def test_it_counts_until_its_second_and_not_at_it(market: Market) -> None:
    hold_everything(market)
    place = (market.variant, market.hall)

    market.clock.move(seconds=59.999999)
    assert market.ask(available_now, *place) == 0
    market.refuses(InsufficientStockError, reserve_stock, *place, quantity=1)
    market.clock.move(seconds=0.000001)
    assert market.ask(available_now, *place) == 3

    assert market.do(reserve_stock, quantity=3).quantity == 3


def test_reads_give_back_what_is_due_before_anybody_journals_it(market: Market) -> None:
    hold_everything(market)
    market.clock.move(minutes=1)

    (row,) = market.ask(list_availability, [market.variant.id])
    (earlier,) = market.ask(
        list_availability, [market.variant.id], as_of=utc_now() - timedelta(seconds=1)
    )

    assert (row.on_hand, row.reserved, row.available, row.is_offered) == (3, 0, 3, True)
    assert (earlier.reserved, earlier.available) == (3, 0)
    assert market.now()["reserved"] == 3


def take_by_reserving(session: Session, market: Market) -> None:
    reserve_stock(session, market.variant, market.hall, quantity=3, actor="ann")


def take_by_allocating(session: Session, market: Market) -> None:
    order = Cause("host_order", "1")
    allocate_stock(session, market.variant, market.hall, quantity=3, holder=order, actor="ann")


def take_by_shipping(session: Session, market: Market) -> None:
    ship_stock(session, market.variant, market.hall, quantity=3, actor="ann")


def take_by_transfer(session: Session, market: Market) -> None:
    transfer_stock(session, market.hall, market.shed, {market.variant: 3}, actor="ann")


def take_by_basket(session: Session, market: Market) -> None:
    reserve_basket(session, [BasketLine(market.variant, 3)], actor="ann")


def take_in_a_batch(session: Session, market: Market) -> None:
    wish = ReserveRequest(market.variant.id, market.hall.id, 3)
    (answer,) = reserve_many(session, [wish], actor="ann")
    assert answer.reservation_id is not None


@pytest.mark.parametrize(
    "take",
    [
        take_by_reserving,
        take_by_allocating,
        take_by_shipping,
        take_by_transfer,
        take_by_basket,
        take_in_a_batch,
    ],
)
def test_a_verb_that_falls_short_first_lets_go_what_is_due(market: Market, take: object) -> None:
    reservation = hold_everything(market)
    market.clock.move(minutes=1)
    assert callable(take)

    market.run(lambda session: take(session, market))

    assert market.kinds()[:3] == ["received", "reserved", "expired"]
    assert market.story()[2].cause_id == str(reservation.id)
    assert market.ask(get_reservation, reservation.id).status == "expired"


def test_the_sweep_journals_every_expiry(market: Market) -> None:
    hold_everything(market)
    market.stock(5, at=market.shed)
    for seconds in (10, 20, 90):
        lasting = timedelta(seconds=seconds)
        market.do(reserve_stock, quantity=1, at=market.shed, expires_in=lasting)
    market.clock.move(minutes=1)

    freed = market.run(expire_reservations)

    assert freed == 5
    assert market.story()[-1].actor == "system"
    assert market.kinds(at=market.shed)[-2:] == ["expired", "expired"]
    assert market.ask(next_expiry) == market.clock.now() + timedelta(seconds=30)
    assert market.run(expire_reservations) == 0


def test_the_sweep_takes_a_bite_at_a_time(market: Market) -> None:
    for at in (market.hall, market.shed):
        market.stock(1, at=at)
        market.do(reserve_stock, quantity=1, at=at, expires_in=MINUTE)
    market.clock.move(minutes=1)

    assert [market.ask(expire_reservations, limit=1) for _ in range(3)] == [1, 1, 0]


def test_where_nothing_is_held_nothing_expires(market: Market) -> None:
    market.to(release_reservation, hold_everything(market))

    assert market.ask(next_expiry) is None
    assert market.run(expire_reservations) == 0


def test_an_expiry_that_was_moved_is_looked_up_anew(market: Market) -> None:
    reservation = hold_everything(market)
    market.to(extend_reservation, reservation, expires_in=timedelta(hours=1))
    market.clock.move(minutes=1)

    assert market.run(expire_reservations) == 0
    assert market.ask(next_expiry) == reservation.expires_at + timedelta(minutes=59)
    market.clock.move(minutes=59)
    assert market.run(expire_reservations) == 3


def test_an_object_in_the_same_session_shows_what_became_of_it(market: Market) -> None:
    market.stock(3)

    def step(session: Session) -> str:
        place = (session.merge(market.variant, load=False), market.hall)
        mine = reserve_stock(session, *place, quantity=3, expires_in=MINUTE, actor="ann")
        market.clock.move(minutes=1)
        reserve_stock(session, *place, quantity=1, actor="bob")
        return str(mine.status)

    assert market.run(step) == "expired"


# --- clocks that jump back ----------------------------------------------------------------------


def test_expired_is_final_when_the_clock_jumps_back(market: Market) -> None:
    reservation = hold_everything(market)
    market.clock.move(minutes=2)
    market.run(expire_reservations)

    market.clock.move(minutes=-2)

    market.refuses(ReservationExpiredError, extend_reservation, reservation, expires_in=MINUTE)
    assert market.do(reserve_stock, quantity=3).status == "active"


def test_the_ledger_never_runs_backwards(market: Market) -> None:
    market.stock(5)
    late = market.clock.now()
    market.clock.move(days=-1)

    market.do(reserve_stock, quantity=1)
    market.do(ship_stock, quantity=1)
    market.do(allocate_stock, quantity=1, holder=Cause("host_order", "1"))

    assert [movement.occurred_at for movement in market.story()] == [late] * 4
    assert market.story()[-1].recorded_at == market.clock.now()


# --- cost ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("places", [1, 4])
@pytest.mark.parametrize("holds", [1, 20])
def test_a_sweep_takes_as_many_statements_for_many_as_for_one(
    database: Database, holds: int, places: int
) -> None:
    clock = FrozenClock()

    def build(session: Session) -> None:
        for number in range(places):
            here = make_location(session, code=f"P{number}")
            variant = make_variant(session, on_hand=holds, location=here)
            for _ in range(holds):
                reserve_stock(session, variant, here, quantity=1, actor="a", expires_in=MINUTE)

    with use_clock(clock):
        database.run(build)
        clock.move(minutes=1)
        with recorded(database.engine) as sent:
            freed = database.run(expire_reservations)

    assert freed == holds * places
    # lock, read what is due, write (on SQLite: reservations, clock, movements, levels)
    assert len(sent) == (3 if database.is_postgresql else 6)
