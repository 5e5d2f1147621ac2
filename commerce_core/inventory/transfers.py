"""Send stock from one location to another.

Sending takes the pieces off the source's ``on_hand`` and adds them to the destination's
``incoming``; in transit they are nobody's ``available``. Functions flush and never commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_core.catalog.models import Variant
from commerce_core.errors import InvalidInputError
from commerce_core.inventory import ledger
from commerce_core.inventory.checks import require_actor, require_open, require_quantity
from commerce_core.inventory.expiry import settle_due
from commerce_core.inventory.hold_checks import too_few
from commerce_core.inventory.models import MovementKind, StockLocation
from commerce_core.inventory.papers import make_draft
from commerce_core.inventory.replays import Once
from commerce_core.inventory.transfer_arrivals import cancel_transfer, receive_transfer
from commerce_core.inventory.transfer_models import StockTransfer, TransferStatus
from commerce_core.inventory.transfer_rows import (
    TRANSFERS,
    levels_of,
    line_cause,
    list_transfer_lines,
)
from commerce_core.records import id_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session


__all__ = [
    "cancel_transfer",
    "create_transfer",
    "list_transfer_lines",
    "receive_transfer",
    "send_transfer",
    "transfer_stock",
]


def create_transfer(
    session: Session,
    source: StockLocation,
    destination: StockLocation,
    lines: Mapping[Variant, int],
    *,
    actor: str,
    idempotency_key: str | None = None,
) -> StockTransfer:
    """Draft a transfer; nothing moves yet. The caller commits.

    A replay of the key returns the first transfer.

    Raises:
        InvalidInputError: no lines, a kit, or source and destination are the same.
        VariantNotFoundError, LocationNotFoundError: something does not exist.
        InvalidQuantityError: a quantity is not a whole number from 1.
        IdempotencyConflictError: the key was used with other content.
    """
    if id_of(source, StockLocation) == id_of(destination, StockLocation):
        message = f"a transfer needs two locations, not {source.name} twice"
        raise InvalidInputError(message, location=source.code)
    if not lines:
        message = "a transfer needs at least one line"
        raise InvalidInputError(message)
    wanted = {id_of(v, Variant): require_quantity(quantity) for v, quantity in lines.items()}
    who = require_actor(actor)
    content = {"places": [source.id, destination.id], "lines": sorted(wanted.items())}
    once = Once(session, actor=who, verb="create_transfer", key=idempotency_key, **content)
    values = {
        "source_id": source.id,
        "destination_id": destination.id,
        "status": TransferStatus.DRAFT,
        "created_by": who,
    }
    return make_draft(
        session,
        TRANSFERS,
        once,
        values,
        lines=[{"variant_id": v, "quantity": n} for v, n in sorted(wanted.items())],
        places=[(number, place.id) for number in wanted for place in (source, destination)],
    )


def transfer_stock(
    session: Session,
    source: StockLocation,
    destination: StockLocation,
    lines: Mapping[Variant, int],
    *,
    actor: str,
    idempotency_key: str | None = None,
) -> StockTransfer:
    """Draft a transfer and send it at once; a refusal leaves nothing behind.

    Raises the errors of ``create_transfer`` and ``send_transfer``.
    """
    with session.begin_nested():
        transfer = create_transfer(
            session, source, destination, lines, actor=actor, idempotency_key=idempotency_key
        )
        if transfer.status is not TransferStatus.DRAFT:  # a replay
            return transfer
        return send_transfer(session, transfer, actor=actor)


def send_transfer(session: Session, transfer: StockTransfer, *, actor: str) -> StockTransfer:
    """Take a draft's pieces from the source and put them on their way.

    Raises:
        InvalidStateError: the transfer is not a draft.
        InsufficientStockError: the source has fewer available; nothing was changed.
        LocationClosedError: a location is closed.
    """
    who = require_actor(actor)
    current, lines = TRANSFERS.lock(session, transfer)
    TRANSFERS.require_state(current, (TransferStatus.DRAFT,), "sent")
    with levels_of(session, current, lines) as levels:
        batch = ledger.Batch(session, actor=who)
        sources = [levels[line.variant_id, current.source_id] for line in lines]
        for level in levels.values():
            require_open(level)
        if any(level.available < line.quantity for level, line in zip(sources, lines, strict=True)):
            settle_due(batch, sources)
        for source, line in zip(sources, lines, strict=True):
            if source.available < line.quantity:
                raise too_few(source, line.quantity)
            cause = line_cause(line)
            on_hand = {"on_hand": -line.quantity}
            batch.apply(source, MovementKind.TRANSFER_SENT, on_hand, cause=cause)
            destination = levels[line.variant_id, current.destination_id]
            incoming = {"incoming": line.quantity}
            batch.apply(destination, MovementKind.EXPECTED, incoming, cause=cause)
        sent = {"status": TransferStatus.IN_TRANSIT, "sent_at": batch.now}
        ledger.write_with(batch, {current: sent})
    return current
