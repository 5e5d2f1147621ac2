"""What people put into a basket, what it costs, and which of it they send back."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from webapp.demo.randomness import Urn, make_dice
from webapp.demo.rhythm import product_factor, promotion_for

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from webapp.demo.assortment import PlannedProduct, PlannedVariant

_LINES: Final = {
    "web": Urn((1, 2, 3, 4, 5), (45, 28, 15, 8, 4)),
    "shop": Urn((1, 2, 3), (68, 24, 8)),
}
_GIFTS: Final = Urn((1, 2, 4, 6), (60, 24, 11, 5))
"""Pieces a line of cheap things for the home."""
_CHEAP_CENTS: Final = 4000
_MATCHING_RATE: Final = 0.35
_SAME_DEPARTMENT_RATE: Final = 0.5
_TWO_SIZES_RATE: Final = 0.11
_TRIES: Final = 3
_SHOP_RETURNS: Final = 0.25
"""How much less of what was tried on in the shop comes back."""
_SENT_BACK: Final = {
    "Shirts": 0.32,
    "Knitwear": 0.31,
    "Outerwear": 0.38,
    "Trousers": 0.42,
    "Dresses": 0.48,
    "Shoes": 0.40,
    "Accessories": 0.14,
}
"""Share of pieces that come back, by category of fashion; web orders."""
_SENT_BACK_HOME: Final = 0.05
_FASHION_REASONS: Final = Urn(
    ("Too small", "Too large", "Does not suit", "Ordered two sizes", "Colour differs", "Faulty"),
    (30, 22, 24, 12, 8, 4),
)
_HOME_REASONS: Final = Urn(
    ("Broken on arrival", "Does not suit", "Colour differs", "Ordered by mistake"), (35, 35, 18, 12)
)
Wish = tuple["PlannedVariant", int]
"""A variant and how many of it."""


class Wishes:
    """What the people of one seed want."""

    def __init__(self, seed: int, variants: Sequence[PlannedVariant]) -> None:
        self._dice = make_dice("wishes", seed)
        self._variants = variants
        self._matching: defaultdict[tuple[str, str], list[PlannedVariant]] = defaultdict(list)
        self._sisters: defaultdict[str, list[PlannedVariant]] = defaultdict(list)
        for variant in variants:
            self._matching[_look(variant)].append(variant)
            self._sisters[variant.product.code].append(variant)
        self._urn: Urn[PlannedVariant] = Urn((), ())

    def wake_up(self, day: date) -> None:
        """Let the season and the promotions of ``day`` decide what people want."""
        factors: dict[str, float] = {}
        weights = []
        for variant in self._variants:
            code = variant.product.code
            if code not in factors:
                factors[code] = product_factor(variant.product, day)
            weights.append(variant.popularity * factors[code])
        self._urn = Urn(self._variants, weights)

    def basket(self, channel: str) -> list[Wish]:
        """Return what somebody wants to buy."""
        wishes: dict[int, Wish] = {}
        last: PlannedVariant | None = None
        for _ in range(_LINES[channel].draw(self._dice)):
            last = self._next(last)
            wishes.setdefault(last.number, (last, self._pieces(last)))
            if channel == "web" and self._dice.random() < _TWO_SIZES_RATE:
                wishes.update(self._another_size(last))
        return list(wishes.values())

    def _next(self, last: PlannedVariant | None) -> PlannedVariant:
        if last is None:
            return self._urn.draw(self._dice)
        matching = self._matching[_look(last)]
        if len(matching) > 1 and self._dice.random() < _MATCHING_RATE:
            return self._dice.choice(matching)
        found = self._urn.draw(self._dice)
        if self._dice.random() < _SAME_DEPARTMENT_RATE:
            for _ in range(_TRIES):
                if found.product.is_fashion == last.product.is_fashion:
                    break
                found = self._urn.draw(self._dice)
        return found

    def _pieces(self, variant: PlannedVariant) -> int:
        is_gift = not variant.product.is_fashion and variant.product.price < _CHEAP_CENTS
        return _GIFTS.draw(self._dice) if is_gift else 1

    def _another_size(self, variant: PlannedVariant) -> dict[int, Wish]:
        """Return the next size of a piece to be worn: one of the two will come back."""
        if not variant.product.is_fashion or "Size" not in variant.options:
            return {}
        colour = variant.options.get("Colour")
        sizes = [
            v for v in self._sisters[variant.product.code] if v.options.get("Colour") == colour
        ]
        place = sizes.index(variant)
        if len(sizes) == 1:
            return {}
        other = sizes[place + 1 if place + 1 < len(sizes) else place - 1]
        return {other.number: (other, 1)}

    def substitute(self, variant: PlannedVariant) -> PlannedVariant:
        """Return another variant of the same product, for somebody who found it sold out."""
        return self._dice.choice(self._sisters[variant.product.code])

    def anything(self) -> PlannedVariant:
        """Return what catches the eye of somebody in the shop."""
        return self._urn.draw(self._dice)

    def comes_back(self, product: PlannedProduct, *, channel: str, habit: float) -> bool:
        """Tell whether a piece is sent back by somebody of this habit (1 is usual)."""
        rate = _SENT_BACK.get(product.category, _SENT_BACK_HOME) * habit
        return self._dice.random() < (rate * _SHOP_RETURNS if channel == "shop" else rate)

    def reason(self, product: PlannedProduct) -> str:
        """Return why a piece was sent back."""
        return (_FASHION_REASONS if product.is_fashion else _HOME_REASONS).draw(self._dice)


def _look(variant: PlannedVariant) -> tuple[str, str]:
    """Return what goes together: the model's name and the colour."""
    model = variant.product.name.partition(",")[0].rpartition(" ")[2]
    return model, variant.options.get("Colour", "")


def price_on(variant: PlannedVariant, day: date) -> int:
    """Return the price in cents on ``day``: the list price, or that of a promotion."""
    promotion = promotion_for(variant.product, day)
    if promotion is None:
        return variant.product.price
    return round(variant.product.price * (100 - promotion.percent) / 1000) * 10
