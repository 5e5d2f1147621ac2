"""What the filters of the list leave of all products, so that a page costs the same at any size.

Where few rows pass a test they are looked up by an index, and their products are sorted. Where
many do, the list is walked by name and each product is asked: a page is full after a few.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true, union
from sqlalchemy.orm import Session

from commerce_core.catalog.category_models import Category
from commerce_core.catalog.models import Product, Variant, VariantOptionValue, VariantStatus
from commerce_core.catalog.search import match_variants, search_words
from commerce_core.database.id_lists import is_one_of
from commerce_core.inventory.lowness import is_low_variant, low_variants
from commerce_core.inventory.models import StockLevel
from webapp.products.filters import ListFilter, StockFilter

FEW: Final = 1_000
"""At most so many rows are looked up; more are met soon enough by walking the list."""
_ACTIVE: Final = Variant.status == VariantStatus.ACTIVE


def narrow(
    session: Session,
    wanted: ListFilter,
    categories: Sequence[Category],
    options: Sequence[Sequence[int]],
    out_ids: Collection[int] | None,
) -> ColumnElement[bool]:
    """Return what the filters leave.

    ``options`` holds the ids of the values of each option; ``out_ids`` the variants of which
    nothing is available, None where they are too many to be listed.
    """
    conditions = [_words(session, wanted.query)]
    if wanted.categories:
        roots = tuple(one.path for one in categories if one.id in wanted.categories)
        inside = [one.id for one in categories if roots and one.path.startswith(roots)]
        conditions.append(Product.category_id.in_(inside))
    if wanted.statuses:
        conditions.append(Product.status.in_(wanted.statuses))
    for values in options:
        chosen = [number for number in values if number in wanted.values]
        if chosen:
            conditions.append(_has_value(session, chosen))
    if wanted.stock is not None:
        conditions.append(_has_stock(session, wanted.stock, out_ids))
    return and_(*conditions)


def _words(session: Session, query: str) -> ColumnElement[bool]:
    """Return what selects the products with a variant that has all the words, or the name."""
    if not search_words(query):
        return false() if query.strip() else true()
    match = match_variants(session, query)
    own = select(Variant.id).where(Variant.product_id == Product.id, match.condition)
    if not match.is_narrow:
        return or_(match.named, _there_is(own))
    having = select(Product.id).join(Variant, Variant.product_id == Product.id)
    found = union(having.where(match.condition), select(Product.id).where(match.named))
    return is_one_of(session, Product.id, session.scalars(found).all())


def _has_value(session: Session, ids: Sequence[int]) -> ColumnElement[bool]:
    chosen = VariantOptionValue.option_value_id.in_(ids)
    few = _few(session, select(VariantOptionValue.variant_id).where(chosen))
    if few is not None:
        return _looked_up(session, few)
    here = VariantOptionValue.variant_id == Variant.id
    return _has_row(VariantOptionValue, here, chosen)


def _has_stock(
    session: Session, stock: StockFilter, out_ids: Collection[int] | None
) -> ColumnElement[bool]:
    if stock is StockFilter.LOW:
        few = _few(session, low_variants())
        if few is not None:
            return _looked_up(session, few)
        return _asked(is_low_variant())
    here = StockLevel.variant_id == Variant.id
    if stock is StockFilter.THERE:
        there = StockLevel.available > 0
        few = _few(session, select(StockLevel.variant_id).where(there))
        return _looked_up(session, few) if few is not None else _has_row(StockLevel, here, there)
    if out_ids is not None:
        return _looked_up(session, out_ids)
    levels = select(StockLevel.id).where(here)
    there_is = levels.where(StockLevel.available > 0).correlate(Variant).exists()
    return _asked(levels.correlate(Variant).exists(), ~there_is)


def _has_row(of: Any, *tests: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return whether a product has an active variant with a row of ``of`` that passes."""
    return _asked(select(of.variant_id).where(*tests).correlate(Variant).exists())


def _looked_up(session: Session, ids: Collection[int]) -> ColumnElement[bool]:
    here = is_one_of(session, Variant.id, sorted(set(ids)))
    return Product.id.in_(select(Variant.product_id).where(here, _ACTIVE))


def _asked(*tests: ColumnElement[bool]) -> ColumnElement[bool]:
    own = select(Variant.id).where(Variant.product_id == Product.id, _ACTIVE, *tests)
    return _there_is(own)


def _there_is(own: Select[Any]) -> ColumnElement[bool]:
    """Return whether a product has such a variant, to be asked of one product after the other.

    No EXISTS: PostgreSQL would read all variants that pass, to have them ready for every product.
    """
    return own.correlate(Product).limit(1).scalar_subquery().is_not(None)


def _few(session: Session, query: Select[Any]) -> Sequence[int] | None:
    """Return the ids of a query if they are few, else None."""
    found: Sequence[int] = session.scalars(query.limit(FEW + 1)).all()
    return found if len(found) <= FEW else None
