"""Stock cannot oversell: real threads on a real PostgreSQL, and on SQLite."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.database import make_engine
from commerce_core.errors import InsufficientStockError, VersionConflictError
from commerce_core.inventory import (
    StockLevel,
    adjust_stock,
    receive_stock,
    set_stock_policy,
    ship_stock,
    verify_ledger,
)
from commerce_core.inventory.queries import find_level
from commerce_core.testing import make_location, make_variant
from commerce_core.tests.databases import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from commerce_core.catalog import Variant
    from commerce_core.inventory import StockLocation

SELLERS, STOCK = 16, 11


class Hall:
    """One variant at one place, and a crowd that acts on it at the same moment."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.variant: Variant = database.run(make_variant)
        self.place: StockLocation = database.run(make_location)

    def do(self, verb: Callable[..., Any], **values: Any) -> Any:
        values.setdefault("actor", "ann")
        return self.database.run(lambda s: verb(s, self.variant, self.place, **values))

    def all_at_once(self, act: Callable[[int], Any], crowd: int = SELLERS) -> list[Any]:
        """Let everybody act at once; return each one's outcome, an error where it was refused."""
        start = threading.Barrier(crowd)

        def one(number: int) -> Any:
            start.wait()
            try:
                return act(number)
            except Exception as exc:  # noqa: BLE001 - whatever it is, it is the outcome
                return exc

        with ThreadPoolExecutor(crowd) as pool:
            return list(pool.map(one, range(crowd)))

    def level(self) -> StockLevel:
        def read(session: Session) -> StockLevel | None:
            return find_level(session, self.variant, self.place)

        found = self.database.run(read)
        assert found is not None
        return found


@pytest.fixture
def hall(database: Database) -> Iterator[Hall]:
    engine = make_engine(database.url, pool_size=SELLERS)
    crowd = Hall(Database(database.url, engine))
    yield crowd
    assert [str(found) for found in crowd.database.run(verify_ledger)] == []
    engine.dispose()


def kinds(outcomes: list[Any]) -> dict[str, int]:
    names = [type(outcome).__name__ for outcome in outcomes]
    return {name: names.count(name) for name in names}


def test_of_many_who_ship_at_once_as_many_succeed_as_there_are_pieces(hall: Hall) -> None:
    hall.do(receive_stock, quantity=STOCK)

    outcomes = hall.all_at_once(lambda _: hall.do(ship_stock, quantity=1))

    assert kinds(outcomes) == {
        "StockMovement": STOCK,
        InsufficientStockError.__name__: SELLERS - STOCK,
    }
    assert hall.level().on_hand == 0


def test_the_first_receipts_at_a_new_place_all_count(hall: Hall) -> None:
    """Everybody finds no level yet, and one of them creates it."""
    outcomes = hall.all_at_once(lambda number: hall.do(receive_stock, quantity=number + 1))

    assert kinds(outcomes) == {"StockMovement": SELLERS}
    assert hall.level().on_hand == sum(range(1, SELLERS + 1))
    assert hall.level().version == SELLERS


def test_one_key_used_by_all_at_once_counts_once(hall: Hall) -> None:
    outcomes = hall.all_at_once(
        lambda _: hall.do(receive_stock, quantity=5, idempotency_key="k").id
    )

    assert len(set(outcomes)) == 1
    assert hall.level().on_hand == 5


def test_losses_and_sales_at_once_never_go_below_nothing(hall: Hall) -> None:
    hall.do(receive_stock, quantity=STOCK)

    def act(number: int) -> Any:
        if number % 2:
            return hall.do(ship_stock, quantity=2)
        return hall.do(adjust_stock, quantity=-1, reason="broken")

    outcomes = hall.all_at_once(act)
    gone = sum(-done.on_hand_delta for done in outcomes if not isinstance(done, Exception))

    assert set(kinds(outcomes)) <= {"StockMovement", InsufficientStockError.__name__}
    assert hall.level().on_hand == STOCK - gone >= 0


def test_of_editors_who_saw_the_same_policy_one_saves(hall: Hall) -> None:
    seen = hall.do(set_stock_policy, minimum=1).version

    outcomes = hall.all_at_once(
        lambda number: hall.do(set_stock_policy, minimum=number + 2, version=seen), crowd=6
    )

    assert kinds(outcomes) == {"StockPolicy": 1, VersionConflictError.__name__: 5}


def test_of_editors_of_a_first_policy_one_saves(hall: Hall) -> None:
    outcomes = hall.all_at_once(
        lambda number: hall.do(set_stock_policy, minimum=number, version=0), crowd=6
    )

    assert kinds(outcomes) == {"StockPolicy": 1, VersionConflictError.__name__: 5}
