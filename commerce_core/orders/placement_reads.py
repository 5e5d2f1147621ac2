"""What placing an order reads: offers, new ids and an earlier order at once; then the prices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import String, bindparam, select, text

from commerce_core.catalog.models import Product, Variant
from commerce_core.catalog.prices import has_prices, prices_of
from commerce_core.errors import PriceNotFoundError, VariantNotFoundError
from commerce_core.inventory.ledger import lock_offers, offers_query
from commerce_core.journal.together import id_expression, numbers_from
from commerce_core.money import Money
from commerce_core.orders.models import Order, OrderLine
from commerce_core.orders.payment_models import Payment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy.orm import Session

    from commerce_core.inventory.ledger import LevelState

_NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Offer:
    """A variant as it is on offer. As it was read its price is the one last set by hand.

    ``is_repriced`` says that there are rows of prices, so that another one may be in force.
    """

    variant_id: int
    sku: str
    name: str
    price: Money
    is_repriced: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: offers by variant, the order that the key led to before, and fresh ids.

    ``levels`` are those of the variants and their parts, locked.
    """

    offers: dict[int, Offer]
    earlier_id: int | None
    order_id: int
    line_ids: list[int]
    payment_id: int
    levels: list[LevelState]


def read_and_lock(
    session: Session, variant_ids: Sequence[int], *, lines: int, actor: str, key: str | None
) -> Reading:
    """Read what an order of these variants needs, and lock their stock. One statement.

    A second one where something has no stock at all, such as a kit.

    Raises:
        VariantNotFoundError: there is no such variant.
    """
    session.flush()
    values = {
        "ids": sorted(set(variant_ids)),
        "actor": actor,
        "key": key,
        "orders": 1,
        "lines": lines,
        "payments": 1,
    }
    dialect = session.get_bind().dialect.name
    levels, rows = lock_offers(session, _locking(dialect), values)
    offers = {level.variant_id: _offer(row) for level, row in zip(levels, rows, strict=True)}
    if missing := set(variant_ids) - offers.keys():
        offers |= read_offers(session, sorted(missing))
    if not rows:  # nothing of it is in stock anywhere
        rows = list(session.connection().execute(_fresh_alone(dialect), values))
    *_, earlier, orders, line_ids, payments = rows[0]
    return Reading(
        offers,
        earlier,
        numbers_from(orders, 1)[0],
        numbers_from(line_ids, lines),
        numbers_from(payments, 1)[0],
        levels,
    )


def read_offers(session: Session, variant_ids: Sequence[int]) -> dict[int, Offer]:
    """Return variants as they are on offer. Locks nothing.

    Raises:
        VariantNotFoundError: there is no such variant.
    """
    query = select(*_OFFER).join(Product, Product.id == Variant.product_id)
    rows = session.execute(query.where(Variant.id.in_(variant_ids))).all()
    offers = {row[0]: _offer(row) for row in rows}
    if missing := set(variant_ids) - offers.keys():
        message = f"there is no variant with the id {min(missing)}"
        raise VariantNotFoundError(message, variant_id=min(missing))
    return offers


class _Own(NamedTuple):
    """What ``prices_of`` asks of a variant."""

    id: int
    price: Decimal
    currency: str
    compare_at_price: None = None


def at_prices_in_force(
    session: Session,
    offers: Mapping[int, Offer],
    variant_ids: Iterable[int],
    *,
    as_of: datetime,
    channel: str,
    currency: str | None = None,
) -> dict[int, Offer]:
    """Return ``offers``, those of ``variant_ids`` at what ``price_of`` says.

    One statement, or none where none of them was ever repriced or put into a price list.

    Raises:
        PriceNotFoundError: a variant has no price in this currency.
    """
    priced = dict(offers)
    asked = [offers[number] for number in dict.fromkeys(variant_ids)]
    own = [_Own(x.variant_id, x.price.amount, x.price.currency) for x in asked if x.is_repriced]
    quotes = prices_of(session, own, as_of=as_of, currency=currency, channel=channel)
    for offer in asked:
        if offer.variant_id in quotes:
            priced[offer.variant_id] = replace(offer, price=quotes[offer.variant_id].price)
        elif offer.is_repriced or currency not in {None, offer.price.currency}:
            message = f"{offer.sku} has no price in {currency} now"
            raise PriceNotFoundError(message, sku=offer.sku, currency=currency)
    return priced


def _offer(row: Sequence[Any]) -> Offer:
    number, sku, price, currency, variant, product, is_repriced, *_ = row
    name = f"{product}, {variant}" if variant else product
    return Offer(number, sku, name[:_NAME_LENGTH], Money(price, currency), bool(is_repriced))


_OFFER: Final = (
    Variant.id,
    Variant.sku,
    Variant.price,
    Variant.currency,
    Variant.name,
    Product.name,
    has_prices(),
)


@cache
def _locking(dialect: str) -> Any:
    return offers_query(*_OFFER, *_fresh(dialect))


@cache
def _fresh_alone(dialect: str) -> Any:
    return select(*_fresh(dialect))


def _fresh(dialect: str) -> list[Any]:
    """Return the columns of an order made before under the key, and of ids to come."""
    earlier = (
        select(Order.id)
        .where(Order.placed_by == bindparam("actor", type_=String()))
        .where(Order.idempotency_key == bindparam("key", type_=String()))
        .scalar_subquery()
    )
    models = {"orders": Order, "lines": OrderLine, "payments": Payment}
    is_postgresql = dialect == "postgresql"
    return [
        earlier,
        *(
            text(id_expression(model, name=name, is_postgresql=is_postgresql))
            for name, model in models.items()
        ),
    ]
