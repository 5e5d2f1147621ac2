"""What a living shopper sends back. Functions on a session; the caller commits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from commerce_core.catalog.models import Variant
from commerce_core.clock import utc_now
from commerce_core.inventory import Cause, list_locations, restock
from commerce_core.orders.models import (
    CreditKind,
    CreditNote,
    CreditNoteLine,
    LineKind,
    Order,
    OrderLine,
    OrderStatus,
)
from webapp.demo.live_orders import ACTOR

if TYPE_CHECKING:
    from random import Random

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

_RECENT_LINES: Final = 3000
_TRIES: Final = 5
_REASONS: Final = ("Too small", "Too large", "Does not suit", "Colour differs", "Ordered two sizes")


def take_back(session: Session, dice: Random) -> CreditNote | None:
    """Take back a piece of a recent order of which nothing came back yet; None if none is found."""
    last = session.scalar(select(func.max(OrderLine.id))) or 0
    for _ in range(_TRIES):
        number = dice.randint(max(1, last - _RECENT_LINES), max(1, last))
        found = session.execute(_returnable(number)).first()
        if found is not None:
            return _credit(session, dice, *found)
    return None


def _returnable(line_id: int) -> Select[Order, OrderLine]:
    credited = select(CreditNote.id).where(CreditNote.order_id == Order.id).exists()
    states = (OrderStatus.SHIPPED, OrderStatus.DELIVERED)
    return (
        select(Order, OrderLine)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(OrderLine.id == line_id, OrderLine.kind == LineKind.GOODS)
        .where(Order.status.in_(states), ~credited)
    )


def _credit(session: Session, dice: Random, order: Order, line: OrderLine) -> CreditNote | None:
    place = next((place for place in list_locations(session) if place.is_open), None)
    if place is None or line.variant_id is None:
        return None
    reason = dice.choice(_REASONS)
    credit = CreditNote(
        channel=order.channel,
        number=f"R-{(session.scalar(select(func.max(CreditNote.id))) or 0) + 1:05d}",
        kind=CreditKind.CREDIT_NOTE,
        order_id=order.id,
        customer_id=order.customer_id,
        currency=order.currency,
        country=order.country,
        issued_at=utc_now(),
    )
    session.add(credit)
    session.flush()
    session.add(
        CreditNoteLine(
            credit_note_id=credit.id,
            position=1,
            kind=LineKind.GOODS,
            variant_id=line.variant_id,
            code=line.code,
            name=line.name,
            quantity=-1,
            unit_price=line.unit_price,
            details={"reason": reason},
        )
    )
    restock(
        session,
        session.get_one(Variant, line.variant_id),
        place,
        quantity=1,
        actor=ACTOR,
        reason=f"Return of order {order.number}: {reason.lower()}",
        cause=Cause("credit_note", str(credit.id)),
    )
    return credit
