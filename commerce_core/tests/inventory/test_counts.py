from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.catalog.models import Variant, VariantStatus
from commerce_core.errors import (
    InvalidInputError,
    InvalidQuantityError,
    InvalidStateError,
    InvalidTextError,
    VariantNotFoundError,
)
from commerce_core.inventory import (
    Cause,
    CountStatus,
    SetAside,
    StockCount,
    allocate_stock,
    cancel_count,
    count_stock,
    define_kit,
    list_count_lines,
    post_count,
    set_aside_stock,
    ship_stock,
    start_count,
)

if TYPE_CHECKING:
    from commerce_core.tests.inventory.market import Market


def counting(market: Market, *, name: str = "Spring") -> StockCount:
    found: StockCount = market.to(start_count, market.hall, name=name)
    return found


def test_nothing_moves_until_the_count_is_posted(market: Market) -> None:
    market.stock(5)
    count = counting(market)

    line = market.to(count_stock, count, market.variant, counted=3)

    assert (line.expected, line.counted, line.difference) == (5, 3, -2)
    assert market.now() == {"on_hand": 5, "available": 5}


def test_posting_books_the_differences_as_one_batch(market: Market) -> None:
    chair, desk = market.another("CHAIR"), market.another("DESK")
    for variant in (market.variant, chair, desk):
        market.stock(5, of=variant)
    count = counting(market)
    for variant, counted in ((market.variant, 3), (chair, 9), (desk, 5)):
        market.to(count_stock, count, variant, counted=counted)

    posted = market.to(post_count, count)

    assert [line.difference for line in posted] == [-2, 4]
    assert [market.now(of=v)["on_hand"] for v in (market.variant, chair, desk)] == [3, 9, 5]
    one, other = market.story()[-1], market.story(of=chair)[-1]
    assert (one.kind, one.reason, one.on_hand_delta) == ("counted", "Spring", -2)
    assert (one.cause_kind, one.cause_id) == ("stock_count_line", str(posted[0].id))
    assert one.xid == other.xid
    assert market.kinds(of=desk) == ["received"]


def test_what_moves_during_the_count_is_not_lost(market: Market) -> None:
    market.stock(10)
    count = counting(market)
    market.to(count_stock, count, market.variant, counted=8)
    market.do(ship_stock, quantity=3)
    market.stock(5)

    market.to(post_count, count)

    assert market.now()["on_hand"] == 10 - 2 - 3 + 5


def test_counting_again_replaces_the_first_time_and_its_expectation(market: Market) -> None:
    market.stock(10)
    count = counting(market)
    first = market.to(count_stock, count, market.variant, counted=8)
    market.do(ship_stock, quantity=3)

    again = market.to(count_stock, count, market.variant, counted=7, actor="bob")

    assert (again.id, again.expected, again.counted_by) == (first.id, 7, "bob")
    assert market.to(post_count, count) == []
    assert len(market.ask(list_count_lines, count)) == 1


def test_a_count_finds_what_the_books_never_knew(market: Market) -> None:
    count = counting(market)
    line = market.to(count_stock, count, market.variant, counted=4)
    assert (line.expected, line.level_version) == (0, 0)

    market.to(post_count, count)

    assert market.now() == {"on_hand": 4, "available": 4}


def test_a_closed_place_can_be_counted(market: Market) -> None:
    market.stock(5)
    market.close(market.hall)
    count = counting(market)
    market.to(count_stock, count, market.variant, counted=0)

    market.to(post_count, count)

    assert market.now() == {"available": 0}


def test_promised_pieces_that_are_not_there_are_short(market: Market) -> None:
    market.stock(5)
    market.do(allocate_stock, quantity=4, holder=Cause("host_order", "1"))
    market.do(set_aside_stock, quantity=1, place=SetAside.DAMAGED, reason="fell")
    count = counting(market)
    market.to(count_stock, count, market.variant, counted=0)

    market.to(post_count, count)

    assert market.now() == {"allocated": 4, "short": 4, "available": -4}


def test_stock_never_goes_below_nothing(market: Market) -> None:
    market.stock(5)
    count = counting(market)
    market.to(count_stock, count, market.variant, counted=1)
    market.do(ship_stock, quantity=3)

    market.to(post_count, count)

    assert market.now() == {"available": 0}


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize("end", [post_count, cancel_count])
def test_what_has_ended_takes_no_more(market: Market, end: Any) -> None:
    market.stock(5)
    count = counting(market)
    market.to(count_stock, count, market.variant, counted=4)
    market.to(end, count)

    for verb, what, how in (
        (count_stock, [market.variant], {"counted": 1}),
        (post_count, [], {}),
        (cancel_count, [], {}),
    ):
        error = market.refuses(InvalidStateError, verb, count, *what, **how)
        assert error.count_id == count.id


def test_a_cancelled_count_books_nothing(market: Market) -> None:
    market.stock(5)
    count = counting(market)
    market.to(count_stock, count, market.variant, counted=4)

    ended = market.to(cancel_count, count)

    assert (ended.status, ended.closed_at) == (CountStatus.CANCELLED, market.clock.now())
    assert market.kinds() == ["received"]


@pytest.mark.parametrize("counted", [-1, 1.5, True, "2", None, 1_000_000_001], ids=repr)
def test_what_is_no_quantity_is_refused(market: Market, counted: Any) -> None:
    count = counting(market)

    market.refuses(InvalidQuantityError, count_stock, count, market.variant, counted=counted)


@pytest.mark.parametrize("name", ["", " ", "x" * 121, "a\0b"])
def test_a_count_has_a_name_and_somebody_who_counts(market: Market, name: str) -> None:
    market.refuses(InvalidTextError, start_count, market.hall, name=name)
    count = counting(market)
    for verb in (post_count, cancel_count):
        market.refuses(InvalidTextError, verb, count, actor="")


def test_what_does_not_exist_or_is_a_kit_is_not_counted(market: Market) -> None:
    kit, cup = market.another("KIT"), market.another("CUP")
    market.ask(define_kit, kit, {cup: 2})
    ghost = Variant(id=999_999, sku="GHOST", status=VariantStatus.ACTIVE)
    count = counting(market)

    market.refuses(InvalidInputError, count_stock, count, kit, counted=1)
    market.refuses(VariantNotFoundError, count_stock, count, ghost, counted=1)
