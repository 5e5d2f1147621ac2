"""What makes the demo's catalog look lived in: costs and weights, prices through time, pictures."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, insert, select, type_coerce, update

from commerce_core.catalog.attribute_models import AttributeKind, ProductAttribute, ProductImage
from commerce_core.catalog.attributes import create_attribute
from commerce_core.catalog.category_models import Category
from commerce_core.catalog.change_models import CatalogChange, ChangeKind
from commerce_core.catalog.changes import shown_value
from commerce_core.catalog.images import add_image, store_image
from commerce_core.catalog.models import OptionValue, Product, Variant, VariantOptionValue
from commerce_core.catalog.price_models import PriceKind, VariantPrice
from commerce_core.flows import run_in_transaction
from webapp.demo.drawings import draw_product

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

    from commerce_core.catalog.images import ImageStorage

_MANAGER: Final = "Jonas Weber"
_RISEN: Final = timedelta(days=200)
_SALE: Final = (timedelta(days=6), timedelta(days=13))
_EVERY_RISE, _EVERY_SALE = 3, 8
_COST, _FORMER, _REDUCED = 42, 93, 80
"""Percent of the price."""
_MATERIALS: Final = {
    "Shirts": "Linen", "Knitwear": "Merino wool", "Outerwear": "Waxed cotton", "Trousers": "Cotton",
    "Dresses": "Linen", "Shoes": "Leather", "Textiles": "Organic cotton", "Tableware": "Stoneware",
    "Kitchen": "Cast iron", "Candles": "Rapeseed wax", "Living": "Oak", "Bath": "Cotton",
}  # fmt: skip
_PAPER_GREY: Final = "#8a8f98"


def enliven_catalog(session: Session, *, as_of: datetime) -> None:
    """Write costs, weights, a rise of some prices, planned sales and materials. Caller commits."""
    product, price = Variant.product_id, Variant.price
    session.execute(
        update(Variant)
        .where(Variant.cost.is_(None))
        .values(cost=_percent_of(price), weight=120 + (product * 37) % 900, hs_code="620520")
        .execution_options(synchronize_session=False)
    )
    variants = session.execute(
        select(Variant.id, Variant.product_id, Variant.price, Variant.currency, Variant.created_at)
    ).all()
    risen = [row for row in variants if row.product_id % _EVERY_RISE == 0]
    reduced = [row for row in variants if row.product_id % _EVERY_SALE == 1]
    rows = [one for row in risen for one in _rise(row, as_of)]
    rows += [_sale(row, as_of) for row in reduced]
    _insert(session, VariantPrice, rows)
    _insert(session, CatalogChange, [_noted(row, as_of) for row in risen])
    _say_materials(session)


def _insert(session: Session, kind: Any, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), 500):
        session.execute(insert(kind), rows[start : start + 500])


def _percent(amount: Any, percent: int) -> Any:
    return round(amount * percent / 100)


def _percent_of(price: Any) -> Any:
    """Return SQL for the cost: the column holds units, and both numbers are plain ones."""
    return type_coerce(type_coerce(price, Integer) * _COST // 100, price.type)


def _price(row: Any, amount: Any, begins: datetime) -> dict[str, Any]:
    return {
        "variant_id": row.id,
        "kind": PriceKind.REGULAR,
        "amount": amount,
        "currency": row.currency,
        "valid_from": begins,
        "valid_until": None,
        "actor": _MANAGER,
    }


def _rise(row: Any, as_of: datetime) -> list[dict[str, Any]]:
    former = _price(row, _percent(row.price, _FORMER), row.created_at)
    return [former, _price(row, row.price, as_of - _RISEN)]


def _sale(row: Any, as_of: datetime) -> dict[str, Any]:
    begins, ends = (as_of + after for after in _SALE)
    reduced = _price(row, _percent(row.price, _REDUCED), begins)
    return reduced | {"kind": PriceKind.SALE, "valid_until": ends}


def _noted(row: Any, as_of: datetime) -> dict[str, Any]:
    before, after = shown_value(_percent(row.price, _FORMER)), shown_value(row.price)
    return {
        "product_id": row.product_id,
        "variant_id": row.id,
        "kind": ChangeKind.PRICE,
        "changes": {"price": [str(before), after]},
        "actor": _MANAGER,
        "occurred_at": as_of - _RISEN,
    }


def _say_materials(session: Session) -> None:
    material = create_attribute(session, name="Material", kind=AttributeKind.TEXT)
    create_attribute(session, name="Machine washable", kind=AttributeKind.BOOLEAN)
    query = select(Product.id, Category.name).join(Category, Category.id == Product.category_id)
    rows = [
        {"product_id": number, "attribute_id": material.id, "text": _MATERIALS[name]}
        for number, name in session.execute(query)
        if name in _MATERIALS
    ]
    _insert(session, ProductAttribute, rows)


def hang_pictures(factory: sessionmaker[Session], storage: ImageStorage) -> None:
    """Draw each product that has no picture, and show it with it. Commits."""
    with factory() as session:
        drawn = [
            (number, store_image(storage, draw_product(category or "", colour)))
            for number, category, colour in _undrawn(session)
        ]
    for start in range(0, len(drawn), 500):
        run_in_transaction(factory, partial(_hang, drawn=drawn[start : start + 500]))


def _undrawn(session: Session) -> list[tuple[int, str | None, str]]:
    """Return products without pictures: id, category, and the colour of the first variant."""
    colour = (
        select(OptionValue.swatch)
        .join(VariantOptionValue, VariantOptionValue.option_value_id == OptionValue.id)
        .join(Variant, Variant.id == VariantOptionValue.variant_id)
        .where(Variant.product_id == Product.id, OptionValue.swatch.is_not(None))
        .order_by(Variant.position, Variant.id)
        .limit(1)
        .correlate(Product)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Product.id, Category.name, colour)
        .outerjoin(Category, Category.id == Product.category_id)
        .where(~select(ProductImage.id).filter_by(product_id=Product.id).exists())
        .order_by(Product.id)
    )
    return [(number, name, swatch or _PAPER_GREY) for number, name, swatch in rows]


def _hang(session: Session, *, drawn: list[tuple[int, Any]]) -> None:
    for number, image in drawn:
        product = session.get_one(Product, number)
        add_image(session, product, image, alt=product.name, actor=_MANAGER)
