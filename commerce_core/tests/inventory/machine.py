"""A state machine of stock: facts and promises, one at a time, on a database and on the model."""

from __future__ import annotations

import itertools
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)
from sqlalchemy import select

from commerce_core.clock import use_clock
from commerce_core.errors import CommerceError
from commerce_core.inventory import (
    Allocation,
    Cause,
    Reservation,
    SetAside,
    StockLevel,
    adjust_stock,
    allocate_reservation,
    allocate_stock,
    create_location,
    create_supplier,
    deallocate_stock,
    define_kit,
    expire_reservations,
    extend_reservation,
    fill_backorders,
    list_availability,
    receive_stock,
    release_reservation,
    reserve_stock,
    restock,
    set_aside_stock,
    set_stock_policy,
    ship_allocation,
    ship_stock,
    verify_ledger,
    verify_promises,
    write_off_stock,
)
from commerce_core.inventory.models import QUANTITIES
from commerce_core.testing import FrozenClock, make_variant
from commerce_core.tests.inventory.model import Refused, Shop

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from commerce_core.tests.databases import Database
    from commerce_core.tests.inventory.model import Hold, Level, Place

WHO: dict[str, Any] = {"actor": "ann"}
VARIANTS = ("A", "B")
LOCATIONS = ("hall", "shed")
KIT = {"A": 2, "B": 1}
COMPARED = (*QUANTITIES, "safety_stock", "backorder_limit")

places = st.tuples(st.sampled_from(VARIANTS), st.sampled_from(LOCATIONS))
pieces = st.integers(1, 5)
part = st.none() | pieces
seconds = st.sampled_from([1, 5, 30])
asides = st.sampled_from(["damaged", "quality_control"])


