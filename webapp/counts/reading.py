"""Reads counts for their pages. Each function asks the same number of times for any count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from commerce_core.catalog.models import Product, Variant
from commerce_core.inventory.count_models import CountStatus, StockCount, StockCountLine
from commerce_core.inventory.models import (
    MovementKind,
    StockLevel,
    StockLocation,
    StockMovement,
)
from commerce_core.inventory.queries import list_locations
from webapp.people import name_people
from webapp.records import get_record
from webapp.status_lists import StatusList, read_page
from webapp.variant_names import VariantName, find_by_code, name_variants

RECENT: Final = 5
SUGGESTED: Final = 3
MOST_MISSING: Final = 8


@dataclass(frozen=True, slots=True)
class CountRow:
    """A line of the list."""

    count: StockCount
    location: str
    counted: int
    different: int
    started_by: str


def list_counts(
    session: Session, status: CountStatus | None, before: int | None
) -> StatusList[CountRow]:
    """Read a page of counts, the newest first. Three statements."""
    differs = func.sum(func.abs(func.sign(StockCountLine.counted - StockCountLine.expected)))
    totals = (
        select(
            StockCountLine.count_id,
            func.count().label("counted"),
            differs.label("different"),
        )
        .group_by(StockCountLine.count_id)
        .subquery()
    )
    query = (
        select(StockCount, StockLocation.name, totals.c.counted, totals.c.different)
        .join(StockLocation, StockLocation.id == StockCount.location_id)
        .outerjoin(totals, totals.c.count_id == StockCount.id)
    )
    found = read_page(session, query, status, before)
    people = name_people(session, [row[0].created_by for row in found.rows])
    rows = [
        CountRow(count, location, counted or 0, int(different or 0), people[count.created_by])
        for count, location, counted, different in found.rows
    ]
    return replace(found, rows=rows)


def open_locations(session: Session) -> Sequence[StockLocation]:
    """Return the places where people can count: all, also closed ones keep stock."""
    return list_locations(session)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a count is. ``stocked`` are the variants that have stock at the location."""

    counted: int
    stocked: int
    missing: int
    """Stocked variants that were not counted yet."""

    @property
    def total(self) -> int:
        """What the bar is measured against: found variants that had no stock count as well."""
        return max(self.counted + self.missing, 1)


@dataclass(frozen=True, slots=True)
class CountedLine:
    """A variant that was counted. ``has_moved`` tells that stock moved since it was."""

    line: StockCountLine
    variant: VariantName
    counted_by: str
    has_moved: bool


@dataclass(frozen=True, slots=True)
class CountPage:
    """What the pages of one count show."""

    count: StockCount
    location: StockLocation
    progress: Progress
    lines: list[CountedLine]
    """Newest first: the last few on the counting page, all in the review."""
    missing: list[VariantName]
    started_by: str


def read_count(session: Session, number: int, *, is_review: bool) -> CountPage:
    """Read a count with what was counted and what is missing.

    Raises:
        RecordNotFoundError: there is no such count.
    """
    count = get_record(session, StockCount, number)
    location = session.get_one(StockLocation, count.location_id)
    found = session.execute(_lines(count, RECENT if not is_review else None)).all()
    missing_ids, missing = _read_missing(session, count, MOST_MISSING if is_review else SUGGESTED)
    names = name_variants(session, [row[0].variant_id for row in found] + missing_ids)
    people = name_people(session, [count.created_by, *(row[0].counted_by for row in found)])
    lines = [
        CountedLine(line, names[line.variant_id], people[line.counted_by], bool(moved))
        for line, moved in found
    ]
    counted = session.scalar(
        select(func.count()).select_from(StockCountLine).filter_by(count_id=count.id)
    )
    stocked = session.scalar(
        select(func.count())
        .select_from(StockLevel)
        .where(StockLevel.location_id == count.location_id, StockLevel.on_hand > 0)
    )
    return CountPage(
        count=count,
        location=location,
        progress=Progress(counted or 0, stocked or 0, missing),
        lines=lines,
        missing=[names[variant_id] for variant_id in missing_ids],
        started_by=people[count.created_by],
    )


def _lines(count: StockCount, limit: int | None) -> Select[StockCountLine, bool]:
    moved = func.coalesce(StockLevel.version, 0) > StockCountLine.level_version
    query = (
        select(StockCountLine, moved)
        .outerjoin(
            StockLevel,
            (StockLevel.variant_id == StockCountLine.variant_id)
            & (StockLevel.location_id == count.location_id),
        )
        .where(StockCountLine.count_id == count.id)
        .order_by(StockCountLine.counted_at.desc(), StockCountLine.id.desc())
        .execution_options(populate_existing=True)
    )
    return query if limit is None else query.limit(limit)


def _read_missing(session: Session, count: StockCount, limit: int) -> tuple[list[int], int]:
    """Return the first variants with stock here that were not counted, and how many there are."""
    counted = select(StockCountLine.variant_id).where(StockCountLine.count_id == count.id)
    missing = (
        select(StockLevel.variant_id)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where(
            StockLevel.location_id == count.location_id,
            StockLevel.on_hand > 0,
            StockLevel.variant_id.not_in(counted),
        )
    )
    first = missing.order_by(Product.name, Product.id, Variant.position, Variant.id).limit(limit)
    number = session.scalar(select(func.count()).select_from(missing.subquery()))
    return list(session.scalars(first)), number or 0


@dataclass(frozen=True, slots=True)
class Thing:
    """The variant that is being counted. ``before`` is what was counted of it earlier."""

    variant: VariantName
    expected: int
    sold_since: int
    before: int | None


def find_thing(session: Session, page: CountPage, code: str) -> Thing | None:
    """Return what a scanned code names, with what the books say of it, or None."""
    variant = find_by_code(session, [code]).get(code)
    return None if variant is None else read_thing(session, page, variant.id)


def read_thing(session: Session, page: CountPage, variant_id: int) -> Thing:
    """Return what is known of a variant at the count's location.

    Raises:
        RecordNotFoundError: there is no such variant.
    """
    get_record(session, Variant, variant_id)
    count = page.count
    here = {"variant_id": variant_id, "location_id": count.location_id}
    on_hand = session.scalar(select(StockLevel.on_hand).filter_by(**here))
    sold = session.scalar(
        select(-func.sum(StockMovement.on_hand_delta))
        .filter_by(**here, kind=MovementKind.SHIPPED)
        .where(StockMovement.occurred_at >= count.created_at)
    )
    before = session.scalar(
        select(StockCountLine.counted).filter_by(count_id=count.id, variant_id=variant_id)
    )
    name = name_variants(session, [variant_id])[variant_id]
    return Thing(name, on_hand or 0, int(sold or 0), before)
