"""Move stock between locations: draft, sent, received in parts, or called back.

Sending takes the pieces off the source's ``on_hand`` and adds them to the destination's
``incoming``; receiving turns ``incoming`` into ``on_hand``. Functions flush and never commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from commerce_core.errors import (
    InsufficientStockError,
    InvalidInputError,
    InvalidStateError,
)
from commerce_core.inventory import ledger
from commerce_core.inventory.allocations import fill
from commerce_core.inventory.checks import require_actor, require_open, require_quantity
from commerce_core.inventory.expiry import settle_due
from commerce_core.inventory.models import MovementKind
from commerce_core.inventory.transfer_models import (
    StockTransfer,
    StockTransferLine,
    TransferStatus,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from commerce_core.catalog.models import Variant
    from commerce_core.inventory.models import StockLocation

_ON_THE_WAY = (TransferStatus.IN_TRANSIT, TransferStatus.PARTIALLY_RECEIVED)


def create_transfer(
    session: Session,
    source: StockLocation,
    destination: StockLocation,
    lines: Mapping[Variant, int],
    *,
    actor: str,
) -> StockTransfer:
    """Draft a transfer; nothing moves yet. The caller commits.

    Raises:
        InvalidInputError: no lines, or source and destination are the same.
        InvalidQuantityError: a quantity is not a whole number from 1.
    """
    if source.id == destination.id:
        message = f"a transfer needs two locations, not {source.name} twice"
        raise InvalidInputError(message, location=source.code)
    if not lines:
        message = "a transfer needs at least one line"
        raise InvalidInputError(message)
    wanted = {variant.id: require_quantity(quantity) for variant, quantity in lines.items()}
    last = session.scalar(select(func.max(StockTransfer.id))) or 0
    transfer = StockTransfer(
        number=f"T{last + 1:05d}",
        source_id=source.id,
        destination_id=destination.id,
        created_by=require_actor(actor),
    )
    session.add(transfer)
    session.flush()
    session.add_all(
        StockTransferLine(transfer_id=transfer.id, variant_id=variant_id, quantity=quantity)
        for variant_id, quantity in sorted(wanted.items())
    )
    session.flush()
    return transfer


def transfer_stock(
    session: Session,
    source: StockLocation,
    destination: StockLocation,
    lines: Mapping[Variant, int],
    *,
    actor: str,
) -> StockTransfer:
    """Draft a transfer and send it at once; a refusal leaves nothing behind.

    Raises the errors of ``create_transfer`` and ``send_transfer``.
    """
    with session.begin_nested():
        transfer = create_transfer(session, source, destination, lines, actor=actor)
        return send_transfer(session, transfer, actor=actor)


def send_transfer(session: Session, transfer: StockTransfer, *, actor: str) -> StockTransfer:
    """Take a draft's pieces from the source and put them on their way.

    Raises:
        InvalidStateError: the transfer is not a draft.
        InsufficientStockError: the source has fewer available; nothing was changed.
        LocationClosedError: a location is closed.
    """
    current, lines = _locked(session, transfer, (TransferStatus.DRAFT,), "sent")
    batch = ledger.Batch(session, actor=require_actor(actor))
    levels = _levels(session, current, lines)
    for line in lines:
        source = levels[line.variant_id, current.source_id]
        require_open(source)
        require_open(levels[line.variant_id, current.destination_id])
        if source.available < line.quantity:
            settle_due(batch, source)
        if source.available < line.quantity:
            raise InsufficientStockError(
                sku=source.sku,
                location=source.location_name,
                requested=line.quantity,
                available=max(0, source.available),
            )
    for line in lines:
        cause = _cause(line)
        source = levels[line.variant_id, current.source_id]
        destination = levels[line.variant_id, current.destination_id]
        batch.apply(source, MovementKind.TRANSFER_SENT, {"on_hand": -line.quantity}, cause=cause)
        batch.apply(destination, MovementKind.EXPECTED, {"incoming": line.quantity}, cause=cause)
    batch.write()
    current.status = TransferStatus.IN_TRANSIT
    current.sent_at = batch.now
    session.flush()
    return current


def receive_transfer(
    session: Session, transfer: StockTransfer, received: Mapping[int, int], *, actor: str
) -> StockTransfer:
    """Book what arrived: line id → pieces. Closes the transfer when nothing is left.

    Raises:
        InvalidStateError: the transfer is not on its way.
        InvalidInputError: a line of another transfer, or more than is on its way.
        InvalidQuantityError: a quantity is not a whole number from 1.
    """
    current, lines = _locked(session, transfer, _ON_THE_WAY, "received")
    by_id = {line.id: line for line in lines}
    _require_in_transit(by_id, received)
    batch = ledger.Batch(session, actor=require_actor(actor))
    levels = _levels(session, current, lines)
    for line_id, pieces in sorted(received.items()):
        line = by_id[line_id]
        level = levels[line.variant_id, current.destination_id]
        deltas = {"on_hand": pieces, "incoming": -pieces}
        batch.apply(
            level, MovementKind.TRANSFER_RECEIVED, deltas, cause=_cause(line), physical=True
        )
        fill(batch, level)
        line.received += pieces
    batch.write()
    _close_if_done(session, current, lines, batch)
    return current


def cancel_transfer(
    session: Session, transfer: StockTransfer, *, actor: str, lost: bool = False
) -> StockTransfer:
    """Call a transfer back: a draft ends; what is on its way returns to the source.

    With ``lost`` what is still on its way is written off instead: it arrived nowhere.

    Raises:
        InvalidStateError: the transfer has ended.
    """
    current, lines = _locked(session, transfer, (TransferStatus.DRAFT, *_ON_THE_WAY), "cancelled")
    batch = ledger.Batch(session, actor=require_actor(actor))
    if current.status is not TransferStatus.DRAFT:
        _return_or_lose(batch, current, lines, lost=lost)
    arrived = any(line.received for line in lines)
    current.status = TransferStatus.RECEIVED if arrived else TransferStatus.CANCELLED
    current.closed_at = batch.now
    session.flush()
    return current


def _return_or_lose(
    batch: ledger.Batch,
    transfer: StockTransfer,
    lines: Sequence[StockTransferLine],
    *,
    lost: bool,
) -> None:
    levels = _levels(batch.session, transfer, lines)
    for line in lines:
        left = line.in_transit
        if not left:
            continue
        destination = levels[line.variant_id, transfer.destination_id]
        kind = MovementKind.WRITTEN_OFF if lost else MovementKind.EXPECTED
        batch.apply(destination, kind, {"incoming": -left}, cause=_cause(line))
        if lost:
            line.lost += left
            continue
        source = levels[line.variant_id, transfer.source_id]
        batch.apply(
            source,
            MovementKind.TRANSFER_RECEIVED,
            {"on_hand": left},
            cause=_cause(line),
            physical=True,
        )
        fill(batch, source)
    if not batch.is_empty:
        batch.write()


def list_transfer_lines(session: Session, transfer: StockTransfer) -> Sequence[StockTransferLine]:
    """Return the lines of a transfer as they are now."""
    query = select(StockTransferLine).filter_by(transfer_id=transfer.id)
    ordered = query.order_by(StockTransferLine.id).execution_options(populate_existing=True)
    return session.scalars(ordered).all()


def _locked(
    session: Session,
    transfer: StockTransfer,
    allowed: tuple[TransferStatus, ...],
    verb: str,
) -> tuple[StockTransfer, Sequence[StockTransferLine]]:
    current = session.scalars(
        select(StockTransfer)
        .filter_by(id=transfer.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if current.status not in allowed:
        message = f"transfer {current.number} is {current.status.value}: it cannot be {verb}"
        raise InvalidStateError(message, number=current.number, status=current.status.value)
    return current, list_transfer_lines(session, current)


def _levels(
    session: Session, transfer: StockTransfer, lines: Sequence[StockTransferLine]
) -> dict[tuple[int, int], ledger.LevelState]:
    places = [
        (line.variant_id, location)
        for line in lines
        for location in (transfer.source_id, transfer.destination_id)
    ]
    ledger.ensure_levels(session, places)
    return ledger.lock_levels(session, places)


def _require_in_transit(
    lines: Mapping[int, StockTransferLine], received: Mapping[int, int]
) -> None:
    if not received:
        message = "nothing was received: give at least one line"
        raise InvalidInputError(message)
    for line_id, pieces in received.items():
        require_quantity(pieces)
        line = lines.get(line_id)
        if line is None or pieces > line.in_transit:
            left = 0 if line is None else line.in_transit
            message = f"line {line_id} has {left} on the way, not {pieces}: adjust what came extra"
            raise InvalidInputError(message, line_id=line_id, requested=pieces, available=left)


def _close_if_done(
    session: Session,
    transfer: StockTransfer,
    lines: Sequence[StockTransferLine],
    batch: ledger.Batch,
) -> None:
    done = not any(line.in_transit for line in lines)
    transfer.status = TransferStatus.RECEIVED if done else TransferStatus.PARTIALLY_RECEIVED
    transfer.closed_at = batch.now if done else None
    session.flush()


def _cause(line: StockTransferLine) -> ledger.Cause:
    return ledger.Cause("stock_transfer_line", str(line.id))
