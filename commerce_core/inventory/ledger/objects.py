"""Rows that the ledger wrote, as objects of the session, without asking the database again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import inspect
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

_Model = TypeVar("_Model")


def persistent(session: Session, model: type[_Model], row: Mapping[str, Any]) -> _Model:
    """Return the object of a row that was just inserted, with every column loaded."""
    mapper: Any = inspect(model)
    values = {column.key: row.get(column.key) for column in mapper.column_attrs}
    values |= {k: 0 for k, v in values.items() if v is None and _counts(mapper, k)}
    found = session.identity_map.get(mapper.identity_key_from_primary_key((row["id"],)))
    if found is not None:
        refresh(session, model, values)
        return found  # type: ignore[no-any-return]  # the identity map is not generic
    fresh = model(**values)
    make_transient_to_detached(fresh)
    session.add(fresh)
    return fresh


def refresh(session: Session, model: type[Any], row: Mapping[str, Any]) -> None:
    """Bring the session's object of a row up to date, where it has one. Issues no SQL."""
    mapper: Any = inspect(model)
    found = session.identity_map.get(mapper.identity_key_from_primary_key((row["id"],)))
    if found is None:
        return
    for name, value in row.items():
        if name in mapper.column_attrs:
            set_committed_value(found, name, value)


def _counts(mapper: Any, name: str) -> bool:
    column = mapper.columns[name]
    return not column.nullable and column.server_default is not None and name != "xid"
