"""Reads the page of one variant: its levels, and what happened to them, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from commerce_core.catalog.models import Product, Variant
from commerce_core.errors import VariantNotFoundError
from commerce_core.inventory.models import QUANTITIES, StockLocation, StockMovement
from commerce_core.inventory.queries import list_locations, stock_history
from commerce_core.journal import Cursor, read_cursor
from webapp.live.states import LevelState, VariantState, read_levels, total_of
from webapp.people import name_people
from webapp.stock.board import read_swatches
from webapp.stock.history_filter import HistoryFilter

PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class MovementLine:
    """A movement as the page shows it. ``changes``: each quantity that changed, by how much."""

    movement: StockMovement
    location: str
    who: str
    changes: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class VariantHistory:
    """A variant with its levels and one page of its movements."""

    cursor: Cursor
    variant: Variant
    product: Product
    swatch: str | None
    locations: Sequence[StockLocation]
    levels: Mapping[int, LevelState]
    total: VariantState | None
    lines: list[MovementLine]
    has_more: bool


def get_variant_by_id(session: Session, variant_id: int) -> Variant:
    """Return the variant with this id.

    Raises:
        VariantNotFoundError: there is none.
    """
    variant = session.get(Variant, variant_id)
    if variant is None:
        message = f"no variant with the number {variant_id}: it may have been deleted"
        raise VariantNotFoundError(message, variant_id=variant_id)
    return variant


def read_history(
    session: Session, variant_id: int, wanted: HistoryFilter, *, zone: ZoneInfo
) -> VariantHistory:
    """Read the page: the levels as they are, and the movements that are wanted.

    Raises:
        VariantNotFoundError: there is no such variant.
    """
    cursor = read_cursor(session)
    variant = get_variant_by_id(session, variant_id)
    product = session.get_one(Product, variant.product_id)
    locations = list_locations(session)
    levels = {level.location_id: level for level in read_levels(session, [variant.id])}
    before = None if wanted.before is None else session.get(StockMovement, wanted.before)
    movements = stock_history(
        session,
        variant,
        location=next((one for one in locations if one.code == wanted.location), None),
        before=before,
        since=wanted.begins(zone),
        kinds=wanted.kinds,
        limit=PAGE_SIZE + 1,
    )
    return VariantHistory(
        cursor=cursor,
        variant=variant,
        product=product,
        swatch=read_swatches(session, [variant.id]).get(variant.id),
        locations=locations,
        levels=levels,
        total=total_of(list(levels.values())) if levels else None,
        lines=_lines(session, movements[:PAGE_SIZE], locations),
        has_more=len(movements) > PAGE_SIZE,
    )


def _lines(
    session: Session, movements: Sequence[StockMovement], locations: Sequence[StockLocation]
) -> list[MovementLine]:
    places = {location.id: location.name for location in locations}
    people = name_people(session, (movement.actor for movement in movements))
    return [
        MovementLine(
            movement=movement,
            location=places.get(movement.location_id, ""),
            who=people[movement.actor],
            changes=_changes(movement),
        )
        for movement in movements
    ]


def _changes(movement: StockMovement) -> list[tuple[str, int]]:
    deltas = ((name, getattr(movement, f"{name}_delta")) for name in QUANTITIES)
    return [(name, delta) for name, delta in deltas if delta]
