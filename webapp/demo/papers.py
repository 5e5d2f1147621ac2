"""What lies on the desks when the demo opens: orders, returns, claims, a transfer and a count.

All of it through the library, in the last hours before the shop opens to visitors. Functions on a
session; the caller commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from commerce_core.catalog.models import Variant
from commerce_core.clock import use_clock
from commerce_core.inventory import list_levels, list_locations
from commerce_core.inventory.availability import list_availability
from commerce_core.inventory.counts import count_stock, start_count
from commerce_core.inventory.transfers import create_transfer, send_transfer
from commerce_core.orders.changes import Addition, ChangeRequest, change_order
from commerce_core.orders.exchanges import exchange_return, open_claim
from commerce_core.orders.fulfilling import deliver_order, fulfill_order, ship_order
from commerce_core.orders.models import Order, OrderLine
from commerce_core.orders.return_models import ClaimKind, Return, ReturnReason
from commerce_core.orders.returns import approve_return, request_return, send_return
from commerce_core.orders.undoing import hold_order
from webapp.demo.live_orders import place_and_pay
from webapp.demo.live_returns import announce, move_on
from webapp.demo.randomness import make_dice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from sqlalchemy.orm import Session

_SHOP, _PACKER, _RETURNS, _STOCK = "online shop", "packing desk", "returns desk", "stock desk"
_BEGIN: Final = timedelta(hours=5)
_STEP: Final = timedelta(minutes=4)
_PLENTY: Final = 12
"""Only of variants with so many pieces something is taken: nothing runs low by the papers."""
_FEWEST: Final = 8
_ANNOUNCED: Final = 5


@dataclass(slots=True)
class _DeskClock:
    """A clock that goes on whenever something was done."""

    moment: datetime

    def now(self) -> datetime:
        """Return the moment."""
        return self.moment

    def goes_on(self) -> None:
        """Let a few minutes pass."""
        self.moment += _STEP


def lay_out_papers(session: Session, *, seed: int, as_of: datetime) -> None:
    """Do everything once. A shop with hardly any stock gets none of it."""
    clock = _DeskClock(as_of - _BEGIN)
    dice = make_dice("papers", seed)
    with use_clock(clock):
        variants = _plenty(session)
        if len(variants) < _FEWEST:
            return
        desk = _Desk(session, dice, clock, variants)
        desk.orders_under_way()
        desk.goods_that_come_back()
        desk.returns_of_older_orders()
        desk.stock_papers()


def _plenty(session: Session) -> list[Variant]:
    """Return the variants that the first location has plenty of, by id."""
    first = next(place for place in list_locations(session) if place.is_open)
    ids = list(session.scalars(select(Variant.id).order_by(Variant.id)))
    there = [
        one.variant_id
        for one in list_availability(session, ids)
        if one.location_id == first.id and one.available >= _PLENTY
    ]
    return list(session.scalars(select(Variant).where(Variant.id.in_(there)).order_by(Variant.id)))


@dataclass(slots=True)
class _Desk:
    session: Session
    dice: Random
    clock: _DeskClock
    variants: Sequence[Variant]

    def orders_under_way(self) -> None:
        """An order on hold, one changed, one in its parcel, one that left, one unpaid."""
        held = self._order(1)
        reason = "asked for another address, waits for an answer"
        hold_order(self.session, held, reason=reason, actor=_PACKER)
        changed = self._order(2)
        more = ChangeRequest(add=[Addition(self._pick(1)[0], 1)])
        change_order(self.session, changed, more, reason="called to add one", actor=_PACKER)
        fulfill_order(self.session, self._order(3), actor=_PACKER)
        ship_order(self.session, self._order(1), actor=_PACKER)
        place_and_pay(self.session, self.dice, self._wanted(2), pays=False, actor=_SHOP)
        self.clock.goes_on()

    def goods_that_come_back(self) -> None:
        """Delivered orders: a return on its way that is exchanged, one inspected, two claims."""
        swapped = self._announce(self._delivered(1), ReturnReason.TOO_SMALL)
        approve_return(self.session, swapped, actor=_RETURNS)
        send_return(self.session, swapped, actor=_RETURNS)
        self.clock.goes_on()
        other = {self._pick(1)[0]: 1}
        exchange_return(self.session, swapped, other, actor=_RETURNS, free=True)
        self.clock.goes_on()
        inspected = self._announce(self._delivered(2), ReturnReason.DOES_NOT_SUIT)
        for _ in range(4):
            move_on(self.session, self.dice, inspected, actor=_RETURNS)
            self.clock.goes_on()
        for kind, note in (
            (ClaimKind.MISSING, "one piece was not in the parcel"),
            (ClaimKind.BROKEN, "sent a picture of it"),
        ):
            order = self._delivered(2)
            line = self._lines(order)[0]
            open_claim(self.session, order, kind, {line.id: 1}, actor=_RETURNS, note=note)
            self.clock.goes_on()

    def returns_of_older_orders(self) -> None:
        """Returns of orders that went out before, each a step further than the one before."""
        for steps in range(_ANNOUNCED):
            found = announce(self.session, self.dice, actor=_RETURNS)
            for _ in range(steps if found else 0):
                assert found is not None  # noqa: S101 - there are no steps without one
                if found.closed_at is None:
                    found = move_on(self.session, self.dice, found, actor=_RETURNS)
                    self.clock.goes_on()

    def stock_papers(self) -> None:
        """A transfer under way, another drafted, and a count in which something differs."""
        places = [place for place in list_locations(self.session) if place.is_open]
        if len(places) < 2:  # noqa: PLR2004 - from one to another
            return
        sent = dict.fromkeys(self._pick(3), 2)
        transfer = create_transfer(self.session, places[0], places[1], sent, actor=_STOCK)
        send_transfer(self.session, transfer, actor=_STOCK)
        self.clock.goes_on()
        drafted = dict.fromkeys(self._pick(2), 3)
        create_transfer(self.session, places[0], places[-1], drafted, actor=_STOCK)
        count = start_count(self.session, places[0], name="Shelf by the window", actor=_STOCK)
        for number, variant in enumerate(self._pick(6)):
            levels = list_levels(self.session, variant)
            there = next(one.on_hand for one in levels if one.location_id == places[0].id)
            differs = {1: -1, 4: 2}.get(number, 0)
            count_stock(self.session, count, variant, counted=there + differs, actor=_STOCK)
            self.clock.goes_on()

    def _pick(self, count: int) -> list[Variant]:
        return self.dice.sample(list(self.variants), count)

    def _wanted(self, lines: int) -> list[tuple[Variant, int]]:
        return [(variant, self.dice.randint(1, 2)) for variant in self._pick(lines)]

    def _order(self, lines: int) -> Order:
        order = place_and_pay(self.session, self.dice, self._wanted(lines), actor=_SHOP)
        self.clock.goes_on()
        return order

    def _delivered(self, lines: int) -> Order:
        order = self._order(lines)
        ship_order(self.session, order, actor=_PACKER)
        self.clock.goes_on()
        deliver_order(self.session, order, actor=_PACKER)
        self.clock.goes_on()
        return order

    def _lines(self, order: Order) -> Sequence[OrderLine]:
        query = select(OrderLine).filter_by(order_id=order.id).order_by(OrderLine.position)
        return self.session.scalars(query).all()

    def _announce(self, order: Order, why: ReturnReason) -> Return:
        line = self._lines(order)[0]
        found = request_return(self.session, order, {line.id: (1, why)}, actor=_RETURNS)
        self.clock.goes_on()
        return found
