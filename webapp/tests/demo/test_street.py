"""The living shop: many hours in seconds. It moves, stays in stock, and its books agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from commerce_core import run_in_transaction, use_clock, utc_now
from commerce_core.catalog.models import Variant
from commerce_core.catalog.prices import plan_sale
from commerce_core.inventory import (
    Allocation,
    MovementKind,
    Reservation,
    StockLevel,
    StockMovement,
    adjust_stock,
    list_levels,
    list_locations,
    verify_ledger,
)
from commerce_core.money import Money
from commerce_core.orders.models import Order, OrderLine
from commerce_core.orders.return_models import Return
from commerce_core.testing import FrozenClock
from webapp.demo import live_orders, live_stock
from webapp.demo.live_orders import ACTOR
from webapp.demo.randomness import make_dice
from webapp.demo.shoppers import _play
from webapp.demo.street import Street, popularity, shop_window


@pytest.fixture
def clock() -> Iterator[FrozenClock]:
    with use_clock(FrozenClock(utc_now())) as frozen:
        assert isinstance(frozen, FrozenClock)
        yield frozen


def walk(shop: sessionmaker[Session], clock: FrozenClock, *, scenes: int) -> float:
    """Let ``scenes`` things happen; return the seconds they took in the shop."""
    street = run_in_transaction(shop, partial(Street.open, seed=1))
    began = utc_now()
    for _ in range(scenes):
        pause, happen = street.next_scene()
        clock.move(seconds=pause)
        _play(shop, happen)
    return (utc_now() - began).total_seconds()


def count(session: Session, model: type[Order | Return]) -> int:
    return session.scalar(select(func.count(model.id))) or 0


def mine(session: Session) -> Counter[MovementKind]:
    kinds = session.scalars(select(StockMovement.kind).filter_by(actor=ACTOR))
    return Counter(kinds)


@pytest.mark.slow
def test_everything_happens_at_a_natural_pace(
    shop: sessionmaker[Session], clock: FrozenClock
) -> None:
    with shop() as session:
        orders, returns = count(session, Order), count(session, Return)
        newest = session.scalar(select(func.max(StockMovement.id))) or 0
    seconds = walk(shop, clock, scenes=600)
    with shop() as session:
        assert verify_ledger(session) == []
        kinds = mine(session)
        others = session.scalars(
            select(StockMovement.actor).where(StockMovement.id > newest).distinct()
        ).all()
        assert count(session, Order) > orders + 50
        assert count(session, Return) > returns + 3
    assert others == [ACTOR]
    assert 0.5 < seconds / 600 < 1.6
    assert {
        MovementKind.RESERVED,
        MovementKind.ALLOCATED,
        MovementKind.SHIPPED,
        MovementKind.RELEASED,
        MovementKind.EXPIRED,
        MovementKind.RESTOCKED,
        MovementKind.RECEIVED,
        MovementKind.EXPECTED,
    } <= kinds.keys()


@pytest.mark.slow
def test_the_shop_neither_drains_nor_overflows(
    shop: sessionmaker[Session], clock: FrozenClock
) -> None:
    def total() -> tuple[int, int]:
        with shop() as session:
            pieces = session.scalar(select(func.sum(StockLevel.on_hand))) or 0
            return pieces, len(live_stock.low_levels(session))

    before, _ = total()
    walk(shop, clock, scenes=3000)
    after, low = total()
    assert 0.4 * before < after < 2.5 * before
    assert low < 60
    with shop() as session:
        assert verify_ledger(session) == []
        held = session.scalar(select(func.sum(StockLevel.reserved)))
        active = select(func.sum(Reservation.quantity)).filter_by(status="active")
        assert held == (session.scalar(active) or 0)
        waiting = Allocation.quantity - Allocation.shipped - Allocation.released
        assert session.scalar(select(func.sum(StockLevel.allocated))) == session.scalar(
            select(func.sum(waiting))
        )


def test_what_the_board_shows_first_moves_most(
    shop: sessionmaker[Session], clock: FrozenClock
) -> None:
    walk(shop, clock, scenes=300)
    with shop() as session:
        first = set(shop_window(session))
        reserved = select(StockMovement.variant_id).filter_by(actor=ACTOR, kind="reserved")
        moved = session.scalars(reserved).all()
    assert sum(variant in first for variant in moved) > len(moved) / 3


def test_a_long_life_slows_the_shop_down(shop: sessionmaker[Session], clock: FrozenClock) -> None:
    likings = run_in_transaction(shop, popularity)

    def mean_pause(movements: int) -> float:
        street = Street(make_dice("pace"), likings, movements=movements)
        return sum(street.next_scene()[0] for _ in range(300)) / 300

    assert mean_pause(300_000) == pytest.approx(3 * mean_pause(0))


def test_nobody_can_buy_what_is_sold_out(shop: sessionmaker[Session]) -> None:
    dice = make_dice("sold out")

    def empty(session: Session) -> list[int]:
        variant = session.scalars(select(Variant).limit(1)).one()
        places = {place.id: place for place in list_locations(session)}
        for level in list_levels(session, variant):
            if level.on_hand:
                adjust_stock(
                    session,
                    variant,
                    places[level.location_id],
                    quantity=-level.on_hand,
                    reason="Flood",
                    actor="tests",
                )
        return [variant.id]

    wishes = run_in_transaction(shop, empty)
    assert (
        run_in_transaction(shop, partial(live_orders.fill_basket, dice=dice, wishes=wishes)) == []
    )
    assert run_in_transaction(shop, partial(live_orders.buy_in_shop, wishes=wishes)) is None


def test_an_expired_basket_cannot_be_ordered(
    shop: sessionmaker[Session], clock: FrozenClock
) -> None:
    dice = make_dice("late")
    wishes = [run_in_transaction(shop, popularity).draw(dice) for _ in range(4)]
    basket = run_in_transaction(shop, partial(live_orders.fill_basket, dice=dice, wishes=wishes))
    assert basket
    clock.move(minutes=30)
    order = run_in_transaction(shop, partial(live_orders.check_out, dice=dice, basket=basket))
    assert order is None


def test_an_order_is_at_the_price_of_its_moment(
    shop: sessionmaker[Session], clock: FrozenClock
) -> None:
    dice = make_dice("sale")
    wishes = [run_in_transaction(shop, popularity).draw(dice) for _ in range(4)]
    basket = run_in_transaction(shop, partial(live_orders.fill_basket, dice=dice, wishes=wishes))

    def reduce(session: Session) -> None:
        for number in basket:
            held = session.get_one(Reservation, number)
            variant = session.get_one(Variant, held.variant_id)
            price = Money(Decimal("0.99"), variant.currency)
            plan_sale(session, variant, price, starts_at=utc_now(), ends_at=None, actor="tests")

    run_in_transaction(shop, reduce)
    order = run_in_transaction(shop, partial(live_orders.check_out, dice=dice, basket=basket))
    assert order is not None
    with shop() as session:
        lines = session.scalars(select(OrderLine).filter_by(order_id=order.id)).all()
    assert {line.unit_price for line in lines} == {Decimal("0.99")}


def test_what_goods_cost_is_less_than_what_they_are_sold_for(shop: sessionmaker[Session]) -> None:
    with shop() as session:
        known = session.execute(select(Variant.cost, Variant.price)).all()
    assert known
    assert all(cost is not None and 0 < cost < price for cost, price in known)


def test_a_new_street_packs_what_the_last_one_left(
    shop: sessionmaker[Session], clock: FrozenClock
) -> None:
    waiting = run_in_transaction(shop, live_stock.open_parcels)
    assert waiting
    walk(shop, clock, scenes=400)
    assert not set(waiting) & set(run_in_transaction(shop, live_stock.open_parcels))
