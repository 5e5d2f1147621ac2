"""Books a past that was kept elsewhere: hundreds of movements in a few statements, for imports.

The second way into the ledger beside ``Batch``. It changes what is on hand, and policies, as
physical facts: promises that are no longer covered are booked as ``short``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from commerce_core.clock import utc_now
from commerce_core.database import is_postgresql
from commerce_core.database.bulk import insert_rows, moment_storer
from commerce_core.errors import InsufficientStockError, InvalidQuantityError, InvalidTimeError
from commerce_core.inventory.ledger.batch import shortfall
from commerce_core.inventory.ledger.levels import (
    MAX_QUANTITY,
    POLICY,
    LevelState,
    ensure_levels,
    lock_levels,
)
from commerce_core.inventory.ledger.objects import refresh
from commerce_core.inventory.models import QUANTITIES, MovementKind, StockLevel, StockMovement
from commerce_core.journal import stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

_CLOCK_TOLERANCE: Final = timedelta(minutes=5)
_LEVELS: Final[Any] = StockLevel.__table__
_MOVEMENTS: Final[Any] = StockMovement.__table__
_COLUMNS: Final = (
    "level_id", "variant_id", "location_id", "kind", "actor", "reason", "cause_kind", "cause_id",
    "occurred_at", "recorded_at", "version", "on_hand_delta", "short_delta",
    "safety_stock", "minimum", *QUANTITIES,
)  # fmt: skip
_PROMISES: Final = ("damaged", "quality_control", "allocated", "reserved", "short")
_SAVED: Final = ("on_hand", "short", "version", "last_occurred_at", *POLICY)


class PastMovement(NamedTuple):
    """A movement that happened. ``on_hand_delta`` is in pieces, up or down.

    ``policy`` has new values of ``minimum``, ``safety_stock`` or ``backorder_limit`` where the
    kind is ``policy_changed``.
    """

    variant_id: int
    location_id: int
    kind: MovementKind
    on_hand_delta: int
    occurred_at: datetime
    actor: str
    reason: str | None = None
    cause_kind: str | None = None
    cause_id: str | None = None
    policy: Mapping[str, int] | None = None


def post_history(
    session: Session, movements: Sequence[PastMovement], *, cover: str | None = None
) -> None:
    """Book ``movements``, in order of time for each level, and bring their levels up to date.

    Levels are made where there are none yet. A movement earlier than its level's last one is
    booked at the moment of that one. With ``cover``, a movement that would take more than is on
    hand is preceded by a receipt of what is missing, with ``cover`` as its reason. The caller
    commits; keep a transaction at 500 movements or fewer, or it holds up whoever follows the
    journal. One that raises leaves the session as it found it, but for empty levels.

    Raises:
        InsufficientStockError: a level would fall below zero, and ``cover`` is None.
        InvalidQuantityError: a level would hold more than 1,000,000,000 pieces.
        InvalidTimeError: a movement has no time zone, or lies in the future.
    """
    if not movements:
        return
    session.flush()
    levels = _lock_all(session, {movement[:2] for movement in movements})
    book = _Book(session, levels, cover)
    for movement in movements:
        book.enter(movement)
    book.require_past()
    number = stamp(session)
    rows = [(*row, *number.values()) for row in book.rows]
    insert_rows(session, _MOVEMENTS, (*_COLUMNS, *number), rows)
    _save_levels(session, levels.values())


def _lock_all(session: Session, places: set[tuple[int, int]]) -> dict[tuple[int, int], LevelState]:
    levels = lock_levels(session, places)
    if len(levels) < len(places):
        ensure_levels(session, places - levels.keys())
        levels = lock_levels(session, places)
    return levels


class _Book:
    """Carries locked levels forward in memory, and gathers the rows of the journal.

    ``enter`` runs once for each row of an import, so it does the usual inline and hands what is
    unusual to others.
    """

    def __init__(
        self, session: Session, levels: Mapping[tuple[int, int], LevelState], cover: str | None
    ) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self._levels = levels
        self._cover = cover
        self._now = utc_now()
        self._stored = moment_storer(session)
        self._recorded_at = self._stored(self._now)
        self._promised = {
            level.id for level in levels.values() if any(map(level.quantities.get, _PROMISES))
        }

    def enter(self, movement: PastMovement) -> None:
        """Check a movement, change its level, and add its row."""
        variant, place, kind, delta, moment, actor, reason, cause_kind, cause_id, policy = movement
        level = self._levels[variant, place]
        quantities = level.quantities
        if not 0 <= quantities["on_hand"] + delta <= MAX_QUANTITY:
            self._make_possible(level, movement)
        last = level.last_occurred_at
        if last is not None and moment < last:
            moment = last
        stored = self._stored(moment)
        short = self._shortfall(level, delta) if level.id in self._promised else 0
        if policy:
            level.policy |= policy
        quantities["on_hand"] += delta
        level.version += 1
        level.last_occurred_at = moment
        self.rows.append(
            (
                level.id,
                variant,
                place,
                kind.value,
                actor,
                reason,
                cause_kind,
                cause_id,
                stored,
                self._recorded_at,
                level.version,
                delta,
                short,
                level.policy["safety_stock"],
                level.policy["minimum"],
                *quantities.values(),
            )
        )

    def _make_possible(self, level: LevelState, movement: PastMovement) -> None:
        """Receive what ``movement`` lacks, or raise what forbids it."""
        present, delta = level.quantities["on_hand"], movement.on_hand_delta
        if delta > 0:
            message = f"{level.sku} would be {present + delta:,}; at most {MAX_QUANTITY:,} can be"
            raise InvalidQuantityError(message, sku=level.sku, quantity=present + delta)
        if self._cover is None:
            raise InsufficientStockError(
                sku=level.sku, location=level.location_name, requested=-delta, available=present
            )
        self.enter(
            movement._replace(
                kind=MovementKind.RECEIVED,
                on_hand_delta=-delta - present,
                reason=self._cover,
                cause_kind=None,
                cause_id=None,
                policy=None,
            )
        )

    def _shortfall(self, level: LevelState, delta: int) -> int:
        short = shortfall(level, {"on_hand": delta})
        level.quantities["short"] += short
        return short

    def require_past(self) -> None:
        """Raise InvalidTimeError if a level's last movement lies in the future."""
        for level in self._levels.values():
            last = level.last_occurred_at
            if last is not None and last > self._now + _CLOCK_TOLERANCE:
                message = f"occurred_at {last.isoformat()} lies in the future"
                raise InvalidTimeError(message, occurred_at=last)


def _save_levels(session: Session, levels: Iterable[LevelState]) -> None:
    connection, stored = session.connection(), moment_storer(session)
    mark = "%s" if is_postgresql(session) else "?"
    assignments = ", ".join(f"{name} = {mark}" for name in _SAVED)
    statement = f"UPDATE {_LEVELS} SET {assignments} WHERE id = {mark}"  # noqa: S608 - our own names
    rows: list[tuple[Any, ...]] = []
    for level in levels:
        on_hand, short = level.quantities["on_hand"], level.quantities["short"]
        moment = level.last_occurred_at
        at = None if moment is None else stored(moment)
        rows.append((on_hand, short, level.version, at, *level.policy.values(), level.id))
    connection.exec_driver_sql(statement, rows)
    if not session.identity_map:
        return
    for level in levels:
        refresh(session, StockLevel, {"id": level.id, **level.columns()})
