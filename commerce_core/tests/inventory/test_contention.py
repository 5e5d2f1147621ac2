"""Many at once on real databases: never more promised than there is, and no deadlock comes out.

The short form; ``nox -s stress`` runs the same crowds for at least 100,000 attempts.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from commerce_core.clock import use_clock
from commerce_core.errors import IdempotencyConflictError
from commerce_core.inventory import (
    BasketLine,
    Cause,
    ReserveRequest,
    allocate_reservation,
    allocate_stock,
    create_purchase_order,
    create_supplier,
    create_transfer,
    expire_reservations,
    ledger,
    list_purchase_order_lines,
    list_transfer_lines,
    place_purchase_order,
    receive_purchase_order,
    receive_stock,
    receive_transfer,
    reserve_basket,
    reserve_many,
    reserve_stock,
    set_stock_policy,
    transfer_stock,
    verify_ledger,
)
from commerce_core.money import Money
from commerce_core.testing import FrozenClock, make_location, make_variant
from commerce_core.tests.inventory import rush

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from commerce_core.inventory import StockTransfer
    from commerce_core.tests.databases import Database

UNITS = 40


def test_no_more_is_granted_than_there_is_and_no_less(database: Database) -> None:
    crowd = rush.open_crowd(database, units=UNITS)
    threads, times = (8, 20) if database.is_postgresql else (4, 20)

    rush.grab(crowd, threads=threads, times=times)

    assert crowd.told["granted"] == rush.promised(database) == UNITS
    assert set(crowd.told) == {"granted", "insufficient_stock"}
    assert rush.audit(database) == []


@pytest.mark.postgres
@pytest.mark.slow
def test_nor_from_several_processes(postgres: Database) -> None:
    crowd = rush.open_crowd(postgres, units=UNITS)

    rush.from_processes(crowd, "grab", processes=2, threads=4, times=12)

    assert crowd.told["granted"] == rush.promised(postgres) == UNITS
    assert rush.audit(postgres) == []


@pytest.mark.postgres
def test_baskets_in_any_order_never_wait_for_each_other_in_a_circle(postgres: Database) -> None:
    crowd = rush.open_crowd(postgres, units=1000, variants=6)

    rush.shop_in_any_order(crowd, threads=8, times=12)

    assert set(crowd.told) == {"granted"}
    assert rush.audit(postgres) == []


def test_in_a_storm_of_expiries_and_cancellations_the_books_stay_right(database: Database) -> None:
    crowd = rush.open_crowd(database, units=9, variants=2)

    rush.storm(crowd, threads=8 if database.is_postgresql else 3, times=12)
    assert rush.audit(database) == []
    rush.close_the_day(database)

    assert rush.reserved_now(database) == 0
    assert rush.audit(database) == []


@pytest.mark.postgres
@pytest.mark.slow
def test_customers_that_are_killed_leave_nothing_behind(postgres: Database) -> None:
    rush.open_crowd(postgres, units=20, variants=4)

    with rush.customers_who_die(postgres.url, processes=3) as kill_one:
        for _ in range(4):
            kill_one()
    rush.close_the_day(postgres)

    assert rush.reserved_now(postgres) == 0
    assert rush.audit(postgres) == []


# --- one key at the same moment -----------------------------------------------------------------


def at_once(database: Database, step: Callable[[Session], Any], times: int = 6) -> list[Any]:
    """Run the same step from many threads that all start together; return every answer."""
    barrier = threading.Barrier(times)

    def one() -> Any:
        barrier.wait()
        return database.run(step)

    with ThreadPoolExecutor(times) as pool:
        return [future.result() for future in [pool.submit(one) for _ in range(times)]]


def repeated(name: str, database: Database) -> Callable[[Session], Any]:
    """Return a step that may be asked for many times and must happen once."""
    variant, place = database.run(lambda s: (make_variant(s, on_hand=9), make_location(s)))
    here: tuple[Any, Any] = (variant, place)
    key: dict[str, Any] = {"actor": "ann", "idempotency_key": "k-1"}
    order = Cause("host_order", "1")
    wish = ReserveRequest(variant.id, place.id, 1, idempotency_key="k-1")
    if name == "convert":
        held = database.run(lambda s: reserve_stock(s, *here, quantity=1, actor="ann"))
        return lambda s: allocate_reservation(s, held, holder=order, actor="ann").id
    if name == "transfer":
        shed = database.run(lambda s: make_location(s, code="SHED"))
        return lambda s: create_transfer(s, place, shed, {variant: 1}, **key).id
    steps: dict[str, Callable[[Session], Any]] = {
        "reserve": lambda s: reserve_stock(s, *here, quantity=1, **key).id,
        "allocate": lambda s: allocate_stock(s, *here, quantity=1, holder=order, **key).id,
        "receive": lambda s: receive_stock(s, *here, quantity=1, **key).id,
        "basket": lambda s: reserve_basket(s, [BasketLine(variant, 1)], **key).reservations[0].id,
        "whole basket": lambda s: (
            reserve_basket(s, [BasketLine(variant, 9)], **key).reservations[0].id
        ),
        "batch": lambda s: reserve_many(s, [wish], actor="ann")[0].reservation_id,
        "whole batch": lambda s: (
            reserve_many(s, [replace(wish, quantity=9)], actor="ann")[0].reservation_id
        ),
    }
    return steps[name]


@pytest.mark.parametrize(
    "name",
    [
        "reserve",
        "allocate",
        "receive",
        "basket",
        "whole basket",
        "batch",
        "whole batch",
        "convert",
        "transfer",
    ],
)
def test_a_key_used_at_the_same_moment_is_one_request(database: Database, name: str) -> None:
    answers = at_once(database, repeated(name, database))

    assert len(set(answers)) == 1
    assert None not in answers
    assert database.sql("SELECT count(*) FROM commerce_reservation")[0][0] <= 1
    assert rush.audit(database) == []


@pytest.mark.postgres
def test_a_replay_of_a_basket_waits_for_nobody(postgres: Database) -> None:
    """Customers who ask again because it is slow must not make it slower."""
    variant, place = postgres.run(lambda s: (make_variant(s, on_hand=9), make_location(s)))

    def basket(s: Session) -> list[int]:
        s.execute(text("SET LOCAL lock_timeout = '9s'"))
        lines = [BasketLine(variant, 1)]
        answer = reserve_basket(s, lines, actor="ann", idempotency_key="k-1")
        return [row.id for row in answer.reservations]

    first = postgres.run(basket)
    with postgres.factory() as slow, slow.begin():
        ledger.lock_level(slow, variant, place)

        assert postgres.run(basket) == first


def test_a_delivery_reported_twice_at_once_is_booked_once(database: Database) -> None:
    def build(s: Session) -> Any:
        costs = {make_variant(s): (9, Money.of("1", "EUR"))}
        supplier = create_supplier(s, name="Alma")
        order = create_purchase_order(s, supplier, make_location(s), costs, actor="ann")
        return place_purchase_order(s, order, actor="ann")

    order = database.run(build)
    (line,) = database.run(lambda s: list_purchase_order_lines(s, order))
    key: dict[str, Any] = {"actor": "ann", "idempotency_key": "van-1"}

    at_once(database, lambda s: receive_purchase_order(s, order, {line.id: 4}, **key))

    (line,) = database.run(lambda s: list_purchase_order_lines(s, order))
    assert line.received == 4
    assert rush.audit(database) == []


def test_a_key_used_for_two_transfers_at_once_books_one(database: Database) -> None:
    variant, hall = database.run(lambda s: (make_variant(s, on_hand=9), make_location(s)))
    shed = database.run(lambda s: make_location(s, code="SHED"))
    send = partial(transfer_stock, source=hall, destination=shed, lines={variant: 1}, actor="ann")
    papers = [database.run(send) for _ in range(6)]

    def receive(s: Session, paper: StockTransfer) -> str:
        (line,) = list_transfer_lines(s, paper)
        try:
            receive_transfer(s, paper, {line.id: 1}, actor="ann", idempotency_key="van-1")
        except IdempotencyConflictError:
            return "conflict"
        return "booked"

    with ThreadPoolExecutor(len(papers)) as pool:
        told = list(pool.map(lambda paper: database.run(partial(receive, paper=paper)), papers))

    assert sorted(told) == ["booked", *["conflict"] * 5]
    assert rush.audit(database) == []


def test_numbers_of_transfers_made_at_once_are_all_different(database: Database) -> None:
    variant, hall = database.run(lambda s: (make_variant(s), make_location(s)))
    shed = database.run(lambda s: make_location(s, code="SHED"))

    made = at_once(
        database, lambda s: create_transfer(s, hall, shed, {variant: 1}, actor="ann").number
    )

    assert len(set(made)) == len(made)


def test_a_place_that_is_stocked_for_the_first_time_by_many_is_one_level(
    database: Database,
) -> None:
    variant, place = database.run(lambda s: (make_variant(s), make_location(s)))
    receive = partial(receive_stock, variant=variant, location=place, quantity=1, actor="ann")

    at_once(database, receive)
    at_once(database, lambda s: set_stock_policy(s, variant, place, minimum=2, actor="ann").version)

    assert database.run(verify_ledger) == []


def test_policies_saved_at_the_same_moment_come_one_after_another(database: Database) -> None:
    variant, place = database.run(lambda s: (make_variant(s, on_hand=1), make_location(s)))
    save = partial(set_stock_policy, variant=variant, location=place, actor="ann")
    database.run(partial(save, minimum=1))

    versions = at_once(database, lambda s: save(s, minimum=2).version)

    assert sorted(versions) == [2, 3, 4, 5, 6, 7]


@pytest.mark.postgres
def test_a_sweep_passes_by_what_somebody_has_locked(postgres: Database) -> None:
    crowd = rush.open_crowd(postgres, units=1, variants=2)
    clock = FrozenClock()
    with use_clock(clock):
        for variant in crowd.variants:
            crowd.ask(reserve_stock, variant, crowd.place, quantity=1)
        clock.move(days=1)
        with postgres.factory() as slow, slow.begin():
            ledger.lock_level(slow, crowd.variants[0], crowd.place)
            assert postgres.run(expire_reservations) == 1
        assert postgres.run(expire_reservations) == 1
