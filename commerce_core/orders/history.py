"""Orders of the past, sold elsewhere: written as they were, without touching stock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from commerce_core.errors import DuplicateError
from commerce_core.journal import RowsTogether, take_ids
from commerce_core.orders.baskets import amounts, line_rows, prices
from commerce_core.orders.models import Order, OrderLine, OrderStatus
from commerce_core.orders.placement_reads import read_offers

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from commerce_core.orders.baskets import Checkout
    from commerce_core.orders.external import ExternalOrder


def write_history(session: Session, checkout: Checkout, external: ExternalOrder) -> Order:
    """Write an order that was over before this shop began to keep books. The caller commits.

    Raises:
        DuplicateError: the channel has another order with this number.
    """
    offers = read_offers(session, checkout.variant_ids())
    sold_for = prices(checkout, offers)
    cost = amounts(checkout, sold_for)
    lines = line_rows(checkout, offers, sold_for, cost)
    ids = take_ids(session, {Order: 1, OrderLine: len(lines)})
    number = ids[Order][0]
    address = checkout.address()
    rows = RowsTogether()
    rows.insert(
        Order,
        {
            "id": number,
            "channel": checkout.channel,
            "number": external.number,
            "customer_id": checkout.customer.id if checkout.customer else None,
            "status": OrderStatus.CANCELLED if external.is_cancelled else OrderStatus.DELIVERED,
            "currency": cost.total.currency,
            "country": (address or {}).get("country"),
            "placed_at": external.placed_at,
            "created_at": external.placed_at,
            "shipping_address": address,
            "system": external.channel,
            "external_id": external.external_id,
            "is_history": True,
            "total": cost.total.amount,
            "tax": cost.tax.amount,
            "details": dict(checkout.details),
        },
    )
    for line_id, row in zip(ids[OrderLine], lines, strict=True):
        rows.insert(OrderLine, row | {"id": line_id, "order_id": number})
    try:
        with session.begin_nested():
            rows.write(session)
    except IntegrityError as exc:
        message = f"{checkout.channel} has an order {external.number} already"
        raise DuplicateError(message, channel=checkout.channel, number=external.number) from exc
    return session.get_one(Order, number)
