"""Decide in memory, write once: the changes of one verb (or of a hundred) as one batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from commerce_core.clock import CLOCK_TOLERANCE, require_aware, utc_now
from commerce_core.database import is_postgresql
from commerce_core.errors import InvalidQuantityError, InvalidTimeError, LedgerError
from commerce_core.inventory.hold_models import Allocation, Reservation, ReservationStatus
from commerce_core.inventory.ledger import postgresql, sqlite
from commerce_core.inventory.ledger.levels import MAX_QUANTITY, LevelState
from commerce_core.inventory.ledger.objects import persistent, refresh
from commerce_core.inventory.ledger.rows import ALLOCATION_PARTS, Rows, Written
from commerce_core.inventory.models import QUANTITIES, MovementKind, StockLevel, StockMovement
from commerce_core.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from commerce_core.journal.together import RowsTogether


class KeyTakenError(Exception):
    """An idempotency key of the batch exists already; nothing of the batch was written."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What a movement happened for, such as ``Cause("order_line", "812")``.

    Raises:
        InvalidTextError: a kind of more than 32 or an id of more than 64 characters, or none.
    """

    kind: str
    id: str

    def __post_init__(self) -> None:
        kind = clean_text(self.kind, name="the kind of a cause", max_length=32)
        number = clean_text(self.id, name="the id of a cause", max_length=64)
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "id", number)


class Batch:
    """Changes decided on locked levels, to be written together.

    ``apply`` changes a level's state in memory and records the movement; the other methods
    record rows of promises beside it. Until ``write`` the database knows nothing of it.
    """

    def __init__(self, session: Session, *, actor: str) -> None:
        self.session = session
        self.actor = actor
        self.now = utc_now()
        self.rows = Rows()
        self._levels: dict[int, LevelState] = {}
        self._known: list[dict[str, Any]] = []

    def apply(
        self,
        level: LevelState,
        kind: MovementKind,
        deltas: Mapping[str, int],
        *,
        reason: str | None = None,
        cause: Cause | None = None,
        idempotency_key: str | None = None,
        occurred_at: datetime | None = None,
        policy: Mapping[str, int] | None = None,
        physical: bool = False,
    ) -> None:
        """Change ``level`` in memory and record the movement. Call only what was decided.

        ``short`` goes down by itself as promises are covered again. It goes up only for a
        ``physical`` fact; anything else that would promise too much meets the CHECK. What a
        physical fact took away cannot be damaged or held any longer.

        Raises:
            InvalidQuantityError: a quantity would exceed 1,000,000,000.
            InvalidTimeError: ``occurred_at`` lies before the level's last movement, or ahead.
        """
        moment = occurrence(level, occurred_at, self.now)
        if physical:
            deltas = _without_what_is_gone(level, deltas)
        short = shortfall(level, deltas)
        if short < 0 or (short and physical):
            deltas = {**deltas, "short": short}
        after = _after(level, deltas)
        level.quantities = after
        level.policy |= policy or {}
        level.version += 1
        level.last_occurred_at = moment
        self._levels[level.id] = level
        self.rows.movements.append(
            {
                "level_id": level.id,
                "variant_id": level.variant_id,
                "location_id": level.location_id,
                "kind": kind,
                "actor": self.actor,
                "reason": reason,
                "cause_kind": cause.kind if cause else None,
                "cause_id": cause.id if cause else None,
                "idempotency_key": idempotency_key,
                "occurred_at": moment,
                "recorded_at": self.now,
                "version": level.version,
                "safety_stock": level.policy["safety_stock"],
                "minimum": level.policy["minimum"],
                **{f"{name}_delta": deltas.get(name, 0) for name in QUANTITIES},
                **after,
            }
        )

    def touch(self, level: LevelState) -> None:
        """Let ``write`` save the level though no movement changed it (its next expiry did)."""
        self._levels[level.id] = level

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to write."""
        return not (self._levels or self.rows.claims)

    def claim(self, row: dict[str, Any]) -> None:
        """Let ``write`` claim an idempotency key for the whole batch (``row`` of ``sealed``).

        The answer that the claim keeps gets the ids of the new reservations. Where the key is
        taken nothing is written.
        """
        self.rows.claims.append(row)

    def reserve(
        self,
        level: LevelState,
        quantity: int,
        expires_at: datetime,
        *,
        holder_ref: str | None = None,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """Record a new reservation and return its row (its id is set by ``write``)."""
        row = {
            "level_id": level.id,
            "variant_id": level.variant_id,
            "location_id": level.location_id,
            "quantity": quantity,
            "status": ReservationStatus.ACTIVE,
            "expires_at": expires_at,
            "holder_ref": holder_ref,
            "actor": self.actor,
            "idempotency_key": idempotency_key,
            "created_at": self.now,
        }
        earliest = level.next_expiry_at
        level.next_expiry_at = expires_at if earliest is None else min(earliest, expires_at)
        self.rows.reservations.append(row)
        return row

    def close_reservation(self, reservation_id: int, status: ReservationStatus) -> None:
        """Record the final status of an active reservation; ``apply`` says what it frees."""
        self.rows.closed.append({"id": reservation_id, "status": status, "closed_at": self.now})

    def move_expiry(self, level: LevelState, reservation_id: int, expires_at: datetime) -> None:
        """Record a later (or earlier) end of an active reservation."""
        earliest = level.next_expiry_at
        level.next_expiry_at = expires_at if earliest is None else min(earliest, expires_at)
        self.rows.extended.append({"id": reservation_id, "expires_at": expires_at})

    def allocate(self, level: LevelState, quantity: int, **story: Any) -> dict[str, Any]:
        """Record a new allocation and return its row (its id is set by ``write``)."""
        row = {
            "level_id": level.id,
            "variant_id": level.variant_id,
            "location_id": level.location_id,
            "reservation_id": None,
            "quantity": quantity,
            "backordered": 0,
            "holder_kind": None,
            "holder_ref": None,
            "actor": self.actor,
            "idempotency_key": None,
            "created_at": self.now,
            **story,
        }
        self.rows.allocations.append(row)
        return row

    def change_allocation(self, allocation_id: int, now: Mapping[str, int], **deltas: int) -> None:
        """Record deltas of an allocation's ``shipped``, ``released`` and ``backordered``.

        ``now`` is what those of them that are known will be; the session's object gets them.
        """
        parts = {name: deltas.get(name, 0) for name in ALLOCATION_PARTS}
        self.rows.changed.append({"id": allocation_id, **parts})
        self._known.append({"id": allocation_id, **now})

    def write(self, also: RowsTogether | None = None) -> Written:
        """Write everything and return the new ids, in the order in which rows were recorded.

        ``also`` are rows of a feature above that belong to it: written with the batch, they cost
        no further round trip while levels are locked. Not together with idempotency keys.

        Raises:
            KeyTakenError: an idempotency key exists already. Nothing was written.
            LedgerError: the database changed another number of rows than was decided.
        """
        self.session.flush()
        self.rows.levels = [_level_row(level) for level in self._levels.values()]
        if len(self._levels) == 1:
            (level,) = self._levels.values()
            now = level.columns()
            self.rows.level_columns = tuple(k for k in now if now[k] != level.saved[k])
        written = self._write_all(also)
        if written is None:
            raise KeyTakenError
        if written.levels != len(self.rows.levels):
            message = "a stock level vanished while it was locked: nothing may be trusted here"
            raise LedgerError(message, expected=len(self.rows.levels), found=written.levels)
        for rows, ids in (
            (self.rows.reservations, written.reservation_ids),
            (self.rows.allocations, written.allocation_ids),
            (self.rows.movements, written.movement_ids),
        ):
            for row, number in zip(rows, ids, strict=True):
                row["id"] = number
        for row in self.rows.movements:
            row["xid"] = written.xid
        self._refresh_objects()
        return written

    def _refresh_objects(self) -> None:
        """Let objects of the session that stand for changed rows show what is now in them."""
        for model, rows in (
            (StockLevel, self.rows.levels),
            (Reservation, self.rows.closed),
            (Reservation, self.rows.extended),
            (Allocation, self._known),
        ):
            for row in rows:
                refresh(self.session, model, row)

    def _write_all(self, also: RowsTogether | None) -> Written | None:
        if not is_postgresql(self.session):
            if also is not None:
                also.write(self.session)
            return sqlite.write(self.session, self.rows)
        if also is not None or self._is_all_or_nothing():
            return postgresql.write(self.session, self.rows, also)
        savepoint = self.session.begin_nested()  # a key may be taken, and other rows go in
        written = postgresql.write(self.session, self.rows)
        if written is None:
            savepoint.rollback()
        else:
            savepoint.commit()
        return written

    def _is_all_or_nothing(self) -> bool:
        """Tell whether a key that is taken keeps the one statement from inserting anything.

        Movements wait for promises, but rows of one table do not wait for each other.
        """
        promises = (*self.rows.reservations, *self.rows.allocations)
        if any(row["idempotency_key"] is not None for row in self.rows.movements):
            return not promises and len(self.rows.movements) == 1
        return len(promises) <= 1 or all(row["idempotency_key"] is None for row in promises)

    def movement(self, index: int = -1) -> StockMovement:
        """Return a movement of the written batch as an object of the session."""
        return persistent(self.session, StockMovement, self.rows.movements[index])


def _level_row(level: LevelState) -> dict[str, Any]:
    if not level.quantities["reserved"]:
        level.next_expiry_at = None
    return {"id": level.id, **level.columns()}


def _after(level: LevelState, deltas: Mapping[str, int]) -> dict[str, int]:
    after = {name: level.quantities[name] + deltas.get(name, 0) for name in QUANTITIES}
    for name, value in after.items():
        if value > MAX_QUANTITY:
            message = f"{name} would be {value:,}; at most {MAX_QUANTITY:,} can be booked"
            raise InvalidQuantityError(message, name=name, quantity=value)
        if value < 0:
            message = f"{name} of level {level.id} would be {value}"
            raise LedgerError(message, name=name, quantity=value)
    return after


def _without_what_is_gone(level: LevelState, deltas: Mapping[str, int]) -> Mapping[str, int]:
    """Return ``deltas`` with ``damaged`` and ``quality_control`` lowered to what is still there."""
    gone = -level.quantities["on_hand"] - deltas.get("on_hand", 0)
    for name in ("damaged", "quality_control"):
        gone += level.quantities[name] + deltas.get(name, 0)
    for name in ("damaged", "quality_control"):
        lost = min(gone, level.quantities[name] + deltas.get(name, 0))
        if lost > 0:
            deltas = {**deltas, name: deltas.get(name, 0) - lost}
            gone -= lost
    return deltas


def shortfall(level: LevelState, deltas: Mapping[str, int]) -> int:
    """Return the change of ``short`` that keeps the level's promises on the books.

    A physical fact is never refused: what is promised or set aside beyond what is there is
    booked as short, and goes away when stock arrives.
    """
    after = {name: level.quantities[name] + deltas.get(name, 0) for name in QUANTITIES}
    set_aside = after["damaged"] + after["quality_control"] + after["allocated"] + after["reserved"]
    needed = max(0, set_aside - after["on_hand"] - after["backordered"])
    return needed - level.quantities["short"]


def occurrence(level: LevelState, wanted: datetime | None, now: datetime) -> datetime:
    """Return the time of a movement: never before the level's last one, never in the future."""
    last = level.last_occurred_at
    if wanted is None:
        return now if last is None else max(now, last)
    moment = require_aware(wanted, name="occurred_at")
    if last is not None and moment < last:
        message = (
            f"occurred_at {moment.isoformat()} lies before the level's last movement at "
            f"{last.isoformat()}: book it with the present time and say so in the reason"
        )
        raise InvalidTimeError(message, occurred_at=moment, last_occurred_at=last)
    if moment > now + CLOCK_TOLERANCE:
        message = f"occurred_at {moment.isoformat()} lies in the future"
        raise InvalidTimeError(message, occurred_at=moment, last_occurred_at=last)
    return moment
