"""Lock stock levels and hold their state in memory while a verb decides."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import Select, bindparam, select, tuple_, union_all

from commerce_core.catalog.models import Product, Variant, VariantStatus
from commerce_core.database import UTCDateTime
from commerce_core.inventory.hold_models import Allocation, Reservation
from commerce_core.inventory.kit_models import KitComponent
from commerce_core.inventory.ledger.places import ensure_levels
from commerce_core.inventory.models import QUANTITIES, StockLevel, StockLocation, StockPolicy
from commerce_core.records import id_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

_Promise = TypeVar("_Promise", Reservation, Allocation)

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
_DUE: Final = (
    _LOCKED.where(StockLevel.next_expiry_at <= bindparam("now", type_=UTCDateTime()))
    .limit(bindparam("at_most"))
    .with_for_update(key_share=True, of=StockLevel, skip_locked=True)
)


def lock_level(session: Session, variant: Variant, location: StockLocation) -> LevelState | None:
    """Return the level of ``variant`` at ``location``, locked until the transaction ends.

    None where there is no level yet. Other writers of the level wait; foreign-key checks and
    readers do not (``FOR NO KEY UPDATE``).
    """
    place = {
        "variant_id": id_of(variant, Variant),
        "location_id": id_of(location, StockLocation),
    }
    row = session.execute(_BY_PLACE, place).first()
    return None if row is None else LevelState(tuple(row))


def lock_offers(
    session: Session, query: Select[Any], values: Mapping[str, Any]
) -> tuple[list[LevelState], list[Sequence[Any]]]:
    """Run a query built by ``offers_query``; return the levels it locked and what was beside."""
    rows = session.connection().execute(query, values).all()
    width = len(_COLUMNS)
    return [LevelState(tuple(row[:width])) for row in rows], [row[width:] for row in rows]


def offers_query(*beside: Any) -> Select[Any]:
    """Return a query that locks the levels of ``:ids`` (and of parts of kits) at open locations.

    ``beside`` are columns of the variant, of its product, or of neither. Levels come in ascending
    id. For verbs that need to know what they promise in the same round trip.
    """
    ids: Any = bindparam("ids", expanding=True)
    parts = select(KitComponent.component_id).where(KitComponent.kit_id.in_(ids))
    themselves = select(Variant.id).where(Variant.id.in_(ids))
    wanted = select(union_all(themselves, parts).subquery().c[0])
    query: Select[Any] = (
        _LOCKED.add_columns(*beside)
        .join(Product, Product.id == Variant.product_id)
        .where(StockLevel.variant_id.in_(wanted), StockLocation.is_open)
    )
    return query


def lock_open_levels(
    session: Session, variant_ids: Select[int], *conditions: Any
) -> list[LevelState]:
    """Lock the levels of variants at all open locations in ascending id, in one statement.

    None of them, and without waiting, where one of the ``conditions`` does not hold.
    """
    chosen = (StockLevel.variant_id.in_(variant_ids), StockLocation.is_open)
    query = _LOCKED.where(*chosen, *conditions)
    return [LevelState(tuple(row)) for row in session.execute(query)]


def lock_due_levels(session: Session, now: datetime, *, limit: int) -> list[LevelState]:
    """Lock the levels on which a reservation may have ended, but for those somebody else has."""
    rows = session.execute(_DUE, {"now": now, "at_most": limit})
    return [LevelState(tuple(row)) for row in rows]


def lock_with(
    session: Session, model: type[_Promise], ids: Iterable[int] | Select[int]
) -> list[tuple[LevelState, _Promise]]:
    """Lock the levels of promises in ascending id, and the promises; return both as they are now.

    ``ids`` names them, or is a query of their ids.

    One statement, ordered by level and promise; promises of one level share its state. Promises
    that do not exist are missing. The level is locked before its promise, as every writer does.
    """
    key: Any = model
    chosen = key.id.in_(ids if isinstance(ids, Select) else sorted(set(ids)))
    statement = _locked_beside(model, key.level_id == StockLevel.id).where(chosen)
    levels: dict[int, LevelState] = {}
    found: list[tuple[LevelState, _Promise]] = []
    for row in session.execute(statement):
        level = LevelState(tuple(row)[:-1])
        found.append((levels.setdefault(level.id, level), row[-1]))
    return found


def lock_with_policy(
    session: Session, place: tuple[int, int]
) -> tuple[LevelState, StockPolicy] | None:
    """Lock the level at (variant id, location id) and its policy; return both as they are now.

    None where nobody decided anything yet. The policy is locked, too: what is read beside a lock
    that one had to wait for would be as it was before.
    """
    own = tuple_(StockPolicy.variant_id, StockPolicy.location_id)
    is_of_level = own == tuple_(StockLevel.variant_id, StockLevel.location_id)
    statement = _locked_beside(StockPolicy, is_of_level).where(
        StockPolicy.variant_id == place[0], StockPolicy.location_id == place[1]
    )
    row = session.execute(statement).first()
    return None if row is None else (LevelState(tuple(row)[:-1]), row[-1])


def _locked_beside(model: type[Any], is_of_level: Any) -> Select[Any]:
    """Return a query that locks levels and rows of ``model`` that belong to them."""
    query: Select[Any] = (
        select(*_COLUMNS, model)
        .join_from(StockLevel, StockLocation, StockLevel.location_id == StockLocation.id)
        .join(Variant, StockLevel.variant_id == Variant.id)
        .join(model, is_of_level)
        .order_by(StockLevel.id, model.id)
        .with_for_update(key_share=True, of=[StockLevel, model])
        .execution_options(populate_existing=True)
    )
    return query


def lock_levels(
    session: Session, places: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], LevelState]:
    """Lock the levels at (variant id, location id) in ascending id, in one statement.

    Places without a level are missing from the answer.
    """
    wanted = sorted(set(places))
    if not wanted:
        return {}
    statement = _LOCKED.where(
        tuple_(StockLevel.variant_id, StockLevel.location_id).in_(wanted),
        # Says nothing new, but without it SQLite reads all levels there are.
        StockLevel.variant_id.in_(sorted({variant for variant, _ in wanted})),
    )
    states = [LevelState(tuple(row)) for row in session.execute(statement)]
    return {(state.variant_id, state.location_id): state for state in states}


@contextmanager
def locked_or_new(
    session: Session, places: Iterable[tuple[int, int]]
) -> Iterator[dict[tuple[int, int], LevelState]]:
    """Lock the levels at (variant id, location id), creating those that are missing.

    What is created goes away again if the block raises, so that a refusal leaves no trace.

    Raises:
        VariantNotFoundError, LocationNotFoundError, InvalidInputError: as in ``ensure_levels``.
    """
    wanted = set(places)
    levels = lock_levels(session, wanted)
    if len(levels) == len(wanted):
        yield levels
        return
    with session.begin_nested():
        ensure_levels(session, wanted - levels.keys())
        yield lock_levels(session, wanted)


def empty_state(variant: Variant, location: StockLocation) -> LevelState:
    """Return the state of a level that does not exist yet, to decide on before any write."""
    numbers = (0,) * (len(QUANTITIES) + len(POLICY))
    head = (0, variant.id, location.id, 0, None, None, location.is_open, location.name)
    return LevelState((*head, variant.sku, variant.status, location.priority, *numbers))
