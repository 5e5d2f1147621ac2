"""Saves the variant grid, and tells what stands in the way: cell by cell, and who was quicker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from commerce_core.catalog.change_models import CatalogChange
from commerce_core.catalog.edits import EditResult, edit_variants
from commerce_core.catalog.models import Variant
from webapp.people import name_people
from webapp.products.columns import cell_text
from webapp.products.grid_form import Cell, TypedCell
from webapp.products.reading import get_product_by_id


@dataclass(frozen=True, slots=True)
class Clash:
    """A cell that two people changed: what it showed, what each wants, and who was first."""

    variant_id: int
    variant: str
    field: str
    before: str
    yours: str
    now: str
    who: str
    at: datetime | None


def save_cells(
    session: Session, number: int, typed: Sequence[TypedCell], *, actor: str
) -> EditResult:
    """Save what was typed into the grid of a product: all of it or nothing.

    Raises:
        StaleEditsError, InvalidCellsError, InvalidInputError: as ``edit_variants``.
        ProductNotFoundError: there is no such product.
    """
    product = get_product_by_id(session, number)
    return edit_variants(session, product, [one.edit for one in typed], actor=actor)


def undo_cells(done: EditResult, *, mark: str) -> list[list[Any]]:
    """Return the cells that take ``done`` back, as the field ``changes`` holds them."""
    return [
        [
            edit.variant_id,
            edit.field,
            cell_text(edit.value, mark=mark),
            edit.version,
            cell_text(edit.seen, mark=mark),
        ]
        for edit in done.undo()
    ]


def describe_clashes(
    session: Session, conflicts: Sequence[Any], typed: Mapping[Cell, TypedCell], *, mark: str
) -> list[Clash]:
    """Say of each conflict what both sides are, and who saved the other one. Three statements."""
    ids = sorted({conflict.variant_id for conflict in conflicts})
    names = dict(session.execute(select(Variant.id, Variant.name).where(Variant.id.in_(ids))).all())
    latest = _latest_changes(session, ids)
    people = name_people(session, {change.actor for change in latest.values()})
    clashes = []
    for conflict in conflicts:
        cell = (conflict.variant_id, conflict.field)
        change = latest.get(cell)
        clashes.append(
            Clash(
                variant_id=conflict.variant_id,
                variant=names.get(conflict.variant_id, ""),
                field=conflict.field,
                before=typed[cell].shown,
                yours=typed[cell].text,
                now=cell_text(conflict.now, mark=mark),
                who=people.get(change.actor, "") if change else "",
                at=change.occurred_at if change else None,
            )
        )
    return clashes


def _latest_changes(session: Session, ids: Sequence[int]) -> dict[Cell, CatalogChange]:
    """Return the newest change of each field of these variants, of the last few hundred."""
    changes = session.scalars(
        select(CatalogChange)
        .where(CatalogChange.variant_id.in_(ids))
        .order_by(CatalogChange.id.desc())
        .limit(500)
    )
    found: dict[Cell, CatalogChange] = {}
    for change in changes:
        for field in change.changes:
            found.setdefault((change.variant_id or 0, field), change)
    return found
