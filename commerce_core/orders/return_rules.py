"""What may come back, for how long, and what goes back to the customer for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from commerce_core.money import Money
from commerce_core.orders.amounts import line_value
from commerce_core.orders.errors import ReturnNotEligibleError
from commerce_core.orders.fulfillment_models import Fulfillment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

    from commerce_core.orders.models import Order, OrderLine
    from commerce_core.orders.return_models import ReturnLine


@dataclass(frozen=True, slots=True)
class ReturnRule:
    """A rule of a shop: ``holds(order, line)`` or the line is refused with code and words."""

    code: str
    words: str
    holds: Callable[[Order, OrderLine], bool]


@dataclass(frozen=True, slots=True)
class ReturnPolicy:
    """How long goods may come back, counted from delivery, and what never does.

    A line whose ``details`` say ``{"returnable": false}`` is final sale.
    """

    window: timedelta = timedelta(days=30)
    rules: Sequence[ReturnRule] = field(default_factory=tuple)


DEFAULT_POLICY: Final = ReturnPolicy()
_FINAL_SALE: Final = ReturnRule(
    "final_sale",
    "this was sold for good",
    lambda _, line: line.details.get("returnable") is not False,
)


def require_eligible(
    session: Session,
    order: Order,
    lines: Sequence[OrderLine],
    policy: ReturnPolicy,
    *,
    now: datetime,
) -> None:
    """Return if ``lines`` may come back under ``policy``.

    Raises:
        ReturnNotEligibleError: they may not; ``refusal`` names the rule.
    """
    arrived = session.scalar(
        select(func.max(func.coalesce(Fulfillment.delivered_at, Fulfillment.shipped_at))).where(
            Fulfillment.order_id == order.id
        )
    )
    since: datetime = arrived or order.placed_at
    if now > since + policy.window:
        days = policy.window.days
        raise _refused(order, "window_closed", f"the {days} days to send it back are over")
    for rule in (_FINAL_SALE, *policy.rules):
        for line in lines:
            if not rule.holds(order, line):
                raise _refused(order, rule.code, f"{line.code}: {rule.words}")


def _refused(order: Order, code: str, words: str) -> ReturnNotEligibleError:
    return ReturnNotEligibleError(words, refusal=code, order_id=order.id, number=order.number)


def propose_refund(
    order: Order, lines: Sequence[OrderLine], coming_back: Sequence[ReturnLine]
) -> Money:
    """Return what to give back for the pieces that were received, at most what was paid.

    Each piece is worth its share of what its line cost, discount and tax included. Pieces that
    came back before are counted first, so that parts of a line add up to the cent.
    """
    by_id = {line.id: line for line in lines}
    amount = Decimal(0)
    for back in coming_back:
        line = by_id[back.order_line_id]
        before = line_value(order, line, line.returned).total
        after = line_value(order, line, line.returned + back.received).total
        amount += after - before
    left = order.paid - order.refunded
    return Money(max(Decimal(0), min(amount, left)), order.currency)
