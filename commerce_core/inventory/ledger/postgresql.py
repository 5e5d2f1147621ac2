"""Write a batch to PostgreSQL in one statement: fewest round trips while the row lock is held.

Rows travel as JSON. The inserts with unique keys come first; everything else happens only when
all of them went in, so a key that is taken leaves no trace.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import make_url

from commerce_core.inventory.hold_models import Allocation, Reservation
from commerce_core.inventory.ledger.rows import Rows, Written
from commerce_core.inventory.models import StockLevel, StockMovement

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_DIALECT: Final[Any] = make_url("postgresql+psycopg://").get_dialect()()
_RESERVED: Final = (
    "level_id", "variant_id", "location_id", "quantity", "status", "expires_at", "holder_ref",
    "actor", "idempotency_key", "created_at",
)  # fmt: skip
_ALLOCATED: Final = (
    "level_id", "variant_id", "location_id", "reservation_id", "quantity", "backordered",
    "holder_kind", "holder_ref", "actor", "idempotency_key", "created_at",
)  # fmt: skip
_MOVED: Final = tuple(
    column.name for column in StockMovement.__table__.columns if column.name not in {"id", "xid"}
)
_LEVEL: Final = tuple(
    column.name
    for column in StockLevel.__table__.columns
    if column.name not in {"variant_id", "location_id"}
)


def _types(model: Any, names: tuple[str, ...]) -> str:
    """Return the column definitions of a JSON record set with the types of ``model``."""
    kinds = {c.name: c.type.compile(dialect=_DIALECT) for c in model.__table__.columns}
    return ", ".join(f"{name} {kinds[name]}" for name in names)


def _insert(model: Any, names: tuple[str, ...], source: str, guard: str = "") -> str:
    columns = ", ".join(names)
    chosen = ", ".join(f"x.{name}" for name in names)
    return f"""INSERT INTO {model.__tablename__} ({columns})
    SELECT {chosen} FROM ROWS FROM (jsonb_to_recordset(%({source})s::jsonb)
      AS ({_types(model, names)})) WITH ORDINALITY AS x({columns}, ordinal)
    {guard} ORDER BY x.ordinal
    ON CONFLICT (actor{", kind" if model is StockMovement else ""}, idempotency_key) DO NOTHING
    RETURNING id{", xid" if model is StockMovement else ""}"""  # noqa: S608 - built from our own column names


def _update(model: Any, names: tuple[str, ...], source: str, assignments: str, guard: str) -> str:
    return f"""UPDATE {model.__tablename__} AS t SET {assignments}
    FROM jsonb_to_recordset(%({source})s::jsonb) AS x({_types(model, names)})
    WHERE t.id = x.id AND {guard} RETURNING t.id"""  # noqa: S608 - our own column names


_PROMISED = "(SELECT count(*) FROM r) = %(reserved)s AND (SELECT count(*) FROM a) = %(allocated)s"
_MOVED_ALL = f"{_PROMISED} AND (SELECT count(*) FROM m) = %(moved)s"  # noqa: S608 - our own
_LEVEL_ASSIGNMENTS = ", ".join(f"{name} = x.{name}" for name in _LEVEL if name != "id")
_PARTS = ("shipped", "released", "backordered")
_ALLOCATION_ASSIGNMENTS = ", ".join(f"{name} = t.{name} + x.{name}" for name in _PARTS)


@cache
def write_statement() -> str:
    """Return the statement that writes a batch. Made on first use: it needs every table known."""
    return f"""
WITH r AS ({_insert(Reservation, _RESERVED, "reservations")}),
a AS ({_insert(Allocation, _ALLOCATED, "allocations")}),
m AS ({_insert(StockMovement, _MOVED, "movements", "WHERE " + _PROMISED)}),
l AS ({_update(StockLevel, _LEVEL, "levels", _LEVEL_ASSIGNMENTS, _MOVED_ALL)}),
c AS ({
        _update(
            Reservation,
            ("id", "status", "closed_at"),
            "closed",
            "status = x.status, closed_at = x.closed_at",
            _MOVED_ALL,
        )
    }),
e AS ({
        _update(
            Reservation, ("id", "expires_at"), "extended", "expires_at = x.expires_at", _MOVED_ALL
        )
    }),
p AS ({_update(Allocation, ("id", *_PARTS), "changed", _ALLOCATION_ASSIGNMENTS, _MOVED_ALL)})
SELECT (SELECT count(*) FROM l), ARRAY(SELECT id FROM m), ARRAY(SELECT id FROM r),
       ARRAY(SELECT id FROM a), (SELECT xid::text FROM m LIMIT 1)
"""  # noqa: S608 - built from our own table and column names


def write(session: Session, rows: Rows) -> Written | None:
    """Write all rows; return None, and write nothing of levels, if a key is taken."""
    answer = session.connection().exec_driver_sql(write_statement(), parameters(rows)).one()
    levels, movements, reservations, allocations, xid = answer
    complete = (
        len(movements) == len(rows.movements)
        and len(reservations) == len(rows.reservations)
        and len(allocations) == len(rows.allocations)
    )
    return (
        Written(levels, movements, reservations, allocations, int(xid or 0)) if complete else None
    )


def parameters(rows: Rows) -> dict[str, Any]:
    """Return what the statement is sent with."""
    return {
        "reservations": _json(rows.reservations),
        "allocations": _json(rows.allocations),
        "movements": _json(rows.movements),
        "levels": _json(rows.levels),
        "closed": _json(rows.closed),
        "extended": _json(rows.extended),
        "changed": _json(rows.changed),
        "reserved": len(rows.reservations),
        "allocated": len(rows.allocations),
        "moved": len(rows.movements),
    }


def _json(rows: list[dict[str, Any]]) -> str:
    return json.dumps(rows, default=_text) if rows else "[]"


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
