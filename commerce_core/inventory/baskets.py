"""Reserve a whole basket: all or nothing, or what there is, split over locations exactly."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from commerce_core.catalog.models import Variant, VariantStatus
from commerce_core.errors import (
    CommerceError,
    InsufficientStockError,
    InvalidInputError,
    VariantArchivedError,
)
from commerce_core.inventory import ledger
from commerce_core.inventory.checks import require_actor, require_quantity
from commerce_core.inventory.expiry import settle_due
from commerce_core.inventory.hold_checks import holder_cause, require_hold, require_holder
from commerce_core.inventory.hold_models import Reservation
from commerce_core.inventory.kits import components_of, stocked_ids
from commerce_core.inventory.ledger.objects import persistent
from commerce_core.inventory.models import MovementKind
from commerce_core.inventory.replays import Once
from commerce_core.inventory.reservations import DEFAULT_HOLD
from commerce_core.inventory.routing import Plan, split
from commerce_core.inventory.strategies import ByPriority, Strategy
from commerce_core.records import id_of

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
    """What a partial basket could not get of one variant or kit."""

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
    levels are locked in ascending id, and lines are split over locations by ``strategy``. A kit
    is reserved whole or not at all. The number of statements does not depend on the number of
    lines. A replay of the key returns the first answer.

    Raises:
        InsufficientStockError: something is short (not with ``allow_partial``).
        VariantArchivedError: something is archived (not with ``allow_partial``).
        InvalidInputError: no lines, or more than 500.
        InvalidQuantityError, InvalidTimeError, IdempotencyConflictError: as in reserve_stock.
    """
    wanted = _wanted(lines)
    lasting = require_hold(expires_in)
    who = require_actor(actor)
    holder = require_holder(holder_ref)
    content = {"wanted": sorted(wanted.items()), "partial": allow_partial, "holder": holder}
    once = Once(session, actor=who, verb="reserve_basket", key=idempotency_key, **content)
    try:
        levels = lock_offered(session, list(wanted), once.is_new())
        if not levels and (earlier := once.earlier()) is not None:
            return _answered(session, earlier)
        parts = parts_of(session, wanted, levels)
        batch = ledger.Batch(session, actor=who)
        settle_due(batch, levels.values())
        plan = split(levels, wanted, parts, strategy)
        if plan.short and not allow_partial:
            raise basket_refusal(session, levels, parts, plan)
        rows = _reserve(batch, levels, plan, lasting, holder)
        short = [Shortage(number, wanted[number], got) for number, got in plan.short.items()]
        _write(batch, once, short)
    except (CommerceError, ledger.KeyTakenError):
        if (earlier := once.earlier()) is None:
            raise
        return _answered(session, earlier)
    return BasketReservation([persistent(session, Reservation, row) for row in rows], short)


def _wanted(lines: Sequence[BasketLine]) -> dict[int, int]:
    """Return variant id → pieces, each variant once, in the order of the lines."""
    if not 0 < len(lines) <= MAX_LINES:
        message = f"a basket has 1 to {MAX_LINES} lines, not {len(lines)}"
        raise InvalidInputError(message, lines=len(lines))
    wanted: Counter[int] = Counter()
    for line in lines:
        wanted[id_of(line.variant, Variant)] += require_quantity(line.quantity)
    return dict(wanted)


def lock_offered(
    session: Session, ids: Sequence[int], *conditions: Any
) -> dict[tuple[int, int], ledger.LevelState]:
    """Lock the levels of the variants (and parts of kits) at open locations.

    What is not offered is left out; so is everything where one of the ``conditions`` fails.
    """
    levels = ledger.lock_open_levels(session, stocked_ids(ids), *conditions)
    return {(level.variant_id, level.location_id): level for level in levels if level.is_offered}


def parts_of(
    session: Session,
    wanted: Mapping[int, int],
    levels: Mapping[tuple[int, int], ledger.LevelState],
) -> dict[int, dict[int, int]]:
    """Return what each line is made of. Only what has no level of its own may be a kit."""
    stocked = {variant_id for variant_id, _ in levels}
    unstocked = [number for number in wanted if number not in stocked]
    kits = components_of(session, unstocked) if unstocked else {}
    return {number: kits.get(number, {number: 1}) for number in wanted}


def _reserve(
    batch: ledger.Batch,
    levels: Mapping[tuple[int, int], ledger.LevelState],
    plan: Plan,
    lasting: timedelta,
    holder: str | None,
) -> list[dict[str, Any]]:
    """Record the plan in ``batch`` and return the rows of the new reservations."""
    rows = []
    for place, pieces in plan.taken.items():
        level = levels[place]
        cause = holder_cause(holder)
        batch.apply(level, MovementKind.RESERVED, {"reserved": pieces}, cause=cause)
        rows.append(batch.reserve(level, pieces, batch.now + lasting, holder_ref=holder))
    return rows


def _write(batch: ledger.Batch, once: Once, short: Sequence[Shortage]) -> None:
    """Write the reservations together with the answer that replays will get."""
    missing = [[item.variant_id, item.requested, item.reserved] for item in short]
    claim = once.sealed({"reservations": [], "short": missing})
    if claim is not None:
        batch.claim(claim)
    if not batch.is_empty:
        batch.write()


def basket_refusal(
    session: Session,
    levels: Mapping[tuple[int, int], ledger.LevelState],
    parts: Mapping[int, Mapping[int, int]],
    plan: Plan,
) -> InsufficientStockError | VariantArchivedError:
    """Return why the basket cannot be had: its first line that falls short, and where."""
    number, got = next(iter(plan.short.items()))
    query = select(Variant.id, Variant.sku, Variant.status).where(
        Variant.id.in_([number, *parts[number]])
    )
    found = {row.id: row for row in session.execute(query)}
    for row in found.values():
        if row.status is VariantStatus.ARCHIVED:
            message = f"{row.sku} is archived: make it active first"
            return VariantArchivedError(message, sku=row.sku)
    places = {level.location_name for (v, _), level in levels.items() if v in parts[number]}
    return InsufficientStockError(
        sku=found[number].sku if number in found else f"variant {number}",
        location=", ".join(sorted(places)) or "every location",
        requested=plan.wanted[number],
        available=got,
    )


def _answered(session: Session, answer: Mapping[str, Any]) -> BasketReservation:
    rows = session.scalars(
        select(Reservation)
        .where(Reservation.id.in_(answer["reservations"]))
        .order_by(Reservation.id)
        .execution_options(populate_existing=True)
    ).all()
    return BasketReservation(rows, [Shortage(*item) for item in answer["short"]])
