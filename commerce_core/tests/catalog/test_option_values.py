"""What is changed of an option's values shows on every product that uses it, and in its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.catalog import (
    CatalogChange,
    Product,
    create_product,
    create_variant,
    ensure_option_value,
    list_option_values,
    order_option_values,
    product_history,
    rename_option_value,
    set_swatch,
)
from commerce_core.catalog.models import OptionType, OptionValue
from commerce_core.errors import DuplicateError, InvalidInputError, InvalidTextError
from commerce_core.money import Money

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    Run = Callable[[Callable[[Session], Any]], Any]

PRICE = Money.of("19.90", "EUR")
ANNE = "user:anne"


def fill(session: Session) -> tuple[Product, Product]:
    """A tee in four colours, and a mug that has none of them but a size."""
    tee, mug = create_product(session, name="Tee"), create_product(session, name="Mug")
    for colour in ("Ink", "Sage", "Oat", "Pine"):
        create_variant(session, tee, sku=colour, price=PRICE, options={"Colour": colour})
    create_variant(session, mug, sku="MUG", price=PRICE, options={"Size": "M"})
    return tee, mug


def colours(session: Session) -> dict[str, OptionValue]:
    option = session.get_one(
        OptionType, ensure_option_value(session, option="Colour", value="Ink").option_type_id
    )
    return {value.name: value for value in list_option_values(session, option)}


def edits(session: Session, product: Product) -> list[CatalogChange]:
    return [one for one in product_history(session, product) if one.actor == ANNE]


def test_an_order_stands_in_the_history_of_the_products_that_use_the_option(run: Run) -> None:
    def story(session: Session) -> tuple[list[str], list[Any], int]:
        tee, mug = fill(session)
        by_name = colours(session)
        wanted = [by_name[name] for name in ("Ink", "Oat", "Sage", "Pine")]
        order_option_values(session, wanted, actor=ANNE)
        order_option_values(session, wanted, actor=ANNE)
        told = [(one.variant_id, one.changes) for one in edits(session, tee)]
        return list(colours(session)), told, len(edits(session, mug))

    names, told, elsewhere = run(story)
    assert names == ["Ink", "Oat", "Sage", "Pine"]
    assert told == [(None, {"option_order": ["Colour: Sage, Oat", "Colour: Oat, Sage"]})]
    assert elsewhere == 0


def test_a_name_and_a_colour_stand_there_too_and_what_stays_the_same_does_not(run: Run) -> None:
    def story(session: Session) -> list[Any]:
        tee, _ = fill(session)
        ink = colours(session)["Ink"]
        for _ in range(2):
            rename_option_value(session, ink, name="Navy", actor=ANNE)
            set_swatch(session, ink, swatch="#112233", actor=ANNE)
        set_swatch(session, ink, swatch=None, actor=ANNE)
        return [one.changes for one in reversed(edits(session, tee))]

    assert run(story) == [
        {"option_value": ["Colour: Ink", "Colour: Navy"]},
        {"option_swatch": ["Colour: Navy", "Colour: Navy #112233"]},
        {"option_swatch": ["Colour: Navy #112233", "Colour: Navy"]},
    ]


def test_an_order_of_very_many_values_is_told_in_short(run: Run) -> None:
    def story(session: Session) -> list[str]:
        tee, _ = fill(session)
        for number in range(100):
            ensure_option_value(session, option="Colour", value=f"Colour number {number}")
        order_option_values(session, list(colours(session).values())[::-1], actor=ANNE)
        return list(edits(session, tee)[0].changes["option_order"])

    before, after = run(story)
    assert before.startswith("Colour: Ink, Sage")
    assert after.startswith("Colour: Colour number 99, ")
    assert all(len(text) < 320 and text.endswith("…") for text in (before, after))


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        (lambda s, ink, _: rename_option_value(s, ink, name="Sage", actor=ANNE), DuplicateError),
        (lambda s, ink, _: rename_option_value(s, ink, name="", actor=ANNE), InvalidTextError),
        (lambda s, ink, _: rename_option_value(s, ink, name="Navy", actor=""), InvalidTextError),
        (lambda s, ink, _: set_swatch(s, ink, swatch="green", actor=ANNE), InvalidInputError),
        (lambda s, ink, _: set_swatch(s, ink, swatch=None, actor=" "), InvalidTextError),
        (lambda s, ink, m: order_option_values(s, [ink, m], actor=ANNE), InvalidInputError),
        (lambda s, ink, _: order_option_values(s, [ink], actor=""), InvalidTextError),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_no_trace(
    run: Run, edit: Callable[..., Any], error: type[Exception]
) -> None:
    def story(session: Session) -> tuple[list[str], int]:
        tee, _ = fill(session)
        medium = ensure_option_value(session, option="Size", value="M")
        with pytest.raises(error):
            edit(session, colours(session)["Ink"], medium)
        return list(colours(session)), len(edits(session, tee))

    assert run(story) == (["Ink", "Sage", "Oat", "Pine"], 0)
