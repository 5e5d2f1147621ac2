"""What transfers are among papers, and the levels at both ends of one.

The transfer is locked first, its levels in ascending id after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from commerce_core.inventory import ledger
from commerce_core.inventory.papers import PaperKind
from commerce_core.inventory.transfer_models import StockTransfer, StockTransferLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy.orm import Session

TRANSFERS: Final = PaperKind(StockTransfer, StockTransferLine, "transfer", "T", "transfer_id")


def list_transfer_lines(session: Session, transfer: StockTransfer) -> Sequence[StockTransferLine]:
    """Return the lines of a transfer as they are now."""
    return TRANSFERS.list_lines(session, transfer)


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
