"""Promises to many lines of an order at once, decided in a batch that the caller writes.

Every function takes a ``ledger.Batch`` on locked levels and records in it what will be; the caller
writes it together with its own rows. What a refusal leaves behind is nothing: the batch is dropped.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from commerce_core.errors import AllocationClosedError, InsufficientStockError
from commerce_core.inventory import ledger
from commerce_core.inventory.backorders import fill
from commerce_core.inventory.baskets import basket_refusal, lock_offered, parts_of
from commerce_core.inventory.expiry import settle_due
from commerce_core.inventory.hold_checks import require_active
from commerce_core.inventory.hold_models import Allocation, Reservation, ReservationStatus
from commerce_core.inventory.models import MovementKind
from commerce_core.inventory.routing import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import timedelta

    from sqlalchemy.orm import Session

    from commerce_core.inventory.routing import Plan
    from commerce_core.inventory.strategies import Strategy
    from commerce_core.journal import RowsTogether

LINE: Final = "order_line"
"""The kind of holder that a line of one of our orders is."""


@dataclass(slots=True)
class Wish:
    """What a line of an order wants: ``quantity`` pieces (or kits) of a variant.

    ``granted`` and ``parts`` are filled in: how many it got, and what a kit is made of.
    """

    line_id: int
    variant_id: int
    quantity: int
    granted: int = 0
    parts: Mapping[int, int] = field(default_factory=dict)
    taken: list[tuple[int, int, int]] = field(default_factory=list)
    """What was taken where: (variant id, location id, pieces)."""

    @property
    def is_kit(self) -> bool:
        """Tell whether it is made of other variants."""
        return bool(self.parts) and set(self.parts) != {self.variant_id}


def promise_lines(
    batch: ledger.Batch,
    wishes: Sequence[Wish],
    *,
    strategy: Strategy,
    hold: timedelta | None = None,
    allow_partial: bool = False,
    locked: Sequence[ledger.LevelState] | None = None,
) -> None:
    """Promise to each line what it wants, split over locations: firmly, or for the time of a hold.

    Demand is summed before anything is checked, levels are locked in ascending id, and a promise
    belongs to exactly one line. One statement (three where something is a kit), or none where the
    caller has ``locked`` all levels of the variants and their parts at open locations.

    Raises:
        InsufficientStockError, VariantArchivedError: something is short (not ``allow_partial``).
    """
    wanted: Counter[int] = Counter()
    for wish in wishes:
        wanted[wish.variant_id] += wish.quantity
    if locked is None:
        levels = lock_offered(batch.session, list(wanted))
    else:
        levels = {(x.variant_id, x.location_id): x for x in locked if x.is_offered}
    parts = parts_of(batch.session, wanted, levels)
    settle_due(batch, levels.values())
    plan = split(levels, wanted, parts, strategy)
    if plan.short and not allow_partial:
        raise basket_refusal(batch.session, levels, parts, plan)
    _deal(plan, wishes, parts)
    for wish in wishes:
        for variant_id, location_id, pieces in wish.taken:
            _promise(batch, levels[variant_id, location_id], pieces, wish.line_id, hold)


def _deal(plan: Plan, wishes: Sequence[Wish], parts: Mapping[int, Mapping[int, int]]) -> None:
    """Hand out what was planned, line by line, from the first location on."""
    granted = {number: plan.short.get(number, asked) for number, asked in plan.wanted.items()}
    left = dict(plan.taken)
    for wish in wishes:
        wish.parts = parts[wish.variant_id]
        wish.granted = min(wish.quantity, granted[wish.variant_id])
        granted[wish.variant_id] -= wish.granted
        for variant_id, needed in wish.parts.items():
            missing = needed * wish.granted
            for place in [p for p, pieces in left.items() if p[0] == variant_id and pieces]:
                pieces = min(missing, left[place])
                if pieces:
                    wish.taken.append((*place, pieces))
                    left[place] -= pieces
                    missing -= pieces


def _promise(
    batch: ledger.Batch,
    level: ledger.LevelState,
    pieces: int,
    line_id: int,
    hold: timedelta | None,
) -> None:
    cause = line_cause(line_id)
    if hold is None:
        batch.apply(level, MovementKind.ALLOCATED, {"allocated": pieces}, cause=cause)
        batch.allocate(level, pieces, holder_kind=LINE, holder_ref=str(line_id))
        return
    batch.apply(level, MovementKind.RESERVED, {"reserved": pieces}, cause=cause)
    batch.reserve(level, pieces, batch.now + hold, holder_ref=line_holder(line_id))


def line_cause(line_id: int) -> ledger.Cause:
    """Return the cause of a movement that a line of an order led to."""
    return ledger.Cause(LINE, str(line_id))


def line_holder(line_id: int) -> str:
    """Return the name under which a line of an order holds reservations."""
    return f"{LINE}:{line_id}"


def firm_up(batch: ledger.Batch, line_ids: Sequence[int]) -> dict[int, Counter[int]]:
    """Turn what lines still hold into allocations; return line id → variant id → pieces.

    What has expired meanwhile is not among it: promise that anew. One statement.
    """
    firm: dict[int, Counter[int]] = {number: Counter() for number in line_ids}
    for level, current in _held(batch.session, line_ids):
        line_id = int((current.holder_ref or "").removeprefix(f"{LINE}:"))
        if current.expires_at <= batch.now:
            continue
        require_active(current, batch.now)
        batch.close_reservation(current.id, ReservationStatus.ALLOCATED)
        deltas = {"reserved": -current.quantity, "allocated": current.quantity}
        batch.apply(level, MovementKind.ALLOCATED, deltas, cause=line_cause(line_id))
        story = {"holder_kind": LINE, "holder_ref": str(line_id), "reservation_id": current.id}
        batch.allocate(level, current.quantity, **story)
        firm[line_id][current.variant_id] += current.quantity
    return firm


def let_go(batch: ledger.Batch, line_ids: Sequence[int]) -> None:
    """Give back what lines still hold softly. One statement, or two where others wait for it."""
    found = _held(batch.session, line_ids)
    for level, current in found:
        batch.close_reservation(current.id, ReservationStatus.RELEASED)
        cause = ledger.Cause("reservation", str(current.id))
        batch.apply(level, MovementKind.RELEASED, {"reserved": -current.quantity}, cause=cause)
    _fill(batch, found)


def _held(session: Session, line_ids: Sequence[int]) -> list[tuple[ledger.LevelState, Reservation]]:
    holders = [line_holder(number) for number in line_ids]
    wanted = select(Reservation.id).where(
        Reservation.holder_ref.in_(holders), Reservation.status == ReservationStatus.ACTIVE
    )
    found = ledger.lock_with(session, Reservation, wanted)
    return [(level, r) for level, r in found if r.status is ReservationStatus.ACTIVE]


def allocations_of(session: Session, line_ids: Iterable[int]) -> list[Allocation]:
    """Return the allocations of lines, open or not, the oldest first. Locks nothing."""
    query = (
        select(Allocation)
        .where(Allocation.holder_kind == LINE)
        .where(Allocation.holder_ref.in_([str(number) for number in line_ids]))
        .order_by(Allocation.id)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


def hand_over(
    rows: RowsTogether, allocations: Iterable[Allocation], heirs: Mapping[int, int]
) -> None:
    """Record that promises belong to other lines now: old line id → new line id.

    No quantity changes, so no level and no movement does.
    """
    for allocation in allocations:
        heir = heirs[int(allocation.holder_ref)]
        rows.change(Allocation, allocation.id, {"holder_ref": str(heir)})


def ship_promised(batch: ledger.Batch, pieces: Mapping[int, int]) -> None:
    """Let allocated pieces leave the house: allocation id → pieces. One statement.

    Raises:
        AllocationClosedError: fewer are open.
        InsufficientStockError: fewer are in the house.
    """
    for level, current in ledger.lock_with(batch.session, Allocation, pieces):
        wanted = pieces[current.id]
        _require_open(current, wanted)
        there = _there(level, current)
        if wanted > there:
            raise InsufficientStockError(
                sku=level.sku, location=level.location_name, requested=wanted, available=there
            )
        deltas = {"on_hand": -wanted, "allocated": -wanted}
        cause = ledger.Cause(current.holder_kind, current.holder_ref)
        batch.apply(level, MovementKind.SHIPPED, deltas, cause=cause)
        batch.change_allocation(current.id, {"shipped": current.shipped + wanted}, shipped=wanted)


def take_back_promised(
    batch: ledger.Batch, pieces: Mapping[int, int], *, reason: str | None = None
) -> None:
    """Take back promised pieces: allocation id → pieces. What is on backorder goes first.

    One statement, or two where others wait for what becomes free.

    Raises:
        AllocationClosedError: fewer are open.
    """
    found = ledger.lock_with(batch.session, Allocation, pieces)
    for level, current in found:
        wanted = pieces[current.id]
        _require_open(current, wanted)
        waiting = min(wanted, current.backordered)
        deltas = {"allocated": -wanted, "backordered": -waiting}
        cause = ledger.Cause(current.holder_kind, current.holder_ref)
        batch.apply(level, MovementKind.DEALLOCATED, deltas, reason=reason, cause=cause)
        now = {"released": current.released + wanted, "backordered": current.backordered - waiting}
        batch.change_allocation(current.id, now, released=wanted, backordered=-waiting)
    _fill(batch, found, besides=list(pieces))


def put_back(
    batch: ledger.Batch,
    pieces: Mapping[tuple[int, int], Mapping[int, int]],
    *,
    damaged: bool = False,
    reason: str | None = None,
) -> None:
    """Book pieces that came back: (variant id, location id) → order line id → pieces.

    ``damaged`` ones are on hand but not for sale. The levels must exist: they left from there, or
    ``ledger.ensure_levels`` made them. One statement, or two where others wait for it.
    """
    levels = ledger.lock_levels(batch.session, pieces)
    for place, lines in sorted(pieces.items()):
        level = levels[place]
        for line_id, count in lines.items():
            deltas = {"on_hand": count} | ({"damaged": count} if damaged else {})
            batch.apply(
                level,
                MovementKind.RESTOCKED,
                deltas,
                reason=reason,
                cause=line_cause(line_id),
                physical=True,
            )
    if not damaged:
        fill(batch, *levels.values())


def _fill(
    batch: ledger.Batch,
    found: Sequence[tuple[ledger.LevelState, Any]],
    besides: Sequence[int] = (),
) -> None:
    if found:
        fill(batch, *{level.id: level for level, _ in found}.values(), besides=besides)


def _there(level: ledger.LevelState, current: Allocation) -> int:
    q = level.quantities
    sellable = q["on_hand"] - q["damaged"] - q["quality_control"]
    return max(0, min(current.open - current.backordered, sellable))


def _require_open(current: Allocation, pieces: int) -> None:
    if pieces > current.open:
        message = f"allocation {current.id} has {current.open} open, not {pieces}"
        raise AllocationClosedError(
            message, allocation_id=current.id, requested=pieces, available=current.open
        )
