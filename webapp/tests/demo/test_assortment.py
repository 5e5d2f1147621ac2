"""The assortment: what a shop of this kind has, with codes that hold."""

from __future__ import annotations

from collections import Counter

import pytest

from commerce_core.catalog.skus import normalize_sku
from webapp.demo.assortment import (
    PlannedVariant,
    check_digit,
    make_barcode,
    plan_assortment,
    short_code,
)
from webapp.demo.assortment_data import COLOURS


@pytest.fixture(scope="module")
def variants() -> list[PlannedVariant]:
    return plan_assortment(7)


@pytest.mark.parametrize("barcode", ["4006381333931", "5901234123457", "96385074"])
def test_check_digits_are_those_of_known_barcodes(barcode: str) -> None:
    assert check_digit(barcode[:-1]) == barcode[-1]


def test_barcodes_are_gtin_13_and_unique(variants: list[PlannedVariant]) -> None:
    barcodes = [variant.barcode for variant in variants]
    assert len(set(barcodes)) == len(barcodes)
    assert all(len(code) == 13 and check_digit(code[:-1]) == code[-1] for code in barcodes)
    assert make_barcode(4041).startswith("426073184041")


def test_there_are_about_800_variants_with_unique_skus(variants: list[PlannedVariant]) -> None:
    assert 780 <= len(variants) <= 840
    assert len({normalize_sku(variant.sku) for variant in variants}) == len(variants)
    assert [variant.number for variant in variants] == list(range(len(variants)))


def test_fashion_and_home_both_matter(variants: list[PlannedVariant]) -> None:
    fashion = sum(variant.product.is_fashion for variant in variants)
    assert 0.5 < fashion / len(variants) < 0.75


def test_every_product_uses_the_same_axes_for_all_its_variants(
    variants: list[PlannedVariant],
) -> None:
    axes: dict[str, set[tuple[str, ...]]] = {}
    for variant in variants:
        axes.setdefault(variant.product.code, set()).add(tuple(variant.options))
    assert all(len(found) == 1 for found in axes.values())
    assert {axis for found in axes.values() for axis in next(iter(found))} == {
        "Colour",
        "Size",
        "Scent",
        "Glass",
    }


def test_every_colour_has_a_swatch(variants: list[PlannedVariant]) -> None:
    used = Counter(variant.options["Colour"] for variant in variants if "Colour" in variant.options)
    assert used.keys() <= COLOURS.keys()
    assert len(used) > 15


def test_skus_are_short_and_speak(variants: list[PlannedVariant]) -> None:
    skus = {variant.sku: variant for variant in variants}
    assert skus["ALM-CHA-S"].name == "Chalk · S"
    assert skus["ALM-CHA-S"].product.name == "Linen shirt Alma"
    assert short_code("36/37") == "3637"
    assert max(map(len, skus)) <= 16


def test_the_same_seed_gives_the_same_assortment_and_another_gives_another() -> None:
    assert plan_assortment(7) == plan_assortment(7)
    assert plan_assortment(7) != plan_assortment(8)


def test_a_smaller_scale_gives_a_smaller_shop() -> None:
    assert 50 < len(plan_assortment(7, scale=0.1)) < 130
