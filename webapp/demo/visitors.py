"""Who comes to buy: known customers while they are there, and guests."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from webapp.demo.addresses import TypedAddress, type_address
from webapp.demo.people import PlannedCustomer, make_name
from webapp.demo.plan import SHOP
from webapp.demo.randomness import Urn, make_dice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

_GUESTS: Final = {"web": 0.2, "shop": 0.62}
"""Share of orders without an account. In the shop few give their customer number."""
_NEVER_BUY_RATE: Final = 0.06
_MOVED_RATE: Final = 0.03
"""Share of orders of known customers that go to another address than usual."""
Visitor = tuple["PlannedCustomer | None", "TypedAddress | None"]


class Visitors:
    """The stream of people who order."""

    def __init__(self, seed: int, people: Sequence[PlannedCustomer]) -> None:
        self._dice = make_dice("visitors", seed)
        self._people = people
        self._new_on: defaultdict[date, list[PlannedCustomer]] = defaultdict(list)
        for customer in people:
            if self._dice.random() >= _NEVER_BUY_RATE:
                self._new_on[customer.joined_on].append(customer)
        self._regulars: Urn[PlannedCustomer] = Urn((), ())
        self._counted_on: date | None = None

    def newcomers(self, day: date) -> list[Visitor]:
        """Return those whose first order is on ``day``: an account is made to order something."""
        return [(customer, customer.typed) for customer in self._new_on[day]]

    def draw(self, day: date, channel: str) -> Visitor:
        """Return somebody who orders on ``day``."""
        self._count(day)
        if not self._regulars or self._dice.random() < _GUESTS[channel]:
            if channel == SHOP:
                return None, None
            return None, type_address(self._dice, make_name(self._dice))
        customer = self._regulars.draw(self._dice)
        if channel == SHOP:
            return customer, None
        if self._dice.random() < _MOVED_RATE:
            return customer, type_address(self._dice, customer.name)
        return customer, customer.typed

    def _count(self, day: date) -> None:
        """Look once a week who is there."""
        if self._counted_on is not None and day - self._counted_on < timedelta(days=7):
            return
        self._counted_on = day
        there = [c for c in self._people if c.joined_on <= day < c.left_on]
        self._regulars = Urn(there, [customer.buys for customer in there])
