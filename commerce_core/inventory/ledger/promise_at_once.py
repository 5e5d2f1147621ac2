"""Promise on SQLite without reading first: a guarded update takes the place of the lock.

Writers of SQLite come one after another, so nothing can change between the statements. When the
guard refuses (too few, due holds to be let go, a closed location, an archived variant, a replayed
key) nothing has happened, and the caller decides the slow way.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, String, bindparam, func, insert, select, update

from commerce_core.catalog.models import Variant, VariantStatus
from commerce_core.database import UTCDateTime
from commerce_core.inventory.hold_models import Allocation, Reservation
from commerce_core.inventory.ledger.objects import refresh
from commerce_core.inventory.models import (
    QUANTITIES,
    MovementKind,
    StockLevel,
    StockLocation,
    StockMovement,
)
from commerce_core.journal import stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from commerce_core.inventory.ledger.batch import Cause

_LEVELS: Final[Any] = StockLevel.__table__
_MOVEMENTS: Final[Any] = StockMovement.__table__
_KINDS: Final[dict[Any, tuple[str, MovementKind]]] = {
    Reservation: ("reserved", MovementKind.RESERVED),
    Allocation: ("allocated", MovementKind.ALLOCATED),
}
_COUNTED: Final = ("version", "next_expiry_at", "last_occurred_at", *QUANTITIES)


def promise_at_once(
    session: Session,
    model: type[Reservation | Allocation],
    row: Mapping[str, Any],
    *,
    cause: Cause | None,
) -> dict[str, Any] | None:
    """Write the promise ``row`` (its columns, but for ids) and return it, or None if refused.

    Four statements: the level if it has enough, the promise, the journal's clock, the movement.
    """
    session.flush()
    name, kind = _KINDS[model]
    now = row["created_at"]
    asked = {
        "asked_variant": row["variant_id"],
        "asked_location": row["location_id"],
        "pieces": row["quantity"],
        "moment": now,
        "ends": row.get("expires_at"),
        "asked_actor": row["actor"],
        "asked_key": row["idempotency_key"],
    }
    keyed = row["idempotency_key"] is not None
    level = session.execute(_raised(model, keyed=keyed), asked).mappings().first()
    if level is None:
        return None
    made = dict(row) | {"level_id": level["id"]}
    table: Any = model.__table__
    made["id"] = session.scalars(insert(table).returning(table.c.id), made).one()
    moved = {
        "level_id": level["id"],
        "variant_id": row["variant_id"],
        "location_id": row["location_id"],
        "kind": kind,
        "actor": row["actor"],
        "cause_kind": cause.kind if cause else None,
        "cause_id": cause.id if cause else None,
        "occurred_at": level["last_occurred_at"],
        "recorded_at": now,
        "version": level["version"],
        f"{name}_delta": row["quantity"],
        **{column: level[column] for column in ("safety_stock", "minimum", *QUANTITIES)},
        **stamp(session),
    }
    session.execute(insert(_MOVEMENTS), moved)
    refresh(session, StockLevel, {"id": level["id"], **{c: level[c] for c in _COUNTED}})
    return made


@cache
def _raised(model: type[Reservation | Allocation], *, keyed: bool) -> Any:
    """Return the update that raises a level's promises if the level has enough to promise."""
    name, _ = _KINDS[model]
    c = _LEVELS.c
    pieces = bindparam("pieces", type_=Integer())
    moment = bindparam("moment", type_=UTCDateTime())
    values: dict[str, Any] = {
        name: c[name] + pieces,
        "version": c.version + 1,
        "last_occurred_at": func.max(func.coalesce(c.last_occurred_at, moment), moment),
    }
    if model is Reservation:
        ends = bindparam("ends", type_=UTCDateTime())
        values["next_expiry_at"] = func.min(func.coalesce(c.next_expiry_at, ends), ends)
    there = c.on_hand - c.damaged - c.quality_control - c.safety_stock - c.allocated - c.reserved
    is_open = select(StockLocation.id).where(
        StockLocation.id == c.location_id, StockLocation.is_open
    )
    is_offered = select(Variant.id).where(
        Variant.id == c.variant_id, Variant.status == VariantStatus.ACTIVE
    )
    statement = (
        update(_LEVELS)
        .where(c.variant_id == bindparam("asked_variant"))
        .where(c.location_id == bindparam("asked_location"))
        .where(there >= pieces, is_open.exists(), is_offered.exists())
        .values(values)
    )
    if keyed:
        taken = select(model.id).where(
            model.actor == bindparam("asked_actor", type_=String()),
            model.idempotency_key == bindparam("asked_key", type_=String()),
        )
        statement = statement.where(~taken.exists())
    return statement.returning(c.id, c.safety_stock, c.minimum, *(c[n] for n in _COUNTED))
