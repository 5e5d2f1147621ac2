"""Answer many independent requests of many customers in a constant number of statements.

One transaction for each customer queues them all on the row lock of a hot SKU; a batch takes
the lock once. Each request is granted or refused by itself, first come, first served.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, tuple_

from commerce_core.errors import InvalidInputError
from commerce_core.idempotency import require_key
from commerce_core.inventory import ledger
from commerce_core.inventory.checks import require_actor, require_quantity
from commerce_core.inventory.expiry import settle_due
from commerce_core.inventory.hold_models import Reservation
from commerce_core.inventory.models import MovementKind
from commerce_core.inventory.reservations import DEFAULT_HOLD, require_hold

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from sqlalchemy.orm import Session

MAX_REQUESTS: Final = 1000


@dataclass(frozen=True, slots=True)
class ReserveRequest:
    """One customer's wish: ``quantity`` pieces of a variant at a location."""

    variant_id: int
    location_id: int
    quantity: int
    holder_ref: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class ReserveAnswer:
    """The reservation's id, or why there is none: ``insufficient_stock``, ``closed`` …."""

    request: ReserveRequest
    reservation_id: int | None
    refusal: str | None = None
    available: int = 0
    is_replay: bool = False


def reserve_many(
    session: Session,
    requests: Sequence[ReserveRequest],
    *,
    actor: str,
    expires_in: timedelta = DEFAULT_HOLD,
) -> list[ReserveAnswer]:
    """Answer each request, in order, in a constant number of statements. The caller commits.

    A request that cannot be granted is answered with its refusal and changes nothing; a replay
    of its key gets the first reservation.

    Raises:
        InvalidInputError: no requests, more than 1,000, or one key twice in the same call.
        InvalidQuantityError, InvalidTextError: a value cannot be accepted; nothing was done.
    """
    if not 0 < len(requests) <= MAX_REQUESTS:
        message = f"reserve_many takes 1 to {MAX_REQUESTS} requests, not {len(requests)}"
        raise InvalidInputError(message, requests=len(requests))
    lasting = require_hold(expires_in)
    batch = ledger.Batch(session, actor=require_actor(actor))
    keys = _keys(requests)
    for request in requests:
        require_quantity(request.quantity)
    places = [(request.variant_id, request.location_id) for request in requests]
    levels = ledger.lock_levels(session, places)
    earlier = _replays(session, batch.actor, keys)
    decided: list[ReserveAnswer | tuple[ReserveRequest, dict[str, Any]]] = []
    for request in requests:
        answer = earlier.get(request.idempotency_key or "")
        if answer is not None:
            decided.append(_replayed(request, answer))
            continue
        level = levels.get((request.variant_id, request.location_id))
        refusal = _refusal(batch, level, request)
        if refusal is not None or level is None:
            left = 0 if level is None else max(0, level.available)
            decided.append(ReserveAnswer(request, None, refusal or "no_stock", left))
            continue
        batch.apply(level, MovementKind.RESERVED, {"reserved": request.quantity})
        row = batch.reserve(
            level,
            request.quantity,
            batch.now + lasting,
            holder_ref=request.holder_ref,
            idempotency_key=request.idempotency_key,
        )
        decided.append((request, row))
    if not batch.is_empty:
        batch.write()
    return [
        item if isinstance(item, ReserveAnswer) else ReserveAnswer(item[0], item[1]["id"])
        for item in decided
    ]


def _keys(requests: Sequence[ReserveRequest]) -> list[str]:
    keys = [require_key(r.idempotency_key) for r in requests if r.idempotency_key is not None]
    if len(set(keys)) != len(keys):
        message = "an idempotency key stands twice in one call: each request needs its own"
        raise InvalidInputError(message)
    return keys


def _replays(session: Session, actor: str, keys: list[str]) -> dict[str, Any]:
    if not keys:
        return {}
    query = select(
        Reservation.idempotency_key,
        Reservation.id,
        Reservation.variant_id,
        Reservation.location_id,
        Reservation.quantity,
    ).where(
        tuple_(Reservation.actor, Reservation.idempotency_key).in_([(actor, key) for key in keys])
    )
    return {str(row[0]): row for row in session.execute(query)}


def _replayed(request: ReserveRequest, row: Any) -> ReserveAnswer:
    asked = (request.variant_id, request.location_id, request.quantity)
    if tuple(row[2:]) != asked:
        return ReserveAnswer(request, None, "idempotency_conflict")
    return ReserveAnswer(request, row[1], is_replay=True)


def _refusal(
    batch: ledger.Batch, level: ledger.LevelState | None, request: ReserveRequest
) -> str | None:
    if level is None:
        return "insufficient_stock"
    if not level.is_open:
        return "location_closed"
    if not level.is_offered:
        return "variant_archived"
    if level.available < request.quantity:
        settle_due(batch, level)
    return "insufficient_stock" if level.available < request.quantity else None
