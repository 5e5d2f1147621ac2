"""What stock should do, in plain Python: the other side of the state machine.

No database, no ledger, no SQL: dictionaries and the rules as the documentation says them. A verb
that must be refused raises ``Refused`` with the code of the error that the library has to raise.
"""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

Place = tuple[str, str]
"""(variant, location)."""
ASIDE = ("damaged", "quality_control")


class Refused(Exception):  # noqa: N818 - an outcome, not a fault
    """The verb must raise the error with this code, and change nothing."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Level:
    on_hand: int = 0
    damaged: int = 0
    quality_control: int = 0
    allocated: int = 0
    reserved: int = 0
    backordered: int = 0
    short: int = 0
    incoming: int = 0
    safety_stock: int = 0
    backorder_limit: int = 0

    @property
    def set_aside(self) -> int:
        return self.damaged + self.quality_control + self.allocated + self.reserved

    @property
    def available(self) -> int:
        return self.on_hand - self.set_aside - self.safety_stock


@dataclass
class Hold:
    place: Place
    quantity: int
    expires_at: float
    status: str = "active"
    order: int | None = None


@dataclass
class Promise:
    place: Place
    quantity: int
    backordered: int = 0
    shipped: int = 0
    released: int = 0

    @property
    def open(self) -> int:
        return self.quantity - self.shipped - self.released


@dataclass
class Journey:
    """A transfer or a purchase order of one variant: ``source`` is None for a purchase."""

    source: Place | None
    destination: Place
    quantity: int
    received: int = 0
    status: str = "open"

    @property
    def outstanding(self) -> int:
        return max(0, self.quantity - self.received)


@dataclass
class Books:
    levels: dict[Place, Level] = field(default_factory=dict)
    holds: dict[int, Hold] = field(default_factory=dict)
    promises: dict[int, Promise] = field(default_factory=dict)
    journeys: dict[int, Journey] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    pieces: int = 0
    """All that came in from outside less all that left: on hand somewhere, or in transit."""


class Shop:
    """The books, the time, and every verb."""

    def __init__(self, kits: Mapping[str, Mapping[str, int]], locations: Iterable[str]) -> None:
        self.books = Books()
        self.now = 0.0
        self.kits = kits
        self.locations = tuple(locations)

    def attempt(self, verb: Callable[[], Any]) -> Any:
        """Run a verb; take everything back if it is refused."""
        before = copy.deepcopy(self.books)
        try:
            answer = verb()
        except Refused:
            self.books = before
            raise
        for place in self.books.levels:
            self._fill(place)
        return answer

    # --- the rules --------------------------------------------------------------------------

    def level(self, place: Place) -> Level:
        return self.books.levels.setdefault(place, Level())

    def _require_open(self, place: Place) -> None:
        if place[1] in self.books.closed:
            raise Refused("location_closed")

    def due(self, place: Place) -> int:
        """Return the pieces of holds that have expired, though nobody noticed yet."""
        return sum(hold.quantity for hold in self._due(place))

    def _due(self, place: Place) -> list[Hold]:
        return [
            hold
            for hold in self.books.holds.values()
            if hold.place == place and hold.status == "active" and hold.expires_at <= self.now
        ]

    def settle(self, place: Place) -> int:
        freed = 0
        for hold in self._due(place):
            hold.status = "expired"
            self._move(place, reserved=-hold.quantity)
            freed += hold.quantity
        self._fill(place)
        return freed

    def _fill(self, place: Place) -> None:
        level = self.books.levels.get(place)
        for number in sorted(self.books.promises):
            promise = self.books.promises[number]
            if level is None or promise.place != place:
                continue
            free = min(level.backordered, level.available + level.backordered)
            pieces = max(0, min(free, promise.backordered))
            promise.backordered -= pieces
            level.backordered -= pieces

    def _move(self, place: Place, *, fact: bool = False, **deltas: int) -> None:
        level = self.level(place)
        for name, delta in deltas.items():
            setattr(level, name, getattr(level, name) + delta)
        if fact:  # what is gone is not damaged any longer
            for name in ASIDE:
                gone = level.damaged + level.quality_control - level.on_hand
                setattr(level, name, getattr(level, name) - max(0, min(gone, getattr(level, name))))
        needed = max(0, level.set_aside - level.on_hand - level.backordered)
        if fact or needed < level.short:
            level.short = needed

    # --- facts ------------------------------------------------------------------------------

    def receive(self, place: Place, pieces: int, aside: str | None = None) -> None:
        self._require_open(place)
        self._move(place, fact=True, on_hand=pieces, **({aside: pieces} if aside else {}))
        self.books.pieces += pieces

    def adjust(self, place: Place, delta: int) -> None:
        if self.level(place).on_hand + delta < 0:
            raise Refused("insufficient_stock")
        self._move(place, fact=True, on_hand=delta)
        self.books.pieces += delta

    def set_aside(self, place: Place, name: str, delta: int) -> None:
        self._require_open(place)
        level = self.level(place)
        there = level.on_hand - level.damaged - level.quality_control
        if delta > there or -delta > getattr(level, name):
            raise Refused("insufficient_stock")
        self._move(place, fact=True, **{name: delta})

    def write_off(self, place: Place, name: str, pieces: int) -> None:
        self._require_open(place)
        if pieces > getattr(self.level(place), name):
            raise Refused("insufficient_stock")
        self._move(place, fact=True, on_hand=-pieces, **{name: -pieces})
        self.books.pieces -= pieces

    def ship(self, place: Place, pieces: int) -> None:
        self._require_open(place)
        self._require_available(place, pieces)
        self._move(place, on_hand=-pieces)
        self.books.pieces -= pieces

    def count(self, place: Place, expected: int, counted: int) -> None:
        delta = max(counted - expected, -self.level(place).on_hand)
        self._move(place, fact=True, on_hand=delta)
        self.books.pieces += delta

    def set_policy(self, place: Place, safety_stock: int, limit: int) -> None:
        level = self.level(place)
        if limit < level.backordered:
            raise Refused("invalid_input")
        level.safety_stock, level.backorder_limit = safety_stock, limit

    def _require_available(self, place: Place, pieces: int) -> None:
        if self.level(place).available < pieces:
            self.settle(place)
        if self.level(place).available < pieces:
            raise Refused("insufficient_stock")

    # --- promises ---------------------------------------------------------------------------

    def reserve(self, place: Place, pieces: int, seconds: float) -> Hold:
        self._require_open(place)
        self._require_available(place, pieces)
        self._move(place, reserved=pieces)
        return Hold(place, pieces, self.now + seconds)

    def _require_active(self, hold: Hold) -> None:
        if hold.status == "expired" or (hold.status == "active" and hold.expires_at <= self.now):
            raise Refused("reservation_expired")
        if hold.status != "active":
            raise Refused("reservation_closed")

    def extend(self, number: int, seconds: float) -> None:
        hold = self.books.holds[number]
        self._require_active(hold)
        hold.expires_at = self.now + seconds

    def release(self, number: int) -> None:
        hold = self.books.holds[number]
        if hold.status == "allocated":
            raise Refused("reservation_closed")
        if hold.status == "active":
            hold.status = "released"
            self._move(hold.place, reserved=-hold.quantity)

    def convert(self, number: int, order: int) -> Promise | None:
        """Return the new promise, or None where the same order has it already."""
        hold = self.books.holds[number]
        if hold.status == "allocated" and hold.order == order:
            return None
        self._require_active(hold)
        hold.status, hold.order = "allocated", order
        self._move(hold.place, reserved=-hold.quantity, allocated=hold.quantity)
        return Promise(hold.place, hold.quantity)

    def allocate(self, place: Place, pieces: int, *, may_wait: bool) -> Promise:
        self._require_open(place)
        level = self.level(place)
        if level.available < pieces:
            self.settle(place)
        missing = max(0, pieces - max(0, level.available))
        if missing and not (may_wait and level.backordered + missing <= level.backorder_limit):
            raise Refused("insufficient_stock")
        self._move(place, allocated=pieces, backordered=missing)
        return Promise(place, pieces, missing)

    def deallocate(self, number: int, pieces: int | None) -> None:
        promise = self.books.promises[number]
        wanted = promise.open if pieces is None else pieces
        if wanted > promise.open:
            raise Refused("allocation_closed")
        waiting = min(wanted, promise.backordered)
        promise.released += wanted
        promise.backordered -= waiting
        self._move(promise.place, allocated=-wanted, backordered=-waiting)

    def dispatch(self, number: int, pieces: int | None) -> None:
        promise = self.books.promises[number]
        level = self.level(promise.place)
        sellable = level.on_hand - level.damaged - level.quality_control
        there = max(0, min(promise.open - promise.backordered, sellable))
        wanted = there if pieces is None else pieces
        if max(1, wanted) > promise.open:
            raise Refused("allocation_closed")
        self._require_open(promise.place)
        if not 0 < wanted <= there:
            raise Refused("insufficient_stock")
        promise.shipped += wanted
        self._move(promise.place, on_hand=-wanted, allocated=-wanted)
        self.books.pieces -= wanted

    # --- many at once -----------------------------------------------------------------------

    def reserve_many(
        self, wishes: Iterable[tuple[Place, int]], seconds: float
    ) -> list[Hold | None]:
        answers: list[Hold | None] = []
        chosen = list(wishes)
        for place in {place for place, _ in chosen if place in self.books.levels}:
            self.settle(place)
        for place, pieces in chosen:
            level = self.books.levels.get(place, Level())
            refused = place[1] in self.books.closed or level.available < pieces
            answers.append(None if refused else self.reserve(place, pieces, seconds))
        return answers

    def basket(
        self, lines: Mapping[str, int], *, partial: bool
    ) -> tuple[dict[Place, int], dict[str, int]]:
        """Return what is taken where, and line → what could be had where that is less."""
        parts = {line: self.kits.get(line, {line: 1}) for line in lines}
        stock = self._settled_stock({part for needed in parts.values() for part in needed})
        left: Counter[str] = Counter()
        for (variant, _), pieces in stock.items():
            left[variant] += pieces
        short: dict[str, int] = {}
        demand: Counter[str] = Counter()
        for line, wanted in lines.items():
            got = min(wanted, *(left[part] // n for part, n in parts[line].items()))
            if got < wanted:
                short[line] = got
            for part, n in parts[line].items():
                left[part] -= got * n
                demand[part] += got * n
        if short and not partial:
            raise Refused("insufficient_stock")
        return self._take(demand, stock), short

    def _settled_stock(self, variants: set[str]) -> dict[Place, int]:
        """Return what open places can promise of the variants, with due holds let go."""
        stock: dict[Place, int] = {}
        for place in list(self.books.levels):
            if place[0] in variants and place[1] not in self.books.closed:
                self.settle(place)
                stock[place] = max(0, self.level(place).available)
        return stock

    def _take(self, demand: Mapping[str, int], stock: Mapping[Place, int]) -> dict[Place, int]:
        taken: dict[Place, int] = {}
        for variant, pieces in demand.items():
            missing = pieces
            for location in self.locations:
                here = min(missing, stock.get((variant, location), 0))
                if here:
                    taken[variant, location] = here
                    self._move((variant, location), reserved=here)
                    missing -= here
        return taken

    # --- journeys ---------------------------------------------------------------------------

    def send(self, source: Place, destination: Place, pieces: int) -> Journey:
        self._require_open(source)
        self._require_open(destination)
        self._require_available(source, pieces)
        self._move(source, on_hand=-pieces)
        self._move(destination, incoming=pieces)
        return Journey(source, destination, pieces)

    def order(self, destination: Place, pieces: int) -> Journey:
        self._move(destination, incoming=pieces)
        return Journey(None, destination, pieces)

    def arrive(self, number: int, pieces: int) -> None:
        journey = self.books.journeys[number]
        if journey.status != "open":
            raise Refused("invalid_state")
        if journey.source and pieces > journey.outstanding:
            raise Refused("invalid_input")
        self._require_open(journey.destination)
        expected = min(pieces, journey.outstanding)
        self._move(journey.destination, fact=True, on_hand=pieces, incoming=-expected)
        journey.received += pieces
        if not journey.source:
            self.books.pieces += pieces
        if not journey.outstanding:
            journey.status = "ended"

    def call_back(self, number: int, *, lost: bool = False) -> None:
        journey = self.books.journeys[number]
        if journey.status != "open":
            raise Refused("invalid_state")
        journey.status = "ended"
        self._move(journey.destination, incoming=-journey.outstanding)
        if journey.source and not lost:
            self._move(journey.source, fact=True, on_hand=journey.outstanding)
        if journey.source and lost:
            self.books.pieces -= journey.outstanding
