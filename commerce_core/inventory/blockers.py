"""What of the stock is in the way of retiring variants: pieces, promises, deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from commerce_core.catalog.matrix import Blocker
from commerce_core.inventory.models import StockLevel, StockLocation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

_IDS_AT_ONCE: Final = 500
_TEXTS: Final = {
    "on_hand": "on hand",
    "allocated": "allocated",
    "reserved": "reserved",
    "backordered": "on backorder",
    "incoming": "on their way",
}
"""The quantities that keep a variant alive, in the words of a sentence."""


def stock_blockers(session: Session, variant_ids: Sequence[int]) -> list[Blocker]:
    """Return what stock keeps these variants from being retired. A ``Blockers`` of the catalog.

    Pieces on hand, allocated, reserved, on backorder, and on their way from suppliers or other
    locations. One statement for 500 variants.
    """
    found: list[Blocker] = []
    for start in range(0, len(variant_ids), _IDS_AT_ONCE):
        query = (
            select(StockLevel, StockLocation.code)
            .join(StockLocation, StockLocation.id == StockLevel.location_id)
            .where(StockLevel.variant_id.in_(variant_ids[start : start + _IDS_AT_ONCE]))
            .order_by(StockLevel.variant_id, StockLocation.priority, StockLocation.id)
            .execution_options(populate_existing=True)
        )
        for level, code in session.execute(query):
            found.extend(_blockers(level, code))
    return found


def _blockers(level: StockLevel, code: str) -> Iterator[Blocker]:
    for name, words in _TEXTS.items():
        quantity = getattr(level, name)
        if quantity:
            yield Blocker(level.variant_id, name, f"{quantity} {words} at {code}")