class StockMachine(RuleBasedStateMachine):
    """Runs each verb on a database and on the model, and compares what comes of it."""

    fresh: ClassVar[Callable[[ExitStack], Database]]

    holds = Bundle("holds")
    promises = Bundle("promises")
    keyed = Bundle("keyed")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.database = type(self).fresh(self.stack)
        self.clock = FrozenClock()
        self.opened_at = self.clock.now()
        self.stack.enter_context(use_clock(self.clock))
        self.model = Shop({"kit": KIT}, LOCATIONS)
        self.orders = 0

    def teardown(self) -> None:
        self.stack.close()

    @initialize()
    def open_shop(self) -> None:
        def build(s: Session) -> None:
            self.variants = {name: make_variant(s, sku=name) for name in (*VARIANTS, "kit")}
            self.spots = {
                name: create_location(s, code=name, priority=n) for n, name in enumerate(LOCATIONS)
            }
            wanted = {self.variants[name]: n for name, n in KIT.items()}
            define_kit(s, self.variants["kit"], wanted)
            self.supplier = create_supplier(s, name="Alma")

        self.database.run(build)
        self.names = {variant.id: name for name, variant in self.variants.items()}
        self.spot_names = {spot.id: name for name, spot in self.spots.items()}
        for place in itertools.product(VARIANTS, LOCATIONS[:1]):
            self.receive_much(place, 8)
            self.set_policy(place, 1, 6)

    # --- both sides -------------------------------------------------------------------------

    def both(self, expected: Callable[[], Any], step: Callable[[Session], Any]) -> tuple[Any, Any]:
        """Return what the model and the library answer; both answer, or both refuse alike."""
        wanted = got = code = found = None
        try:
            wanted = self.model.attempt(expected)
        except Refused as refusal:
            code = refusal.code
        try:
            got = self.database.run(step)
        except CommerceError as error:
            found = error.code
        assert found == code
        return wanted, got

    def at(self, verb: Any, place: Place, /, **how: Any) -> Callable[[Session], Any]:
        where = (self.variants[place[0]], self.spots[place[1]])
        return lambda s: verb(s, *where, **WHO, **how)

    def of(self, verb: Any, model: Any, number: int, /, **how: Any) -> Callable[[Session], Any]:
        """Return a step about the record of a number."""
        return lambda s: verb(s, s.get_one(model, number), **WHO, **how)

    def new_order(self) -> Cause:
        self.orders += 1
        return Cause("host_order", str(self.orders))

    def keep_hold(self, hold: Hold | None, row: Any) -> Any:
        if hold is None:
            return multiple()
        self.model.books.holds[row.id] = hold
        return row.id

    # --- facts ------------------------------------------------------------------------------

    @rule(place=places, n=st.integers(1, 12))
    def receive_much(self, place: Place, n: int) -> None:
        expected = partial(self.model.receive, place, n)
        self.both(expected, self.at(receive_stock, place, quantity=n))

    @rule(place=places, n=pieces, aside=st.none() | asides)
    def take_back(self, place: Place, n: int, aside: str | None) -> None:
        kind = SetAside(aside) if aside else None
        step = self.at(restock, place, quantity=n, set_aside=kind)
        self.both(partial(self.model.receive, place, n, aside), step)

    @rule(place=places, n=st.integers(-6, 6).filter(bool))
    def adjust(self, place: Place, n: int) -> None:
        step = self.at(adjust_stock, place, quantity=n, reason="counted")
        self.both(partial(self.model.adjust, place, n), step)

    @rule(place=places, n=st.integers(-4, 4).filter(bool), name=asides)
    def set_aside(self, place: Place, n: int, name: str) -> None:
        how = {"quantity": n, "place": SetAside(name), "reason": "looks odd"}
        expected = partial(self.model.set_aside, place, name, n)
        self.both(expected, self.at(set_aside_stock, place, **how))

    @rule(place=places, n=pieces, name=asides)
    def write_off(self, place: Place, n: int, name: str) -> None:
        how = {"quantity": n, "place": SetAside(name), "reason": "beyond repair"}
        expected = partial(self.model.write_off, place, name, n)
        self.both(expected, self.at(write_off_stock, place, **how))

    @rule(place=places, n=pieces)
    def ship(self, place: Place, n: int) -> None:
        self.both(partial(self.model.ship, place, n), self.at(ship_stock, place, quantity=n))

    @rule(place=places, safety=st.integers(0, 3), limit=st.integers(0, 8))
    def set_policy(self, place: Place, safety: int, limit: int) -> None:
        step = self.at(set_stock_policy, place, safety_stock=safety, backorder_limit=limit)
        self.both(partial(self.model.set_policy, place, safety, limit), step)

    # --- promises ---------------------------------------------------------------------------

    @rule(target=holds, place=places, n=pieces, lasting=seconds)
    def reserve(self, place: Place, n: int, lasting: int) -> Any:
        step = self.at(reserve_stock, place, quantity=n, expires_in=timedelta(seconds=lasting))
        return self.keep_hold(*self.both(partial(self.model.reserve, place, n, lasting), step))

    @rule(number=holds, lasting=seconds)
    def extend(self, number: int, lasting: int) -> None:
        how = {"expires_in": timedelta(seconds=lasting)}
        step = self.of(extend_reservation, Reservation, number, **how)
        self.both(partial(self.model.extend, number, lasting), step)

    @rule(number=holds)
    def release(self, number: int) -> None:
        step = self.of(release_reservation, Reservation, number)
        self.both(partial(self.model.release, number), step)

    @rule(target=promises, place=places, n=pieces, may_wait=st.booleans())
    def allocate(self, place: Place, n: int, may_wait: bool) -> Any:  # noqa: FBT001
        how = {"quantity": n, "allow_backorder": may_wait, "holder": self.new_order()}
        expected = partial(self.model.allocate, place, n, may_wait=may_wait)
        promise, row = self.both(expected, self.at(allocate_stock, place, **how))
        if promise is None:
            return multiple()
        self.model.books.promises[row.id] = promise
        return row.id

    @rule(target=promises, number=holds, order=st.integers(900, 901))
    def convert(self, number: int, order: int) -> Any:
        holder = Cause("host_order", f"{number}-{order}")
        step = self.of(allocate_reservation, Reservation, number, holder=holder)
        promise, row = self.both(partial(self.model.convert, number, order), step)
        if promise is None:
            return multiple()
        self.model.books.promises[row.id] = promise
        return row.id

    @rule(number=promises, n=part)
    def deallocate(self, number: int, n: int | None) -> None:
        step = self.of(deallocate_stock, Allocation, number, quantity=n)
        self.both(partial(self.model.deallocate, number, n), step)

    @rule(number=promises, n=part)
    def dispatch(self, number: int, n: int | None) -> None:
        step = self.of(ship_allocation, Allocation, number, quantity=n)
        self.both(partial(self.model.dispatch, number, n), step)

    @rule(place=places)
    def nobody_waits_beside_what_is_available(self, place: Place) -> None:
        assert self.database.run(self.at(fill_backorders, place)) == 0

    # --- the world --------------------------------------------------------------------------

    @rule(n=st.sampled_from([1, 4, 5, 29, 60, -7]))
    def tick(self, n: int) -> None:
        self.clock.move(seconds=n)
        self.model.now += n

    @rule()
    def sweep(self) -> None:
        def expected() -> int:
            return sum(self.model.settle(place) for place in list(self.model.books.levels))

        wanted, freed = self.both(expected, expire_reservations)
        assert wanted == freed

    @rule(name=st.sampled_from(LOCATIONS), shut=st.sampled_from([False, False, True]))
    def open_or_close(self, name: str, shut: bool) -> None:  # noqa: FBT001
        (self.model.books.closed.add if shut else self.model.books.closed.discard)(name)
        self.spots[name].is_open = not shut
        change = "UPDATE commerce_stock_location SET is_open = :o WHERE code = :c"
        self.database.sql(change, o=not shut, c=name)

    @rule(target=keyed, place=places, n=pieces)
    def reserve_with_a_key(self, place: Place, n: int) -> Any:
        self.orders += 1
        how = {
            "quantity": n,
            "expires_in": timedelta(seconds=5),
            "idempotency_key": f"{self.orders}",
        }
        step = self.at(reserve_stock, place, **how)
        hold, row = self.both(partial(self.model.reserve, place, n, 5), step)
        if hold is None:
            return multiple()
        self.keep_hold(hold, row)
        return step, row.id

    @rule(asked=keyed)
    def ask_again(self, asked: tuple[Callable[[Session], Any], int]) -> None:
        assert self.database.run(asked[0]).id == asked[1]

    # --- what always holds ------------------------------------------------------------------

    @invariant()
    def the_books_agree(self) -> None:
        def read(s: Session) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
            ids = [variant.id for variant in self.variants.values()]
            return (
                list(s.scalars(select(StockLevel))),
                list(verify_ledger(s)),
                list(verify_promises(s)),
                list(list_availability(s, ids)),
            )

        levels, ledger, promises, available = self.database.run(read)
        assert (ledger, promises) == ([], [])
        found = {self._place(row): _numbers(row) for row in levels}
        expected = {place: _numbers(level) for place, level in self.model.books.levels.items()}
        nothing = dict.fromkeys(COMPARED, 0)
        for place in found.keys() | expected.keys():
            assert found.get(place, nothing) == expected.get(place, nothing), place
        for row in available:
            place = self._place(row)
            level = self.model.books.levels[place]
            assert row.available == max(0, level.available + self.model.due(place))
        on_hand = Counter(self._place(row) for row in levels for _ in range(row.on_hand))
        on_the_way = sum(
            journey.outstanding
            for journey in self.model.books.journeys.values()
            if journey.source and journey.status == "open"
        )
        assert sum(on_hand.values()) + on_the_way == self.model.books.pieces

    def _place(self, row: Any) -> Place:
        return self.names[row.variant_id], self.spot_names[row.location_id]


def _numbers(level: StockLevel | Level) -> dict[str, int]:
    return {name: getattr(level, name) for name in COMPARED}
