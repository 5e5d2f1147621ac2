"""Give stock to those who wait for it, the oldest promise first.

Whatever frees stock (an arrival, a release, an expiry, a lower safety stock) calls ``fill`` in
its own batch, so that nobody waits beside pieces that are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from commerce_core.inventory import ledger
from commerce_core.inventory.checks import require_actor
from commerce_core.inventory.hold_models import Allocation
from commerce_core.inventory.models import MovementKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from commerce_core.catalog.models import Variant
    from commerce_core.inventory.models import StockLocation


def fill_backorders(
    session: Session, variant: Variant, location: StockLocation, *, actor: str
) -> int:
    """Give what is free to backorders, oldest first; return the pieces filled. Caller commits.

    Everything that frees stock does it by itself; this is for hosts that want to be sure.
    """
    who = require_actor(actor)
    level = ledger.lock_level(session, variant, location)
    if level is None:
        return 0
    batch = ledger.Batch(session, actor=who)
    filled = fill(batch, level)
    if filled:
        batch.write()
    return filled


def fill(batch: ledger.Batch, *levels: ledger.LevelState, besides: Collection[int] = ()) -> int:
    """Record the filling of backorders of locked levels, oldest first, within ``batch``.

    What is kept back as safety stock is not given away. ``besides`` are allocations that the
    batch changes already. One statement where somebody waits and something is free, else none.
    """
    free = {level.id: _free(level) for level in levels}
    waiting = {level.id: level for level in levels if free[level.id] > 0}
    if not waiting:
        return 0
    filled = 0
    for number, level_id, wanted, kind, ref in batch.session.execute(
        _waiting(waiting, free, besides)
    ).all():
        pieces = min(wanted, free[level_id])
        if number in besides or pieces <= 0:
            continue
        batch.change_allocation(number, {"backordered": wanted - pieces}, backordered=-pieces)
        deltas = {"backordered": -pieces}
        cause = ledger.Cause(kind, ref)
        batch.apply(waiting[level_id], MovementKind.BACKORDER_FILLED, deltas, cause=cause)
        free[level_id] -= pieces
        filled += pieces
    return filled


def _free(level: ledger.LevelState) -> int:
    """Return what those who wait can have: what is there but for all other promises."""
    waiting = level.quantities["backordered"]
    return min(waiting, level.available + waiting)


def _waiting(
    levels: dict[int, ledger.LevelState], free: dict[int, int], besides: Collection[int]
) -> Any:
    query: Any = (
        select(
            Allocation.id,
            Allocation.level_id,
            Allocation.backordered,
            Allocation.holder_kind,
            Allocation.holder_ref,
        )
        .where(Allocation.level_id.in_(levels), Allocation.backordered > 0)
        .order_by(Allocation.id)
    )
    # Each takes a piece at least: of one level no more can be served. Some may be passed over.
    at_most = sum(free.values()) + len(besides)
    return query.limit(at_most) if len(levels) == 1 else query
