"""Rows of several tables, decided first and written together.

On PostgreSQL they go in one statement, which a batch of the stock ledger can take along; on SQLite
it is one statement for each table. Rows of journals are numbered on the way. Nothing here commits.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, insert, make_url, text, update

from commerce_core.database import MoneyAmount, is_postgresql
from commerce_core.journal.tables import Journal
from commerce_core.journal.ticks import stamp
from commerce_core.money import to_units

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy.orm import Session

    from commerce_core.database import Base

_DIALECT: Final[Any] = make_url("postgresql+psycopg://").get_dialect()()
_Shape = tuple[type["Base"], tuple[str, ...]]


class RowsTogether:
    """New and changed rows, table by table, in the order in which they were recorded."""

    def __init__(self) -> None:
        self._new: dict[_Shape, list[dict[str, Any]]] = {}
        self._changed: dict[tuple[type[Base], int], dict[str, Any]] = {}

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to write."""
        return not (self._new or self._changed)

    def insert(self, model: type[Base], row: Mapping[str, Any]) -> None:
        """Record a new row. What is None or not given becomes the column's default."""
        told = {name: value for name, value in row.items() if value is not None}
        self._new.setdefault((model, tuple(told)), []).append(told)

    def change(self, model: type[Base], number: int, values: Mapping[str, Any]) -> None:
        """Record new values of the row with the id ``number``, beside those recorded before."""
        self._changed.setdefault((model, number), {}).update(values)

    def changes(self) -> Iterator[tuple[type[Base], dict[str, Any]]]:
        """Yield (table, its id and new values) of each changed row."""
        for (model, number), values in self._changed.items():
            yield model, {"id": number, **values}

    def clauses(self) -> tuple[tuple[str, ...], dict[str, Any]]:
        """Return the common table expressions that write everything, and their parameters."""
        texts: list[str] = []
        parameters: dict[str, Any] = {}
        for kind, groups in (("new", self._new), ("changed", self._changed_groups())):
            for (model, columns), rows in groups.items():
                name = f"w{len(texts)}"
                texts.append(_clause(name, kind, model, columns))
                money = _money_columns(model)
                parameters[name] = json.dumps(
                    [{k: _plain(v, is_money=k in money) for k, v in row.items()} for row in rows]
                )
        return tuple(texts), parameters

    def write(self, session: Session) -> None:
        """Write everything by itself."""
        if self.is_empty:
            return
        if is_postgresql(session):
            texts, parameters = self.clauses()
            session.connection().exec_driver_sql(f"WITH {', '.join(texts)} SELECT 1", parameters)
            return
        for (model, _), rows in self._new.items():
            numbered = stamp(session) if issubclass(model, Journal) else {}
            table: Any = model.__table__
            session.connection().execute(insert(table), [row | numbered for row in rows])
        for (model, columns), rows in self._changed_groups().items():
            session.connection().execute(_update(model, columns), [_bound(row) for row in rows])

    def _changed_groups(self) -> dict[_Shape, list[dict[str, Any]]]:
        groups: dict[_Shape, list[dict[str, Any]]] = {}
        for model, row in self.changes():
            groups.setdefault((model, tuple(row)), []).append(row)
        return groups


def take_ids(session: Session, wanted: Mapping[type[Base], int]) -> dict[type[Base], list[int]]:
    """Return ids for rows that are about to be written, so many for each table. One statement.

    On SQLite they belong to the open transaction, which nobody else can write beside.
    """
    columns = ", ".join(
        id_expression(model, name=f"n{i}", is_postgresql=is_postgresql(session))
        for i, model in enumerate(wanted)
    )
    counts = {f"n{i}": count for i, count in enumerate(wanted.values())}
    row = session.connection().execute(text(f"SELECT {columns}"), counts).one()
    return {
        model: numbers_from(found, count)
        for (model, count), found in zip(wanted.items(), row, strict=True)
    }


def id_expression(model: type[Base], *, name: str, is_postgresql: bool) -> str:
    """Return the SQL of a column that takes ids; the parameter ``name`` says how many."""
    table = model.__tablename__
    if is_postgresql:
        # Of generate_series(1, ?) the planner expects a thousand rows unless it knows the number,
        # so it would plan anew each time rather than keep a plan.
        rows = f"unnest(array_fill(0, ARRAY[CAST(:{name} AS int)]))"
        return f"ARRAY(SELECT nextval('{table}_id_seq') FROM {rows})"
    return f"(SELECT coalesce(max(id), 0) + 1 + 0 * :{name} FROM {table})"


def numbers_from(found: Any, count: int) -> list[int]:
    """Return the ids that ``id_expression`` found."""
    return list(found) if isinstance(found, list) else [found + i for i in range(count)]


@cache
def _clause(name: str, kind: str, model: type[Base], columns: tuple[str, ...]) -> str:
    table: Any = model.__table__
    definitions = ", ".join(
        f"{column} {table.c[column].type.compile(dialect=_DIALECT)}" for column in columns
    )
    rows = f"jsonb_to_recordset(%({name})s::jsonb) AS x({definitions})"
    listed = ", ".join(columns)
    if kind == "new":
        chosen = ", ".join(f"x.{column}" for column in columns)
        return f"{name} AS (INSERT INTO {table.name} ({listed}) SELECT {chosen} FROM {rows})"
    changes = ", ".join(f"{column} = x.{column}" for column in columns if column != "id")
    return f"{name} AS (UPDATE {table.name} AS t SET {changes} FROM {rows} WHERE t.id = x.id)"


@cache
def _update(model: type[Base], columns: tuple[str, ...]) -> Any:
    table: Any = model.__table__
    new: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns if name != "id"}
    return update(table).where(table.c.id == bindparam("new_id")).values(new)


def _bound(row: Mapping[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in row.items()}


@cache
def _money_columns(model: type[Base]) -> frozenset[str]:
    table: Any = model.__table__
    return frozenset(column.key for column in table.c if isinstance(column.type, MoneyAmount))


def _plain(value: Any, *, is_money: bool) -> Any:
    """Return a value as JSON carries it to PostgreSQL."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):  # or a moment
        return value.isoformat()
    if is_money and value is not None:
        return to_units(value)
    return str(value) if isinstance(value, Decimal) else value
