"""Reads the table of products into products and variants with SKUs, barcodes and a popularity."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from webapp.demo.assortment_data import COLOURS, FASHION, SETS, TABLE
from webapp.demo.randomness import make_dice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

_BARCODE_PREFIX: Final = "42607318"
"""A German company prefix; four digits for the article and the check digit follow."""
_FIRST_ARTICLE: Final = 4041
_SCENTS: Final = frozenset({*SETS["scents"].split(", "), "Lavender"})
_GLASSES: Final = frozenset({"Water", "Wine", "Tumbler"})
_SLOW_SHARE: Final = 0.16
_SLOW_FACTOR: Final = 0.07
_SHAPE: Final = {"XS": 0.55, "S": 0.9, "M": 1.25, "L": 1.15, "XL": 0.7, "XXL": 0.4}
"""How well a size sells, against the average of its product."""


@dataclass(frozen=True, slots=True)
class PlannedProduct:
    """A product of the shop. ``season`` names a curve of ``rhythm``."""

    name: str
    code: str
    category: str
    season: str
    supplier: str
    price: int
    """In cents, with VAT."""

    @property
    def is_fashion(self) -> bool:
        """Tell fashion, of which much comes back, from home."""
        return self.category in FASHION


@dataclass(frozen=True, slots=True)
class PlannedVariant:
    """A variant of the shop. ``number`` is its place in the assortment, from 0."""

    number: int
    product: PlannedProduct
    sku: str
    barcode: str
    options: dict[str, str] = field(hash=False)
    popularity: float
    """Its share of all pieces sold in an average week, before normalising."""
    is_slow: bool

    @property
    def name(self) -> str:
        """Its option values, as on the shelf label."""
        return " · ".join(self.options.values())


def plan_assortment(seed: int, *, scale: float = 1.0) -> list[PlannedVariant]:
    """Return the shop's variants; a ``scale`` below 1 takes every so-manieth product."""
    dice = make_dice("assortment", seed)
    products = list(_products())
    step = max(1, round(1 / scale))
    variants: list[PlannedVariant] = []
    for product, axes in products[::step]:
        variants.extend(_variants_of(dice, product, axes, first=len(variants)))
    return variants


def _products() -> Iterator[tuple[PlannedProduct, list[Sequence[str]]]]:
    category = ""
    for line in TABLE.strip().splitlines():
        if line.startswith("#"):
            category = line[1:].strip()
            continue
        name, code, price, season, supplier, *axes = (part.strip() for part in line.split(";"))
        cents = round(float(price) * 100)
        product = PlannedProduct(name, code, category, season, supplier, cents)
        yield product, [SETS.get(axis, axis).split(", ") for axis in axes]


def _variants_of(
    dice: Random, product: PlannedProduct, axes: list[Sequence[str]], *, first: int
) -> Iterator[PlannedVariant]:
    liking = dice.lognormvariate(0, 0.6) * (product.price / 5000) ** -0.35
    firsts = {value: dice.lognormvariate(0, 0.35) for value in axes[0]}
    seconds: Sequence[str] = axes[1] if len(axes) > 1 else [""]
    number = first
    for value, share in firsts.items():
        for other in seconds:
            options = {axis_of(value): value} | ({axis_of(other): other} if other else {})
            is_slow = dice.random() < _SLOW_SHARE
            popularity = liking * share * _SHAPE.get(other, 1.0) * dice.lognormvariate(0, 0.2)
            yield PlannedVariant(
                number=number,
                product=product,
                sku="-".join([product.code, *(short_code(text) for text in options.values())]),
                barcode=make_barcode(_FIRST_ARTICLE + number),
                options=options,
                popularity=popularity * (_SLOW_FACTOR if is_slow else 1.0),
                is_slow=is_slow,
            )
            number += 1


def axis_of(value: str) -> str:
    """Return the name of the option a value belongs to."""
    if value in COLOURS:
        return "Colour"
    if value in _SCENTS:
        return "Scent"
    return "Glass" if value in _GLASSES else "Size"


def short_code(value: str) -> str:
    """Return the part of a SKU for an option value: "Chalk" is CHA, "36/37" is 3637."""
    if value[0].isdigit():
        return "".join(letter for letter in value if letter.isdigit())
    return "".join(letter for letter in value if letter.isalnum())[:3].upper()


def make_barcode(article: int) -> str:
    """Return the GTIN-13 of an article of this shop, with its check digit."""
    digits = f"{_BARCODE_PREFIX}{article:04d}"
    return digits + check_digit(digits)


def check_digit(digits: str) -> str:
    """Return the check digit of a GTIN: from the right, weights 3 and 1 (GS1 General Specs 7.9)."""
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)
