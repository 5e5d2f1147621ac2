"""Transfers arrive, in parts if need be, or are called back.

Receiving turns the destination's ``incoming`` into ``on_hand``. Functions flush, never commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from commerce_core.errors import InvalidInputError
from commerce_core.inventory import ledger
from commerce_core.inventory.backorders import fill
from commerce_core.inventory.checks import require_actor, require_open, require_pieces
from commerce_core.inventory.models import MovementKind
from commerce_core.inventory.papers import write_step
from commerce_core.inventory.replays import Once
from commerce_core.inventory.transfer_models import (
    StockTransfer,
    StockTransferLine,
    TransferStatus,
)
from commerce_core.inventory.transfer_rows import TRANSFERS, levels_of, line_cause
from commerce_core.records import id_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

_ON_THE_WAY: Final = (TransferStatus.IN_TRANSIT, TransferStatus.PARTIALLY_RECEIVED)


def receive_transfer(
    session: Session,
    transfer: StockTransfer,
    received: Mapping[int, int],
    *,
    actor: str,
    idempotency_key: str | None = None,
) -> StockTransfer:
    """Book what arrived: line id → pieces. Closes the transfer when nothing is left.

    A replay of the key books nothing.

    Raises:
        InvalidStateError: the transfer is not on its way.
        LocationClosedError: the destination is closed.
        InvalidInputError: a line of another transfer, or more than is on its way.
        InvalidQuantityError: a quantity is not a whole number from 1.
        IdempotencyConflictError: the key was used with other content.
    """
    pieces = require_pieces(received)
    who = require_actor(actor)
    content = {"transfer": id_of(transfer, StockTransfer), "received": list(pieces.items())}
    once = Once(session, actor=who, verb="receive_transfer", key=idempotency_key, **content)
    current, lines = TRANSFERS.lock(session, transfer)
    if once.earlier() is not None:
        return current
    TRANSFERS.require_state(current, _ON_THE_WAY, "received")
    by_id = {line.id: line for line in lines}
    _require_in_transit(by_id, pieces)
    with levels_of(session, current, lines) as levels:
        batch = ledger.Batch(session, actor=who)
        for line_id, quantity in pieces.items():
            line = by_id[line_id]
            level = levels[line.variant_id, current.destination_id]
            require_open(level)
            deltas = {"on_hand": quantity, "incoming": -quantity}
            cause = line_cause(line)
            kind = MovementKind.TRANSFER_RECEIVED
            batch.apply(level, kind, deltas, cause=cause, physical=True)
        fill(batch, *levels.values())
        changes: dict[Any, dict[str, Any]] = {
            by_id[number]: {"received": by_id[number].received + n} for number, n in pieces.items()
        }
        done = all(line.in_transit == pieces.get(line.id, 0) for line in lines)
        status = TransferStatus.RECEIVED if done else TransferStatus.PARTIALLY_RECEIVED
        changes[current] = {"status": status, "closed_at": batch.now if done else None}
        write_step(batch, changes, once, current.id)
    return current


def cancel_transfer(
    session: Session, transfer: StockTransfer, *, actor: str, lost: bool = False
) -> StockTransfer:
    """Call a transfer back: a draft ends; what is on its way returns to the source, open or not.

    With ``lost`` what is still on its way is written off instead: it arrived nowhere.

    Raises:
        InvalidStateError: the transfer has ended.
    """
    who = require_actor(actor)
    open_states = (TransferStatus.DRAFT, *_ON_THE_WAY)
    current, lines = TRANSFERS.lock(session, transfer)
    TRANSFERS.require_state(current, open_states, "cancelled")
    batch = ledger.Batch(session, actor=who)
    arrived = any(line.received for line in lines)
    status = TransferStatus.RECEIVED if arrived else TransferStatus.CANCELLED
    changes: dict[Any, dict[str, Any]] = {current: {"status": status, "closed_at": batch.now}}
    if current.status is TransferStatus.DRAFT:
        ledger.write_with(batch, changes)
        return current
    on_the_way = [line for line in lines if line.in_transit]
    if lost:
        changes |= {line: {"lost": line.lost + line.in_transit} for line in on_the_way}
    with levels_of(session, current, on_the_way) as levels:
        _return_or_lose(batch, current, on_the_way, levels, lost=lost)
        ledger.write_with(batch, changes)
    return current


def _return_or_lose(
    batch: ledger.Batch,
    transfer: StockTransfer,
    on_the_way: Sequence[StockTransferLine],
    levels: Mapping[tuple[int, int], ledger.LevelState],
    *,
    lost: bool,
) -> None:
    for line in on_the_way:
        destination = levels[line.variant_id, transfer.destination_id]
        kind = MovementKind.WRITTEN_OFF if lost else MovementKind.EXPECTED
        deltas = {"incoming": -line.in_transit}
        batch.apply(destination, kind, deltas, cause=line_cause(line))
        if not lost:
            source = levels[line.variant_id, transfer.source_id]
            deltas = {"on_hand": line.in_transit}
            kind = MovementKind.TRANSFER_RECEIVED
            batch.apply(source, kind, deltas, cause=line_cause(line), physical=True)
    fill(batch, *levels.values())


def _require_in_transit(
    lines: Mapping[int, StockTransferLine], received: Mapping[int, int]
) -> None:
    if not received:
        message = "nothing was received: give at least one line"
        raise InvalidInputError(message)
    for line_id, pieces in received.items():
        line = lines.get(line_id)
        if line is None or pieces > line.in_transit:
            left = 0 if line is None else line.in_transit
            message = f"line {line_id} has {left} on the way, not {pieces}: adjust what came extra"
            raise InvalidInputError(message, line_id=line_id, requested=pieces, available=left)
