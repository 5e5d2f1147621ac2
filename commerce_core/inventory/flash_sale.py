"""Answer many independent requests of many customers in a constant number of statements.

One transaction for each customer queues them all on the row lock of a hot SKU; a batch takes
the lock once. Each request is granted or refused by itself, first come, first served.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from commerce_core.errors import InvalidInputError
from commerce_core.idempotency import require_key
from commerce_core.inventory import ledger
from commerce_core.inventory.checks import require_actor, require_quantity
from commerce_core.inventory.expiry import settle_due
from commerce_core.inventory.hold_checks import holder_cause, require_hold, require_holder
from commerce_core.inventory.hold_models import Reservation
from commerce_core.inventory.models import MovementKind
from commerce_core.inventory.reservations import DEFAULT_HOLD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from sqlalchemy.orm import Session

MAX_REQUESTS: Final = 1000
_ATTEMPTS: Final = 4
"""How often a batch is decided because one of its keys was used, before or meanwhile."""


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
    """The reservation's id, or why there is none.

    ``refusal`` is the code of the error that ``reserve_stock`` would have raised, such as
    ``insufficient_stock``; ``available`` is what was left at that moment.
    """

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
    who = require_actor(actor)
    wishes = [_checked(request) for request in requests]
    keys = _keys(wishes)
    places = [(wish.variant_id, wish.location_id) for wish in wishes]
    for attempt in range(_ATTEMPTS):
        levels = ledger.lock_levels(session, places)
        # Where everything can be granted, the write itself meets a key that was used before.
        is_new = not attempt and _is_enough(levels, wishes)
        earlier = {} if is_new else _replays(session, who, keys)
        batch = ledger.Batch(session, actor=who)
        settle_due(batch, levels.values())
        decided = [_decide(batch, levels, earlier, wish, lasting) for wish in wishes]
        try:
            if not batch.is_empty:
                batch.write()
        except ledger.KeyTakenError:  # the levels in memory are no longer what is stored
            continue
        return [_answer(item, wish) for item, wish in zip(decided, wishes, strict=True)]
    raise ledger.KeyTakenError


def _checked(request: ReserveRequest) -> ReserveRequest:
    require_quantity(request.quantity)
    return replace(request, holder_ref=require_holder(request.holder_ref))


def _keys(requests: Sequence[ReserveRequest]) -> list[str]:
    keys = [require_key(r.idempotency_key) for r in requests if r.idempotency_key is not None]
    if len(set(keys)) != len(keys):
        message = "an idempotency key stands twice in one call: each request needs its own"
        raise InvalidInputError(message)
    return keys


def _is_enough(
    levels: Mapping[tuple[int, int], ledger.LevelState], wishes: Sequence[ReserveRequest]
) -> bool:
    """Tell whether every wish can be granted as things stand."""
    wanted: Counter[tuple[int, int]] = Counter()
    for wish in wishes:
        wanted[wish.variant_id, wish.location_id] += wish.quantity
    return all(
        (level := levels.get(place)) is not None
        and level.is_open
        and level.is_offered
        and level.available >= pieces
        for place, pieces in wanted.items()
    )


def _replays(session: Session, actor: str, keys: list[str]) -> dict[str, Any]:
    if not keys:
        return {}
    query = select(
        Reservation.idempotency_key,
        Reservation.id,
        Reservation.variant_id,
        Reservation.location_id,
        Reservation.quantity,
        Reservation.holder_ref,
    ).where(Reservation.actor == actor, Reservation.idempotency_key.in_(keys))
    return {str(row[0]): row for row in session.execute(query)}


def _decide(
    batch: ledger.Batch,
    levels: Mapping[tuple[int, int], ledger.LevelState],
    earlier: Mapping[str, Any],
    wish: ReserveRequest,
    lasting: timedelta,
) -> ReserveAnswer | dict[str, Any]:
    """Return the answer to a wish, or the row of its new reservation."""
    replay = earlier.get(wish.idempotency_key or "")
    if replay is not None:
        return _replayed(wish, replay)
    level = levels.get((wish.variant_id, wish.location_id))
    refusal = _refusal(level, wish)
    if refusal is not None or level is None:
        left = 0 if level is None else max(0, level.available)
        return ReserveAnswer(wish, None, refusal, left)
    cause = holder_cause(wish.holder_ref)
    batch.apply(level, MovementKind.RESERVED, {"reserved": wish.quantity}, cause=cause)
    return batch.reserve(
        level,
        wish.quantity,
        batch.now + lasting,
        holder_ref=wish.holder_ref,
        idempotency_key=wish.idempotency_key,
    )


def _refusal(level: ledger.LevelState | None, wish: ReserveRequest) -> str | None:
    if level is None:
        return "insufficient_stock"
    if not level.is_open:
        return "location_closed"
    if not level.is_offered:
        return "variant_archived"
    return "insufficient_stock" if level.available < wish.quantity else None


def _replayed(wish: ReserveRequest, row: Any) -> ReserveAnswer:
    asked = (wish.variant_id, wish.location_id, wish.quantity, wish.holder_ref)
    if tuple(row[2:]) != asked:
        return ReserveAnswer(wish, None, "idempotency_conflict")
    return ReserveAnswer(wish, row[1], is_replay=True)


def _answer(decided: ReserveAnswer | dict[str, Any], wish: ReserveRequest) -> ReserveAnswer:
    if isinstance(decided, ReserveAnswer):
        return decided
    return ReserveAnswer(wish, decided["id"])
