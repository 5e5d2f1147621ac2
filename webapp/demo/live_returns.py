"""What living shoppers send back, and what the returns desk does with it, step by step.

Functions on a session; the caller commits. Money is left to whoever signs in: a return that was
inspected waits for its refund.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from commerce_core.errors import ConflictError
from commerce_core.inventory import list_locations
from commerce_core.orders.arrivals import inspect_return, receive_return
from commerce_core.orders.models import LineKind, Order, OrderLine, OrderStatus
from commerce_core.orders.return_models import Return, ReturnReason, ReturnStatus
from commerce_core.orders.returns import (
    approve_return,
    close_return,
    list_return_lines,
    reject_return,
    request_return,
    send_return,
)
from webapp.demo.live_orders import ACTOR

if TYPE_CHECKING:
    from random import Random

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

_RECENT_LINES: Final = 600
_TRIES: Final = 12
_MOST_WAITING: Final = 8
"""So many inspected returns wait for their money at most before nothing more is announced."""
_ONLY_MOVES_RATE: Final = 0.4
_REJECTED_RATE: Final = 0.06
_DAMAGED_RATE: Final = 0.07
_MOVING: Final = (
    ReturnStatus.REQUESTED,
    ReturnStatus.APPROVED,
    ReturnStatus.IN_TRANSIT,
    ReturnStatus.PARTIALLY_RECEIVED,
    ReturnStatus.RECEIVED,
)
_REASONS: Final = (
    ReturnReason.TOO_SMALL,
    ReturnReason.TOO_LARGE,
    ReturnReason.DOES_NOT_SUIT,
    ReturnReason.NOT_AS_DESCRIBED,
    ReturnReason.ORDERED_TWICE,
)


def bring_back(session: Session, dice: Random) -> Return | None:
    """Move a return on that is under way, and often announce another; None where nothing is."""
    moving = session.scalars(
        select(Return).where(Return.status.in_(_MOVING)).order_by(Return.id).limit(20)
    ).all()
    moved = move_on(session, dice, dice.choice(moving)) if moving else None
    if moved is not None and dice.random() < _ONLY_MOVES_RATE:
        return moved
    waiting = select(func.count()).select_from(Return).filter_by(status=ReturnStatus.INSPECTED)
    if (session.scalar(waiting) or 0) >= _MOST_WAITING:
        return moved
    return announce(session, dice) or moved


def announce(session: Session, dice: Random, *, actor: str = ACTOR) -> Return | None:
    """Announce a piece of a recent order of which nothing comes back yet; None if none is found."""
    last = session.scalar(select(func.max(OrderLine.id))) or 0
    for _ in range(_TRIES):
        number = dice.randint(max(1, last - _RECENT_LINES), max(1, last))
        found = session.execute(_returnable(number)).first()
        if found is None:
            continue
        try:
            return request_return(
                session, found[0], {found[1].id: (1, dice.choice(_REASONS))}, actor=actor
            )
        except ConflictError:  # it is too late for it, or it has not left
            continue
    return None


def _returnable(line_id: int) -> Select[Order, OrderLine]:
    announced = select(Return.id).where(Return.order_id == Order.id).exists()
    states = (OrderStatus.SHIPPED, OrderStatus.DELIVERED)
    return (
        select(Order, OrderLine)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(OrderLine.id == line_id, OrderLine.kind == LineKind.GOODS)
        .where(OrderLine.variant_id.is_not(None), Order.status.in_(states), ~announced)
    )


def move_on(session: Session, dice: Random, found: Return, *, actor: str = ACTOR) -> Return:
    """Do what comes next with a return."""
    if found.status is ReturnStatus.REQUESTED:
        if dice.random() < _REJECTED_RATE:
            return reject_return(session, found, reason="worn, and washed", actor=actor)
        return approve_return(session, found, actor=actor)
    if found.status is ReturnStatus.APPROVED:
        return send_return(session, found, actor=actor)
    lines = list_return_lines(session, found)
    if found.status is ReturnStatus.IN_TRANSIT:
        place = next(place for place in list_locations(session) if place.is_open)
        pieces = {line.order_line_id: line.quantity for line in lines}
        return receive_return(session, found, pieces, place, actor=actor)
    damaged = {x.order_line_id: 1 for x in lines if x.received and dice.random() < _DAMAGED_RATE}
    inspected = inspect_return(session, found, damaged, actor=actor)
    if not inspected.refund_amount:  # it was paid elsewhere, so its money goes back there
        return close_return(session, inspected, actor=actor)
    return inspected
