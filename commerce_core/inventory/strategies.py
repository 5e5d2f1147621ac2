"""Which location serves which part of a basket. A strategy only ranks; it never counts stock.

Write your own: any object with ``rank(request)`` that returns location ids, best first. The
basket takes from them in that order and conserves every quantity itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_EXACT_UP_TO: Final = 12
"""Locations of which every set is tried: at most 4,095 of them."""


@dataclass(frozen=True, slots=True)
class RoutingRequest:
    """What a strategy may look at: demand and availability by variant and location.

    ``demand`` maps variant ids to pieces; ``available`` maps (variant id, location id) to what
    can be promised now, never below zero; ``locations`` are the open location ids by priority.
    """

    demand: Mapping[int, int]
    available: Mapping[tuple[int, int], int]
    locations: Sequence[int]

    def covered(self, location_id: int) -> int:
        """Return how many demanded pieces the location could serve by itself."""
        return sum(
            min(wanted, self.available.get((variant_id, location_id), 0))
            for variant_id, wanted in self.demand.items()
        )


class Strategy(Protocol):
    """Orders locations for one basket."""

    def rank(self, request: RoutingRequest) -> Sequence[int]:
        """Return location ids, the one to take from first at the head."""
        ...


@dataclass(frozen=True, slots=True)
class ByPriority:
    """The shop's own order of locations."""

    def rank(self, request: RoutingRequest) -> Sequence[int]:
        """Return the locations by their priority."""
        return request.locations


@dataclass(frozen=True, slots=True)
class PreferredLocation:
    """One location first, then the others by priority."""

    location_id: int

    def rank(self, request: RoutingRequest) -> Sequence[int]:
        """Return the preferred location, then the rest."""
        rest = [number for number in request.locations if number != self.location_id]
        return [self.location_id, *rest] if self.location_id in request.locations else rest


@dataclass(frozen=True, slots=True)
class HighestStock:
    """The location that has the most of what is wanted."""

    def rank(self, request: RoutingRequest) -> Sequence[int]:
        """Return the locations by their stock of the demanded variants, most first."""
        totals = {
            number: sum(request.available.get((v, number), 0) for v in request.demand)
            for number in request.locations
        }
        return sorted(request.locations, key=lambda number: -totals[number])


@dataclass(frozen=True, slots=True)
class FewestSplits:
    """The smallest number of parcels.

    Exact for up to twelve locations; beyond that, and where not everything is there, always the
    location that covers most of what is left.
    """

    def rank(self, request: RoutingRequest) -> Sequence[int]:
        """Return the smallest set of locations that has everything, then the others."""
        chosen = _smallest_set(request) if len(request.locations) <= _EXACT_UP_TO else ()
        rest = [number for number in request.locations if number not in chosen]
        return [*_greedy(request, chosen), *_greedy(request, rest)]


def _smallest_set(request: RoutingRequest) -> tuple[int, ...]:
    """Return the first smallest set that covers the demand, or () where no set does."""
    for size in range(1, len(request.locations) + 1):
        for chosen in combinations(request.locations, size):
            if all(
                sum(request.available.get((variant_id, number), 0) for number in chosen) >= wanted
                for variant_id, wanted in request.demand.items()
            ):
                return chosen
    return ()


def _greedy(request: RoutingRequest, locations: Sequence[int]) -> list[int]:
    """Return the locations, each the one that covers most after those before it."""
    left = dict(request.demand)
    remaining = list(locations)
    order: list[int] = []
    while remaining:
        best = max(remaining, key=RoutingRequest(left, request.available, remaining).covered)
        order.append(best)
        remaining.remove(best)
        for variant_id, wanted in left.items():
            left[variant_id] = max(0, wanted - request.available.get((variant_id, best), 0))
    return order


@dataclass(frozen=True, slots=True)
class Nearest:
    """The location with the smallest distance, in whatever unit the caller measures."""

    distances: Mapping[int, float] = field(default_factory=dict)

    def rank(self, request: RoutingRequest) -> Sequence[int]:
        """Return the locations by distance; unknown ones come last."""
        far = float("inf")
        return sorted(request.locations, key=lambda number: self.distances.get(number, far))
