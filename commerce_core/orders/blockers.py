"""Which open orders are in the way of retiring variants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from commerce_core.catalog.matrix import Blocker
from commerce_core.orders.models import Order, OrderLine, OrderStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

OPEN: Final = (OrderStatus.PENDING, OrderStatus.PROCESSING)
"""Orders in these states still need their goods."""
_IDS_AT_ONCE: Final = 500


def order_blockers(session: Session, variant_ids: Sequence[int]) -> list[Blocker]:
    """Return the open orders that hold these variants. A ``Blockers`` of the catalog."""
    found: list[Blocker] = []
    for start in range(0, len(variant_ids), _IDS_AT_ONCE):
        query = (
            select(OrderLine.variant_id, func.count(Order.id.distinct()), func.min(Order.number))
            .join(Order, Order.id == OrderLine.order_id)
            .where(
                OrderLine.variant_id.in_(variant_ids[start : start + _IDS_AT_ONCE]),
                Order.status.in_(OPEN),
            )
            .group_by(OrderLine.variant_id)
            .order_by(OrderLine.variant_id)
        )
        for variant_id, count, number in session.execute(query):
            if variant_id is None:  # pragma: no cover - never: an id was asked for
                continue
            more = f" and {count - 1} more" if count > 1 else ""
            found.append(Blocker(variant_id, "open_orders", f"open order {number}{more}"))
    return found
