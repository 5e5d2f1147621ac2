"""Stock leaves the house: for an allocation, or without one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from commerce_core.errors import CommerceError, InsufficientStockError
from commerce_core.inventory import ledger
from commerce_core.inventory.allocations import lock_allocation, require_part_open
from commerce_core.inventory.booking import Fact, apply, book, checked_fact, replayed
from commerce_core.inventory.checks import require_open, require_quantity
from commerce_core.inventory.models import MovementKind, StockMovement

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from commerce_core.catalog.models import Variant
    from commerce_core.inventory.hold_models import Allocation
    from commerce_core.inventory.ledger import Cause, LevelState
    from commerce_core.inventory.models import StockLocation


def ship_stock(
    session: Session,
    variant: Variant,
    location: StockLocation,
    *,
    quantity: int,
    actor: str,
    reason: str | None = None,
    cause: Cause | None = None,
    occurred_at: datetime | None = None,
    idempotency_key: str | None = None,
) -> StockMovement:
    """Book ``quantity`` available pieces that left the house without an allocation.

    Stock that is promised, damaged, in quality control or kept as safety stock is not shipped.

    Raises:
        InsufficientStockError: fewer are available; nothing was changed.
        LocationClosedError: the location is closed.
        InvalidQuantityError, InvalidTimeError, IdempotencyConflictError: as in receive_stock.
    """
    deltas = {"on_hand": -require_quantity(quantity)}
    fact = checked_fact(
        MovementKind.SHIPPED,
        deltas,
        actor=actor,
        reason=reason,
        cause=cause,
        occurred_at=occurred_at,
        idempotency_key=idempotency_key,
    )
    return book(session, variant, location, fact)


def ship_allocation(
    session: Session,
    allocation: Allocation,
    *,
    actor: str,
    quantity: int | None = None,
    reason: str | None = None,
    occurred_at: datetime | None = None,
    idempotency_key: str | None = None,
) -> StockMovement:
    """Book ``quantity`` allocated pieces (all that can be, unless told) that left the house.

    Lowers ``on_hand`` and ``allocated`` together; what is on backorder, damaged or in quality
    control cannot be shipped. Two statements on PostgreSQL.

    Raises:
        AllocationClosedError: fewer are open.
        AllocationNotFoundError: there is no such allocation.
        InsufficientStockError: fewer are in the house.
        LocationClosedError, InvalidTimeError, IdempotencyConflictError: as in receive_stock.
    """
    wanted = None if quantity is None else require_quantity(quantity)
    fact = checked_fact(
        MovementKind.SHIPPED,
        {},
        actor=actor,
        reason=reason,
        occurred_at=occurred_at,
        idempotency_key=idempotency_key,
    )
    level, current = lock_allocation(session, allocation)
    fact = replace(fact, cause=ledger.Cause(current.holder_kind, current.holder_ref))
    if wanted is not None:  # a replay of "all that can be" is whatever that was
        fact = replace(fact, deltas={"on_hand": -wanted, "allocated": -wanted})
    try:
        return _ship(ledger.Batch(session, actor=fact.actor), level, current, fact)
    except (CommerceError, ledger.KeyTakenError) as error:
        return replayed(session, fact, (current.variant_id, current.location_id), error)


def _ship(
    batch: ledger.Batch, level: LevelState, allocation: Allocation, fact: Fact
) -> StockMovement:
    q = level.quantities
    sellable = q["on_hand"] - q["damaged"] - q["quality_control"]
    there = max(0, min(allocation.open - allocation.backordered, sellable))
    pieces = -fact.deltas["allocated"] if fact.deltas else there
    require_part_open(allocation, max(1, pieces))
    require_open(level)
    if not 0 < pieces <= there:
        raise InsufficientStockError(
            sku=level.sku, location=level.location_name, requested=max(1, pieces), available=there
        )
    shipped = {"shipped": allocation.shipped + pieces}
    batch.change_allocation(allocation.id, shipped, shipped=pieces)
    apply(batch, level, replace(fact, deltas={"on_hand": -pieces, "allocated": -pieces}))
    batch.write()
    return batch.movement()
