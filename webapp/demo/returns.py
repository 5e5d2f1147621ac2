"""What is sent back of an order, when it arrives, and what happens to it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from commerce_core.inventory.models import MovementKind
from webapp.demo.plan import SHOP, PlannedCredit, PlannedCreditLine, PlannedMovement
from webapp.demo.rhythm import local_day, work_moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from webapp.demo.baskets import Wishes
    from webapp.demo.plan import PlannedLine, PlannedOrder

_SELLABLE_RATE: Final = 0.93
_SUNDAY: Final = 6
_DAYS: Final = (4, 28, 9)
"""Least, most and usual number of days from the order until it is back."""
_ACTOR: Final = "returns desk"


def plan_return(dice: Random, wishes: Wishes, order: PlannedOrder) -> PlannedCredit | None:
    """Return what will come back of ``order``, or None. Its ids and number are given later."""
    habit = 1.0 if order.customer is None else order.customer.sends_back
    lines: list[PlannedCreditLine] = []
    for line in order.lines:
        pieces = _pieces_back(wishes, order, line, habit)
        if pieces:
            reason = wishes.reason(line.variant.product)
            is_sellable = dice.random() < _SELLABLE_RATE and reason != "Broken on arrival"
            lines.append(PlannedCreditLine(line, pieces, reason, is_sellable))
    if not lines:
        return None
    days = dice.triangular(1, 20, 5) if order.channel == SHOP else dice.triangular(*_DAYS)
    day = local_day(order.placed_at) + timedelta(days=max(1, round(days)))
    if day.weekday() == _SUNDAY:
        day += timedelta(days=1)
    return PlannedCredit(0, "", order, work_moment(dice, day), lines)


def _pieces_back(wishes: Wishes, order: PlannedOrder, line: PlannedLine, habit: float) -> int:
    has_pair = any(
        other is not line and other.variant.product is line.variant.product for other in order.lines
    )
    doubled = habit * (1.35 if has_pair and line.variant.product.is_fashion else 1.0)
    product = line.variant.product
    return sum(
        wishes.comes_back(product, channel=order.channel, habit=doubled)
        for _ in range(line.quantity)
    )


def restocked(credit: PlannedCredit) -> Iterator[PlannedMovement]:
    """Yield the movements that put back what can be sold again."""
    for part in credit.lines:
        if part.is_sellable:
            yield PlannedMovement(
                (part.line.variant.number, part.line.location),
                MovementKind.RESTOCKED,
                part.quantity,
                credit.issued_at,
                _ACTOR,
                f"{part.reason}, order {credit.order.number}",
                ("credit_note", str(credit.id)),
            )
