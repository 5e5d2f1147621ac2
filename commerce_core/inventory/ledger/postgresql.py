"""Write a batch to PostgreSQL in one statement: fewest round trips while the row lock is held."""

from __future__ import annotations

import json
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from commerce_core.inventory.ledger.rows import Rows, Written
from commerce_core.inventory.ledger.statements import Part, statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from commerce_core.journal.together import RowsTogether

_SOURCES: Final = (
    ("k", "claims"),
    ("r", "reservations"),
    ("a", "allocations"),
    ("m", "movements"),
    ("l", "levels"),
    ("c", "closed"),
    ("e", "extended"),
    ("p", "changed"),
)


def write(session: Session, rows: Rows, also: RowsTogether | None = None) -> Written | None:
    """Write all rows; return None, and write nothing of levels, if a key is taken.

    What is to be written ``also`` goes along in the same statement.
    """
    sql, parameters = prepared(rows, *(also.clauses() if also else ()))
    answer = session.connection().exec_driver_sql(sql, parameters).one()
    claims, levels, movements, reservations, allocations, xid = answer
    written = Written(levels, movements or [], reservations or [], allocations or [], int(xid or 0))
    complete = (
        claims == len(rows.claims)
        and len(written.movement_ids) == len(rows.movements)
        and len(written.reservation_ids) == len(rows.reservations)
        and len(written.allocation_ids) == len(rows.allocations)
    )
    return written if complete else None


def prepared(
    rows: Rows, more: tuple[str, ...] = (), values: Mapping[str, Any] | None = None
) -> tuple[str, dict[str, Any]]:
    """Return the statement for ``rows`` (and for ``more`` clauses) and its parameters."""
    parts: list[Part] = []
    parameters: dict[str, Any] = dict(values or {})
    for name, source in _SOURCES:
        given = getattr(rows, source)
        if not given:
            continue
        if len(given) == 1 and not (name == "r" and rows.claims):
            row = _told(given[0]) if name in "ram" else given[0]
            if name == "l":
                row = {key: row[key] for key in ("id", *rows.level_columns)}
            parts.append(Part(name, tuple(row), many=False))
            parameters |= {f"{name}_{key}": _plain(value) for key, value in row.items()}
        else:
            parts.append(Part(name, tuple(given[0]), many=True))
            parameters[name] = json.dumps(given, default=_text)
            parameters[f"{name}_count"] = len(given)
    return statement(tuple(parts), more), parameters


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what the column's default says as well."""
    return {key: value for key, value in row.items() if value is not None and value != 0}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value)
    return value.value if isinstance(value, Enum) else value


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
