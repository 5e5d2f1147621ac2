"""Turn soft promises into firm ones: reservations become allocations in one transaction.

A reservation's own hold never blocks it: what it held is what is allocated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from commerce_core.errors import ReservationClosedError
from commerce_core.idempotency import require_key
from commerce_core.inventory import ledger
from commerce_core.inventory.allocations import holder_story
from commerce_core.inventory.checks import require_actor
from commerce_core.inventory.hold_checks import lock_reservations, require_active
from commerce_core.inventory.hold_models import Allocation, Reservation, ReservationStatus
from commerce_core.inventory.ledger.objects import persistent
from commerce_core.inventory.models import MovementKind
from commerce_core.inventory.replays import conflict
from commerce_core.records import id_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from sqlalchemy.orm import Session


def allocate_reservation(
    session: Session,
    reservation: Reservation,
    *,
    holder: ledger.Cause,
    actor: str,
    holder_ref: str | None = None,
    idempotency_key: str | None = None,
) -> Allocation:
    """Turn an active reservation into a firm allocation. The caller commits.

    Its location may have closed and its variant may have been archived since: it was promised.
    Repeating it for the same holder returns the same allocation. Two statements on PostgreSQL.

    Raises:
        ReservationExpiredError: it has expired; reserve again.
        ReservationClosedError: it was released, or allocated to somebody else.
        ReservationNotFoundError: there is none, or it is not that of ``holder_ref``.
        IdempotencyConflictError: the key was used with other content.
    """
    key = None if idempotency_key is None else require_key(idempotency_key)
    story = holder_story(holder, key)
    wanted = {id_of(reservation, Reservation): story}
    return _allocate(session, [reservation], wanted, actor=actor, holder_ref=holder_ref)[0]


def allocate_reservations(
    session: Session,
    holders: Mapping[Reservation, ledger.Cause],
    *,
    actor: str,
    holder_ref: str | None = None,
) -> Sequence[Allocation]:
    """Turn reservations (of a basket, say) into allocations: all of them, or none.

    ``holders`` says for which line of an order each reservation is. Locks the levels in
    ascending id, so baskets in any order never wait for each other in a circle; the number of
    statements is constant. Returns the allocations in the order of ``holders``. Errors and
    replays as in ``allocate_reservation``.
    """
    stories = {id_of(r, Reservation): holder_story(holder, None) for r, holder in holders.items()}
    return _allocate(session, list(holders), stories, actor=actor, holder_ref=holder_ref)


def _allocate(
    session: Session,
    reservations: Sequence[Reservation],
    stories: Mapping[int, dict[str, Any]],
    *,
    actor: str,
    holder_ref: str | None,
) -> list[Allocation]:
    who = require_actor(actor)
    found = lock_reservations(session, reservations, holder_ref=holder_ref)
    batch = ledger.Batch(session, actor=who)
    done = _allocated_before(session, found, stories)
    fresh = [(level, current) for level, current in found if current.id not in done]
    for _, current in fresh:
        require_active(current, batch.now)
    rows: dict[int, dict[str, Any]] = {}
    for level, current in fresh:
        story = stories[current.id]
        pieces = current.quantity
        cause = ledger.Cause(story["holder_kind"], story["holder_ref"])
        batch.close_reservation(current.id, ReservationStatus.ALLOCATED)
        deltas = {"reserved": -pieces, "allocated": pieces}
        batch.apply(level, MovementKind.ALLOCATED, deltas, cause=cause)
        rows[current.id] = batch.allocate(level, pieces, reservation_id=current.id, **story)
    if not batch.is_empty:
        try:
            batch.write()
        except ledger.KeyTakenError as exc:  # only a single reservation comes with a key
            key = next(iter(stories.values()))["idempotency_key"]
            raise conflict(key, "allocate_reservation") from exc
    done |= {number: persistent(session, Allocation, row) for number, row in rows.items()}
    return [done[reservation.id] for reservation in reservations]


def _allocated_before(
    session: Session,
    found: Sequence[tuple[ledger.LevelState, Reservation]],
    stories: Mapping[int, dict[str, Any]],
) -> dict[int, Allocation]:
    """Return the allocations of reservations that became one before, for the same holder.

    Raises:
        ReservationClosedError: one was allocated for another holder.
    """
    taken = [r.id for _, r in found if r.status is ReservationStatus.ALLOCATED]
    if not taken:
        return {}
    query = select(Allocation).where(Allocation.reservation_id.in_(taken))
    rows = session.scalars(query.execution_options(populate_existing=True)).all()
    for row in rows:
        story = stories[row.reservation_id or 0]
        if (row.holder_kind, row.holder_ref) != (story["holder_kind"], story["holder_ref"]):
            message = f"reservation {row.reservation_id} is allocated to somebody else already"
            raise ReservationClosedError(
                message,
                reservation_id=row.reservation_id,
                status=ReservationStatus.ALLOCATED.value,
            )
    return {row.reservation_id or 0: row for row in rows}
