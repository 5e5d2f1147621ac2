"""Change an order before its label: address, pieces of lines, other lines, with a preview.

``preview_change`` says what a change would do to stock and money and changes nothing;
``change_order`` does it under the lock and writes the same down as an ``OrderChange``. What the
customer then owes, or gets back, is the order's ``balance``. A swap is a removal and an addition.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from commerce_core.clock import utc_now
from commerce_core.errors import CurrencyMismatchError, InvalidInputError
from commerce_core.inventory.availability import list_availability
from commerce_core.inventory.checks import require_quantity
from commerce_core.inventory.promises import Wish
from commerce_core.journal import take_ids
from commerce_core.money import Money
from commerce_core.orders.addresses import checked_address
from commerce_core.orders.amounts import Item, line_value, order_amounts
from commerce_core.orders.case import Case, opened
from commerce_core.orders.change_models import OrderChange
from commerce_core.orders.machine import Trigger
from commerce_core.orders.models import REASON_LENGTH, LineKind, Order, OrderLine, OrderStatus
from commerce_core.orders.payments import promise_missing
from commerce_core.orders.placement_reads import at_prices_in_force, read_offers
from commerce_core.orders.undoing import drop_pieces
from commerce_core.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from commerce_core.catalog.models import Variant


@dataclass(frozen=True, slots=True)
class Addition:
    """``quantity`` pieces more, at the price in force or at ``price``."""

    variant: Variant
    quantity: int
    price: Money | None = None
    tax_rate: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """What shall be different: lines to add, pieces to remove (line id → pieces), the address."""

    add: Sequence[Addition] = ()
    remove: Mapping[int, int] = field(default_factory=dict)
    shipping_address: Mapping[str, Any] | None = None

    def as_json(self) -> list[dict[str, Any]]:
        """Return the actions as they are kept."""
        actions: list[dict[str, Any]] = [
            {"add": item.variant.id, "quantity": item.quantity, "price": str(item.price)}
            for item in self.add
        ]
        actions += [{"remove": line, "quantity": n} for line, n in sorted(self.remove.items())]
        if self.shipping_address is not None:
            actions.append({"address": dict(self.shipping_address)})
        return actions


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """What a change does: totals before and after, and what of the additions is in stock now.

    ``short`` maps SKUs to pieces that are not there. ``difference`` above zero is what the
    customer owes more.
    """

    total_before: Money
    total_after: Money
    short: Mapping[str, int]

    @property
    def difference(self) -> Money:
        """Return by how much the total changes."""
        return self.total_after - self.total_before


def preview_change(session: Session, order: Order, change: ChangeRequest) -> ChangePreview:
    """Return what ``change`` would do. Locks nothing, changes nothing.

    Raises:
        InvalidInputError, CurrencyMismatchError, InvalidAddressError: it cannot be done.
        PriceNotFoundError: something has no price in the order's currency.
    """
    lines = session.scalars(
        select(OrderLine).filter_by(order_id=order.id).execution_options(populate_existing=True)
    ).all()
    _check(change)
    after = sum(
        (line_value(order, x, x.wanted - change.remove.get(x.id, 0)).total for x in lines),
        Decimal(0),
    )
    rows = _new_rows(session, order, change, position=0)
    after += sum((line_value(order, _line(row), row["quantity"]).total for row in rows), Decimal(0))
    short = {}
    for item in change.add:
        there = sum(found.available for found in list_availability(session, [item.variant.id]))
        if there < item.quantity:
            short[item.variant.sku] = item.quantity - max(0, there)
    before = Money(order.total or Decimal(0), order.currency)
    return ChangePreview(before, Money(after, order.currency), short)


def change_order(
    session: Session,
    order: Order,
    change: ChangeRequest,
    *,
    reason: str,
    actor: str,
    version: int | None = None,
    idempotency_key: str | None = None,
) -> Order:
    """Change an order; what is added and not there is short. The caller commits.

    Of a pending order only the address can be changed.

    Raises:
        QuantityNotLeftError: more to remove than is open and in no parcel.
        TransitionRefusedError: it has left, or a payment is under way.
        InvalidInputError, CurrencyMismatchError, InvalidAddressError: a value is not accepted.
        PriceNotFoundError: something added has no price in the order's currency.
        VersionConflictError, IdempotencyConflictError: as elsewhere.
    """
    why = clean_text(reason, name="the reason", max_length=REASON_LENGTH)
    _check(change)
    with opened(
        session,
        order,
        Trigger.CHANGE,
        actor=actor,
        reason=why,
        version=version,
        idempotency_key=idempotency_key,
        asked={"actions": change.as_json()},
    ) as case:
        if case.replayed is not None:
            return case.order
        if case.order.status is OrderStatus.PENDING and (change.add or change.remove):
            message = f"order {case.order.number} waits for its money: only its address can change"
            raise InvalidInputError(message, number=case.order.number)
        before = case.order.total or Decimal(0)
        if change.remove:
            drop_pieces(case, change.remove)
        fresh = _add(session, case, change)
        if change.shipping_address is not None:
            address = checked_address(change.shipping_address)
            country = address.get("country", case.order.country)
            case.set_order(shipping_address=address, country=country)
        if not fresh and change.remove and not case.situation().wanted:
            message = f"nothing would be left of order {case.order.number}: cancel it instead"
            raise InvalidInputError(message, number=case.order.number)
        case.retotal()
        added = sum((line_value(case.order, x, x.quantity).total for x in fresh), Decimal(0))
        tax = sum((x.tax for x in fresh), Decimal(0))
        if case.order.total is not None:
            case.set_order(total=case.value("total") + added, tax=case.value("tax") + tax)
        _write_down(case, change, before, why)
        short = case.short() + sum(line.short for line in fresh)
        case.write(short=short if case.order.status is OrderStatus.PROCESSING else 0)
    return case.order


def _check(change: ChangeRequest) -> None:
    if not (change.add or change.remove or change.shipping_address is not None):
        raise InvalidInputError("a change that changes nothing")
    for item in change.add:
        require_quantity(item.quantity)
    if change.shipping_address is not None:
        checked_address(change.shipping_address)


def _new_rows(
    session: Session, order: Order, change: ChangeRequest, *, position: int
) -> list[dict[str, Any]]:
    """Return the rows of lines to add, without ids."""
    if not change.add:
        return []
    ids = [item.variant.id for item in change.add]
    offers = at_prices_in_force(
        session,
        read_offers(session, ids),
        [item.variant.id for item in change.add if item.price is None],
        as_of=utc_now(),
        channel=order.channel,
        currency=order.currency,
    )
    rows = []
    for number, item in enumerate(change.add, start=position + 1):
        offer = offers[item.variant.id]
        price = offer.price if item.price is None else item.price
        if price.currency != order.currency:
            message = f"order {order.number} is in {order.currency}, not in {price.currency}"
            raise CurrencyMismatchError(message, left=order.currency, right=price.currency)
        cost = order_amounts(
            [Item(item.quantity, price, item.tax_rate)],
            currency=order.currency,
            is_tax_included=order.is_tax_included,
        )
        rows.append(
            {
                "order_id": order.id,
                "position": number,
                "kind": LineKind.GOODS,
                "variant_id": offer.variant_id,
                "code": offer.sku,
                "name": offer.name,
                "quantity": item.quantity,
                "unit_price": price.amount,
                "tax_rate": item.tax_rate,
                "discount": Decimal(0),
                "tax": cost.tax.amount,
                "details": {},
            }
        )
    return rows


def _line(row: Mapping[str, Any]) -> OrderLine:
    """Return a line that is in no database, to reckon with."""
    counts = dict.fromkeys(
        ("cancelled", "allocated", "fulfilled", "shipped", "delivered", "returned", "lost"), 0
    )
    return OrderLine(**(counts | dict(row)))


def _add(session: Session, case: Case, change: ChangeRequest) -> list[OrderLine]:
    """Record the lines to add, with what is there promised to them."""
    last = max(line.position for line in case.lines)
    rows = _new_rows(session, case.order, change, position=last)
    if not rows:
        return []
    numbers = take_ids(session, {OrderLine: len(rows)})[OrderLine]
    fresh = [_line(row | {"id": number}) for number, row in zip(numbers, rows, strict=True)]
    wishes = [Wish(line.id, line.variant_id or 0, line.quantity) for line in fresh]
    promise_missing(case, wishes, count=False)
    for line, row, wish in zip(fresh, rows, wishes, strict=True):
        line.allocated = wish.granted
        parts = {str(k): n for k, n in wish.parts.items()} if wish.is_kit else None
        more = {"id": line.id, "allocated": wish.granted, "parts": parts}
        case.rows.insert(OrderLine, row | more)
    return fresh


def _write_down(case: Case, change: ChangeRequest, before: Decimal, reason: str) -> None:
    after = case.value("total") or Decimal(0)
    case.rows.insert(
        OrderChange,
        {
            "order_id": case.order.id,
            "actions": change.as_json(),
            "preview": {"before": str(before), "after": str(after)},
            "difference": after - before,
            "reason": reason,
            "actor": case.attempt.actor,
            "created_at": utc_now(),
        },
    )
