"""Draws a plan as a table: its last option makes the columns, the others make the rows."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from commerce_core.catalog.matrix import Combination, MatrixPlan, MatrixRow, Outcome
from webapp.errors import Problem
from webapp.products.matrix_form import MatrixForm, combination_text

_MOST_PLACES: Final = 60
"""So many free combinations are offered for a variant that has lost its own."""
_MOST_NAMED: Final = 12
MOST_OWN_SKUS: Final = 100
"""So many new combinations can be given a SKU of their own at once, colliding ones first."""


@dataclass(frozen=True, slots=True)
class PlanCell:
    """A combination: what would become of it. ``row`` is None where it is left out."""

    values: Combination
    text: str
    row: MatrixRow | None
    retired: MatrixRow | None
    is_skipped: bool
    available: int | None


@dataclass(frozen=True, slots=True)
class PlanTable:
    """The plan as it is drawn."""

    heads: list[str]
    columns: list[str]
    lines: list[tuple[Combination, list[PlanCell]]]


def plan_context(
    form: MatrixForm,
    plan: MatrixPlan | None,
    available: Mapping[int, int],
    problem: Problem | None = None,
) -> dict[str, Any]:
    """Return what the preview shows."""
    if plan is None:
        return {"form": form, "plan": None, "problem": problem}
    counts = {outcome.value: number for outcome, number in plan.counts.items()}
    created = plan.having(Outcome.CREATED)
    moved = [row for row in plan.having(Outcome.KEPT) if row.is_moved]
    wanted = {row.values for row in plan.rows if row.outcome is not Outcome.RETIRED}
    return {
        "form": form,
        "plan": plan,
        "problem": problem,
        "table": draw(form, plan, available),
        "counts": counts,
        "changes": len(created) + len(moved) + counts["restored"] + counts["retired"],
        "moved": len(moved),
        "own_skus": sorted(created, key=lambda row: not row.problem)[:MOST_OWN_SKUS],
        "other_skus": _typed_elsewhere(form, created),
        "next_skus": [row.sku for row in created[:3]],
        "collisions": [row for row in created if row.problem],
        "questions": [row for row in plan.rows if row.outcome is Outcome.UNDECIDED],
        "retired": plan.having(Outcome.RETIRED)[:_MOST_NAMED],
        "places": [
            (combination_text(row.values), " · ".join(row.values)) for row in created[:_MOST_PLACES]
        ],
        "wanted": wanted,
        "combination_text": combination_text,
    }


def _typed_elsewhere(form: MatrixForm, created: Sequence[MatrixRow]) -> list[tuple[str, str]]:
    """Return typed SKUs that have no field in this preview: they are not forgotten."""
    fields = sorted(created, key=lambda row: not row.problem)[:MOST_OWN_SKUS]
    shown = {row.values for row in fields}
    return [(combination_text(c), sku) for c, sku in form.skus.items() if c not in shown]


def draw(form: MatrixForm, plan: MatrixPlan, available: Mapping[int, int]) -> PlanTable:
    """Return the plan as a table."""
    axes = plan.choice.axes
    gone = {Outcome.RETIRED, Outcome.UNDECIDED}
    here = {row.values: row for row in plan.rows if row.outcome is not Outcome.RETIRED}
    leaving = {row.values: row for row in plan.rows if row.outcome in gone}
    columns = list(axes[-1].values) if axes else [""]
    lines = []
    for values in itertools.product(*(axis.values for axis in axes[:-1])):
        cells = []
        for last in columns:
            whole = (*values, last) if axes else ()
            row = here.get(whole)
            skipped = whole in form.skipped
            left = leaving.get(whole)
            number = available.get(row.variant_id or 0) if row else None
            cells.append(PlanCell(whole, combination_text(whole), row, left, skipped, number))
        lines.append((values, cells))
    return PlanTable([axis.option for axis in axes[:-1]], columns, lines)
