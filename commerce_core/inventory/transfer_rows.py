"""Read and lock transfers: the transfer first, its levels in ascending id after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from commerce_core.errors import InvalidStateError
from commerce_core.inventory import ledger
from commerce_core.inventory.transfer_models import (
    StockTransfer,
    StockTransferLine,
    TransferStatus,
)
from commerce_core.records import id_of, locked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy.orm import Session


def list_transfer_lines(session: Session, transfer: StockTransfer) -> Sequence[StockTransferLine]:
    """Return the lines of a transfer as they are now."""
    query = select(StockTransferLine).filter_by(transfer_id=id_of(transfer, StockTransfer))
    ordered = query.order_by(StockTransferLine.id).execution_options(populate_existing=True)
    return session.scalars(ordered).all()


def lock_transfer_in(
    session: Session,
    transfer: StockTransfer,
    allowed: tuple[TransferStatus, ...],
    verb: str,
) -> tuple[StockTransfer, Sequence[StockTransferLine]]:
    """Lock a transfer that may be ``verb`` now; return it and its lines as they are.

    Raises:
        InvalidStateError: it is not in one of the ``allowed`` states.
    """
    current = lock_transfer(session, transfer)
    return current, require_state(session, current, allowed, verb)


def require_state(
    session: Session, current: StockTransfer, allowed: tuple[TransferStatus, ...], verb: str
) -> Sequence[StockTransferLine]:
    """Return the lines of a locked transfer that may be ``verb`` now."""
    if current.status not in allowed:
        message = f"transfer {current.number} is {current.status.value}: it cannot be {verb}"
        raise InvalidStateError(message, number=current.number, status=current.status.value)
    return list_transfer_lines(session, current)


def lock_transfer(session: Session, transfer: StockTransfer) -> StockTransfer:
    """Return the transfer as it is now, locked until the transaction ends."""
    return locked(session, transfer, StockTransfer)


def levels_of(
    session: Session, transfer: StockTransfer, lines: Sequence[StockTransferLine]
) -> AbstractContextManager[dict[tuple[int, int], ledger.LevelState]]:
    """Lock the levels of the lines at both ends of the transfer."""
    places = [
        (line.variant_id, location)
        for line in lines
        for location in (transfer.source_id, transfer.destination_id)
    ]
    return ledger.locked_or_new(session, places)


def line_cause(line: StockTransferLine) -> ledger.Cause:
    """Return the cause of the movements of a line."""
    return ledger.Cause("stock_transfer_line", str(line.id))
