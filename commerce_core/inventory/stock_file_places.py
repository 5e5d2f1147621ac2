"""What the database knows of the places that rows of a stock file name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, tuple_

from commerce_core.catalog.models import Variant
from commerce_core.inventory.kit_models import KitComponent
from commerce_core.inventory.models import StockLevel, StockLocation, StockMovement
from commerce_core.inventory.stock_file_rows import RowProblem

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.orm import Session

    from commerce_core.inventory.stock_file_rows import StockFileRow


@dataclass(frozen=True, slots=True)
class Places:
    """Variants by the comparison form of their SKU, kits among them, and locations by code."""

    rows: Sequence[StockFileRow]
    variants: Mapping[str, int]
    kits: Collection[int]
    locations: Mapping[str, tuple[int, bool, str]]

    @classmethod
    def read(cls, session: Session, rows: Sequence[StockFileRow]) -> Places:
        """Look up what ``rows`` name. Three statements."""
        keys = sorted({row.sku_key for row in rows})
        codes = sorted({row.location for row in rows})
        found = session.execute(
            select(Variant.sku_key, Variant.id).where(Variant.sku_key.in_(keys))
        )
        variants = {row.sku_key: row.id for row in found}
        kits = session.scalars(
            select(KitComponent.kit_id).where(KitComponent.kit_id.in_(sorted(variants.values())))
        )
        there = session.execute(
            select(
                StockLocation.code, StockLocation.id, StockLocation.is_open, StockLocation.name
            ).where(StockLocation.code.in_(codes))
        )
        locations = {code: (number, is_open, name) for code, number, is_open, name in there}
        return cls(rows, variants, set(kits), locations)

    @property
    def wanted(self) -> set[tuple[int, int]]:
        """The places of the rows that have no problem."""
        places = {self.of(row) for row in self.rows if self.problem(row) is None}
        return {place for place in places if place is not None}

    def of(self, row: StockFileRow) -> tuple[int, int] | None:
        """Return (variant id, location id) of ``row``, or None where one is unknown."""
        variant = self.variants.get(row.sku_key)
        location = self.locations.get(row.location)
        return None if variant is None or location is None else (variant, location[0])

    def problem(self, row: StockFileRow) -> RowProblem | None:
        """Return why ``row`` is refused whatever its level holds, or None."""
        if row.problem is not None:
            return row.problem
        variant = self.variants.get(row.sku_key)
        location = self.locations.get(row.location)
        sku = {"sku": row.sku}
        if variant is None:
            return RowProblem("unknown_sku", "sku", "No variant has the SKU %(sku)s.", sku)
        if variant in self.kits:
            words = "%(sku)s is a kit and has no stock of its own: name its components."
            return RowProblem("kit", "sku", words, sku)
        if location is None:
            words, code = "No location has the code %(code)s.", {"code": row.location[:40]}
            return RowProblem("unknown_location", "location", words, code)
        if not location[1]:
            words, name = "%(location)s is closed: open it first.", {"location": location[2]}
            return RowProblem("closed_location", "location", words, name)
        return None


def levels_now(
    session: Session, places: Collection[tuple[int, int]]
) -> dict[tuple[int, int] | None, int]:
    """Return what is on hand at each place that has a level, without locking it."""
    if not places:
        return {}
    wanted = sorted(places)
    rows = session.execute(
        select(StockLevel.variant_id, StockLevel.location_id, StockLevel.on_hand).where(
            tuple_(StockLevel.variant_id, StockLevel.location_id).in_(wanted),
            # Says nothing new, but without it SQLite reads all levels there are.
            StockLevel.variant_id.in_(sorted({variant for variant, _ in wanted})),
            StockLevel.version > 0,
        )
    )
    return {(variant, location): on_hand for variant, location, on_hand in rows}


def booked_lines(session: Session, kind: str, lines: Mapping[str, int]) -> set[int]:
    """Return which of ``lines`` (by the id of their cause) have a movement."""
    found = session.scalars(
        select(StockMovement.cause_id).where(
            StockMovement.cause_kind == kind, StockMovement.cause_id.in_(sorted(lines))
        )
    )
    return {lines[mark] for mark in found if mark is not None}
