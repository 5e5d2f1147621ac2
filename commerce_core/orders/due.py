"""Orders whose time to pay has run out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from commerce_core.clock import require_aware, utc_now
from commerce_core.errors import ConflictError
from commerce_core.flows import Transaction
from commerce_core.journal import SYSTEM_ACTOR
from commerce_core.orders.models import Order, OrderStatus
from commerce_core.orders.undoing import expire_order

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from commerce_core.flows import Flow

SWEEP: Final = 100


def list_due_orders(
    session: Session, *, as_of: datetime | None = None, limit: int = SWEEP
) -> Sequence[Order]:
    """Return pending orders whose time to pay has run out, the one that waits longest first."""
    now = utc_now() if as_of is None else require_aware(as_of, name="as_of")
    query = (
        select(Order)
        .where(Order.status == OrderStatus.PENDING, Order.expires_at <= now)
        .order_by(Order.expires_at, Order.id)
        .limit(limit)
    )
    return session.scalars(query).all()


def expire_orders(*, actor: str = SYSTEM_ACTOR, limit: int = SWEEP) -> Flow[int]:
    """End every pending order that is due, each in a transaction of its own; return how many.

    One that is being paid at this moment, or whose payment is uncertain, is left alone.
    """
    due: Sequence[Order] = yield Transaction(partial(list_due_orders, limit=limit))
    ended = 0
    for order in due:
        try:
            yield Transaction(partial(expire_order, order=order, actor=actor))
        except ConflictError:  # it was paid, cancelled or asked for meanwhile
            continue
        ended += 1
    return ended
