"""What an idempotency key answered before: the same thing again, or a refusal.

The unique key in the database is the claim. A verb looks here when its write met that key, or
before it refuses: a replay must get its first answer also when a first try would be refused now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, true

from commerce_core.errors import IdempotencyConflictError
from commerce_core.idempotency import find_claim, fingerprint_of, is_unused, sealed
from commerce_core.inventory.ledger import Cause
from commerce_core.inventory.models import MovementKind, StockMovement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


class Once:
    """A request that may be repeated, where no single row of its own could carry the key.

    Decide, write the ``sealed`` key together with what was decided, and ask ``earlier`` where the
    key was taken or the decision was a refusal; or ask it first, under a lock that every request
    of this kind needs. Without a key it does nothing.
    """

    def __init__(
        self, session: Session, *, actor: str, verb: str, key: str | None, **content: Any
    ) -> None:
        self._session = session
        self._asked: dict[str, str] | None = None
        if key is not None:
            fingerprint = fingerprint_of(**content)
            self._asked = {"actor": actor, "verb": verb, "key": key, "fingerprint": fingerprint}

    def earlier(self) -> Any | None:
        """Return the recorded answer of the first time, or None.

        Raises:
            IdempotencyConflictError: the key was used with other content.
        """
        found = None if self._asked is None else find_claim(self._session, **self._asked)
        return None if found is None else found.result

    def is_new(self) -> ColumnElement[bool]:
        """Return the condition that nobody has used the key: a replay then waits for no lock."""
        return true() if self._asked is None else is_unused(**self._asked)

    def sealed(self, answer: Any) -> dict[str, Any] | None:
        """Return the row that claims the key with its answer, or None without a key."""
        return None if self._asked is None else sealed(**self._asked, result=answer)


def conflict(key: str | None, verb: str) -> IdempotencyConflictError:
    """Return the refusal of a key that was used with other content."""
    message = f"the idempotency key {key!r} was used before with other content: use a new key"
    return IdempotencyConflictError(message, key=key, verb=verb)


def find_movement(
    session: Session, kind: MovementKind, *, actor: str, key: str | None
) -> StockMovement | None:
    """Return the movement of this kind that ``actor`` booked under ``key``, if there is one."""
    if key is None:
        return None
    return session.scalars(
        select(StockMovement)
        .filter_by(actor=actor, kind=kind, idempotency_key=key)
        .execution_options(populate_existing=True)
    ).first()


def require_same(
    earlier: StockMovement,
    place: tuple[int, int],
    deltas: Mapping[str, int],
    *,
    cause: Cause | None,
    reason: str | None,
) -> StockMovement:
    """Return ``earlier`` if it booked these ``deltas`` at (variant id, location id) as told.

    Raises:
        IdempotencyConflictError: it booked something else.
    """
    asked = (*place, cause, reason, dict(deltas))
    kind, number = earlier.cause_kind, earlier.cause_id
    was = (
        earlier.variant_id,
        earlier.location_id,
        Cause(kind, number) if kind is not None and number is not None else None,
        earlier.reason,
        {name: getattr(earlier, f"{name}_delta") for name in deltas},
    )
    if asked != was:
        raise conflict(earlier.idempotency_key, earlier.kind.value)
    return earlier
