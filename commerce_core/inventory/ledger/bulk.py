"""Books a past that was kept elsewhere: hundreds of movements in a few statements, for imports.

The second way into the ledger beside ``Batch``. It changes what is on hand, and policies, as
physical facts: promises that are no longer covered are booked as ``short``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from commerce_core.clock import CLOCK_TOLERANCE, utc_now
from commerce_core.database.bulk import insert_rows, moment_storer
from commerce_core.errors import InsufficientStockError, InvalidQuantityError, InvalidTimeError
from commerce_core.inventory.ledger.bulk_levels import (
    BulkLevel,
    Place,
    lock_or_begin,
    names_of,
    save_levels,
)
from commerce_core.inventory.ledger.levels import MAX_QUANTITY
from commerce_core.inventory.models import QUANTITIES, MovementKind, StockMovement
from commerce_core.journal import stamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

_MOVEMENTS: Final[Any] = StockMovement.__table__
_COLUMNS: Final = (
    "level_id", "variant_id", "location_id", "kind", "actor", "reason", "cause_kind", "cause_id",
    "occurred_at", "recorded_at", "version", "on_hand_delta", "on_hand", "safety_stock", "minimum",
)  # fmt: skip
_OTHERS: Final = tuple(name for name in QUANTITIES if name != "on_hand")
"""Quantities that an import changes at most by what is short. Mostly none of a batch has any, and
then they are left to the database, which knows that they are 0."""


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
    levels = lock_or_begin(session, {movement[:2] for movement in movements})
    book = _Book(session, levels, cover)
    for movement in movements:
        book.enter(movement)
    book.require_past()
    number = stamp(session)
    rows = [(*row, *number.values()) for row in book.rows]
    others = ("short_delta", *_OTHERS) if book.has_others else ()
    insert_rows(session, _MOVEMENTS, (*_COLUMNS, *others, *number), rows)
    save_levels(session, levels.values())


class _Book:
    """Carries locked levels forward in memory, and gathers the rows of the journal.

    ``enter`` runs once for each row of an import, so it does the usual inline and hands what is
    unusual to others.
    """

    def __init__(
        self, session: Session, levels: Mapping[Place, BulkLevel], cover: str | None
    ) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self._session = session
        self._levels = levels
        self._cover = cover
        self._now = utc_now()
        self._stored = moment_storer(session)
        self._recorded_at = self._stored(self._now)
        self._promised = {level.id for level in levels.values() if level.has_promises}
        self.has_others = any(any(level.others) for level in levels.values())

    def enter(self, movement: PastMovement) -> None:
        """Check a movement, change its level, and add its row."""
        variant, place, kind, delta, moment, actor, reason, cause_kind, cause_id, policy = movement
        level = self._levels[variant, place]
        quantities = level.quantities
        if not 0 <= quantities["on_hand"] + delta <= MAX_QUANTITY:
            self._make_possible(level, movement)
        stored, last = self._stored(moment), level.last_occurred_at
        if last is not None and moment < last:
            moment, stored = last, self._stored(last)
        quantities["on_hand"] += delta
        short = level.settle_short() if level.id in self._promised else 0
        if policy:
            level.policy |= policy
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
                quantities["on_hand"],
                level.policy["safety_stock"],
                level.policy["minimum"],
                *((short, *level.others) if self.has_others else ()),
            )
        )

    def _make_possible(self, level: BulkLevel, movement: PastMovement) -> None:
        """Receive what ``movement`` lacks, or raise what forbids it."""
        present, delta = level.quantities["on_hand"], movement.on_hand_delta
        if delta > 0:
            sku, _ = names_of(self._session, level)
            after = present + delta
            message = f"{sku} would be {after:,}; at most {MAX_QUANTITY:,} can be booked"
            raise InvalidQuantityError(message, sku=sku, quantity=after)
        if self._cover is None:
            sku, location = names_of(self._session, level)
            raise InsufficientStockError(
                sku=sku, location=location, requested=-delta, available=present
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

    def require_past(self) -> None:
        """Raise InvalidTimeError if a level's last movement lies in the future."""
        for level in self._levels.values():
            last = level.last_occurred_at
            if last is not None and last > self._now + CLOCK_TOLERANCE:
                message = f"occurred_at {last.isoformat()} lies in the future"
                raise InvalidTimeError(message, occurred_at=last)
