"""What the pages of returns share: their address, and which returns can be exchanged."""

from __future__ import annotations

from typing import Final

from commerce_core.orders.return_models import ReturnStatus

PATH: Final = "/returns"
EXCHANGEABLE: Final = frozenset(
    {
        ReturnStatus.REQUESTED,
        ReturnStatus.APPROVED,
        ReturnStatus.IN_TRANSIT,
        ReturnStatus.PARTIALLY_RECEIVED,
        ReturnStatus.RECEIVED,
        ReturnStatus.INSPECTED,
    }
)
"""What comes back in these states can still be exchanged for something else."""
