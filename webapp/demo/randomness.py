"""The demo's dice: seeded, so that the same seed tells the same story."""

from __future__ import annotations

import math
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_Item = TypeVar("_Item")


def make_dice(*seed: int | str) -> Random:
    """Return dice for one part of the story. Other parts keep theirs when this one changes."""
    return Random(":".join(str(part) for part in seed))  # noqa: S311 - a story, not a secret


def poisson(dice: Random, mean: float) -> int:
    """Return how many independent things happen where ``mean`` are expected (at most 200)."""
    if mean <= 0:
        return 0
    limit, product, count = math.exp(-min(mean, 200.0)), dice.random(), 0
    while product > limit:
        product *= dice.random()
        count += 1
    return count


class Urn(Generic[_Item]):
    """Things that are drawn with replacement, each as often as its weight says."""

    def __init__(self, items: Iterable[_Item], weights: Iterable[float]) -> None:
        self._items: Sequence[_Item] = tuple(items)
        self._sums = list(accumulate(weights))

    def __bool__(self) -> bool:
        return bool(self._sums) and self._sums[-1] > 0

    def draw(self, dice: Random) -> _Item:
        """Return one of them."""
        return dice.choices(self._items, cum_weights=self._sums)[0]
