"""Turns a basket into an order: from which shelf, at what price, in which state today."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from commerce_core.inventory.models import MovementKind
from commerce_core.orders.models import OrderStatus
from webapp.demo.baskets import price_on
from webapp.demo.plan import (
    HAMBURG,
    KOELN,
    LEIPZIG,
    OPEN,
    SHIPPED,
    SHOP,
    PlannedCharge,
    PlannedLine,
    PlannedMovement,
    PlannedOrder,
    Story,
)
from webapp.demo.randomness import make_dice
from webapp.demo.rhythm import local_day

if TYPE_CHECKING:
    from datetime import datetime

    from webapp.demo.assortment import PlannedVariant
    from webapp.demo.baskets import Wish, Wishes
    from webapp.demo.shelves import Shelves
    from webapp.demo.visitors import Visitor

_FIRST_WEB_NUMBER: Final = 3001
_FREE_SHIPPING_CENTS: Final = 8000
_SHIPPING_CENTS: Final = 490
_COUPON_RATE: Final = 0.06
_COUPON: Final = ("WELCOME5", "Discount, WELCOME5", 5)
_CANCELLED_RATE: Final = 0.036
_UNPAID_RATE: Final = 0.006
_LEIPZIG_RATE: Final = 0.36
_SUBSTITUTE_RATE: Final = 0.45
_TRIES: Final = {"web": 1, "shop": 8}
"""How often somebody looks for something else: in the shop one sees what is there."""
_PENDING_FOR: Final = timedelta(hours=3)
_PENDING_RATE: Final = 0.4
_PROCESSING_FOR: Final = timedelta(hours=20)
_UNDER_WAY_FOR: Final = timedelta(days=3)
ACTORS: Final = {"web": "web shop", "shop": "Köln shop till"}


class Checkout:
    """The web shop's checkout and the till in Köln."""

    def __init__(self, seed: int, story: Story, shelves: Shelves, wishes: Wishes) -> None:
        self._dice = make_dice("checkout", seed)
        self._story = story
        self._shelves = shelves
        self._wishes = wishes
        self._lines = 0
        self._numbers = {"web": _FIRST_WEB_NUMBER, SHOP: 1}

    def place(self, moment: datetime, channel: str, visitor: Visitor) -> PlannedOrder | None:
        """Place an order at ``moment``; None if nothing of what was wanted is there."""
        status = self._status(moment, channel)
        lines = []
        for wish in self._wishes.basket(channel):
            line = self._line(wish, moment, channel)
            if line is not None:
                lines.append(line)
                self._hand_over(line, moment, channel, status)
        if not lines:
            return None
        customer, typed = visitor
        order = PlannedOrder(
            id=len(self._story.orders) + 1,
            number=self._number(channel),
            channel=channel,
            customer=customer,
            typed=typed,
            placed_at=moment,
            status=status,
            lines=lines,
        )
        self._add_charges(order)
        self._story.orders.append(order)
        return order

    def _status(self, moment: datetime, channel: str) -> OrderStatus:
        """Return how far an order of ``moment`` has come until today."""
        age = self._story.as_of - moment
        chance = self._dice.random()
        if channel == SHOP:
            return OrderStatus.DELIVERED
        if chance < _CANCELLED_RATE:
            return OrderStatus.CANCELLED
        if age < _PENDING_FOR:
            return OrderStatus.PENDING if chance < _PENDING_RATE else OrderStatus.PROCESSING
        if chance < _CANCELLED_RATE + _UNPAID_RATE:
            return OrderStatus.EXPIRED
        if age < _PROCESSING_FOR:
            return OrderStatus.PROCESSING
        return OrderStatus.SHIPPED if age < _UNDER_WAY_FOR else OrderStatus.DELIVERED

    def _number(self, channel: str) -> str:
        number = self._numbers[channel]
        self._numbers[channel] += 1
        return f"K-{number:05d}" if channel == SHOP else str(number)

    def _line(self, wish: Wish, moment: datetime, channel: str) -> PlannedLine | None:
        variant, pieces = wish
        place = self._shelf(variant, pieces, channel)
        tries = 0
        while place is None and tries < _TRIES[channel]:
            other = self._instead(variant, pieces, channel)
            if other is None:
                return None
            variant = other
            place = self._shelf(variant, pieces, channel)
            tries += 1
        if place is None:
            return None
        return PlannedLine(
            self._next_id(), variant, place, pieces, price_on(variant, local_day(moment))
        )

    def _instead(self, variant: PlannedVariant, pieces: int, channel: str) -> PlannedVariant | None:
        """Return what somebody takes who did not find ``variant``, None if nothing else will do."""
        if channel == SHOP:
            return self._wishes.anything()
        self._story.lost_sales += pieces
        is_flexible = self._dice.random() < _SUBSTITUTE_RATE
        return self._wishes.substitute(variant) if is_flexible else None

    def _shelf(self, variant: PlannedVariant, pieces: int, channel: str) -> int | None:
        """Return the location that can serve, the preferred one first."""
        if channel == SHOP:
            order: tuple[int, ...] = (KOELN,)
        elif self._dice.random() < _LEIPZIG_RATE:
            order = (LEIPZIG, HAMBURG)
        else:
            order = (HAMBURG, LEIPZIG)
        available = self._shelves.available
        return next((p for p in order if available((variant.number, p)) >= pieces), None)

    def _hand_over(
        self, line: PlannedLine, moment: datetime, channel: str, status: OrderStatus
    ) -> None:
        """Take the goods from the shelf, or promise them, as the state of the order says."""
        if status in OPEN:
            self._shelves.promise((line.variant.number, line.location), line.quantity)
        if status not in SHIPPED:
            return
        self._shelves.take(
            PlannedMovement(
                (line.variant.number, line.location),
                MovementKind.SHIPPED,
                -line.quantity,
                moment,
                ACTORS[channel],
                cause=("order_line", str(line.id)),
            )
        )

    def _add_charges(self, order: PlannedOrder) -> None:
        if order.channel == SHOP:
            return
        goods = sum(line.quantity * line.price for line in order.lines)
        if self._dice.random() < _COUPON_RATE:
            code, name, percent = _COUPON
            cut = -round(goods * percent / 1000) * 10
            order.charges.append(PlannedCharge(self._next_id(), code, name, cut))
        if goods < _FREE_SHIPPING_CENTS:
            charge = PlannedCharge(self._next_id(), "SHIPPING", "Shipping", _SHIPPING_CENTS)
            order.charges.append(charge)

    def _next_id(self) -> int:
        self._lines += 1
        return self._lines
