"""Changes of an order before its label: lines, address, two orders in one parcel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from commerce_core.orders.case import lock_order, require_version
from commerce_core.orders.changes import Addition, ChangeRequest, change_order
from commerce_core.orders.merging import merge_orders
from commerce_core.orders.models import LineKind, Order, OrderLine, OrderStatus
from webapp.line_forms import pieces_by_variant
from webapp.orders.forms import ADDRESS, ActionForm
from webapp.records import get_record

MOST_OFFERED: Final = 20
"""So many orders of one customer are offered to be merged with."""


def change_lines(session: Session, order: Order, form: ActionForm, actor: str) -> Order:
    """Take pieces off and put others on. What is added costs what it costs today.

    Its tax is that of the order's other goods.

    Raises:
        InvalidInputError: a line names no variant, or no quantity.
    """
    wanted = pieces_by_variant(session, form.additions)
    rate = _tax_rate(session, order) if wanted else Decimal(0)
    add = [Addition(variant, pieces, tax_rate=rate) for variant, pieces in wanted.items()]
    return change_order(
        session,
        order,
        ChangeRequest(add=add, remove=form.quantities),
        reason=form.reason,
        actor=actor,
        version=form.version,
    )


def _tax_rate(session: Session, order: Order) -> Decimal:
    """Return the rate that most of the order's goods have."""
    query = select(OrderLine.tax_rate).filter_by(order_id=order.id, kind=LineKind.GOODS)
    rates = Counter(session.scalars(query))
    return rates.most_common(1)[0][0] if rates else Decimal(0)


def change_address(session: Session, order: Order, form: ActionForm, actor: str) -> Order:
    """Send it somewhere else."""
    return change_order(
        session,
        order,
        ChangeRequest(shipping_address=address_after(order, form)),
        reason=form.reason,
        actor=actor,
        version=form.version,
    )


def address_after(order: Order, form: ActionForm) -> dict[str, Any]:
    """Return the order's address with what was typed in place of what the form shows of it."""
    kept = dict(order.shipping_address or {})
    for name in (*ADDRESS, "street"):
        kept.pop(name, None)
    return kept | form.address


def address_fields(order: Order) -> dict[str, str]:
    """Return the address as the fields of a form hold it."""
    known = order.shipping_address or {}
    fields = {name: str(known.get(name) or "") for name in ADDRESS}
    fields["line1"] = fields["line1"] or str(known.get("street") or "")
    return fields


def merge(session: Session, order: Order, form: ActionForm, actor: str) -> Order:
    """Take another order into this one. Both have to be as the person saw them."""
    number, version = form.other_order
    other = get_record(session, Order, number)
    for one in sorted((order, other), key=lambda found: found.id):
        seen = form.version if one is order else version
        require_version(lock_order(session, one.id), seen)
    return merge_orders(session, order, other, reason=form.reason, actor=actor)


def mergeable(session: Session, order: Order) -> Sequence[Order]:
    """Return the orders that could leave in one parcel with ``order``: one statement at most.

    Of the same customer, to the same address, in processing, with nothing in a parcel.
    """
    if order.status is not OrderStatus.PROCESSING or order.customer_id is None or order.is_history:
        return []
    packed = select(OrderLine.id).where(OrderLine.order_id == Order.id, OrderLine.fulfilled > 0)
    query = (
        select(Order)
        .where(Order.customer_id == order.customer_id, Order.id != order.id)
        .where(Order.status == OrderStatus.PROCESSING, Order.is_history.is_(False))
        .where(Order.currency == order.currency, Order.refunded == 0, ~packed.exists())
        .order_by(Order.id)
        .limit(MOST_OFFERED)
    )
    same = ("is_tax_included", "country", "shipping_address")
    return [
        other
        for other in session.scalars(query)
        if all(getattr(other, name) == getattr(order, name) for name in same)
    ]
