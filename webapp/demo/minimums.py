"""What the shop's buyers decided to keep at least, such that a few variants are low or out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from commerce_core.inventory.models import MovementKind
from webapp.demo.plan import PlannedMovement
from webapp.demo.randomness import make_dice
from webapp.demo.rhythm import season_factor

if TYPE_CHECKING:
    from datetime import date

    from webapp.demo.plan import Level, Story
    from webapp.demo.shelves import Shelves

LOW_SHARE: Final = 15 / 816
"""Share of variants of which less is left than should be, but something."""
OUT_SHARE: Final = 7 / 816
_TROUBLED_SHARE: Final = 0.07
_FEW: Final = 25
_WEEKS: Final = 3.0
"""A minimum is what sells in this time of the product's year."""
_LEAST: Final = (3, 2, 2)
"""The smallest minimum of each location."""


def choose_troubled(seed: int, story: Story, day: date) -> frozenset[int]:
    """Return variants that sell well on ``day`` and that their supplier cannot deliver."""
    dice = make_dice("trouble", seed)
    wanted = sorted(
        story.variants,
        key=lambda variant: -variant.popularity * season_factor(variant.product.season, day),
    )
    best = [variant.number for variant in wanted[: max(4, len(wanted) // 4)]]
    count = min(len(best), max(2, round(len(story.variants) * _TROUBLED_SHARE)))
    return frozenset(dice.sample(best, count))


def rescue(seed: int, story: Story, shelves: Shelves) -> list[PlannedMovement]:
    """Return deliveries for all but a few of the variants that are sold out, not booked yet."""
    dice = make_dice("rescue", seed)
    empty = [variant for variant in story.variants if shelves.total(variant) == 0]
    empty.sort(key=lambda variant: -variant.popularity)
    spared = max(1, round(len(story.variants) * OUT_SHARE))
    return [
        PlannedMovement(
            shelves.levels_of(variant)[0],
            MovementKind.RECEIVED,
            dice.choice((5, 10)),
            story.as_of,
            "Aylin Demir",
            f"Express from {variant.product.supplier}",
        )
        for variant in empty[spared:]
    ]


def choose_minimums(story: Story, shelves: Shelves, day: date) -> dict[Level, int]:
    """Return the minimum of every level that has one.

    The variants that last the shortest get one above what is there: they are the low ones.
    """
    usual = {
        level: max(_LEAST[level[1]], math.ceil(shelves.usual_weekly(level) * _WEEKS))
        for level in shelves.levels()
    }
    low = _shortest(story, shelves, day)
    minimums: dict[Level, int] = {}
    for level, minimum in usual.items():
        there = shelves.available(level)
        if level[0] in low:
            minimums[level] = max(minimum, there + 1 + there // 3)
        elif shelves.total(story.variants[level[0]]) == 0:
            minimums[level] = minimum
        elif there:
            minimums[level] = min(minimum, there)
    return minimums


def _shortest(story: Story, shelves: Shelves, day: date) -> frozenset[int]:
    """Return the numbers of the variants whose stock lasts the shortest, sold out ones aside."""
    count = max(2, round(len(story.variants) * LOW_SHARE))
    lasts = []
    for variant in story.variants:
        there = shelves.total(variant)
        weekly = sum(shelves.expected_weekly(level, day) for level in shelves.levels_of(variant))
        if 0 < there <= _FEW and not variant.is_slow:
            lasts.append((there / weekly, variant.number))
    return frozenset(number for _, number in sorted(lasts)[:count])
