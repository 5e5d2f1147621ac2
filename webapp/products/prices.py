"""Prices of a product through time: planned, in force and past; one line for many variants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from commerce_core.catalog.models import Product, Variant, VariantStatus
from commerce_core.catalog.price_models import PriceKind, PriceList, VariantPrice
from commerce_core.catalog.prices import cancel_price
from commerce_core.money import Money
from webapp.people import name_people
from webapp.products.reading import get_product_by_id

PAGE_ROWS: Final = 1_000
"""Prices of single variants that one page reads; the same one of many variants is one line."""


@dataclass(slots=True)
class PriceLine:
    """A price of one or many variants. ``state`` is planned, now or past."""

    price: Money
    kind: PriceKind
    begins: datetime
    ends: datetime | None
    list_name: str
    who: str
    state: str
    ids: list[int] = field(default_factory=list)
    variants: list[str] = field(default_factory=list)

    @property
    def can_be_cancelled(self) -> bool:
        """Whether it is planned, or a sale that is on."""
        return self.state == "planned" or (self.state == "now" and self.kind is PriceKind.SALE)


@dataclass(frozen=True, slots=True)
class PricePage:
    """One page of the prices, planned ones first. ``next`` is the price the next page is before."""

    lines: list[PriceLine]
    variants: Sequence[Variant]
    next: int | None


def read_prices(
    session: Session, product: Product, *, as_of: datetime, before: int | None
) -> PricePage:
    """Read a page of the prices. The number of statements does not depend on their number."""
    key = session.execute(
        select(VariantPrice.valid_from, VariantPrice.id).where(VariantPrice.id == (before or 0))
    ).first()
    order = (VariantPrice.valid_from, VariantPrice.id)
    query = (
        select(VariantPrice, Variant.name, Variant.position, PriceList.name)
        .join(Variant, Variant.id == VariantPrice.variant_id)
        .outerjoin(PriceList, PriceList.id == VariantPrice.price_list_id)
        .where(Variant.product_id == product.id)
        .order_by(*(column.desc() for column in order))
        .limit(PAGE_ROWS + 1)
    )
    if key is not None:
        query = query.where(tuple_(*order) < tuple_(*key))
    rows = session.execute(query).all()
    people = name_people(session, {row[0].actor for row in rows})
    variants = session.scalars(
        select(Variant)
        .where(Variant.product_id == product.id, Variant.status == VariantStatus.ACTIVE)
        .order_by(Variant.position, Variant.id)
    ).all()
    return PricePage(
        _lines(rows[:PAGE_ROWS], people, as_of),
        variants,
        rows[PAGE_ROWS - 1][0].id if len(rows) > PAGE_ROWS else None,
    )


def _lines(rows: Sequence[Any], people: Mapping[str, str], as_of: datetime) -> list[PriceLine]:
    """Put the same price of several variants into one line."""
    lines: dict[tuple[Any, ...], PriceLine] = {}
    newest: set[tuple[Any, ...]] = set()
    for price, name, _, list_name in rows:
        state = _state(price, newest, as_of)
        key = (
            price.kind, price.amount, price.currency, price.valid_from, price.valid_until,
            price.price_list_id, price.actor, state,
        )  # fmt: skip
        line = lines.setdefault(
            key,
            PriceLine(
                Money(price.amount, price.currency),
                price.kind,
                price.valid_from,
                price.valid_until,
                list_name or "",
                people[price.actor],
                state,
            ),
        )
        line.ids.append(price.id)
        line.variants.append(name)
    return list(lines.values())


def _state(price: VariantPrice, newest: set[tuple[Any, ...]], as_of: datetime) -> str:
    """Tell whether a price is planned, in force or past; rows come newest first."""
    if price.valid_from > as_of:
        return "planned"
    if price.valid_until is not None and price.valid_until <= as_of:
        return "past"
    key = (price.variant_id, price.price_list_id, price.kind)
    if key in newest:
        return "past"
    newest.add(key)
    return "now"


def cancel_prices(session: Session, number: int, ids: Sequence[int], *, actor: str) -> int:
    """Take back planned prices, or end sales that are on; return how many.

    Raises:
        InvalidStateError: one of them is history by now.
    """
    product = get_product_by_id(session, number)
    prices = session.scalars(
        select(VariantPrice)
        .join(Variant, Variant.id == VariantPrice.variant_id)
        .where(Variant.product_id == product.id, VariantPrice.id.in_(ids))
    ).all()
    for price in prices:
        cancel_price(session, price, actor=actor)
    return len(prices)
