"""The levels of a bulk booking: only the columns it needs, locked and saved by the hundred."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select, tuple_

from commerce_core.catalog.models import Variant
from commerce_core.database import is_postgresql
from commerce_core.database.bulk import moment_storer
from commerce_core.inventory.ledger.levels import POLICY
from commerce_core.inventory.ledger.objects import refresh
from commerce_core.inventory.ledger.places import ensure_levels
from commerce_core.inventory.models import QUANTITIES, StockLevel, StockLocation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

Place = tuple[int, int]
"""The ids of a variant and a location."""

_TABLE: Final[Any] = StockLevel.__table__
_NAMES: Final = (
    "id", "variant_id", "location_id", "version", "last_occurred_at", *QUANTITIES, *POLICY,
)  # fmt: skip
_LOCKED: Final = (
    select(*(_TABLE.c[name] for name in _NAMES))
    .where(
        tuple_(_TABLE.c.variant_id, _TABLE.c.location_id).in_(bindparam("places", expanding=True)),
        # Says nothing new, but without it SQLite reads all levels there are.
        _TABLE.c.variant_id.in_(bindparam("variants", expanding=True)),
    )
    .order_by(_TABLE.c.id)
    .with_for_update(key_share=True)
)
_SAVED: Final = ("on_hand", "short", "version", "last_occurred_at", *POLICY)
_POLICY_FROM: Final = 5 + len(QUANTITIES)


class BulkLevel:
    """A locked level: what a booking reads of it and changes, in memory before any write."""

    __slots__ = (
        "id",
        "last_occurred_at",
        "location_id",
        "policy",
        "quantities",
        "variant_id",
        "version",
    )

    def __init__(self, row: Sequence[Any]) -> None:
        self.id: int = row[0]
        self.variant_id: int = row[1]
        self.location_id: int = row[2]
        self.version: int = row[3]
        self.last_occurred_at: datetime | None = row[4]
        self.quantities: dict[str, int] = dict(zip(QUANTITIES, row[5:_POLICY_FROM], strict=True))
        self.policy: dict[str, int] = dict(zip(POLICY, row[_POLICY_FROM:], strict=True))

    @property
    def others(self) -> tuple[int, ...]:
        """Return all quantities but what is on hand."""
        return tuple(self.quantities.values())[1:]

    @property
    def has_promises(self) -> bool:
        """Tell whether a change of what is on hand may change what is short."""
        q = self.quantities
        return bool(
            q["damaged"] or q["quality_control"] or q["allocated"] or q["reserved"] or q["short"]
        )

    def settle_short(self) -> int:
        """Let ``short`` be what is promised beyond what is there; return by how much it changed."""
        q = self.quantities
        set_aside = q["damaged"] + q["quality_control"] + q["allocated"] + q["reserved"]
        before, q["short"] = q["short"], max(0, set_aside - q["on_hand"] - q["backordered"])
        return q["short"] - before


def lock_or_begin(session: Session, places: set[Place]) -> dict[Place, BulkLevel]:
    """Lock the levels at ``places`` in the order of their ids; make those that are missing."""
    levels = _lock(session, places)
    if len(levels) < len(places):
        ensure_levels(session, places - levels.keys())
        levels = _lock(session, places)
    return levels


def _lock(session: Session, places: set[Place]) -> dict[Place, BulkLevel]:
    wanted = {"places": list(places), "variants": [variant for variant, _ in places]}
    rows = session.connection().execute(_LOCKED, wanted).all()
    return {(row[1], row[2]): BulkLevel(tuple(row)) for row in rows}


def save_levels(session: Session, levels: Iterable[BulkLevel]) -> None:
    """Write what changed to the levels, and to the session's objects of them."""
    stored = moment_storer(session)
    mark = "%s" if is_postgresql(session) else "?"
    assignments = ", ".join(f"{name} = {mark}" for name in _SAVED)
    statement = f"UPDATE {_TABLE} SET {assignments} WHERE id = {mark}"  # noqa: S608 - our own names
    rows: list[tuple[Any, ...]] = []
    for level in levels:
        moment = level.last_occurred_at
        last = None if moment is None else stored(moment)
        on_hand, short = level.quantities["on_hand"], level.quantities["short"]
        rows.append((on_hand, short, level.version, last, *level.policy.values(), level.id))
    session.connection().exec_driver_sql(statement, rows)
    if session.identity_map:
        for level in levels:
            row = {name: getattr(level, name) for name in ("id", "version", "last_occurred_at")}
            refresh(session, StockLevel, row | level.quantities | level.policy)


def names_of(session: Session, level: BulkLevel) -> tuple[str, str]:
    """Return the SKU and the location's name, for a message."""
    sku = session.scalar(select(Variant.sku).where(Variant.id == level.variant_id))
    location = session.scalar(
        select(StockLocation.name).where(StockLocation.id == level.location_id)
    )
    return str(sku), str(location)
