"""Lock stock levels and hold their state in memory while a verb decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from commerce_core.catalog.models import Variant, VariantStatus
from commerce_core.database import is_postgresql
from commerce_core.errors import LedgerError
from commerce_core.inventory.models import QUANTITIES, StockLevel, StockLocation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

MAX_QUANTITY: Final = 1_000_000_000
"""Largest quantity of anything; keeps every sum of a level within 32 bits."""
POLICY: Final = ("minimum", "safety_stock", "backorder_limit")


class LevelState:
    """A locked level as a verb sees it: its quantities, changed in memory before any write."""

    __slots__ = (
        "id",
        "is_offered",
        "is_open",
        "last_occurred_at",
        "location_id",
        "location_name",
        "next_expiry_at",
        "policy",
        "priority",
        "quantities",
        "saved",
        "sku",
        "variant_id",
        "version",
    )

    def __init__(self, row: Sequence[Any]) -> None:
        count = len(QUANTITIES)
        self.id: int = row[0]
        self.variant_id: int = row[1]
        self.location_id: int = row[2]
        self.version: int = row[3]
        self.next_expiry_at: datetime | None = row[4]
        self.last_occurred_at: datetime | None = row[5]
        self.is_open: bool = row[6]
        self.location_name: str = row[7]
        self.sku: str = row[8]
        self.is_offered: bool = row[9] is VariantStatus.ACTIVE
        self.priority: int = row[10]
        self.quantities: dict[str, int] = dict(zip(QUANTITIES, row[11 : 11 + count], strict=True))
        self.policy: dict[str, int] = dict(zip(POLICY, row[11 + count :], strict=True))

        self.saved = self.columns()

    def columns(self) -> dict[str, Any]:
        """Return what of it is stored and can change."""
        return {
            "version": self.version,
            "next_expiry_at": self.next_expiry_at,
            "last_occurred_at": self.last_occurred_at,
            **self.quantities,
            **self.policy,
        }

    @property
    def available(self) -> int:
        """Return what can still be promised."""
        q = self.quantities
        return (
            q["on_hand"]
            - q["damaged"]
            - q["quality_control"]
            - self.policy["safety_stock"]
            - q["allocated"]
            - q["reserved"]
        )

    @property
    def set_aside(self) -> int:
        """Return what is promised or not sellable."""
        q = self.quantities
        return q["damaged"] + q["quality_control"] + q["allocated"] + q["reserved"]


_COLUMNS: Final = (
    StockLevel.id,
    StockLevel.variant_id,
    StockLevel.location_id,
    StockLevel.version,
    StockLevel.next_expiry_at,
    StockLevel.last_occurred_at,
    StockLocation.is_open,
    StockLocation.name,
    Variant.sku,
    Variant.status,
    StockLocation.priority,
    *(getattr(StockLevel, name) for name in QUANTITIES),
    *(getattr(StockLevel, name) for name in POLICY),
)
_LOCKED: Final[Select[Any]] = (
    select(*_COLUMNS)
    .join_from(StockLevel, StockLocation, StockLevel.location_id == StockLocation.id)
    .join(Variant, StockLevel.variant_id == Variant.id)
    .order_by(StockLevel.id)
    .with_for_update(key_share=True, of=StockLevel)
)
_BY_PLACE: Final = _LOCKED.where(
    StockLevel.variant_id == bindparam("variant_id"),
    StockLevel.location_id == bindparam("location_id"),
)
_BY_ID: Final = _LOCKED.where(StockLevel.id == bindparam("level_id"))


def lock_level(session: Session, variant: Variant, location: StockLocation) -> LevelState | None:
    """Return the level of ``variant`` at ``location``, locked until the transaction ends.

    None where there is no level yet. Other writers of the level wait; foreign-key checks and
    readers do not (``FOR NO KEY UPDATE``).
    """
    place = {"variant_id": variant.id, "location_id": location.id}
    row = session.execute(_BY_PLACE, place).first()
    return None if row is None else LevelState(tuple(row))


def lock_level_by_id(session: Session, level_id: int) -> LevelState:
    """Return the level with this id, locked."""
    return LevelState(tuple(session.execute(_BY_ID, {"level_id": level_id}).one()))


def lock_levels(
    session: Session, places: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], LevelState]:
    """Lock the levels at (variant id, location id) in ascending id, in one statement.

    Places without a level are missing from the answer.
    """
    wanted = sorted(set(places))
    if not wanted:
        return {}
    statement = _LOCKED.where(tuple_(StockLevel.variant_id, StockLevel.location_id).in_(wanted))
    states = [LevelState(tuple(row)) for row in session.execute(statement)]
    return {(state.variant_id, state.location_id): state for state in states}


def ensure_levels(session: Session, places: Iterable[tuple[int, int]]) -> None:
    """Create the levels that are missing at (variant id, location id)."""
    rows = [{"variant_id": v, "location_id": loc} for v, loc in sorted(set(places))]
    if not rows:
        return
    dialect: Any = postgresql if is_postgresql(session) else sqlite
    session.connection().execute(
        dialect.insert(StockLevel.__table__).on_conflict_do_nothing(
            index_elements=["variant_id", "location_id"]
        ),
        rows,
    )


def begin_level(session: Session, variant: Variant, location: StockLocation) -> LevelState:
    """Return the locked level of a place that had none a moment ago, created if need be."""
    ensure_levels(session, [(variant.id, location.id)])
    level = lock_level(session, variant, location)
    if level is None:
        message = "a stock level vanished while it was begun: nothing may be trusted here"
        raise LedgerError(message, variant_id=variant.id, location_id=location.id)
    return level


def empty_state(variant: Variant, location: StockLocation) -> LevelState:
    """Return the state of a level that does not exist yet, to decide on before any write."""
    numbers = (0,) * (len(QUANTITIES) + len(POLICY))
    head = (0, variant.id, location.id, 0, None, None, location.is_open, location.name)
    return LevelState((*head, variant.sku, variant.status, location.priority, *numbers))
