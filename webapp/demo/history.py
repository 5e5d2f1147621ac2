"""Tells the story day by day: deliveries, orders, returns and mishaps, in the order of time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from webapp.demo.assortment import plan_assortment
from webapp.demo.baskets import Wishes
from webapp.demo.checkout import Checkout
from webapp.demo.minimums import choose_minimums, choose_troubled, rescue
from webapp.demo.people import plan_people
from webapp.demo.plan import SHOP, WEB, PlannedCredit, PlannedMovement, Story
from webapp.demo.purchasing import Purchasing
from webapp.demo.randomness import make_dice, poisson
from webapp.demo.returns import plan_return, restocked
from webapp.demo.rhythm import local_day, shop_factor, shop_moment, web_factor, web_moment
from webapp.demo.shelves import Shelves
from webapp.demo.visitors import Visitor, Visitors

DAYS: Final = 548
"""Eighteen months."""
CUSTOMERS: Final = 3000
_WEB_ORDERS: Final = 24.0
"""Web orders on an average day at the start."""
_SHOP_SALES: Final = 5.5
_WEEKLY_PIECES: Final = 560.0
"""What the buyers expected to sell in an average week at the start."""
_TROUBLE_DAYS: Final = 63
"""How long before the end some suppliers stop delivering."""

_Event = tuple[datetime, Callable[[], None]]


def tell_story(
    seed: int,
    *,
    as_of: datetime,
    scale: float = 1.0,
    progress: Callable[[], None] = lambda: None,
) -> Story:
    """Return eighteen months of the shop up to ``as_of``, the same for the same arguments.

    ``scale`` below 1 makes a smaller shop: fewer products, people and orders. ``progress`` is
    called after each of the ``DAYS + 1`` days.
    """
    teller = _Teller(seed, as_of, scale)
    for number in range(DAYS + 1):
        teller.tell_day(teller.start + timedelta(days=number))
        progress()
    return teller.finish()


class _Teller:
    """Holds the parts of the story together."""

    def __init__(self, seed: int, as_of: datetime, scale: float) -> None:
        self._seed = seed
        self._scale = scale
        self._end = local_day(as_of)
        self.start = self._end - timedelta(days=DAYS)
        self._dice = make_dice("history", seed)
        variants = plan_assortment(seed, scale=scale)
        count = max(20, round(CUSTOMERS * scale))
        people = plan_people(seed, count=count, start=self.start, end=self._end)
        self._story = Story(as_of, variants, people)
        self._shelves = Shelves(seed, variants, weekly_pieces=_WEEKLY_PIECES * scale)
        self._wishes = Wishes(seed, variants)
        self._visitors = Visitors(seed, people)
        self._checkout = Checkout(seed, self._story, self._shelves, self._wishes)
        self._coming_back: defaultdict[date, list[PlannedCredit]] = defaultdict(list)
        self._purchasing = Purchasing(seed, as_of, self._shelves)
        self._purchasing.open_shelves(self.start - timedelta(days=1))

    def tell_day(self, day: date) -> None:
        """Let everything happen that happens on ``day``."""
        if day == self._end - timedelta(days=_TROUBLE_DAYS):
            self._purchasing.late = choose_troubled(self._seed, self._story, day)
        self._wishes.wake_up(day)
        events = [*self._stock_events(day), *self._order_events(day), *self._return_events(day)]
        for moment, happen in sorted(events, key=lambda event: event[0]):
            if moment <= self._story.as_of:
                happen()
        self._purchasing.order(day, growth=web_factor(day, start=self.start))

    def _stock_events(self, day: date) -> list[_Event]:
        found = [*self._purchasing.deliveries(day), *self._shelves.mishaps(day)]
        return [(movement.occurred_at, partial(self._book, movement)) for movement in found]

    def _book(self, movement: PlannedMovement) -> None:
        """Book it, unless it would take what is not there."""
        if self._shelves.available(movement.level) + movement.pieces >= 0:
            self._shelves.take(movement)

    def _order_events(self, day: date) -> list[_Event]:
        visitors: list[tuple[str, Visitor]] = [(WEB, v) for v in self._visitors.newcomers(day)]
        expected = _WEB_ORDERS * web_factor(day, start=self.start) * self._scale
        sales = _SHOP_SALES * shop_factor(day) * self._scale
        for channel, mean in ((WEB, expected - len(visitors)), (SHOP, sales)):
            count = poisson(self._dice, mean)
            visitors.extend((channel, self._visitors.draw(day, channel)) for _ in range(count))
        return [self._order_event(day, channel, visitor) for channel, visitor in visitors]

    def _order_event(self, day: date, channel: str, visitor: Visitor) -> _Event:
        moment = (shop_moment if channel == SHOP else web_moment)(self._dice, day)
        return moment, partial(self._order, moment, channel, visitor)

    def _order(self, moment: datetime, channel: str, visitor: Visitor) -> None:
        order = self._checkout.place(moment, channel, visitor)
        if order is None or not order.has_shipped:
            return
        credit = plan_return(self._dice, self._wishes, order)
        if credit is not None:
            self._coming_back[local_day(credit.issued_at)].append(credit)

    def _return_events(self, day: date) -> list[_Event]:
        coming = self._coming_back.pop(day, [])
        return [(credit.issued_at, partial(self._take_back, credit)) for credit in coming]

    def _take_back(self, credit: PlannedCredit) -> None:
        credit.id = len(self._story.credits) + 1
        credit.number = f"R-{credit.id:05d}"
        self._story.credits.append(credit)
        for movement in restocked(credit):
            self._shelves.take(movement)

    def finish(self) -> Story:
        """Return the story with what stands on the shelves at its end."""
        for movement in rescue(self._seed, self._story, self._shelves):
            self._shelves.take(movement)
        self._story.minimums = choose_minimums(self._story, self._shelves, self._end)
        self._story.movements = self._shelves.movements
        self._story.purchases = self._purchasing.purchases
        self._story.available = {
            level: self._shelves.available(level) for level in self._shelves.levels()
        }
        return self._story
