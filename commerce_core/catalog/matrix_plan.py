"""Tells what a choice of axes and values would do to a product, without doing it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Final

from commerce_core.catalog.categories import fold
from commerce_core.catalog.matrix import (
    MOST_AXES,
    MOST_COMBINATIONS,
    Axis,
    Blocker,
    Combination,
    MatrixChoice,
    MatrixPlan,
    MatrixRow,
    Outcome,
)
from commerce_core.catalog.matrix_state import KnownVariant, MatrixState, know_axes, read_matrix
from commerce_core.catalog.models import NAME_LENGTH, Product
from commerce_core.catalog.sku_patterns import SkuPattern, default_pattern
from commerce_core.catalog.skus import sku_and_key, taken_skus
from commerce_core.catalog.variants import require_price
from commerce_core.errors import InvalidMatrixError, InvalidTextError
from commerce_core.records import id_of
from commerce_core.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from commerce_core.catalog.matrix import Blockers

_UNKNOWN: Final = "~"
"""Stands for a value in a comparison form that nothing can equal."""


def plan_matrix(
    session: Session,
    product: Product,
    choice: MatrixChoice,
    *,
    blockers: Blockers | Sequence[Blockers] = (),
) -> MatrixPlan:
    """Return what ``choice`` would create, keep, restore and retire. Writes nothing.

    ``blockers`` answer for the features above, such as ``inventory.stock_blockers``: a variant
    that one of them names is not retired.

    Raises:
        InvalidMatrixError: more than 5 axes or 2,000 combinations, an axis or a value twice, a
            default that is no value, a pattern with unknown places, or no price for new ones.
        InvalidTextError: a name is empty or too long.
    """
    id_of(product, Product)
    return plan_from(session, read_matrix(session, product), clean_choice(choice), blockers)


def plan_from(
    session: Session,
    state: MatrixState,
    choice: MatrixChoice,
    blockers: Blockers | Sequence[Blockers],
) -> MatrixPlan:
    """Return the plan for a product that is read already; ``choice`` is a clean one."""
    places = _Places(session, state, choice)
    rows = [*_keep_and_retire(places), *_restore_and_create(places)]
    rows = _with_blockers(session, rows, blockers)
    rows = _with_sku_problems(session, rows)
    order = {values: place for place, values in enumerate(places.combinations)}
    rows.sort(key=lambda row: (order.get(row.values, len(order)), row.variant_id or 0))
    if any(row.outcome is Outcome.CREATED for row in rows):
        _require_price(state, choice)
    return MatrixPlan(state.product.id, choice, tuple(rows))


def clean_choice(choice: MatrixChoice) -> MatrixChoice:
    """Return the choice with clean names, if it is one that can be."""
    axes = [_clean_axis(axis) for axis in choice.axes]
    if len(axes) > MOST_AXES:
        message = f"a product has at most {MOST_AXES} options, not {len(axes)}"
        raise InvalidMatrixError(message, axes=len(axes))
    _require_once("the option", [axis.option for axis in axes])
    size = prod(len(axis.values) for axis in axes)
    if size > MOST_COMBINATIONS:
        message = f"that makes {size:,} combinations: at most {MOST_COMBINATIONS:,}"
        raise InvalidMatrixError(message, combinations=size)
    if choice.sku_pattern:
        SkuPattern(choice.sku_pattern).require_names([axis.option for axis in axes])
    if choice.price is not None:
        require_price(choice.price)
    return replace(choice, axes=tuple(axes))


def _clean_axis(axis: Axis) -> Axis:
    option = clean_text(axis.option, name="the option's name", max_length=NAME_LENGTH)
    what = "the option value's name"
    values = tuple(clean_text(value, name=what, max_length=NAME_LENGTH) for value in axis.values)
    if not values:
        message = f"the option {option} has no values: give it one, or leave it out"
        raise InvalidMatrixError(message, option=option)
    _require_once(f"the value of {option}", values)
    default = axis.default
    if default is not None:
        default = next((value for value in values if fold(value) == fold(default or "")), None)
        if default is None:
            message = f"the default {axis.default!r} of {option} is none of its values"
            raise InvalidMatrixError(message, option=option, default=axis.default)
    return Axis(option, values, default)


def _require_once(what: str, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if fold(name) in seen:
            message = f"{what} {name!r} is there twice (case does not count)"
            raise InvalidMatrixError(message, name=name)
        seen.add(fold(name))


def _require_price(state: MatrixState, choice: MatrixChoice) -> None:
    if choice.price is None and not state.variants:
        message = "the product has no variants yet: say what the new ones cost"
        raise InvalidMatrixError(message)


class _Places:
    """The combinations of a choice, and which variants would take each."""

    def __init__(self, session: Session, state: MatrixState, choice: MatrixChoice) -> None:
        self.state = state
        self.choice = choice
        self.axes = know_axes(session, [(axis.option, axis.values) for axis in choice.axes])
        unwanted = {_folded(values) for values in choice.excluded}
        self.combinations: list[Combination] = [
            values
            for values in itertools.product(*(axis.values for axis in choice.axes))
            if _folded(values) not in unwanted
        ]
        self._by_form = {_folded(values): values for values in self.combinations}
        self.taken: dict[Combination, list[KnownVariant]] = {}
        self.gone: list[tuple[KnownVariant, str | None]] = []

    def find(self, values: Iterable[str]) -> Combination | None:
        """Return the combination with these values, whatever their case; None if unwanted."""
        return self._by_form.get(_folded(values))

    def values_of(self, variant: KnownVariant) -> tuple[Combination | None, str | None]:
        """Return the combination that ``variant`` would have, and what is still to decide."""
        found: list[str] = []
        for axis, wanted in zip(self.axes, self.choice.axes, strict=True):
            number = variant.values.get(axis.option_type_id or 0)
            if number is not None:
                names = dict(zip(axis.value_ids, axis.values, strict=True))
                found.append(names.get(number, _UNKNOWN))
                continue
            given = wanted.default or (axis.values[0] if len(axis.values) == 1 else None)
            if given is None:
                return None, f"which {axis.option} does it get? Choose a default"
            found.append(given)
        return self.find(found), None


def _folded(values: Iterable[str]) -> Combination:
    return tuple(fold(value) for value in values)


def _keep_and_retire(places: _Places) -> list[MatrixRow]:
    """Return a row for each variant that is offered now."""
    rows: list[MatrixRow] = []
    for variant in places.state.active:
        values, question = _target(places, variant)
        here = places.state.named(variant)
        if question is not None:
            rows.append(
                MatrixRow(Outcome.UNDECIDED, here, variant.row.sku, variant.id, problem=question)
            )
        elif values is None:
            rows.append(MatrixRow(Outcome.RETIRED, here, variant.row.sku, variant.id))
        else:
            places.taken.setdefault(values, []).append(variant)
    for values, variants in places.taken.items():
        rows.extend(_keep(places, values, variants))
    return rows


def _target(places: _Places, variant: KnownVariant) -> tuple[Combination | None, str | None]:
    decisions = places.choice.decisions
    if variant.id not in decisions:
        return places.values_of(variant)
    decided = decisions[variant.id]
    if decided is None:
        return None, None
    values = places.find(decided)
    if values is None:
        return None, f"{' / '.join(decided)} is no combination of these values"
    return values, None


def _keep(
    places: _Places, values: Combination, variants: Sequence[KnownVariant]
) -> Iterable[MatrixRow]:
    ids = [variant.id for variant in variants]
    for variant in variants:
        is_moved = not _has(places, variant, values)
        if len(variants) == 1:
            yield MatrixRow(Outcome.KEPT, values, variant.row.sku, variant.id, is_moved=is_moved)
            continue
        shown = " / ".join(values) or "the only combination"
        problem = f"{len(variants)} variants would be {shown}: keep one, retire the others"
        rivals = [number for number in ids if number != variant.id]
        yield MatrixRow(
            Outcome.UNDECIDED, values, variant.row.sku, variant.id, problem, rivals=rivals
        )


def _has(places: _Places, variant: KnownVariant, values: Combination) -> bool:
    """Tell whether a variant has exactly these values on exactly these axes already."""
    wanted = {}
    for axis, value in zip(places.axes, values, strict=True):
        wanted[axis.option_type_id] = axis.value_ids[list(axis.values).index(value)]
    return wanted == dict(variant.values)


def _restore_and_create(places: _Places) -> list[MatrixRow]:
    """Return a row for each combination that no variant on offer takes."""
    archived: dict[Combination, KnownVariant] = {}
    ids = {axis.option_type_id for axis in places.axes}
    for variant in places.state.variants:
        if not variant.is_active and set(variant.values) == ids:
            values, question = places.values_of(variant)
            if values is not None and question is None:
                archived.setdefault(values, variant)
    pattern = SkuPattern(places.choice.sku_pattern)
    options = [axis.option for axis in places.choice.axes]
    if not pattern.text:
        pattern = default_pattern(options)
    own = {_folded(values): sku for values, sku in places.choice.skus.items()}
    rows: list[MatrixRow] = []
    for number, values in enumerate(places.combinations, 1):
        if values in places.taken:
            continue
        if values in archived:
            found = archived[values]
            rows.append(MatrixRow(Outcome.RESTORED, values, found.row.sku, found.id))
            continue
        sku = own.get(_folded(values)) or pattern.fill(
            dict(zip(options, values, strict=True)),
            product=places.state.product.slug,
            number=number,
        )
        rows.append(MatrixRow(Outcome.CREATED, values, sku))
    return rows


def _with_blockers(
    session: Session, rows: list[MatrixRow], blockers: Blockers | Sequence[Blockers]
) -> list[MatrixRow]:
    ids = sorted(row.variant_id or 0 for row in rows if row.outcome is Outcome.RETIRED)
    asked = [blockers] if callable(blockers) else blockers
    found: dict[int, list[Blocker]] = {}
    for ask in asked if ids else ():
        for blocker in ask(session, ids):
            found.setdefault(blocker.variant_id, []).append(blocker)
    return [_blocked(row, found) for row in rows]


def _blocked(row: MatrixRow, found: Mapping[int, Sequence[Blocker]]) -> MatrixRow:
    here = found.get(row.variant_id or 0, ())
    if row.outcome is not Outcome.RETIRED or not here:
        return row
    problem = f"it cannot be retired: {', '.join(blocker.text for blocker in here)}"
    return replace(row, outcome=Outcome.UNDECIDED, problem=problem, blockers=tuple(here))


def _with_sku_problems(session: Session, rows: list[MatrixRow]) -> list[MatrixRow]:
    """Mark new rows whose SKU cannot be, is another variant's, or comes twice."""
    keys: dict[int, str] = {}
    checked = list(rows)
    for place, row in enumerate(rows):
        if row.outcome is Outcome.CREATED:
            try:
                keys[place] = sku_and_key(row.sku)[1]
            except InvalidTextError as exc:
                checked[place] = replace(row, problem=str(exc))
    owners = taken_skus(session, set(keys.values()))
    seen: dict[str, int] = {}
    for place, key in keys.items():
        row = rows[place]
        if key in owners:
            checked[place] = replace(row, problem=f"the SKU {row.sku} is another variant's already")
        elif key in seen:
            other = " / ".join(rows[seen[key]].values)
            checked[place] = replace(row, problem=f"{other} would have the SKU {row.sku} too")
        seen.setdefault(key, place)
    return checked
