"""What goes on paper: the packing slip of an order, and the pick list of many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from commerce_core.inventory.models import StockLocation
from commerce_core.inventory.promises import allocations_of
from commerce_core.inventory.queries import list_locations
from commerce_core.orders.models import LineKind, Order, OrderLine, OrderStatus
from webapp.variant_names import VariantName, name_variants

MOST_ORDERS: Final = 200
"""So many orders are on one pick list at most, the oldest first."""


@dataclass(frozen=True, slots=True)
class Pick:
    """Pieces of one variant to be taken, and for which orders: number → pieces."""

    name: VariantName
    pieces: int
    orders: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PickPlace:
    """What is to be taken in one location."""

    location: StockLocation
    picks: Sequence[Pick]

    @property
    def pieces(self) -> int:
        """All pieces of the list."""
        return sum(pick.pieces for pick in self.picks)


@dataclass(frozen=True, slots=True)
class PickList:
    """What has to be taken from the shelves. ``held`` are orders left out because they wait."""

    places: Sequence[PickPlace]
    orders: int
    held: Sequence[str]
    has_more: bool = False


@dataclass(slots=True)
class _Wanted:
    pieces: int = 0
    orders: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def read_pick_list(session: Session, numbers: Sequence[int]) -> PickList:
    """Read what these orders (by id), or all that are open, still need from the shelves.

    Five statements at most, however many orders.
    """
    query = (
        select(Order)
        .where(Order.status == OrderStatus.PROCESSING, ~Order.is_history)
        .order_by(Order.placed_at, Order.id)
        .limit(MOST_ORDERS + 1)
    )
    if numbers:
        query = query.where(Order.id.in_(sorted(set(numbers))))
    found = session.scalars(query).all()
    orders = {order.id: order for order in found[:MOST_ORDERS]}
    going = [number for number, order in orders.items() if order.held_at is None]
    of_line = {
        line.id: orders[line.order_id].number
        for line in session.scalars(
            select(OrderLine).where(OrderLine.order_id.in_(going), OrderLine.kind == LineKind.GOODS)
        )
    }
    wanted: dict[tuple[int, int], _Wanted] = defaultdict(_Wanted)
    for one in allocations_of(session, of_line):
        free = one.open - one.backordered
        if free > 0:
            entry = wanted[one.location_id, one.variant_id]
            entry.pieces += free
            entry.orders[of_line[int(one.holder_ref)]] += free
    names = name_variants(session, {variant for _, variant in wanted})
    places = [_place(place, wanted, names) for place in list_locations(session)]
    held = [order.number for order in orders.values() if order.held_at is not None]
    return PickList(
        [place for place in places if place.picks], len(going), held, len(found) > MOST_ORDERS
    )


def _place(
    place: StockLocation,
    wanted: Mapping[tuple[int, int], _Wanted],
    names: Mapping[int, VariantName],
) -> PickPlace:
    picks = [
        Pick(names[variant], entry.pieces, dict(entry.orders))
        for (location, variant), entry in wanted.items()
        if location == place.id and variant in names
    ]
    return PickPlace(place, sorted(picks, key=lambda pick: (pick.name.full, pick.name.sku)))
