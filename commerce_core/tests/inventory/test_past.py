from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_core.clock import use_clock
from commerce_core.errors import InvalidTimeError
from commerce_core.inventory import (
    Cause,
    SetAside,
    adjust_stock,
    allocate_stock,
    explain,
    receive_stock,
    reserve_stock,
    set_aside_stock,
    ship_stock,
    stock_as_of,
)
from commerce_core.inventory.models import QUANTITIES, MovementKind
from commerce_core.inventory.past import _SENTENCES
from commerce_core.testing import FrozenClock, make_location, make_variant

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from commerce_core.tests.databases import Database
    from commerce_core.tests.inventory.market import Market


def test_the_stock_of_any_moment_is_known(market: Market) -> None:
    opening = market.clock.now()
    market.stock(5)
    market.clock.move(days=1)
    market.do(reserve_stock, quantity=2)
    market.stock(3, at=market.shed)
    market.clock.move(days=1)
    market.do(ship_stock, quantity=1)

    def then(days: float) -> list[tuple[int, int, int]]:
        found = market.ask(stock_as_of, market.variant, opening + timedelta(days=days))
        places = {market.hall.id: 1, market.shed.id: 2}
        return [(places[p.location_id], p.quantities["on_hand"], p.available) for p in found]

    assert then(-0.1) == []
    assert then(0) == then(0.9) == [(1, 5, 5)]
    assert then(1) == [(1, 5, 3), (2, 3, 3)]
    assert then(2) == then(999) == [(1, 4, 2), (2, 3, 3)]


def test_a_moment_without_a_zone_is_refused(market: Market) -> None:
    naive = datetime(2026, 1, 1, 12)  # noqa: DTZ001 - the point

    market.refused(InvalidTimeError, lambda s: stock_as_of(s, market.variant, naive))


def test_the_past_of_a_clock_that_jumped_back_stays_in_order(market: Market) -> None:
    market.stock(5)
    opening = market.clock.now()
    market.clock.move(days=-5)
    market.do(ship_stock, quantity=2)

    (now,) = market.ask(stock_as_of, market.variant, opening)

    assert now.quantities["on_hand"] == 3
    assert market.ask(stock_as_of, market.variant, opening - timedelta(seconds=1)) == []


def test_why_is_this_47(market: Market) -> None:
    market.do(receive_stock, quantity=50, cause=Cause("purchase_order_line", "7"))
    market.clock.move(minutes=5)
    market.do(allocate_stock, quantity=2, holder=Cause("order_line", "812"))
    market.do(adjust_stock, quantity=-3, reason="water damage", actor="bob")

    lines = [str(line) for line in market.ask(explain, market.variant, market.hall)]

    numbers, words = zip(*(line.split("  ", 1)[1].rsplit("  ", 1) for line in lines), strict=True)
    assert [" ".join(number.split()) for number in numbers] == [
        "-3 → 47 on hand, 45 available",
        "+2 → 50 on hand, 48 available",
        "+50 → 50 on hand, 50 available",
    ]
    assert list(words) == [
        "adjusted (water damage), by bob",
        "promised to an order for order line 812, by ann",
        "received for purchase order line 7, by ann",
    ]
    assert [line[:16] for line in lines] == ["2026-01-05 09:05"] * 2 + ["2026-01-05 09:00"]


def test_an_explanation_says_what_is_short_and_what_changed_no_number(market: Market) -> None:
    market.stock(5)
    market.do(allocate_stock, quantity=5, holder=Cause("order_line", "812"))
    market.do(set_aside_stock, quantity=2, place=SetAside.DAMAGED, reason="fell")

    (newest,) = market.ask(explain, market.variant, market.hall, limit=1)

    assert (newest.change, newest.on_hand, newest.available) == (2, 5, -2)
    assert newest.text == "set aside as damaged (fell) 2 short, by ann"


def test_every_kind_of_movement_has_its_words() -> None:
    assert set(_SENTENCES) == set(MovementKind)


MOVES = st.lists(
    st.tuples(st.sampled_from(["receive", "ship", "wait"]), st.integers(1, 9)), max_size=12
)


@settings(max_examples=25)
@given(moves=MOVES)
def test_the_past_is_what_the_present_was(sqlite: Database, moves: Any) -> None:
    """Whatever happened, asking for a moment gives the level as it stood at that moment."""
    clock = FrozenClock()
    seen: dict[datetime, dict[str, int]] = {}

    def step(session: Session) -> None:
        variant, place = make_variant(session), make_location(session)
        on_hand = 0
        for verb, pieces in moves:
            if verb == "wait":
                clock.move(minutes=pieces)
            elif verb == "receive":
                receive_stock(session, variant, place, quantity=pieces, actor="a")
                on_hand += pieces
            elif pieces <= on_hand:
                ship_stock(session, variant, place, quantity=pieces, actor="a")
                on_hand -= pieces
            seen[clock.now()] = {"on_hand": on_hand}
        for moment, expected in seen.items():
            found = stock_as_of(session, variant, moment)
            empty = dict.fromkeys(QUANTITIES, 0)
            assert (found[0].quantities if found else empty) == empty | expected

    with use_clock(clock):
        sqlite.run(step)
