"""Reads what the option editor begins with, and the plan of what it would do."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from commerce_core.catalog.matrix import Combination, MatrixPlan
from commerce_core.catalog.matrix_plan import plan_matrix
from commerce_core.catalog.matrix_state import MatrixState, read_matrix
from commerce_core.catalog.models import OptionType, OptionValue, Product
from commerce_core.catalog.sku_patterns import SkuPattern, default_pattern
from commerce_core.inventory.blockers import stock_blockers
from webapp.live.states import read_levels
from webapp.products.matrix_form import AxisForm, MatrixForm

BLOCKERS = (stock_blockers,)
"""The features that may have something against retiring a variant."""
_LENGTHS = (None, 3, 2, 4, 1)
_MOST_TRIED = 3


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The options of the shop by name, and the values of each with their colours."""

    options: list[str]
    values: dict[str, list[tuple[str, str | None]]]


def read_vocabulary(session: Session) -> Vocabulary:
    """Read all options and values. Two statements."""
    types = dict(
        session.execute(
            select(OptionType.id, OptionType.name).order_by(OptionType.position, OptionType.id)
        ).all()
    )
    values: dict[str, list[tuple[str, str | None]]] = {name: [] for name in types.values()}
    rows = session.execute(
        select(OptionValue.option_type_id, OptionValue.name, OptionValue.swatch).order_by(
            OptionValue.position, OptionValue.id
        )
    )
    for number, name, swatch in rows:
        values[types[number]].append((name, swatch))
    return Vocabulary(list(types.values()), values)


def begin_form(state: MatrixState) -> MatrixForm:
    """Return the form that says what is there: applied as it is, it changes nothing."""
    options = [state.option_names[number] for number in state.axis_ids]
    present = [state.named(variant) for variant in state.active]
    present = [values for values in present if len(values) == len(options)]
    axes = [
        AxisForm(option, list(dict.fromkeys(values[place] for values in present)))
        for place, option in enumerate(options)
    ]
    whole = itertools.product(*(axis.values for axis in axes)) if present else ()
    skipped = set(whole) - set(present)
    first = next(iter(state.active or state.variants), None)
    return MatrixForm(
        axes=axes,
        skipped=skipped,
        pattern=guess_pattern(state, options),
        currency=first.row.currency if first else "EUR",
    )


def complete_form(form: MatrixForm, words: Vocabulary, present: Sequence[str]) -> None:
    """Add to each option what could be chosen, and mark those the product does not have yet."""
    for axis in form.axes:
        known = words.values.get(axis.option, [])
        axis.swatches = {name: swatch for name, swatch in known if swatch}
        axis.others = [name for name, _ in known if name not in axis.values]
        axis.is_new = axis.option not in present


def guess_pattern(state: MatrixState, options: Sequence[str]) -> str:
    """Return a pattern by which all SKUs of the product could have been made; "" if none."""
    known = [(v.row.sku, state.named(v)) for v in state.active if len(v.values) == len(options)]
    if not known or not options or len(options) > _MOST_TRIED:
        return ""
    sku, values = str(known[0][0]), known[0][1]
    for lengths in itertools.product(_LENGTHS, repeat=len(options)):
        places = [
            f"{{{o}}}" if n is None else f"{{{o}:{n}}}"
            for o, n in zip(options, lengths, strict=True)
        ]
        ending = "-" + "-".join(places)
        made = _fill(ending, options, values)
        if sku.endswith(made):
            pattern = sku[: -len(made)] + ending
            if all(_fill(pattern, options, own) == other for other, own in known):
                return pattern
    return ""


def _fill(pattern: str, options: Sequence[str], values: Combination) -> str:
    named = dict(zip(options, values, strict=True))
    return SkuPattern(pattern).fill(named, product="", number=0)


def usual_pattern(form: MatrixForm) -> str:
    """Return the pattern that is used where none is written."""
    return default_pattern([axis.option for axis in form.axes if axis.values]).text


def read_plan(session: Session, product: Product, form: MatrixForm) -> MatrixPlan:
    """Return what the form would do.

    Raises:
        InvalidMatrixError, InvalidTextError: as ``plan_matrix``.
    """
    return plan_matrix(session, product, form.choice, blockers=BLOCKERS)


def read_available(session: Session, plan: MatrixPlan) -> dict[int, int]:
    """Return how many pieces are available of each variant of a plan. One statement."""
    found: dict[int, int] = {}
    for level in read_levels(session, {row.variant_id for row in plan.rows if row.variant_id}):
        found[level.variant_id] = found.get(level.variant_id, 0) + level.available
    return found


def present_options(session: Session, product: Product) -> tuple[MatrixState, list[str]]:
    """Return the state of a product's matrix, and the names of its options."""
    state = read_matrix(session, product)
    return state, [state.option_names[number] for number in state.axis_ids]
