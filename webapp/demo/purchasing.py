"""The story's buyers: they order once a week from each supplier, and err about what will sell."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from commerce_core.inventory.models import MovementKind
from webapp.demo.plan import Level, PlannedMovement, PlannedPurchase, PlannedPurchaseLine
from webapp.demo.randomness import make_dice
from webapp.demo.rhythm import moment_of, work_moment
from webapp.demo.shelves import STAFF

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from webapp.demo.shelves import Shelves

LEAD_WEEKS: Final = {
    "Leinenweb": 2,
    "Webstuhl": 2,
    "Nordgarn": 3,
    "Fjordtex": 4,
    "Lederhof": 4,
    "Tonwerk": 2,
    "Glashaus": 3,
    "Holzhof": 2,
    "Gießerei": 3,
    "Wachsraum": 1,
}
"""The suppliers, and how long each says that it takes."""
_COVER_WEEKS: Final = 6
_PACK: Final = 5
_LATE_RATE: Final = 0.08
_WORK_DAYS: Final = 5
_SUNDAY: Final = 6
_COST_SHARE: Final = 0.42
"""What the shop pays of the price it asks."""


class Purchasing:
    """Purchase orders, under way and arrived."""

    def __init__(self, seed: int, as_of: datetime, shelves: Shelves) -> None:
        self._dice = make_dice("purchasing", seed)
        self._as_of = as_of
        self._shelves = shelves
        self.purchases: list[PlannedPurchase] = []
        self.late: frozenset[int] = frozenset()
        """Numbers of variants that their suppliers cannot deliver at present."""
        self._lines = 0
        self._due: defaultdict[date, list[PlannedPurchase]] = defaultdict(list)
        self._waiting: defaultdict[Level, int] = defaultdict(int)
        self._levels_of: defaultdict[str, list[Level]] = defaultdict(list)
        for level in shelves.levels():
            self._levels_of[shelves.product(level).supplier].append(level)

    def open_shelves(self, day: date) -> None:
        """Fill every shelf for the first weeks."""
        moment = moment_of(self._dice, day, 6)
        for level in self._shelves.levels():
            pieces = self._target(level, day, lead=2)
            self._shelves.take(
                PlannedMovement(
                    level, MovementKind.RECEIVED, pieces, moment, STAFF[0], "Opening stock"
                )
            )

    def order(self, day: date, *, growth: float) -> None:
        """Order what runs low; each supplier has a weekday on which orders go out."""
        for place, (supplier, lead) in enumerate(LEAD_WEEKS.items()):
            if day.weekday() == place % _WORK_DAYS:
                self._order_from(supplier, lead, day, growth)

    def _order_from(self, supplier: str, lead: int, day: date, growth: float) -> None:
        wanted: defaultdict[int, list[tuple[Level, int]]] = defaultdict(list)
        for level in self._levels_of[supplier]:
            there = self._shelves.available(level) + self._waiting.get(level, 0)
            weekly = self._shelves.expected_weekly(level, day + timedelta(weeks=lead)) * growth
            until_then = weekly * (lead + 1)
            if there < until_then + 0.8 * math.sqrt(until_then):
                pieces = _packed(self._target(level, day, lead=lead) * growth - there)
                wanted[level[1]].append((level, pieces))
        ordered_at = min(moment_of(self._dice, day, 15), self._as_of)
        takes = lead * 7 + self._dice.randint(-2, 4)
        if self._dice.random() < _LATE_RATE:
            takes += self._dice.randint(5, 16)
        for location, lines in wanted.items():
            purchase = self._purchase(supplier, location, ordered_at, lines)
            purchase.expected_on = day + timedelta(weeks=lead)
            self._due[_workday(day + timedelta(days=takes))].append(purchase)

    def _purchase(
        self, supplier: str, location: int, ordered_at: datetime, lines: list[tuple[Level, int]]
    ) -> PlannedPurchase:
        purchase = PlannedPurchase(
            id=len(self.purchases) + 1,
            supplier=supplier,
            location=location,
            ordered_at=ordered_at,
            expected_on=ordered_at.date(),
            lines=[],
        )
        for level, pieces in lines:
            self._lines += 1
            self._waiting[level] += pieces
            cost = round(self._shelves.product(level).price * _COST_SHARE)
            purchase.lines.append(PlannedPurchaseLine(self._lines, level, pieces, cost))
        self.purchases.append(purchase)
        return purchase

    def deliveries(self, day: date) -> Iterator[PlannedMovement]:
        """Yield what arrives on ``day``, as movements that are not booked yet."""
        for purchase in self._due.pop(day, []):
            moment = work_moment(self._dice, day)
            if moment > self._as_of:
                continue
            self._split_off_late(purchase)
            if not purchase.lines:
                continue
            purchase.received_at = moment
            actor = self._dice.choice(STAFF)
            for line in purchase.lines:
                self._waiting[line.level] -= line.pieces
                cause = ("purchase_order_line", str(line.id))
                kind = MovementKind.RECEIVED
                yield PlannedMovement(line.level, kind, line.pieces, moment, actor, None, cause)

    def _split_off_late(self, purchase: PlannedPurchase) -> None:
        """Let what cannot be delivered wait in an order of its own, until after the story."""
        late = [line for line in purchase.lines if line.level[0] in self.late]
        if not late:
            return
        purchase.lines = [line for line in purchase.lines if line.level[0] not in self.late]
        in_days = timedelta(days=self._dice.randint(2, 12))
        rest = PlannedPurchase(
            id=len(self.purchases) + 1,
            supplier=purchase.supplier,
            location=purchase.location,
            ordered_at=purchase.ordered_at,
            expected_on=_workday(self._as_of.date() + in_days),
            lines=late,
        )
        self.purchases.append(rest)

    def _target(self, level: Level, day: date, *, lead: int) -> int:
        weeks = lead + _COVER_WEEKS
        expected = self._shelves.expected_weekly(level, day + timedelta(weeks=lead + 2)) * weeks
        return max(2, _packed(expected + math.sqrt(expected)))


def _workday(day: date) -> date:
    return day + timedelta(days=1) if day.weekday() == _SUNDAY else day


def _packed(pieces: float) -> int:
    """Round up to whole packs."""
    return max(1, math.ceil(pieces / _PACK)) * _PACK
