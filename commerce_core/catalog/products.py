"""Create products and variants. The database holds every "exists already" by a unique key."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from commerce_core.catalog.models import (
    NAME_LENGTH,
    SKU_LENGTH,
    SLUG_LENGTH,
    OptionType,
    OptionValue,
    Product,
    ProductOptionType,
    ProductStatus,
    Variant,
    VariantOptionValue,
)
from commerce_core.errors import (
    DuplicateCombinationError,
    DuplicateError,
    DuplicateSkuError,
    InvalidInputError,
    InvalidMoneyError,
)
from commerce_core.money import Money
from commerce_core.text import clean_optional, clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

_SWATCH = re.compile(r"#[0-9a-fA-F]{6}")


def normalize_sku(sku: str) -> str:
    """Return the form in which SKUs are compared: NFKC, upper case, without any spaces.

    Raises:
        InvalidTextError: empty, longer than 64 characters, or with control characters.
    """
    written = clean_text(sku, name="the SKU", max_length=SKU_LENGTH)
    folded = unicodedata.normalize("NFKC", written).upper()
    return clean_text("".join(folded.split()), name="the SKU", max_length=SKU_LENGTH)


def make_slug(name: str) -> str:
    """Return ``name`` as a part of an address: lower case letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_LENGTH]


def create_product(
    session: Session,
    *,
    name: str,
    slug: str | None = None,
    description: str = "",
    brand: str | None = None,
    category: str | None = None,
    status: ProductStatus = ProductStatus.ACTIVE,
    details: dict[str, Any] | None = None,
) -> Product:
    """Create a product. Flushes; the caller commits.

    Raises:
        InvalidTextError: a text is empty or too long.
        DuplicateError: another product has this slug.
    """
    name = clean_text(name, name="the product's name", max_length=NAME_LENGTH)
    address = make_slug(slug or name)
    slug = clean_text(address or "product", name="the slug", max_length=SLUG_LENGTH)
    product = Product(
        name=name,
        slug=slug,
        description=description,
        brand=clean_optional(brand, name="the brand", max_length=NAME_LENGTH),
        category=clean_optional(category, name="the category", max_length=NAME_LENGTH),
        status=status,
        details=details or {},
    )
    if session.scalar(select(Product.id).filter_by(slug=slug)) is not None:
        raise _duplicate_slug(slug)
    try:
        with session.begin_nested():
            session.add(product)
    except IntegrityError as exc:
        raise _duplicate_slug(slug) from exc
    return product


def _duplicate_slug(slug: str) -> DuplicateError:
    message = f"there is a product with the slug {slug!r} already: choose another"
    return DuplicateError(message, slug=slug)


def ensure_option_value(
    session: Session, *, option: str, value: str, swatch: str | None = None
) -> OptionValue:
    """Return the value of an option type, creating either where it is missing. Flushes.

    Raises:
        InvalidTextError: a name is empty or too long.
        InvalidInputError: the swatch is not a colour such as ``#aa3322``.
    """
    option = clean_text(option, name="the option's name", max_length=NAME_LENGTH)
    value = clean_text(value, name="the option value's name", max_length=NAME_LENGTH)
    if swatch is not None and not _SWATCH.fullmatch(swatch):
        message = f"{swatch[:20]!r} is not a colour such as #aa3322"
        raise InvalidInputError(message, swatch=swatch[:20])
    axis = session.scalars(select(OptionType).filter_by(name=option)).first()
    if axis is None:
        axis = OptionType(name=option, position=_next_position(session, OptionType))
        session.add(axis)
        session.flush()
    found = session.scalars(
        select(OptionValue).filter_by(option_type_id=axis.id, name=value)
    ).first()
    if found is None:
        position = _next_position(session, OptionValue, option_type_id=axis.id)
        found = OptionValue(option_type_id=axis.id, name=value, swatch=swatch, position=position)
        session.add(found)
        session.flush()
    return found


def _next_position(session: Session, kind: Any, **where: Any) -> int:
    last = session.scalar(select(func.max(kind.position)).filter_by(**where))
    return 0 if last is None else int(last) + 1


def create_variant(
    session: Session,
    product: Product,
    *,
    sku: str,
    price: Money,
    options: Mapping[str, str] | None = None,
    name: str | None = None,
    barcode: str | None = None,
    details: dict[str, Any] | None = None,
) -> Variant:
    """Create a variant of ``product`` with one value for each option. Flushes; does not commit.

    ``options`` maps option types to values, ``{"Colour": "Red", "Size": "M"}``; missing ones are
    created. ``name`` defaults to the values joined by " · ".

    Raises:
        DuplicateSkuError: the SKU exists (case and spaces do not count).
        DuplicateCombinationError: the product has a variant with these values.
        InvalidMoneyError, InvalidTextError: a value cannot be accepted.
    """
    key = normalize_sku(sku)
    _require_price(price)
    if session.scalar(select(Variant.id).filter_by(sku_key=key)) is not None:
        raise _duplicate_sku(sku)
    values = [
        ensure_option_value(session, option=option, value=value)
        for option, value in (options or {}).items()
    ]
    shown = name or " · ".join(value.name for value in values) or product.name
    variant = Variant(
        product_id=product.id,
        sku=sku.strip(),
        sku_key=key,
        name=clean_text(shown, name="the variant's name", max_length=NAME_LENGTH),
        barcode=clean_optional(barcode, name="the barcode", max_length=14),
        combination=combination_key(values),
        position=_next_position(session, Variant, product_id=product.id),
        price=price.amount,
        currency=price.currency,
        details=details or {},
    )
    _save(session, variant, values)
    return variant


def combination_key(values: list[OptionValue]) -> str:
    """Return the text that is unique for a set of option values, whatever their order."""
    return ",".join(str(number) for number in sorted(value.id for value in values))


def _save(session: Session, variant: Variant, values: list[OptionValue]) -> None:
    try:
        with session.begin_nested():
            session.add(variant)
            session.flush()
            for position, value in enumerate(values):
                _link(session, variant, value, position)
    except IntegrityError as exc:
        if "sku_key" in str(exc.orig):
            raise _duplicate_sku(variant.sku) from exc
        if "combination" in str(exc.orig):
            message = f"the product has a variant {variant.name!r} already"
            raise DuplicateCombinationError(message, name=variant.name) from exc
        raise


def _link(session: Session, variant: Variant, value: OptionValue, position: int) -> None:
    session.add(
        VariantOptionValue(
            variant_id=variant.id, option_type_id=value.option_type_id, option_value_id=value.id
        )
    )
    axis = (variant.product_id, value.option_type_id)
    if session.get(ProductOptionType, axis) is None:
        session.add(
            ProductOptionType(product_id=axis[0], option_type_id=axis[1], position=position)
        )


def _require_price(price: object) -> None:
    if not isinstance(price, Money):
        message = "the price must be Money, for example Money.of('9.90', 'EUR')"
        raise InvalidMoneyError(message, value=repr(price)[:40])
    if price.amount < 0:
        message = f"the price {price} is negative"
        raise InvalidMoneyError(message, value=str(price))


def _duplicate_sku(sku: str) -> DuplicateSkuError:
    message = f"there is a variant with the SKU {sku.strip()!r} already: choose another"
    return DuplicateSkuError(message, sku=sku.strip())
