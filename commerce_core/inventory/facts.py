"""Physical facts: stock arrives, comes back, breaks, is thrown away, or was miscounted.

Every verb takes the session first, flushes, and never commits. One that raises leaves the
session as it found it. Quantities are whole numbers of pieces. A replay of an idempotency key
returns the first movement.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from commerce_core.errors import InvalidInputError, InvalidQuantityError
from commerce_core.inventory.booking import book, checked_fact
from commerce_core.inventory.checks import require_quantity, require_whole
from commerce_core.inventory.models import REASON_LENGTH, MovementKind, StockMovement
from commerce_core.text import clean_text, shown

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from commerce_core.catalog.models import Variant
    from commerce_core.inventory.ledger import Cause
    from commerce_core.inventory.models import StockLocation


class SetAside(StrEnum):
    """Where stock goes that is there but cannot be sold."""

    DAMAGED = "damaged"
    QUALITY_CONTROL = "quality_control"


def receive_stock(
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
    """Book ``quantity`` pieces that arrived. Covers what was short, then fills backorders.

    Raises:
        InvalidQuantityError: not a whole number from 1 to 1,000,000,000.
        LocationClosedError: the location is closed.
        InvalidTimeError: ``occurred_at`` is naive, in the future, or before the last movement.
        IdempotencyConflictError: the key was used with other content.
    """
    deltas = {"on_hand": require_quantity(quantity)}
    fact = checked_fact(
        MovementKind.RECEIVED,
        deltas,
        actor=actor,
        reason=reason,
        cause=cause,
        occurred_at=occurred_at,
        idempotency_key=idempotency_key,
    )
    return book(session, variant, location, fact)


def restock(
    session: Session,
    variant: Variant,
    location: StockLocation,
    *,
    quantity: int,
    actor: str,
    set_aside: SetAside | None = None,
    reason: str | None = None,
    cause: Cause | None = None,
    occurred_at: datetime | None = None,
    idempotency_key: str | None = None,
) -> StockMovement:
    """Book pieces that came back from a customer, sellable or ``set_aside``.

    Give the return line as ``cause`` and a key, and a repeat adds nothing. Errors as in
    ``receive_stock``, and InvalidInputError for a place that is none of ``SetAside``.
    """
    pieces = require_quantity(quantity)
    deltas = {"on_hand": pieces}
    if set_aside is not None:
        deltas[_require_place(set_aside).value] = pieces
    fact = checked_fact(
        MovementKind.RESTOCKED,
        deltas,
        actor=actor,
        reason=reason,
        cause=cause,
        occurred_at=occurred_at,
        idempotency_key=idempotency_key,
    )
    return book(session, variant, location, fact)


def adjust_stock(
    session: Session,
    variant: Variant,
    location: StockLocation,
    *,
    quantity: int,
    reason: str,
    actor: str,
    cause: Cause | None = None,
    occurred_at: datetime | None = None,
    idempotency_key: str | None = None,
) -> StockMovement:
    """Correct ``on_hand`` by ``quantity`` pieces, up or down, and say why.

    A loss is a fact and is booked even when the pieces were promised: what is missing then
    stands in ``short``.

    Raises:
        InvalidTextError: the reason is empty or longer than 200 characters.
        InvalidQuantityError: zero, or not a whole number.
        InsufficientStockError: more would go than are on hand; nothing was changed.
        InvalidTimeError, IdempotencyConflictError: as in receive_stock.
    """
    pieces = require_whole(quantity)
    if pieces == 0:
        message = "an adjustment of 0 changes nothing: give a quantity up or down"
        raise InvalidQuantityError(message, quantity=0)
    why = clean_text(reason, name="the reason", max_length=REASON_LENGTH)
    deltas = {"on_hand": pieces}
    fact = checked_fact(
        MovementKind.ADJUSTED,
        deltas,
        actor=actor,
        reason=why,
        cause=cause,
        occurred_at=occurred_at,
        idempotency_key=idempotency_key,
    )
    return book(session, variant, location, fact)


def set_aside_stock(
    session: Session,
    variant: Variant,
    location: StockLocation,
    *,
    quantity: int,
    place: SetAside,
    reason: str,
    actor: str,
    idempotency_key: str | None = None,
) -> StockMovement:
    """Move pieces from sellable to damaged or quality control, or back (negative quantity).

    Raises:
        InsufficientStockError: fewer are on hand, or set aside there.
        InvalidInputError: the place is none of ``SetAside``.
        InvalidQuantityError, InvalidTextError, IdempotencyConflictError: as in adjust_stock.
    """
    pieces = require_whole(quantity)
    where = _require_place(place)
    if pieces == 0:
        message = "setting 0 aside changes nothing: give a quantity, negative to put it back"
        raise InvalidQuantityError(message, quantity=0)
    kinds = {
        (SetAside.DAMAGED, True): MovementKind.DAMAGED,
        (SetAside.DAMAGED, False): MovementKind.QUALITY_RELEASED,
        (SetAside.QUALITY_CONTROL, True): MovementKind.QUALITY_HELD,
        (SetAside.QUALITY_CONTROL, False): MovementKind.QUALITY_RELEASED,
    }
    why = clean_text(reason, name="the reason", max_length=REASON_LENGTH)
    kind = kinds[where, pieces > 0]
    fact = checked_fact(
        kind,
        {where.value: pieces},
        actor=actor,
        reason=why,
        idempotency_key=idempotency_key,
    )
    return book(session, variant, location, fact)


def write_off_stock(
    session: Session,
    variant: Variant,
    location: StockLocation,
    *,
    quantity: int,
    place: SetAside,
    reason: str,
    actor: str,
    idempotency_key: str | None = None,
) -> StockMovement:
    """Throw away ``quantity`` pieces that were set aside: they are on hand no longer.

    Raises:
        InsufficientStockError: fewer are set aside there.
        InvalidInputError: the place is none of ``SetAside``.
        InvalidQuantityError, InvalidTextError, IdempotencyConflictError: as in adjust_stock.
    """
    pieces = require_quantity(quantity)
    fact = checked_fact(
        MovementKind.WRITTEN_OFF,
        {"on_hand": -pieces, _require_place(place).value: -pieces},
        actor=actor,
        reason=clean_text(reason, name="the reason", max_length=REASON_LENGTH),
        idempotency_key=idempotency_key,
    )
    return book(session, variant, location, fact)


def _require_place(place: SetAside) -> SetAside:
    """Return ``place``; its text, such as "damaged", is taken too."""
    try:
        return SetAside(place)
    except ValueError as exc:
        names = " or ".join(one.value for one in SetAside)
        message = f"stock is set aside as {names}, not {shown(place)}"
        raise InvalidInputError(message, place=shown(place)) from exc
