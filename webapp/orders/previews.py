"""What a change would do to stock and money, told before it is done.

The change is made, looked at, and undone: so a preview knows every rule and every price that the
change itself meets. What was shown is sealed; a change goes through only while it still does what
the person saw. Otherwise it is shown anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from commerce_core.idempotency import fingerprint_of
from commerce_core.inventory.availability import list_availability
from commerce_core.money import Money
from commerce_core.orders.models import LineKind, Order, OrderLine, OrderStatus
from commerce_core.orders.standing import balance
from webapp.variant_names import VariantName, name_variants


@dataclass(frozen=True, slots=True)
class Effect:
    """Pieces of one variant before and after: promised to the orders, and sold beyond stock.

    ``available`` is what is left for others afterwards, in all open locations.
    """

    variant: VariantName
    promised: tuple[int, int]
    short: tuple[int, int]
    available: int


@dataclass(frozen=True, slots=True)
class Preview:
    """Stock and money before and after. ``owed`` below zero is what the shop owes back."""

    total: tuple[Money, Money]
    refunded: tuple[Money, Money]
    owed: tuple[Money, Money]
    effects: Sequence[Effect]

    def seal(self, content: object) -> str:
        """Return what stands for the form and for what was shown of it."""
        pieces = [(effect.variant.id, effect.promised, effect.short[1]) for effect in self.effects]
        money = [str(amount) for amount in (*self.total, *self.refunded, *self.owed)]
        return fingerprint_of(content=content, money=money, pieces=pieces)[:32]


class PreviewOnly(Exception):  # noqa: N818 - no error: what was asked for is shown first
    """The change was undone again, to be shown first."""

    def __init__(self, preview: Preview) -> None:
        super().__init__("the change is shown before it is made")
        self.preview = preview


@dataclass(frozen=True, slots=True)
class _Books:
    """What some orders add up to."""

    total: Money
    refunded: Money
    owed: Money
    promised: Counter[int]
    short: Counter[int]


def sealed(
    session: Session,
    before: Collection[int],
    work: Callable[[], Order],
    *,
    seal: str | None,
    content: object,
) -> Order:
    """Do ``work`` on the orders ``before`` if it does what ``seal`` stands for.

    ``work`` returns the order it changed or made. Without a seal (None) it is done unseen. The
    caller commits.

    Raises:
        PreviewOnly: the seal is another one: the caller's transaction is undone.
    """
    if seal is None:
        return work()
    was = _read(session, before)
    order = work()
    preview = _compare(session, order, was, _read(session, {*before, order.id}))
    if preview.seal(content) != seal:
        raise PreviewOnly(preview)
    return order


def _read(session: Session, numbers: Collection[int]) -> _Books | None:
    """Add up what stands in the books now; None where there is no order yet."""
    wanted = sorted(numbers)
    orders = session.scalars(
        select(Order).where(Order.id.in_(wanted)).execution_options(populate_existing=True)
    ).all()
    if not orders:
        return None
    lines = session.scalars(
        select(OrderLine)
        .where(OrderLine.order_id.in_(wanted), OrderLine.kind == LineKind.GOODS)
        .execution_options(populate_existing=True)
    ).all()
    currency = orders[0].currency
    waiting = {order.id for order in orders if order.status is OrderStatus.PENDING}
    promised: Counter[int] = Counter()
    short: Counter[int] = Counter()
    for line in lines:
        # What waits for its money is held for the order, though not promised for good.
        promised[line.variant_id or 0] += (
            line.wanted if line.order_id in waiting else line.allocated
        )
        short[line.variant_id or 0] += 0 if line.order_id in waiting else line.short
    return _Books(
        Money(sum((order.total or Decimal(0) for order in orders), Decimal(0)), currency),
        Money(sum((order.refunded for order in orders), Decimal(0)), currency),
        Money(sum((balance(order).amount for order in orders), Decimal(0)), currency),
        promised,
        short,
    )


def _compare(session: Session, order: Order, was: _Books | None, now: _Books | None) -> Preview:
    assert now is not None  # noqa: S101 - the order that was made or changed is among them
    nothing = Money.of(0, order.currency)
    old = was or _Books(nothing, nothing, nothing, Counter(), Counter())
    touched = sorted(
        number
        for number in {*old.promised, *now.promised}
        if (old.promised[number], old.short[number]) != (now.promised[number], now.short[number])
    )
    names = name_variants(session, touched)
    left: Counter[int] = Counter()
    for found in list_availability(session, touched) if touched else ():
        left[found.variant_id] += max(0, found.available)
    effects = [
        Effect(
            names[number],
            (old.promised[number], now.promised[number]),
            (old.short[number], now.short[number]),
            left[number],
        )
        for number in touched
        if number in names
    ]
    return Preview(
        total=(old.total, now.total),
        refunded=(old.refunded, now.refunded),
        owed=(old.owed, now.owed),
        effects=effects,
    )
