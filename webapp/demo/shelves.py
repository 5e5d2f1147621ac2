"""The shelves of the story: they never go below zero, nor below what is promised."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from commerce_core.inventory.models import MovementKind
from webapp.demo.plan import HAMBURG, KOELN, LEIPZIG, Level, PlannedMovement
from webapp.demo.randomness import make_dice, poisson
from webapp.demo.rhythm import season_factor, work_moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from webapp.demo.assortment import PlannedProduct, PlannedVariant

_STOCKED: Final = {HAMBURG: 1.0, LEIPZIG: 0.78, KOELN: 0.55}
"""Share of products that a location keeps."""
_SHARES: Final = {HAMBURG: 0.58, LEIPZIG: 0.32, KOELN: 0.10}
"""Share of a variant's sales that a location serves."""
_SLOW_FACTOR: Final = 4
STAFF: Final = ("Aylin Demir", "Jonas Weber", "Mara Jansen")
_MISHAP_RATE: Final = 0.0011
"""Mishaps a day and variant."""
_MISHAPS: Final = (
    (-1, "Count: 1 missing"),
    (-1, "Damaged in storage"),
    (-2, "Water damage, bottom shelf"),
    (1, "Count: 1 more than in the books"),
    (-1, "Photo sample"),
)


class Shelves:
    """What is on every shelf, what of it is promised, and every movement so far."""

    def __init__(
        self, seed: int, variants: Sequence[PlannedVariant], *, weekly_pieces: float
    ) -> None:
        self._dice = make_dice("shelves", seed)
        self._variants = variants
        total = sum(variant.popularity for variant in variants)
        self._weekly = [weekly_pieces * variant.popularity / total for variant in variants]
        self._guess = [self._dice.lognormvariate(0, 0.3) for _ in variants]
        self._on_hand: dict[Level, int] = dict.fromkeys(self._choose_shelves(), 0)
        self._promised: defaultdict[Level, int] = defaultdict(int)
        self.movements: list[PlannedMovement] = []

    def _choose_shelves(self) -> Iterator[Level]:
        kept: dict[tuple[str, int], bool] = {}
        for variant in self._variants:
            for location, share in _STOCKED.items():
                product = (variant.product.code, location)
                if product not in kept:
                    kept[product] = self._dice.random() < share
                if kept[product]:
                    yield variant.number, location

    def levels(self) -> Sequence[Level]:
        """Return every level there is."""
        return tuple(self._on_hand)

    def levels_of(self, variant: PlannedVariant) -> Sequence[Level]:
        """Return the levels of ``variant``."""
        places = ((variant.number, place) for place in _STOCKED)
        return tuple(level for level in places if level in self._on_hand)

    def product(self, level: Level) -> PlannedProduct:
        """Return the product on a shelf."""
        return self._variants[level[0]].product

    def available(self, level: Level) -> int:
        """Return the pieces on a shelf that are not promised; 0 where there is no such shelf."""
        return self._on_hand.get(level, 0) - self._promised.get(level, 0)

    def total(self, variant: PlannedVariant) -> int:
        """Return the available pieces of ``variant`` on all shelves."""
        return sum(map(self.available, self.levels_of(variant)))

    def promise(self, level: Level, pieces: int) -> None:
        """Keep pieces for an order that has not left yet."""
        self._promised[level] += pieces

    def take(self, movement: PlannedMovement) -> None:
        """Book a movement.

        Raises:
            ValueError: the level cannot bear it; the story contradicts itself.
        """
        after = self.available(movement.level) + movement.pieces
        if after < 0:
            message = f"level {movement.level} would fall to {after}"
            raise ValueError(message)
        self._on_hand[movement.level] += movement.pieces
        self.movements.append(movement)

    def expected_weekly(self, level: Level, day: date) -> float:
        """Return how many pieces a week the buyers expect to sell there; they are often wrong."""
        season = season_factor(self.product(level).season, day)
        return self.usual_weekly(level) * season * self._guess[level[0]]

    def usual_weekly(self, level: Level) -> float:
        """Return how many pieces a week the buyers would sell there without seasons."""
        # A slow mover was bought for as an ordinary article: that is how it became one.
        slow = _SLOW_FACTOR if self._variants[level[0]].is_slow else 1
        return self._weekly[level[0]] * _SHARES[level[1]] * slow

    def mishaps(self, day: date) -> list[PlannedMovement]:
        """Return what breaks, gets lost or is found on ``day``, not booked yet."""
        levels, found = self.levels(), []
        for _ in range(poisson(self._dice, len(self._variants) * _MISHAP_RATE)):
            level = self._dice.choice(levels)
            pieces, reason = self._dice.choice(_MISHAPS)
            moment, actor = work_moment(self._dice, day), self._dice.choice(STAFF)
            found.append(
                PlannedMovement(level, MovementKind.ADJUSTED, pieces, moment, actor, reason)
            )
        return found
