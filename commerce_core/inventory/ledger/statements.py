"""The one statement that writes a batch to PostgreSQL, built for the batch's shape and kept.

A table with one row gets its values as parameters, only the columns that matter; a table with
many rows gets them as JSON. Parts that are empty are left out. Few shapes occur in practice, so
the statements stay prepared.

A key that is claimed for the whole batch comes first, and every other row waits for it. Its answer
names the new reservations, so their ids are taken before both: no savepoint is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import make_url

from commerce_core.idempotency import IdempotencyKey
from commerce_core.inventory.hold_models import Allocation, Reservation
from commerce_core.inventory.ledger.rows import RESERVATIONS
from commerce_core.inventory.models import StockLevel, StockMovement

if TYPE_CHECKING:
    from collections.abc import Mapping

_DIALECT: Final[Any] = make_url("postgresql+psycopg://").get_dialect()()
_ADDED: Final = frozenset({"shipped", "released", "backordered"})
_MODELS: Final[dict[str, Any]] = {
    "k": IdempotencyKey,
    "r": Reservation,
    "a": Allocation,
    "m": StockMovement,
    "l": StockLevel,
    "c": Reservation,
    "e": Reservation,
    "p": Allocation,
}
_UNIQUE: Final = {
    "k": "(actor, verb, key)",
    "r": "(actor, idempotency_key) WHERE idempotency_key IS NOT NULL",
    "a": "(actor, idempotency_key) WHERE idempotency_key IS NOT NULL",
    "m": "(actor, kind, idempotency_key) WHERE idempotency_key IS NOT NULL",
}
"""The inserted parts and what is unique in each: what a key is scoped by."""
_IDS: Final = (
    "n AS MATERIALIZED (SELECT array_agg(nextval('commerce_reservation_id_seq')) AS ids "
    "FROM jsonb_array_elements(%(r)s::jsonb))"
)
"""An id for each new reservation."""
_NAMED: Final = {"result": f" || jsonb_build_object('{RESERVATIONS}', (SELECT ids FROM n))"}
"""What is added to the answer that a claim keeps."""


@dataclass(frozen=True, slots=True)
class Part:
    """One table's share of a statement: which rows, how many, which columns."""

    name: str
    columns: tuple[str, ...]
    many: bool

    @property
    def is_insert(self) -> bool:
        """Tell whether rows are added (else changed)."""
        return self.name in _UNIQUE


@cache
def statement(parts: tuple[Part, ...], more: tuple[str, ...] = ()) -> str:
    """Return the statement for ``parts``: inserts with unique keys first, each a condition of the
    next, so that a key that is taken leaves levels as they were. ``more`` are clauses that write
    what a feature above wants written with it.
    """  # noqa: D205 - one sentence
    names = [part.name for part in parts]
    is_numbered = {"k", "r"} <= set(names)
    claimed = [_all_in(part) for part in parts if part.name == "k"]
    promised = claimed + [_all_in(part) for part in parts if part.name in {"r", "a"}]
    moved = promised + [_all_in(part) for part in parts if part.name == "m"]
    waits_for = {"k": [], "r": claimed, "a": claimed, "m": promised}
    clauses = [
        f"{part.name} AS ({_insert(part, waits_for[part.name], is_numbered=is_numbered)})"
        if part.is_insert
        else f"{part.name} AS ({_update(part, moved)})"
        for part in parts
    ]
    if is_numbered:
        clauses.insert(0, _IDS)
    counts = [f"(SELECT count(*) FROM {n})" if n in names else "0" for n in ("k", "l")]
    ids = [f"ARRAY(SELECT id FROM {n})" if n in names else "NULL" for n in ("m", "r", "a")]
    xid = "(SELECT xid::text FROM m LIMIT 1)" if "m" in names else "NULL"
    return f"WITH {', '.join([*more, *clauses])} SELECT {', '.join([*counts, *ids, xid])}"


def _all_in(part: Part) -> str:
    if not part.many:
        return f"EXISTS (SELECT FROM {part.name})"
    return f"(SELECT count(*) FROM {part.name}) = %({part.name}_count)s"


def _insert(part: Part, conditions: list[str], *, is_numbered: bool) -> str:
    table = _MODELS[part.name].__tablename__
    columns = ", ".join(part.columns)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    xid = ", xid" if part.name == "m" else ""
    if part.many:
        chosen = ", ".join(f"x.{name}" for name in part.columns)
        given = f"x({columns}, ordinal)"
        if is_numbered and part.name == "r":
            columns, chosen = f"id, {columns}", f"(SELECT ids FROM n)[x.ordinal], {chosen}"
        source = (
            f"SELECT {chosen} FROM ROWS FROM (jsonb_to_recordset(%({part.name})s::jsonb) "
            f"AS ({_definitions(part)})) WITH ORDINALITY AS {given} "
            f"{where} ORDER BY x.ordinal"
        )
    else:
        named = _NAMED if is_numbered and part.name == "k" else {}
        source = f"SELECT {_values(part, named)} {where}"
    return (
        f"INSERT INTO {table} ({columns}) {source} "
        f"ON CONFLICT {_UNIQUE[part.name]} DO NOTHING RETURNING id{xid}"
    )


def _update(part: Part, conditions: list[str]) -> str:
    table = _MODELS[part.name].__tablename__
    names = [name for name in part.columns if name != "id"]
    if part.many:
        changes = ", ".join(f"{n} = {_old(part, n)}x.{n}" for n in names)
        rows = f"jsonb_to_recordset(%({part.name})s::jsonb) AS x({_definitions(part)})"
        where = " AND ".join(["t.id = x.id", *conditions])
        return f"UPDATE {table} AS t SET {changes} FROM {rows} WHERE {where} RETURNING t.id"
    kinds = _kinds(part)
    changes = ", ".join(f"{n} = {_old(part, n)}%({part.name}_{n})s::{kinds[n]}" for n in names)
    where = " AND ".join([f"t.id = %({part.name}_id)s::bigint", *conditions])
    return f"UPDATE {table} AS t SET {changes} WHERE {where} RETURNING t.id"


def _old(part: Part, name: str) -> str:
    """Allocations are changed by deltas, everything else is set."""
    return f"t.{name} + " if part.name == "p" and name in _ADDED else ""


def _values(part: Part, added: Mapping[str, str]) -> str:
    kinds = _kinds(part)
    return ", ".join(
        f"%({part.name}_{name})s::{kinds[name]}{added.get(name, '')}" for name in part.columns
    )


def _definitions(part: Part) -> str:
    kinds = _kinds(part)
    return ", ".join(f"{name} {kinds[name]}" for name in part.columns)


@cache
def _kinds(part: Part) -> dict[str, str]:
    table = _MODELS[part.name].__table__
    return {name: table.c[name].type.compile(dialect=_DIALECT) for name in part.columns}
