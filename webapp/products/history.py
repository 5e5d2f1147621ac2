"""Who changed what of a product, and when: the same change of many variants is one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from commerce_core.catalog.category_models import Category
from commerce_core.catalog.change_models import CatalogChange
from commerce_core.catalog.changes import product_history
from commerce_core.catalog.models import Product, Variant
from webapp.people import name_people

PAGE_ROWS: Final = 400
_TOGETHER: Final = timedelta(seconds=5)
"""What one person did alike to several variants within this time was one thing."""


@dataclass(slots=True)
class HistoryLine:
    """What somebody did at a moment. ``changes`` are (field, before, after) as texts."""

    at: datetime
    kind: str
    who: str
    changes: list[tuple[str, str | None, str | None]]
    variants: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One page of the history. ``next`` is the change the next page is before."""

    lines: list[HistoryLine]
    next: int | None


def read_history(session: Session, product: Product, *, before: int | None) -> HistoryPage:
    """Read a page of the history. Four statements."""
    found = product_history(session, product, before=before, limit=PAGE_ROWS + 1)
    rows = found[:PAGE_ROWS]
    people = name_people(session, {row.actor for row in rows})
    ids = sorted({row.variant_id for row in rows if row.variant_id is not None})
    names = dict(session.execute(select(Variant.id, Variant.name).where(Variant.id.in_(ids))).all())
    categories = dict(session.execute(select(Category.id, Category.name)).all())
    lines: list[HistoryLine] = []
    keys: list[tuple[Any, ...]] = []
    for row in rows:
        changes = _changes(row, {str(number): name for number, name in categories.items()})
        key = (row.kind, row.actor, changes)
        is_same = bool(lines) and keys[-1] == key and lines[-1].at - row.occurred_at < _TOGETHER
        if not is_same or row.variant_id is None or not lines[-1].variants:
            keys.append(key)
            line = HistoryLine(row.occurred_at, row.kind.value, people[row.actor], changes)
            lines.append(line)
        if row.variant_id is not None:
            lines[-1].variants.append(names.get(row.variant_id, str(row.variant_id)))
    return HistoryPage(lines, _next(found, rows))


def _next(found: Sequence[CatalogChange], rows: Sequence[CatalogChange]) -> int | None:
    return rows[-1].id if len(found) > len(rows) else None


def _changes(
    row: CatalogChange, categories: dict[str, str]
) -> list[tuple[str, str | None, str | None]]:
    """Return the changes of a row; a category is told by its name."""
    found = []
    for name, (old, new) in row.changes.items():
        known = categories if name == "category" else {}
        found.append((name, known.get(old or "", old), known.get(new or "", new)))
    return found
