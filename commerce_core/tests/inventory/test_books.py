"""Any sequence of verbs, against a model in plain Python: same answers, same books."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from commerce_core.errors import CommerceError
from commerce_core.inventory import (
    StockMovement,
    adjust_stock,
    receive_stock,
    set_stock_policy,
    ship_stock,
    verify_ledger,
)
from commerce_core.inventory.queries import list_levels
from commerce_core.journal import Cursor, read_cursor, tail
from commerce_core.testing import make_location, make_variant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from commerce_core.tests.databases import Database

QUANTITIES = st.integers(-2, 12) | st.sampled_from([10**9, 10**9 + 1, True, "3"])
KEYS = st.none() | st.sampled_from(["k1", "k2"])
PLACES = st.sampled_from([0, 1])


@dataclass
class Level:
    """What a level must be."""

    on_hand: int = 0
    minimum: int = 0
    safety_stock: int = 0
    version: int = 0


@dataclass
class Model:
    """The rules of the shop, as short as they can be said."""

    levels: dict[int, Level] = field(default_factory=dict)
    used: dict[tuple[str, str], tuple[Any, int]] = field(default_factory=dict)

    def expect(self, verb: str, place: int, quantity: Any, key: str | None) -> str | int:
        """Return what is on hand after the movement, or the code of the refusal."""
        if isinstance(quantity, bool) or not isinstance(quantity, int):
            return "invalid_quantity"
        least = -(10**9) if verb == "adjusted" else 1
        if quantity == 0 or not least <= quantity <= 10**9:
            return "invalid_quantity"
        delta = -quantity if verb == "shipped" else quantity
        if key is not None and (verb, key) in self.used:
            asked, answer = self.used[verb, key]
            return answer if asked == (place, delta) else "idempotency_conflict"
        level = self.levels.get(place, Level())
        kept = level.safety_stock if verb == "shipped" else 0
        if -delta > max(0, level.on_hand - kept):
            return "insufficient_stock"
        if level.on_hand + delta > 10**9:
            return "invalid_quantity"
        self.levels[place] = level
        level.on_hand += delta
        level.version += 1
        if key is not None:
            self.used[verb, key] = ((place, delta), level.on_hand)
        return level.on_hand


class Books(RuleBasedStateMachine):
    """Act on the database and on the model, and compare."""

    database: ClassVar[Database]
    shops: ClassVar[Iterator[int]] = itertools.count(1)

    @initialize()
    def open_shop(self) -> None:
        self.model = Model()
        self.actor = f"ann {next(self.shops)}"  # keys count for their actor alone
        self.variant = self.database.run(make_variant)
        self.places = [
            self.database.run(partial(make_location, code=code)) for code in ("HALL", "SHED")
        ]
        self.cursor: Cursor = self.database.run(read_cursor)
        self.seen: dict[int, StockMovement] = {}

    def act(self, verb: Callable[..., Any], place: int, **values: Any) -> Any:
        """Run a verb; return what is on hand after it, or the code of the refusal.

        Half of the callers catch the error and commit: that must make no difference.
        """

        def step(session: Session) -> Any:
            try:
                return verb(session, self.variant, self.places[place], actor=self.actor, **values)
            except CommerceError as error:
                return error.code

        answer = self.database.run(step)
        return answer.on_hand if isinstance(answer, StockMovement) else answer

    @rule(place=PLACES, quantity=QUANTITIES, key=KEYS)
    def receive(self, place: int, quantity: Any, key: str | None) -> None:
        expected = self.model.expect("received", place, quantity, key)
        assert self.act(receive_stock, place, quantity=quantity, idempotency_key=key) == expected

    @rule(place=PLACES, quantity=QUANTITIES, key=KEYS)
    def ship(self, place: int, quantity: Any, key: str | None) -> None:
        expected = self.model.expect("shipped", place, quantity, key)
        assert self.act(ship_stock, place, quantity=quantity, idempotency_key=key) == expected

    @rule(place=PLACES, quantity=QUANTITIES, key=KEYS)
    def adjust(self, place: int, quantity: Any, key: str | None) -> None:
        expected = self.model.expect("adjusted", place, quantity, key)
        values = {"quantity": quantity, "reason": "counted", "idempotency_key": key}
        assert self.act(adjust_stock, place, **values) == expected

    @rule(place=PLACES, minimum=st.integers(0, 5), safety_stock=st.integers(0, 5))
    def decide(self, place: int, minimum: int, safety_stock: int) -> None:
        self.act(set_stock_policy, place, minimum=minimum, safety_stock=safety_stock)
        level = self.model.levels.setdefault(place, Level())
        level.minimum, level.safety_stock, level.version = minimum, safety_stock, level.version + 1

    @rule()
    def look(self) -> None:
        """Follow the journal for a while."""
        page = self.database.run(lambda session: tail(session, StockMovement, self.cursor))
        assert not page.reset
        assert not self.seen.keys() & {row.id for row in page.rows}
        self.seen |= {row.id: row for row in page.rows}
        self.cursor = page.cursor

    @invariant()
    def the_levels_are_what_the_model_says(self) -> None:
        found = {
            [place.id for place in self.places].index(level.location_id): Level(
                level.on_hand, level.minimum, level.safety_stock, level.version
            )
            for level in self.database.run(lambda s: list_levels(s, self.variant))
        }
        assert found == self.model.levels

    def teardown(self) -> None:
        if not hasattr(self, "model"):
            return
        self.look()
        movements = sum(level.version for level in self.model.levels.values())
        assert len(self.seen) == movements
        checked = self.database.run(lambda s: verify_ledger(s, variant_id=self.variant.id))
        assert [str(found) for found in checked] == []


@pytest.mark.slow
def test_any_sequence_of_verbs_agrees_with_the_model(database: Database) -> None:
    machine = type("BooksOfOneDatabase", (Books,), {"database": database})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
