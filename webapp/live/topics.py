"""What a stream can be about, each kind one line of ``TOPICS``.

A kind says which part of the changes its subscribers hear. Another feature adds its own: a line
here, and what it tells as a field of ``Changes``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from webapp.live.changes import Changes
from webapp.live.states import LevelState


@dataclass(frozen=True, slots=True)
class Topic:
    """What a subscriber wants to hear of: a kind, and the id where the kind is about one thing."""

    kind: str = "stock"
    id: int | None = None


@dataclass(frozen=True, slots=True)
class TopicKind:
    """One kind of topic. ``cut`` returns the part of the changes that belongs to the id."""

    cut: Callable[[Changes, int | None], Changes]
    takes_id: bool = True


def _cut_levels(
    hears: Callable[[LevelState, int | None], bool],
) -> Callable[[Changes, int | None], Changes]:
    """Return a cut to the levels that are heard, with their variants and products."""

    def cut(changes: Changes, number: int | None) -> Changes:
        levels = tuple(level for level in changes.levels if hears(level, number))
        variants = {level.variant_id for level in levels}
        products = {level.product_id for level in levels}
        return replace(
            changes,
            levels=levels,
            variants=tuple(state for state in changes.variants if state.variant_id in variants),
            products=tuple(state for state in changes.products if state.product_id in products),
            orders=(),
        )

    return cut


def _cut_orders(changes: Changes, number: int | None) -> Changes:
    """Return what happened to orders: to all, or to one."""
    orders = tuple(one for one in changes.orders if number in {None, one.order_id})
    return replace(changes, levels=(), variants=(), products=(), orders=orders)


TOPICS: Final[Mapping[str, TopicKind]] = {
    "stock": TopicKind(lambda changes, _: replace(changes, orders=()), takes_id=False),
    "product": TopicKind(_cut_levels(lambda level, number: level.product_id == number)),
    "variant": TopicKind(_cut_levels(lambda level, number: level.variant_id == number)),
    "location": TopicKind(_cut_levels(lambda level, number: level.location_id == number)),
    # Also who leaves: a level that was low and no longer is.
    "low": TopicKind(_cut_levels(lambda level, _: level.is_low or level.was_low), takes_id=False),
    "orders": TopicKind(_cut_orders, takes_id=False),
    "order": TopicKind(_cut_orders),
}
"""Every kind of topic, by the name it has in an address."""

ALL_STOCK: Final = Topic()


def cut(changes: Changes, topic: Topic) -> Changes:
    """Return the part of the changes that subscribers of the topic want to hear."""
    return TOPICS[topic.kind].cut(changes, topic.id)
