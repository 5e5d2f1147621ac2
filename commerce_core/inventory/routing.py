"""Split what a basket wants over locations, so that every piece is planned once or is short.

Pure: it looks at locked levels and changes nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_core.inventory.strategies import RoutingRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_core.inventory.ledger import LevelState
    from commerce_core.inventory.strategies import Strategy

    Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to take where.

    ``taken`` maps (variant id, location id) to pieces, ``wanted`` and ``short`` map the variants
    and kits of the basket to what was asked for, and to what could be had where that is less.
    """

    taken: Mapping[Place, int]
    wanted: Mapping[int, int]
    short: Mapping[int, int]


def split(
    levels: Mapping[Place, LevelState],
    wanted: Mapping[int, int],
    parts: Mapping[int, Mapping[int, int]],
    strategy: Strategy,
) -> Plan:
    """Plan ``wanted`` (variant or kit id → pieces) made of ``parts`` (component id → pieces).

    Lines are served in their order, each from what those before it left: two kits that share a
    component never get the same piece of it, and a kit that cannot be complete takes nothing.
    """
    available = {place: max(0, level.available) for place, level in levels.items()}
    request = RoutingRequest(_exploded(wanted, parts), available, _locations(levels))
    order = list(dict.fromkeys(strategy.rank(request)))
    left: Counter[int] = Counter()
    for (variant_id, location_id), pieces in available.items():
        if location_id in order:  # a strategy may leave a location out
            left[variant_id] += pieces
    granted: dict[int, int] = {}
    for number, asked in wanted.items():
        granted[number] = min(asked, *(left[v] // needed for v, needed in parts[number].items()))
        for v, needed in parts[number].items():
            left[v] -= needed * granted[number]
    return Plan(
        _placed(_exploded(granted, parts), available, order),
        wanted,
        {number: got for number, got in granted.items() if got < wanted[number]},
    )


def _exploded(wanted: Mapping[int, int], parts: Mapping[int, Mapping[int, int]]) -> dict[int, int]:
    demand: Counter[int] = Counter()
    for number, quantity in wanted.items():
        for variant_id, needed in parts[number].items():
            demand[variant_id] += quantity * needed
    return dict(demand)


def _placed(
    demand: Mapping[int, int], available: Mapping[Place, int], order: Sequence[int]
) -> dict[Place, int]:
    taken: dict[Place, int] = {}
    for variant_id, pieces in demand.items():
        left = pieces
        for location_id in order:
            here = min(left, available.get((variant_id, location_id), 0))
            if here:
                taken[variant_id, location_id] = here
                left -= here
    return taken


def _locations(levels: Mapping[Place, LevelState]) -> list[int]:
    ranked = {level.location_id: level.priority for level in levels.values()}
    return sorted(ranked, key=lambda number: (ranked[number], number))
