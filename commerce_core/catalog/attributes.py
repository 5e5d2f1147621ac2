"""Typed attributes of products: a text, a number, yes or no, or one of some choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from commerce_core.catalog.amounts import read_decimal
from commerce_core.catalog.attribute_models import (
    ATTRIBUTE_LENGTH,
    Attribute,
    AttributeKind,
    ProductAttribute,
)
from commerce_core.catalog.categories import fold
from commerce_core.catalog.changes import ChangeLog, require_actor
from commerce_core.catalog.models import NAME_LENGTH, Product
from commerce_core.catalog.options import insert_unless_there, next_position
from commerce_core.catalog.products import lock_product
from commerce_core.catalog.variant_fields import read_flag
from commerce_core.clock import utc_now
from commerce_core.errors import DuplicateError, InvalidInputError
from commerce_core.records import id_of
from commerce_core.text import clean_lines, clean_optional, clean_text, shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from sqlalchemy.orm import Session

MOST_CHOICES: Final = 500


def create_attribute(
    session: Session,
    *,
    name: str,
    kind: AttributeKind,
    choices: Sequence[str] = (),
    unit: str | None = None,
) -> Attribute:
    """Create an attribute that products can have. Flushes; the caller commits.

    Raises:
        DuplicateError: there is one with this name (case does not count).
        InvalidInputError: choices for another kind, none for a choice, or one twice.
    """
    written = clean_text(name, name="the attribute's name", max_length=NAME_LENGTH)
    kind = AttributeKind(kind)
    names = [clean_text(c, name="the choice", max_length=NAME_LENGTH) for c in choices]
    if (kind is AttributeKind.CHOICE) != bool(names) or len(names) > MOST_CHOICES:
        message = f"a choice needs 1 to {MOST_CHOICES} choices, and nothing else has any"
        raise InvalidInputError(message, choices=len(names))
    if len({fold(choice) for choice in names}) < len(names):
        message = "a choice is there twice (case does not count)"
        raise InvalidInputError(message)
    values = {
        "name": written,
        "name_key": fold(written),
        "kind": kind,
        "choices": names,
        "unit": clean_optional(unit, name="the unit", max_length=20),
        "position": next_position(session, Attribute),
        "created_at": utc_now(),
    }
    query = select(Attribute).filter_by(name_key=fold(written))
    if session.scalars(query).first() is not None:
        message = f"there is an attribute {written!r} already: choose another name"
        raise DuplicateError(message, name=written)
    insert_unless_there(session, Attribute, values)
    return session.scalars(query).one()


def list_attributes(session: Session) -> Sequence[Attribute]:
    """Return all attributes in their order."""
    return session.scalars(select(Attribute).order_by(Attribute.position, Attribute.id)).all()


def set_attribute(
    session: Session, product: Product, attribute: Attribute, value: Any, *, actor: str
) -> None:
    """Say what an attribute of a product is; None or "" to say nothing. The caller commits.

    Raises:
        InvalidInputError: the value is not of the attribute's kind.
    """
    who = require_actor(actor)
    column, stored = _read(attribute, value)
    here = lock_product(session, product)
    key = {"product_id": here.id, "attribute_id": id_of(attribute, Attribute)}
    row = session.get(ProductAttribute, tuple(key.values()), populate_existing=True)
    before = None if row is None else attribute_value(row)
    if before == stored:
        return
    if row is not None:
        session.delete(row)
        session.flush()
    if stored is not None:
        session.add(ProductAttribute(**key, **{column: stored}))
    session.flush()
    log = ChangeLog(who)
    log.add(here.id, {attribute.name: (before, stored)})
    log.write(session)


def product_attributes(session: Session, product: Product) -> list[tuple[Attribute, Any]]:
    """Return what is said of a product, in the order of the attributes."""
    query = (
        select(Attribute, ProductAttribute)
        .join(ProductAttribute, ProductAttribute.attribute_id == Attribute.id)
        .where(ProductAttribute.product_id == id_of(product, Product))
        .order_by(Attribute.position, Attribute.id)
    )
    return [(attribute, attribute_value(row)) for attribute, row in session.execute(query)]


def attribute_value(row: ProductAttribute) -> str | Decimal | bool | None:
    """Return the one value that a row holds."""
    if row.text is not None:
        return row.text
    return row.number if row.flag is None else row.flag


def _read(attribute: Attribute, value: Any) -> tuple[str, Any]:
    """Return the column for the attribute's kind, and what it stores."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return "text", None
    match attribute.kind:
        case AttributeKind.NUMBER:
            return "number", read_decimal(value)
        case AttributeKind.BOOLEAN:
            return "flag", read_flag(value)
        case AttributeKind.CHOICE:
            found = next(
                (c for c in attribute.choices if fold(c) == fold(str(value).strip())), None
            )
            if found is None:
                message = f"{shown(str(value))} is no choice of {attribute.name}"
                raise InvalidInputError(message, value=shown(str(value)))
            return "text", found
        case _:
            return "text", clean_lines(value, name=attribute.name, max_length=ATTRIBUTE_LENGTH)
