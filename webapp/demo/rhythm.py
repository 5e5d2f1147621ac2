"""When people buy: growth, season, weekday, hour of day, and promotions. All days are local."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from webapp.demo.assortment_data import FASHION
from webapp.demo.randomness import Urn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from webapp.demo.assortment import PlannedProduct

ZONE: Final = ZoneInfo("Europe/Berlin")

_SEASONS: Final[dict[str, Sequence[float]]] = {
    # by month of the year, January first
    "all": (0.9, 0.9, 1.0, 1.0, 1.0, 0.95, 0.9, 0.95, 1.05, 1.05, 1.15, 1.15),
    "summer": (0.25, 0.4, 0.8, 1.4, 2.0, 2.2, 2.0, 1.3, 0.6, 0.35, 0.25, 0.3),
    "winter": (1.6, 1.1, 0.7, 0.4, 0.2, 0.15, 0.15, 0.4, 1.0, 1.7, 2.3, 2.3),
    "rain": (0.8, 0.9, 1.2, 1.2, 0.9, 0.6, 0.6, 0.9, 1.4, 1.6, 1.2, 0.7),
    "gift": (0.6, 0.8, 0.9, 1.0, 1.1, 0.8, 0.7, 0.7, 0.8, 1.0, 1.7, 2.1),
}
_YEAR: Final = (0.88, 0.85, 0.93, 0.95, 0.97, 0.9, 0.85, 0.88, 1.0, 1.08, 1.4, 1.45)
"""Orders of the whole shop by month."""
_WEEK: Final = (1.18, 1.04, 0.98, 0.96, 0.88, 0.84, 1.12)
"""Web orders by weekday, Monday first: people browse on Sunday and order until Monday night."""
_SHOP_WEEK: Final = (0.75, 0.8, 0.85, 0.95, 1.15, 1.6, 0.0)
"""The Köln shop is closed on Sundays."""
_DAILY_GROWTH: Final = 1.0009
"""About 39 % a year."""
_WEB_HOURS: Final[Sequence[float]] = (
    *(1.2, 0.6, 0.3, 0.2, 0.2, 0.4, 1.0, 2.0, 3.0, 3.6, 4.0, 4.2),
    *(4.6, 4.4, 4.0, 3.9, 4.0, 4.4, 5.0, 6.2, 7.6, 7.8, 5.4, 2.8),
)
_SHOP_HOURS: Final[Sequence[float]] = (*(0.0,) * 10, 2, 3, 4, 4, 4, 5, 6, 6, 3, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Promotion:
    """A price cut for a part of the assortment, every year from one day to another."""

    name: str
    first: tuple[int, int]
    last: tuple[int, int]
    percent: int
    lift: float
    """By how much more of it is sold."""
    seasons: frozenset[str] = frozenset(_SEASONS)
    fashion_only: bool = False

    def runs_on(self, day: date) -> bool:
        """Tell whether it runs on ``day``."""
        return self.first <= (day.month, day.day) <= self.last

    def covers(self, product: PlannedProduct) -> bool:
        """Tell whether ``product`` takes part."""
        is_in = product.season in self.seasons
        return is_in and (product.category in FASHION or not self.fashion_only)


PROMOTIONS: Final = (
    Promotion("Winter sale", (1, 3), (1, 24), 30, 2.3, frozenset({"winter"}), fashion_only=True),
    Promotion("Spring cleaning", (3, 15), (3, 24), 15, 1.6, frozenset({"all", "rain"})),
    Promotion("Summer sale", (7, 10), (8, 4), 25, 2.1, frozenset({"summer"})),
    Promotion("Black week", (11, 21), (11, 30), 20, 2.4),
    Promotion("Advent", (12, 1), (12, 14), 15, 1.5, frozenset({"gift", "winter"})),
)


def promotion_for(product: PlannedProduct, day: date) -> Promotion | None:
    """Return the promotion ``product`` takes part in on ``day``, if there is one."""
    return next((p for p in PROMOTIONS if p.runs_on(day) and p.covers(product)), None)


def season_factor(season: str, day: date) -> float:
    """Return how well a season's goods sell on ``day``, against their year: months, blended."""
    return _blend(_SEASONS[season], day)


def product_factor(product: PlannedProduct, day: date) -> float:
    """Return how well ``product`` sells on ``day``, season and promotion together."""
    promotion = promotion_for(product, day)
    return season_factor(product.season, day) * (promotion.lift if promotion else 1.0)


def web_factor(day: date, *, start: date) -> float:
    """Return how many orders the web shop gets on ``day``, against an average one at ``start``."""
    growth = _DAILY_GROWTH ** (day - start).days
    sale = 1.2 if any(promotion.runs_on(day) for promotion in PROMOTIONS) else 1.0
    return growth * _blend(_YEAR, day) * _WEEK[day.weekday()] * sale


def shop_factor(day: date) -> float:
    """Return how many sales the Köln shop makes on ``day``, against an average one."""
    return _blend(_YEAR, day) * _SHOP_WEEK[day.weekday()]


def _blend(months: Sequence[float], day: date) -> float:
    """Read a monthly curve at ``day``, without a jump on the first of the month."""
    place = day.month - 1 + (day.day - 1) / 30.5 - 0.5
    before = int(place // 1)
    share = place - before
    return months[before % 12] * (1 - share) + months[(before + 1) % 12] * share


_WEB_CLOCK: Final = Urn(range(24), _WEB_HOURS)
_SHOP_CLOCK: Final = Urn(range(24), _SHOP_HOURS)


def web_moment(dice: Random, day: date) -> datetime:
    """Return a moment of ``day`` at which somebody orders in the web shop, in UTC."""
    return moment_of(dice, day, _WEB_CLOCK.draw(dice))


def shop_moment(dice: Random, day: date) -> datetime:
    """Return a moment of ``day`` at which somebody buys in the Köln shop, in UTC."""
    return moment_of(dice, day, _SHOP_CLOCK.draw(dice))


def work_moment(dice: Random, day: date) -> datetime:
    """Return a moment of ``day`` at which people work, in UTC."""
    return moment_of(dice, day, dice.randint(7, 14))


def moment_of(dice: Random, day: date, hour: int) -> datetime:
    """Return a moment within a local hour of ``day``, in UTC."""
    local = datetime.combine(day, time(hour), tzinfo=ZONE)
    return local.astimezone(UTC) + timedelta(seconds=dice.randrange(3600))


def local_day(moment: datetime) -> date:
    """Return the day of the shop on which ``moment`` falls."""
    return moment.astimezone(ZONE).date()
