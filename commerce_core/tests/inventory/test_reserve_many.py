from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.errors import InvalidInputError, InvalidQuantityError, InvalidTextError
from commerce_core.inventory import (
    ReserveAnswer,
    ReserveRequest,
    get_reservation,
    reserve_many,
    reserve_stock,
)
from commerce_core.inventory.flash_sale import MAX_REQUESTS

if TYPE_CHECKING:
    from commerce_core.inventory import StockLocation
    from commerce_core.tests.inventory.market import Market


def wish(
    market: Market, quantity: Any, *, at: StockLocation | None = None, **how: Any
) -> ReserveRequest:
    place = at or market.hall
    return ReserveRequest(market.variant.id, place.id, quantity, **how)


def ask(market: Market, *wishes: ReserveRequest, **how: Any) -> list[ReserveAnswer]:
    found: list[ReserveAnswer] = market.to(reserve_many, wishes, **how)
    return found


def test_each_is_answered_by_itself_first_come_first_served(market: Market) -> None:
    market.stock(5)

    answers = ask(market, *(wish(market, n) for n in (3, 4, 2, 1)))

    assert [answer.reservation_id is not None for answer in answers] == [True, False, True, False]
    assert [answer.refusal for answer in answers] == [None, "insufficient_stock"] * 2
    assert [answers[n].available for n in (1, 3)] == [2, 0]
    assert market.now() == {"on_hand": 5, "reserved": 5, "available": 0}
    assert [m.version for m in market.story()] == [1, 2, 3]


def test_what_is_granted_is_a_reservation_like_any_other(market: Market) -> None:
    market.stock(5)

    (answer,) = ask(market, wish(market, 2, holder_ref=" b-7 "), expires_in=timedelta(seconds=9))

    reservation = market.ask(get_reservation, answer.reservation_id, holder_ref="b-7")
    assert (reservation.quantity, reservation.actor) == (2, "ann")
    assert reservation.expires_at == market.clock.now() + timedelta(seconds=9)
    assert market.story()[-1].cause_id == "b-7"


def test_each_refusal_says_what_reserve_stock_would_have_raised(market: Market) -> None:
    archived = market.another("OLD")
    market.stock(1)
    market.stock(1, of=archived)
    market.stock(1, at=market.shed)
    market.archive(archived)
    market.close(market.shed)

    answers = ask(
        market,
        wish(market, 2),
        wish(market, 1, at=market.shed),
        ReserveRequest(archived.id, market.hall.id, 1),
        ReserveRequest(999_999, market.hall.id, 1),
        ReserveRequest(market.variant.id, 999_999, 1),
    )

    assert [answer.refusal for answer in answers] == [
        "insufficient_stock",
        "location_closed",
        "variant_archived",
        "insufficient_stock",
        "insufficient_stock",
    ]


def test_replays_get_their_first_reservation_and_others_what_is_left(market: Market) -> None:
    market.stock(3)
    (first,) = ask(market, wish(market, 2, idempotency_key="k-1"))

    again, other, conflict, new = ask(
        market,
        wish(market, 2, idempotency_key="k-1"),
        wish(market, 1),
        wish(market, 1, idempotency_key="k-2"),
        wish(market, 1, idempotency_key="k-3"),
    )

    assert (again.reservation_id, again.is_replay) == (first.reservation_id, True)
    assert other.reservation_id is not None
    assert (conflict.refusal, new.refusal) == ("insufficient_stock", "insufficient_stock")


def test_a_replay_that_could_be_granted_anew_gets_its_first_reservation(market: Market) -> None:
    market.stock(9)
    wishes = [wish(market, n, idempotency_key=f"k-{n}") for n in (1, 2)]
    first = ask(market, *wishes)

    again = ask(market, *wishes, wish(market, 3, idempotency_key="k-3"))

    assert [a.reservation_id for a in again[:2]] == [a.reservation_id for a in first]
    assert [answer.is_replay for answer in again] == [True, True, False]
    assert market.now() == {"on_hand": 9, "reserved": 6, "available": 3}


def test_a_key_with_other_content_is_answered_as_a_conflict(market: Market) -> None:
    market.stock(9)
    market.do(reserve_stock, quantity=2, idempotency_key="k-1")

    answers = ask(
        market,
        wish(market, 3, idempotency_key="k-1"),
        wish(market, 2, idempotency_key="k-2"),
    )

    assert [answer.refusal for answer in answers] == ["idempotency_conflict", None]


def test_a_batch_of_replays_and_refusals_writes_nothing(market: Market) -> None:
    market.stock(2)
    ask(market, wish(market, 2, idempotency_key="k-1"))
    before = market.venue.contents()

    ask(market, wish(market, 2, idempotency_key="k-1"), wish(market, 1))

    assert market.venue.contents() == before


@pytest.mark.parametrize("quantity", [0, -1, 1.5, True, "2", 1_000_000_001], ids=repr)
def test_one_bad_quantity_refuses_the_call(market: Market, quantity: Any) -> None:
    market.stock(9)

    market.refuses(InvalidQuantityError, reserve_many, [wish(market, 1), wish(market, quantity)])


@pytest.mark.parametrize(
    "how", [{"holder_ref": "x" * 65}, {"holder_ref": "a\0"}, {"idempotency_key": ""}], ids=str
)
def test_what_cannot_be_stored_refuses_the_call(market: Market, how: dict[str, Any]) -> None:
    market.stock(9)

    market.refuses(InvalidTextError, reserve_many, [wish(market, 1), wish(market, 1, **how)])


def test_no_requests_too_many_and_one_key_twice_are_refused(market: Market) -> None:
    market.stock(9)
    twice = [wish(market, 1, idempotency_key="k")] * 2

    for wishes in ([], [wish(market, 1)] * (MAX_REQUESTS + 1), twice):
        market.refuses(InvalidInputError, reserve_many, wishes)
