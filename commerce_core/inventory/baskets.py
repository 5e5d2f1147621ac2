"""Reserve a whole basket: all or nothing, or what there is, split over locations exactly."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from commerce_core.catalog.models import Variant
from commerce_core.errors import InsufficientStockError, InvalidInputError
from commerce_core.idempotency import claim, find_claim, fingerprint_of
from commerce_core.inventory import ledger
from commerce_core.inventory.checks import require_actor, require_quantity
from commerce_core.inventory.expiry import settle_due
from commerce_core.inventory.hold_models import HOLDER_LENGTH, Reservation
from commerce_core.inventory.kits import explode
from commerce_core.inventory.ledger.objects import persistent
from commerce_core.inventory.models import MovementKind, StockLevel, StockLocation
from commerce_core.inventory.reservations import DEFAULT_HOLD, require_hold
from commerce_core.inventory.strategies import ByPriority, RoutingRequest, Strategy
from commerce_core.text import clean_optional

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from sqlalchemy.orm import Session

MAX_LINES: Final = 500
DEFAULT_STRATEGY: Final = ByPriority()


@dataclass(frozen=True, slots=True)
class BasketLine:
    """``quantity`` pieces of a variant or kit."""

    variant: Variant
    quantity: int


@dataclass(frozen=True, slots=True)
class Shortage:
    """What a partial basket could not get of one variant."""

    variant_id: int
    requested: int
    reserved: int


@dataclass(frozen=True, slots=True)
class BasketReservation:
    """The reservations of a basket, one for each variant and location, and what was short."""

    reservations: Sequence[Reservation]
    short: Sequence[Shortage]


def reserve_basket(
    session: Session,
    lines: Sequence[BasketLine],
    *,
    actor: str,
    strategy: Strategy = DEFAULT_STRATEGY,
    expires_in: timedelta = DEFAULT_HOLD,
    allow_partial: bool = False,
    holder_ref: str | None = None,
    idempotency_key: str | None = None,
) -> BasketReservation:
    """Reserve every line, or nothing; with ``allow_partial`` what there is. The caller commits.

    Demand is summed over lines (and over the components of kits) before anything is checked,
    levels are locked in ascending id, and lines are split over locations by ``strategy``.
    A replay of the key returns the first answer.

    Raises:
        InsufficientStockError: something is short (not with ``allow_partial``).
        InvalidInputError: no lines, or more than 500.
        InvalidQuantityError, InvalidTimeError, IdempotencyConflictError: as in reserve_stock.
    """
    demand = _demand(session, lines)
    lasting = require_hold(expires_in)
    batch = ledger.Batch(session, actor=require_actor(actor))
    holder = clean_optional(holder_ref, name="the holder", max_length=HOLDER_LENGTH)
    claimed = None
    content = fingerprint_of(demand=sorted(demand.items()), partial=allow_partial)
    if idempotency_key is not None:
        earlier = _find_claim(session, batch.actor, idempotency_key, content)
        if earlier is not None:
            return earlier
    levels = _lock(session, batch, demand)
    plan, short = _plan(levels, demand, strategy)
    if short and not allow_partial:
        raise _too_few(session, levels, short[0])
    if idempotency_key is not None:
        claimed = claim(
            session,
            actor=batch.actor,
            verb="reserve_basket",
            key=idempotency_key,
            fingerprint=content,
        )
    rows = []
    cause = ledger.Cause("holder", holder) if holder else None
    for place, pieces in plan:
        level = levels[place]
        batch.apply(level, MovementKind.RESERVED, {"reserved": pieces}, cause=cause)
        rows.append(batch.reserve(level, pieces, batch.now + lasting, holder_ref=holder))
    if not batch.is_empty:
        batch.write()
    if claimed is not None:
        claimed.record(_result([row["id"] for row in rows], short))
    return BasketReservation([persistent(session, Reservation, row) for row in rows], short)


def _demand(session: Session, lines: Sequence[BasketLine]) -> dict[int, int]:
    if not 0 < len(lines) <= MAX_LINES:
        message = f"a basket has 1 to {MAX_LINES} lines, not {len(lines)}"
        raise InvalidInputError(message, lines=len(lines))
    wanted: Counter[int] = Counter()
    for line in lines:
        wanted[line.variant.id] += require_quantity(line.quantity)
    return explode(session, wanted)


def _lock(
    session: Session, batch: ledger.Batch, demand: Mapping[int, int]
) -> dict[tuple[int, int], ledger.LevelState]:
    """Lock the levels of all demanded variants at open locations, with due holds let go."""
    places = session.execute(
        select(StockLevel.variant_id, StockLevel.location_id)
        .join(StockLocation, StockLevel.location_id == StockLocation.id)
        .where(StockLevel.variant_id.in_(demand), StockLocation.is_open)
    ).all()
    levels = ledger.lock_levels(session, [(row[0], row[1]) for row in places])
    usable = {place: level for place, level in levels.items() if level.is_offered}
    for level in usable.values():
        settle_due(batch, level)
    return usable


def _plan(
    levels: Mapping[tuple[int, int], ledger.LevelState],
    demand: Mapping[int, int],
    strategy: Strategy,
) -> tuple[list[tuple[tuple[int, int], int]], list[Shortage]]:
    """Split the demand over locations; every piece is planned once or reported short."""
    available = {place: max(0, level.available) for place, level in levels.items()}
    request = RoutingRequest(demand, available, _locations(levels))
    order = list(dict.fromkeys(strategy.rank(request)))
    plan: list[tuple[tuple[int, int], int]] = []
    short: list[Shortage] = []
    for variant_id, wanted in demand.items():
        left = wanted
        for location_id in order:
            taken = min(left, available.get((variant_id, location_id), 0))
            if taken:
                plan.append(((variant_id, location_id), taken))
                left -= taken
        if left:
            short.append(Shortage(variant_id, wanted, wanted - left))
    return plan, short


def _locations(levels: Mapping[tuple[int, int], ledger.LevelState]) -> list[int]:
    ranked = {level.location_id: level.priority for level in levels.values()}
    return sorted(ranked, key=lambda number: (ranked[number], number))


def _too_few(
    session: Session,
    levels: Mapping[tuple[int, int], ledger.LevelState],
    shortage: Shortage,
) -> InsufficientStockError:
    sku = session.scalar(select(Variant.sku).where(Variant.id == shortage.variant_id))
    places = [level.location_name for (v, _), level in levels.items() if v == shortage.variant_id]
    return InsufficientStockError(
        sku=sku or str(shortage.variant_id),
        location=", ".join(places) or "every location",
        requested=shortage.requested,
        available=shortage.reserved,
    )


def _result(ids: list[int], short: Sequence[Shortage]) -> dict[str, Any]:
    return {
        "reservations": ids,
        "short": [[item.variant_id, item.requested, item.reserved] for item in short],
    }


def _find_claim(session: Session, actor: str, key: str, content: str) -> BasketReservation | None:
    """Return the answer the key had before, without claiming it."""
    earlier = find_claim(session, actor=actor, verb="reserve_basket", key=key, fingerprint=content)
    if earlier is None:
        return None
    rows = session.scalars(
        select(Reservation)
        .where(Reservation.id.in_(earlier.result["reservations"]))
        .order_by(Reservation.id)
    ).all()
    return BasketReservation(rows, [Shortage(*item) for item in earlier.result["short"]])
