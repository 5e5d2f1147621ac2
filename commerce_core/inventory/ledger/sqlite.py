"""Write a batch to SQLite: one statement for each table, undone together if a key is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, update
from sqlalchemy.exc import IntegrityError

from commerce_core.idempotency import IdempotencyKey
from commerce_core.inventory.hold_models import Allocation, Reservation
from commerce_core.inventory.ledger.rows import Rows, Written
from commerce_core.inventory.models import StockLevel, StockMovement
from commerce_core.journal import stamp

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.orm import Session

_CLAIMS: Any = IdempotencyKey.__table__
_LEVELS: Any = StockLevel.__table__
_MOVEMENTS: Any = StockMovement.__table__
_RESERVATIONS: Any = Reservation.__table__
_ALLOCATIONS: Any = Allocation.__table__


def write(session: Session, rows: Rows) -> Written | None:
    """Write all rows; return None, and write nothing, if an idempotency key is taken."""
    savepoint = session.begin_nested()
    try:
        written = _write(session, rows)
    except IntegrityError as exc:
        savepoint.rollback()
        if "idempotency_key" in str(exc.orig):
            return None
        raise
    savepoint.commit()
    return written


def _write(session: Session, rows: Rows) -> Written:
    reservation_ids = _insert(session, _RESERVATIONS, rows.reservations)
    _insert(session, _CLAIMS, rows.claimed(reservation_ids))
    allocation_ids = _insert(session, _ALLOCATIONS, rows.allocations)
    xid = stamp(session) if rows.movements else {}
    movement_ids = _insert(session, _MOVEMENTS, [row | xid for row in rows.movements])
    _update(session, _RESERVATIONS, rows.closed)
    _update(session, _RESERVATIONS, rows.extended)
    _update(session, _ALLOCATIONS, rows.changed, added=True)
    levels = _update(session, _LEVELS, rows.levels)
    return Written(levels, movement_ids, reservation_ids, allocation_ids, xid.get("xid", 0))


def _insert(session: Session, table: Table, rows: list[dict[str, Any]]) -> list[int]:
    if not rows:
        return []
    # One statement for all rows. They get ascending ids in the order in which they are given, but
    # SQLite does not say in which order it returns them.
    return sorted(session.scalars(insert(table).returning(table.c.id), rows))


def _update(
    session: Session, table: Table, rows: list[dict[str, Any]], *, added: bool = False
) -> int:
    if not rows:
        return 0
    names = [name for name in rows[0] if name != "id"]
    new: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    if added:
        new = {name: table.c[name] + value for name, value in new.items()}
    statement = update(table).where(table.c.id == bindparam("row_id")).values(new)
    parameters = [
        {"row_id": row["id"], **{f"new_{name}": row[name] for name in names}} for row in rows
    ]
    result: Any = session.connection().execute(statement, parameters)
    return int(result.rowcount)
