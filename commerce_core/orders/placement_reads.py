"""What placing an order reads first, in one statement: offers, new ids, and an earlier order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, bindparam, select, text

from commerce_core.catalog.models import Product, Variant
from commerce_core.errors import VariantNotFoundError
from commerce_core.journal.together import id_expression, numbers_from
from commerce_core.money import Money
from commerce_core.orders.models import Order, OrderLine
from commerce_core.orders.payment_models import Payment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

_NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Offer:
    """A variant as it is on offer now."""

    variant_id: int
    sku: str
    name: str
    price: Money


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: offers by variant, the order that the key led to before, and fresh ids."""

    offers: dict[int, Offer]
    earlier_id: int | None
    order_id: int
    line_ids: list[int]
    payment_id: int


def read_offers(
    session: Session, variant_ids: Sequence[int], *, lines: int, actor: str, key: str | None
) -> Reading:
    """Read what an order of these variants needs. One statement.

    Raises:
        VariantNotFoundError: there is no such variant.
    """
    asked = {"ids": sorted(set(variant_ids)), "actor": actor, "key": key}
    counts = {"orders": 1, "lines": lines, "payments": 1}
    rows = session.execute(_query(session.get_bind().dialect.name), asked | counts).all()
    offers = {}
    for row in rows:
        name = f"{row.product}, {row.variant}" if row.variant else row.product
        price = Money(row.price, row.currency)
        offers[row.id] = Offer(row.id, row.sku, name[:_NAME_LENGTH], price)
    if missing := set(variant_ids) - offers.keys():
        message = f"there is no variant with the id {min(missing)}"
        raise VariantNotFoundError(message, variant_id=min(missing))
    *_, earlier, orders, line_ids, payments = rows[0]
    return Reading(
        offers,
        earlier,
        numbers_from(orders, 1)[0],
        numbers_from(line_ids, lines),
        numbers_from(payments, 1)[0],
    )


@cache
def _query(dialect: str) -> Any:
    earlier = (
        select(Order.id)
        .where(Order.placed_by == bindparam("actor", type_=String()))
        .where(Order.idempotency_key == bindparam("key", type_=String()))
        .scalar_subquery()
    )
    models = {"orders": Order, "lines": OrderLine, "payments": Payment}
    taken = [
        text(id_expression(model, name=name, is_postgresql=dialect == "postgresql"))
        for name, model in models.items()
    ]
    return (
        select(
            Variant.id,
            Variant.sku,
            Variant.price,
            Variant.currency,
            Variant.name.label("variant"),
            Product.name.label("product"),
            earlier.label("earlier"),
            *taken,
        )
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.id.in_(bindparam("ids", expanding=True)))
    )
