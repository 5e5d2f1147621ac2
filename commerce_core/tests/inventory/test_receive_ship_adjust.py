from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.clock import use_clock
from commerce_core.errors import (
    InsufficientStockError,
    InvalidQuantityError,
    InvalidTextError,
    InvalidTimeError,
    LocationClosedError,
)
from commerce_core.inventory import (
    Cause,
    MovementKind,
    StockMovement,
    adjust_stock,
    receive_stock,
    set_stock_policy,
    ship_stock,
    stock_history,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_core.testing import FrozenClock
    from commerce_core.tests.inventory.conftest import Shop

VERBS = [receive_stock, ship_stock, adjust_stock]
TOO_MUCH = 1_000_000_001


def test_receiving_raises_what_is_on_hand(shop: Shop) -> None:
    shop.do(receive_stock, quantity=5)
    movement = shop.do(receive_stock, quantity=3)

    assert (movement.kind, movement.on_hand_delta, movement.on_hand) == ("received", 3, 8)
    assert shop.on_hand == 8


def test_shipping_lowers_what_is_on_hand(shop: Shop) -> None:
    shop.do(receive_stock, quantity=5)
    movement = shop.do(ship_stock, quantity=2)

    assert (movement.kind, movement.on_hand_delta, movement.on_hand) == ("shipped", -2, 3)
    assert shop.on_hand == 3


def test_adjusting_goes_up_and_down(shop: Shop) -> None:
    shop.do(adjust_stock, quantity=5, reason="found behind the shelf")
    movement = shop.do(adjust_stock, quantity=-2, reason="broken")

    assert (movement.kind, movement.reason, movement.on_hand) == ("adjusted", "broken", 3)


def test_a_movement_tells_the_whole_story(shop: Shop, clock: FrozenClock) -> None:
    with use_clock(clock):
        movement: StockMovement = shop.do(
            receive_stock,
            quantity=5,
            actor=" Ann ",
            reason=" late truck ",
            cause=Cause("purchase_order_line", "812"),
            occurred_at=clock.now() - timedelta(hours=3),
        )

    assert (movement.actor, movement.reason) == ("Ann", "late truck")
    assert (movement.cause_kind, movement.cause_id) == ("purchase_order_line", "812")
    assert movement.recorded_at == clock.now()
    assert movement.occurred_at == clock.now() - timedelta(hours=3)
    assert (movement.version, movement.available) == (1, 5)


def test_every_movement_of_a_level_has_the_next_version(shop: Shop) -> None:
    versions = [shop.do(receive_stock, quantity=1).version for _ in range(3)]
    elsewhere = shop.do(receive_stock, quantity=1, at=shop.shed).version
    level = shop.level()

    assert (versions, elsewhere) == ([1, 2, 3], 1)
    assert level is not None
    assert level.version == 3


def test_places_hold_their_stock_apart(shop: Shop) -> None:
    shop.do(receive_stock, quantity=5)
    shop.do(receive_stock, quantity=7, at=shop.shed)
    with pytest.raises(InsufficientStockError):
        shop.do(ship_stock, quantity=6)
    shed = shop.level(shop.shed)

    assert shed is not None
    assert (shop.on_hand, shed.on_hand) == (5, 7)


def test_history_is_newest_first_and_pages_on(shop: Shop) -> None:
    for pieces in (1, 2, 3):
        shop.do(receive_stock, quantity=pieces)
    shop.do(receive_stock, quantity=9, at=shop.shed)

    def deltas(**options: Any) -> list[int]:
        rows = shop.run(lambda s: stock_history(s, shop.variant, **options))
        return [row.on_hand_delta for row in rows]

    oldest_of_page = shop.run(lambda s: stock_history(s, shop.variant, limit=2))[-1]
    assert deltas() == [9, 3, 2, 1]
    assert deltas(location=shop.hall) == [3, 2, 1]
    assert deltas(before=oldest_of_page) == [2, 1]
    assert deltas(since=datetime(2999, 1, 1, tzinfo=UTC)) == []
    assert deltas(limit=-3) == [9]


# --- what is not there cannot go -------------------------------------------------------------


def test_no_more_ships_than_is_there(shop: Shop) -> None:
    shop.do(receive_stock, quantity=5)

    with pytest.raises(InsufficientStockError) as caught:
        shop.do(ship_stock, quantity=6)

    error = caught.value
    assert (error.sku, error.requested, error.available) == ("LAMP-1", 6, 5)
    assert shop.on_hand == 5


def test_nothing_ships_from_where_nothing_ever_was(shop: Shop) -> None:
    with pytest.raises(InsufficientStockError):
        shop.do(ship_stock, quantity=1)
    with pytest.raises(InsufficientStockError):
        shop.do(adjust_stock, quantity=-1, reason="lost")

    assert shop.level() is None


@pytest.mark.parametrize(
    "kept_back",
    ["damaged = 2", "quality_control = 2", "allocated = 2", "safety_stock = 2"],
)
def test_stock_that_is_set_aside_does_not_ship(shop: Shop, kept_back: str) -> None:
    shop.do(receive_stock, quantity=5)
    shop.set_level(kept_back)
    with pytest.raises(InsufficientStockError) as caught:
        shop.do(ship_stock, quantity=4)
    movement = shop.do(ship_stock, quantity=3)
    shop.set_level(kept_back[:-1] + "0")
    shop.forget_promises()

    assert caught.value.available == 3
    assert movement.available == 0


def test_a_loss_of_promised_stock_is_booked_as_short_and_cleared_by_the_next_receipt(
    shop: Shop,
) -> None:
    shop.do(receive_stock, quantity=5)
    shop.set_level("allocated = 5")
    loss = shop.do(adjust_stock, quantity=-3, reason="water damage")
    part = shop.do(receive_stock, quantity=1)
    rest = shop.do(receive_stock, quantity=9)
    shop.set_level("allocated = 0")
    shop.forget_promises()

    assert (loss.short_delta, loss.short, loss.on_hand) == (3, 3, 2)
    assert (part.short_delta, part.short) == (-1, 2)
    assert (rest.short_delta, rest.short, rest.available) == (-2, 0, 7)


def test_a_closed_place_takes_nothing_in_and_gives_nothing_out_but_can_be_corrected(
    shop: Shop,
) -> None:
    shop.do(receive_stock, quantity=5)
    shop.close_the_hall()

    for verb in (receive_stock, ship_stock):
        with pytest.raises(LocationClosedError, match="open it first"):
            shop.do(verb, quantity=1)
    assert shop.do(adjust_stock, quantity=-1, reason="counted").on_hand == 4


def test_a_place_that_was_closed_before_anything_came_takes_nothing(shop: Shop) -> None:
    shop.close_the_hall()

    with pytest.raises(LocationClosedError):
        shop.do(receive_stock, quantity=1)
    assert shop.level() is None


# --- bad input -------------------------------------------------------------------------------


NO_QUANTITY = [0, True, 1.5, 2.0, "3", None, b"1", TOO_MUCH, -TOO_MUCH, 10**18, 10**5000]


@pytest.mark.parametrize("verb", VERBS)
def test_a_quantity_that_is_none_is_refused(shop: Shop, verb: Callable[..., Any]) -> None:
    story: dict[str, Any] = {"reason": "counted"} if verb is adjust_stock else {}

    for quantity in NO_QUANTITY:
        with pytest.raises(InvalidQuantityError) as caught:
            shop.do(verb, quantity=quantity, **story)
        assert len(str(caught.value)) < 120

    assert shop.level() is None


@pytest.mark.parametrize("verb", [receive_stock, ship_stock])
def test_a_negative_quantity_is_refused(shop: Shop, verb: Callable[..., Any]) -> None:
    with pytest.raises(InvalidQuantityError, match="at least 1"):
        shop.do(verb, quantity=-1)


def test_sums_that_grow_too_large_are_refused(shop: Shop) -> None:
    shop.do(receive_stock, quantity=1_000_000_000)

    with pytest.raises(InvalidQuantityError, match="1,000,000,000"):
        shop.do(receive_stock, quantity=1)
    assert shop.on_hand == 1_000_000_000


def test_an_adjustment_needs_a_reason(shop: Shop) -> None:
    for reason in ("", "  ", None, "x" * 201, "a\x00b"):
        with pytest.raises(InvalidTextError, match="reason"):
            shop.do(adjust_stock, quantity=1, reason=reason)


def test_a_story_that_cannot_be_stored_is_refused_on_every_database(shop: Shop) -> None:
    stories: list[dict[str, Any]] = [
        *({"actor": actor} for actor in ("", "x" * 121, None)),
        *({"reason": reason} for reason in ("x" * 201, "a\x00b")),
        *({"idempotency_key": key} for key in ("", "x" * 201, "a\nb", 7)),
    ]
    for story in stories:
        with pytest.raises(InvalidTextError):
            shop.do(receive_stock, quantity=1, **story)

    assert shop.level() is None


@pytest.mark.parametrize(("kind", "number"), [("", "1"), ("x" * 33, "1"), ("a", ""), ("a", 812)])
def test_a_cause_that_cannot_be_stored_is_refused(kind: str, number: str) -> None:
    with pytest.raises(InvalidTextError):
        Cause(kind, number)


# --- when it happened ------------------------------------------------------------------------


def test_a_movement_cannot_happen_before_the_last_one(shop: Shop, clock: FrozenClock) -> None:
    with use_clock(clock):
        shop.do(receive_stock, quantity=5)
        with pytest.raises(InvalidTimeError, match="before the level's last movement"):
            shop.do(ship_stock, quantity=1, occurred_at=clock.now() - timedelta(seconds=1))
        shop.do(ship_stock, quantity=1, occurred_at=clock.now())

    assert shop.on_hand == 4


def test_a_movement_cannot_happen_in_the_future(shop: Shop, clock: FrozenClock) -> None:
    with use_clock(clock):
        with pytest.raises(InvalidTimeError, match="future"):
            shop.do(receive_stock, quantity=1, occurred_at=clock.now() + timedelta(minutes=6))
        shop.do(receive_stock, quantity=1, occurred_at=clock.now() + timedelta(minutes=4))
        later = shop.do(receive_stock, quantity=1)

    assert later.occurred_at == clock.now() + timedelta(minutes=4), "never before the last one"
    assert later.recorded_at == clock.now()


def test_a_movement_needs_a_time_zone(shop: Shop) -> None:
    with pytest.raises(InvalidTimeError, match="time zone"):
        shop.do(receive_stock, quantity=1, occurred_at=datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_time_of_another_zone_is_the_same_instant(shop: Shop, clock: FrozenClock) -> None:
    there = clock.now().astimezone(timezone(timedelta(hours=9)))
    with use_clock(clock):
        movement = shop.do(receive_stock, quantity=1, occurred_at=there)

    assert (movement.occurred_at, movement.occurred_at.tzinfo) == (clock.now(), UTC)


def test_a_clock_that_jumps_back_breaks_no_order(shop: Shop, clock: FrozenClock) -> None:
    with use_clock(clock):
        first = shop.do(receive_stock, quantity=1)
        clock.move(days=-1)
        second = shop.do(receive_stock, quantity=1)

    assert second.occurred_at == first.occurred_at
    assert second.recorded_at < first.recorded_at


# --- what people decide about it ---------------------------------------------------------------


def test_a_policy_is_journaled_and_makes_the_level_low(shop: Shop) -> None:
    shop.do(receive_stock, quantity=5)
    shop.do(set_stock_policy, minimum=4, safety_stock=2)
    level = shop.level()
    newest = shop.run(lambda s: stock_history(s, shop.variant))[0]

    assert level is not None
    assert (level.available, level.is_low) == (3, True)
    assert (newest.kind, newest.minimum, newest.safety_stock) == (MovementKind.POLICY_CHANGED, 4, 2)
