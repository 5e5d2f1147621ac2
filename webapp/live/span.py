"""What a tick has to tell, read from PostgreSQL in one statement.

The window of both journals, the levels and products it touched, and the cursor after it come from
one snapshot. It says the same as ``read_changes``, which stays for what is rare or large: a cursor
of another epoch, more rows than fit. How soon and how cheaply everybody hears depends on little
else than what a tick costs: one round trip, prepared, instead of four queries through a session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Select, any_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from commerce_core.catalog.models import Variant
from commerce_core.clock import utc_now
from commerce_core.database import Xid8
from commerce_core.inventory.models import QUANTITIES, MovementKind, StockLevel, StockMovement
from commerce_core.journal import Cursor, Journal, position_columns
from commerce_core.orders.event_models import OrderEvent
from webapp.live.changes import ALL_QUANTITIES, ROWS_AT_ONCE, Changes, told_of
from webapp.live.order_changes import Event
from webapp.live.states import LevelState, ProductState, level_rows, product_rows


@dataclass(frozen=True, slots=True)
class Span:
    """What changed; the orders among it are named by their events, and still have to be read.

    ``lag_seconds`` is the age of the first movement that is committed and not yet final.
    """

    changes: Changes
    events: Sequence[Event]
    lag_seconds: float = 0.0


def span_query() -> Select[Any]:
    """Return the statement. Its parameter ``since`` is the horizon of a cursor, as text."""
    moved = _window(
        StockMovement,
        StockMovement.variant_id,
        StockMovement.location_id,
        or_(
            StockMovement.kind == MovementKind.POLICY_CHANGED.value,
            StockMovement.version == 1,
        ).label("is_whole"),
        *((getattr(StockMovement, f"{name}_delta") != 0).label(name) for name in QUANTITIES),
    ).cte("moved")
    touched = (
        select(
            moved.c.variant_id,
            moved.c.location_id,
            func.count(),
            func.bool_or(moved.c.is_whole),
            *(func.bool_or(moved.c[name]) for name in QUANTITIES),
        )
        .group_by(moved.c.variant_id, moved.c.location_id)
        .cte("touched")
    )
    variants = _among(select(touched.c.variant_id))
    products = _among(select(Variant.product_id).where(Variant.id == variants))
    events = _window(
        OrderEvent,
        OrderEvent.id,
        OrderEvent.order_id,
        OrderEvent.trigger,
        OrderEvent.refusal.is_(None).label("was_done"),
    )
    return select(
        *position_columns(on_postgresql=True),
        _held_back_since(),
        _listed(select(touched)),
        _listed(level_rows().where(StockLevel.variant_id == variants)),
        _listed(product_rows().where(Variant.product_id == products)),
        _listed(events),
    )


def span_of(row: Sequence[Any], since: Cursor) -> Span | None:
    """Return what the statement answered; None where ``read_changes`` has to look."""
    epoch, horizon, newest, held_back_since, touched, levels, products, events = row
    if epoch != since.epoch or since.horizon > int(newest):
        return None
    moved = sum(count for _, _, count, *_ in touched or ())
    if max(moved, len(events or ())) > ROWS_AT_ONCE:
        return None
    changes = told_of(
        Cursor(epoch, max(int(horizon), since.horizon)),
        {(one[0], one[1]): _names(*one[3:]) for one in touched or ()},
        sorted(map(_level, levels or ()), key=_place),
        tuple(ProductState(*one) for one in sorted(products or ())),
    )
    lag = (utc_now() - held_back_since).total_seconds() if held_back_since else 0.0
    return Span(
        replace(changes, movements=moved), [tuple(one) for one in events or ()], max(lag, 0.0)
    )


def _window(journal: type[Journal], *columns: Any) -> Select[Any]:
    """Return the query of what became final in a journal, one row more than fits."""
    horizon = position_columns(on_postgresql=True)[1]
    return (
        select(*columns)
        .where(journal.xid >= bindparam("since", type_=Xid8()))
        .where(journal.xid < select(horizon).scalar_subquery())
        .order_by(journal.xid, journal.id)
        .limit(ROWS_AT_ONCE + 1)
    )


def _held_back_since() -> Any:
    """Return when the first movement was written that a running transaction holds back."""
    horizon = position_columns(on_postgresql=True)[1]
    return (
        select(StockMovement.recorded_at)
        .where(StockMovement.xid >= horizon)
        .order_by(StockMovement.xid, StockMovement.id)
        .limit(1)
        .scalar_subquery()
    )


def _among(ids: Select[Any]) -> Any:
    """Return "any of these ids", gathered first.

    The planner expects few of them, and goes by the index; of a join with what it cannot count
    it expects thousands, and reads the table.
    """
    return any_(func.array(ids.scalar_subquery(), type_=ARRAY(BigInteger())))


def _listed(rows: Select[Any]) -> Any:
    """Return all rows of a query as one value: a list of lists, or NULL."""
    found = rows.subquery()
    return select(func.json_agg(func.json_build_array(*found.c))).scalar_subquery()


def _names(is_whole: bool, *changed: bool) -> frozenset[str]:  # noqa: FBT001 - columns of a row
    if is_whole:
        return ALL_QUANTITIES
    return frozenset(name for name, did in zip(QUANTITIES, changed, strict=True) if did)


def _level(row: Sequence[Any]) -> LevelState:
    values = list(row)
    if values[-1] is not None:
        values[-2:] = MovementKind(row[-2]), datetime.fromisoformat(row[-1]).astimezone(UTC)
    return LevelState(*values)


def _place(level: LevelState) -> tuple[int, int]:
    return level.variant_id, level.location_id
