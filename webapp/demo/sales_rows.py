"""Customers, orders and credit notes of a story as rows. Ids are those of the story."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from commerce_core.orders.models import CreditKind, LineKind, OrderStatus
from webapp.demo.plan import OPEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webapp.demo.plan import PlannedCharge, PlannedLine, PlannedOrder, Story

CURRENCY: Final = "EUR"
_HOME: Final = "DE"
_Row = dict[str, Any]


def amount(cents: int) -> Decimal:
    """Return cents as the exact amount that is stored."""
    return Decimal(cents) / 100


def customers(story: Story) -> Iterator[_Row]:
    """Yield the customer accounts."""
    for customer in story.people:
        yield {
            "id": customer.index + 1,
            "number": customer.number,
            "name": customer.name,
            "email": customer.email,
            "country": customer.typed.address["country"],
            "locale": customer.locale,
            "created_at": datetime.combine(customer.joined_on, time(12), tzinfo=UTC),
        }


def orders(story: Story) -> Iterator[_Row]:
    """Yield the orders. Those that are open live: they wait for a packer, on account."""
    for order in story.orders:
        address = order.typed.address if order.typed else None
        is_open = order.status in OPEN
        yield {
            "id": order.id,
            "channel": order.channel,
            "number": order.number,
            "customer_id": _customer_id(order),
            "status": OrderStatus.PROCESSING if is_open else order.status,
            "is_history": not is_open,
            "total": _total(order) if is_open else None,
            "currency": CURRENCY,
            "country": address["country"] if address else _HOME,
            "placed_at": order.placed_at,
            "shipping_address": address,
            "created_at": order.placed_at,
        }


def _total(order: PlannedOrder) -> Decimal:
    goods = sum(line.quantity * line.price for line in order.lines)
    return amount(goods + sum(charge.price for charge in order.charges))


def _customer_id(order: PlannedOrder) -> int | None:
    return None if order.customer is None else order.customer.index + 1


def order_lines(story: Story) -> Iterator[_Row]:
    """Yield the lines of all orders: goods first, charges after them."""
    for order in story.orders:
        lines = [*map(_goods, order.lines), *map(_charge, order.charges)]
        is_open = order.status in OPEN
        for position, line in enumerate(lines, start=1):
            is_promised = is_open and line["kind"] is LineKind.GOODS
            allocated = line["quantity"] if is_promised else 0
            yield {"order_id": order.id, "position": position, "allocated": allocated, **line}


def _goods(line: PlannedLine) -> _Row:
    return {"id": line.id, "quantity": line.quantity, **_sold(line)}


def _sold(line: PlannedLine) -> _Row:
    return {
        "kind": LineKind.GOODS,
        "variant_id": line.variant.number + 1,
        "code": line.variant.sku,
        "name": f"{line.variant.product.name}, {line.variant.name}",
        "unit_price": amount(line.price),
    }


def _charge(charge: PlannedCharge) -> _Row:
    return {
        "id": charge.id,
        "kind": LineKind.CHARGE,
        "variant_id": None,
        "code": charge.code,
        "name": charge.name,
        "quantity": 1,
        "unit_price": amount(charge.price),
    }


def credit_notes(story: Story) -> Iterator[_Row]:
    """Yield the credit notes."""
    for credit in story.credits:
        order = credit.order
        yield {
            "id": credit.id,
            "channel": order.channel,
            "number": credit.number,
            "kind": CreditKind.CREDIT_NOTE,
            "order_id": order.id,
            "customer_id": _customer_id(order),
            "currency": CURRENCY,
            "country": order.typed.address["country"] if order.typed else _HOME,
            "issued_at": credit.issued_at,
            "created_at": credit.issued_at,
        }


def credit_note_lines(story: Story) -> Iterator[_Row]:
    """Yield the lines of all credit notes, with what came back as negative quantities."""
    for credit in story.credits:
        for position, part in enumerate(credit.lines, start=1):
            yield {
                "credit_note_id": credit.id,
                "position": position,
                "quantity": -part.quantity,
                "details": {"reason": part.reason},
                **_sold(part.line),
            }
