"""Rows that the ledger wrote, as objects of the session, without asking the database again."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import inspect
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, set_committed_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

_Model = TypeVar("_Model")


def persistent(session: Session, model: type[_Model], row: Mapping[str, Any]) -> _Model:
    """Return the object of a row that was just inserted, with every column loaded."""
    mapper: Any = inspect(model)
    counts: frozenset[str] = _counts(mapper)
    values = {name: row.get(name) for name in mapper.column_attrs.keys()}  # noqa: SIM118
    values |= {name: 0 for name in counts if values[name] is None}
    found = session.identity_map.get(mapper.identity_key_from_primary_key((row["id"],)))
    if found is not None:
        refresh(session, model, values)
        return found  # type: ignore[no-any-return]  # the identity map is not generic
    fresh = mapper.class_manager.new_instance()
    instance_dict(fresh).update(values)  # as loaded from the database: nothing of it is a change
    make_transient_to_detached(fresh)
    session.add(fresh)
    return fresh  # type: ignore[no-any-return]  # a mapper is not generic


def refresh(session: Session, model: type[Any], row: Mapping[str, Any]) -> None:
    """Bring the session's object of a row up to date, where it has one. Issues no SQL."""
    mapper: Any = inspect(model)
    found = session.identity_map.get(mapper.identity_key_from_primary_key((row["id"],)))
    if found is None:
        return
    for name, value in row.items():
        if name in mapper.column_attrs:
            set_committed_value(found, name, value)


@cache
def _counts(mapper: Any) -> frozenset[str]:
    """Return the columns whose default in the database is a number: 0 where nothing is told."""
    return frozenset(
        name
        for name in mapper.column_attrs.keys()  # noqa: SIM118 - it is no dict
        if not mapper.columns[name].nullable
        and mapper.columns[name].server_default is not None
        and name != "xid"
    )
