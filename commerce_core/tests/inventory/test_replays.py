from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.clock import use_clock
from commerce_core.errors import CommerceError, IdempotencyConflictError, InsufficientStockError
from commerce_core.inventory import (
    Cause,
    adjust_stock,
    allocate_stock,
    receive_stock,
    set_stock_policy,
    ship_stock,
)
from commerce_core.testing import make_variant

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from commerce_core.testing import FrozenClock
    from commerce_core.tests.inventory.conftest import Shop

VERBS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "receive": (receive_stock, {"quantity": 2}),
    "ship": (ship_stock, {"quantity": 2}),
    "adjust": (adjust_stock, {"quantity": -2, "reason": "broken"}),
}


@pytest.fixture(params=VERBS)
def verb(request: pytest.FixtureRequest) -> tuple[Callable[..., Any], dict[str, Any]]:
    return VERBS[request.param]


def test_a_replay_returns_the_first_movement_and_books_nothing(
    shop: Shop, verb: tuple[Callable[..., Any], dict[str, Any]]
) -> None:
    do, values = verb
    shop.do(receive_stock, quantity=10)
    first = shop.do(do, **values, idempotency_key="k")
    before = shop.database.contents()
    again = shop.do(do, **values, idempotency_key="k")

    assert (again.id, again.on_hand) == (first.id, first.on_hand)
    assert shop.database.contents() == before


def test_a_replay_is_answered_though_it_would_be_refused_by_now(
    shop: Shop, clock: FrozenClock
) -> None:
    """The stock is gone, a later movement was booked, and the place is closed."""
    with use_clock(clock):
        shop.do(receive_stock, quantity=2)
        values: dict[str, Any] = {"quantity": 2, "idempotency_key": "k"}
        first = shop.do(ship_stock, **values, occurred_at=clock.now())
        clock.move(days=1)
        shop.do(receive_stock, quantity=1)
        shop.close_the_hall()
        again = shop.do(ship_stock, **values, occurred_at=first.occurred_at)

    assert again.id == first.id


@pytest.mark.parametrize(
    "other",
    [{"quantity": 3}, {"reason": "other"}, {"cause": Cause("order_line", "2")}],
    ids=["quantity", "reason", "cause"],
)
def test_the_same_key_with_other_content_is_a_conflict(shop: Shop, other: dict[str, Any]) -> None:
    asked: dict[str, Any] = {"quantity": 2, "reason": "late", "cause": Cause("order_line", "1")}
    shop.do(receive_stock, **asked, idempotency_key="k")

    with pytest.raises(IdempotencyConflictError, match="use a new key"):
        shop.do(receive_stock, **(asked | other), idempotency_key="k")
    assert shop.on_hand == 2


def test_the_same_key_at_another_place_is_a_conflict_and_leaves_no_level_there(shop: Shop) -> None:
    shop.do(receive_stock, quantity=2, idempotency_key="k")

    with pytest.raises(IdempotencyConflictError):
        shop.do(receive_stock, quantity=2, idempotency_key="k", at=shop.shed)
    assert shop.level(shop.shed) is None


def test_a_key_counts_for_its_actor_and_verb_alone(shop: Shop) -> None:
    shop.do(receive_stock, quantity=5, idempotency_key="k")
    shop.do(receive_stock, quantity=5, idempotency_key="k", actor="bob")
    shop.do(ship_stock, quantity=1, idempotency_key="k")

    assert shop.on_hand == 9


def test_a_refused_request_does_not_use_up_its_key(shop: Shop) -> None:
    with pytest.raises(InsufficientStockError):
        shop.do(ship_stock, quantity=2, idempotency_key="k")
    shop.do(receive_stock, quantity=2)

    assert shop.do(ship_stock, quantity=2, idempotency_key="k").on_hand == 0


def test_a_replay_of_a_receipt_that_filled_backorders_books_nothing(shop: Shop) -> None:
    """The receipt is one movement, the filling another: neither may come twice."""
    shop.do(set_stock_policy, backorder_limit=9)
    for number in ("1", "2"):
        shop.do(allocate_stock, quantity=4, holder=Cause("line", number), allow_backorder=True)
    first = shop.do(receive_stock, quantity=4, idempotency_key="k")
    before = shop.database.contents()
    again = shop.do(receive_stock, quantity=4, idempotency_key="k")

    assert again.id == first.id
    assert shop.database.contents() == before


# --- a verb that raises ------------------------------------------------------------------------


IN_THE_SHED = {"in_the_shed": True}
REFUSED: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "more than there is": (ship_stock, {"quantity": 6}),
    "from nowhere": (ship_stock, {"quantity": 1} | IN_THE_SHED),
    "more lost than there was": (adjust_stock, {"quantity": -6, "reason": "lost"}),
    "lost from nowhere": (adjust_stock, {"quantity": -1, "reason": "lost"} | IN_THE_SHED),
    "too large a sum": (receive_stock, {"quantity": 10**9}),
    "no quantity": (receive_stock, {"quantity": 0} | IN_THE_SHED),
    "before the last movement": (receive_stock, {"quantity": 1, "days": -3650}),
    "in the far future": (receive_stock, {"quantity": 1, "days": 3650} | IN_THE_SHED),
    "a key with other content": (receive_stock, {"quantity": 9, "idempotency_key": "k"}),
    "a key of another place": (
        receive_stock,
        {"quantity": 5, "idempotency_key": "k"} | IN_THE_SHED,
    ),
    "a stale policy": (set_stock_policy, {"minimum": 1, "version": 7} | IN_THE_SHED),
    "no policy": (set_stock_policy, {"minimum": -1} | IN_THE_SHED),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_verb_that_raises_leaves_the_session_as_it_found_it(
    shop: Shop, clock: FrozenClock, case: str
) -> None:
    """Also when the caller catches the error and commits all the same."""
    verb, given = REFUSED[case]
    values = dict(given)
    place = shop.shed if values.pop("in_the_shed", False) else shop.hall
    if "days" in values:
        values["occurred_at"] = clock.now() + timedelta(days=values.pop("days"))

    def catch_and_commit(session: Session) -> None:
        with pytest.raises(CommerceError):
            verb(session, shop.variant, place, actor="ann", **values)
        assert not session.new
        assert not session.dirty

    with use_clock(clock):
        shop.do(receive_stock, quantity=5, idempotency_key="k")
        before = shop.database.contents()
        shop.run(catch_and_commit)

    assert shop.database.contents() == before


def test_a_verb_leaves_what_the_caller_had_in_hand(shop: Shop) -> None:
    """A refused verb must not undo the caller's own work of the same transaction."""

    def work(session: Session) -> None:
        make_variant(session, sku="MINE")
        with pytest.raises(InsufficientStockError):
            ship_stock(session, shop.variant, shop.hall, quantity=1, actor="ann")

    shop.run(work)

    assert shop.database.sql("SELECT sku FROM commerce_variant ORDER BY id") == [
        ("LAMP-1",),
        ("MINE",),
    ]
