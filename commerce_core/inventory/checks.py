"""What every stock verb asks of its arguments and of the place it is about to change."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from commerce_core.errors import (
    InvalidInputError,
    InvalidQuantityError,
    LocationClosedError,
    VariantArchivedError,
)
from commerce_core.inventory.ledger import MAX_QUANTITY, Cause
from commerce_core.inventory.models import REASON_LENGTH
from commerce_core.records import number_of
from commerce_core.text import clean_optional, clean_text, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_core.inventory.ledger import LevelState

ACTOR_LENGTH: Final = 120
MAX_PAGE: Final = 1000


def require_actor(actor: str) -> str:
    """Return ``actor`` without outer spaces; raises InvalidTextError if it is empty or long."""
    return clean_text(actor, name="the actor", max_length=ACTOR_LENGTH)


def require_reason(reason: str | None) -> str | None:
    """Return ``reason`` as it is stored; raises InvalidTextError where it is too long."""
    return clean_optional(reason, name="the reason", max_length=REASON_LENGTH)


def require_quantity(quantity: int, *, least: int = 1) -> int:
    """Return ``quantity`` if it is a whole number from ``least`` to 1,000,000,000.

    Raises:
        InvalidQuantityError: it is not; a ``bool``, ``float`` or text is never one.
    """
    pieces = require_whole(quantity)
    if pieces < least:
        message = f"the quantity must be at least {least}, not {pieces}"
        raise InvalidQuantityError(message, quantity=pieces)
    return pieces


def require_whole(quantity: int) -> int:
    """Return ``quantity`` if it is a whole number of at most 1,000,000,000 up or down.

    Raises:
        InvalidQuantityError: it is not.
    """
    if isinstance(quantity, bool) or not isinstance(quantity, int):
        message = f"the quantity must be a whole number, not {quantity!r:.40}"
        raise InvalidQuantityError(message, quantity=repr(quantity)[:40])
    if abs(quantity) > MAX_QUANTITY:
        message = f"the quantity is larger than {MAX_QUANTITY:,}"
        raise InvalidQuantityError(message, quantity=f"{Decimal(quantity):.3e}")
    return quantity


def require_pieces(received: Mapping[int, int]) -> dict[int, int]:
    """Return line id → pieces in ascending id, each from 1.

    Raises:
        InvalidInputError: a key is no id of a line.
        InvalidQuantityError: a quantity is not a whole number from 1.
    """
    if any(number_of(line_id) is None for line_id in received):
        message = "say what arrived by the ids of the lines: {line.id: pieces}"
        raise InvalidInputError(message)
    return {line_id: require_quantity(received[line_id]) for line_id in sorted(received)}


def require_cause(cause: object, *, name: str = "the cause") -> Cause:
    """Return ``cause`` if it is one; a record or a text names nothing that can be found again.

    Raises:
        InvalidInputError: it is something else.
    """
    if not isinstance(cause, Cause):
        message = f'{name} is a Cause such as Cause("order_line", "812"), not {shown(cause)}'
        raise InvalidInputError(message)
    return cause


def require_limit(limit: int) -> int:
    """Return how many rows a read may return: ``limit``, but at least 1 and at most 1,000.

    Raises:
        InvalidQuantityError: it is not a whole number.
    """
    return max(1, min(require_whole(limit), MAX_PAGE))


def require_available_place(level: LevelState) -> None:
    """Return if stock of this level may be promised or moved.

    Raises:
        LocationClosedError: the location is closed.
        VariantArchivedError: the variant is archived.
    """
    require_open(level)
    if not level.is_offered:
        message = f"{level.sku} is archived: make it active first"
        raise VariantArchivedError(message, sku=level.sku)


def require_open(level: LevelState) -> None:
    """Return if the level's location takes part in anything; raises LocationClosedError."""
    if not level.is_open:
        message = f"{level.location_name} is closed: open it first, or adjust what is there"
        raise LocationClosedError(message, location=level.location_name)
