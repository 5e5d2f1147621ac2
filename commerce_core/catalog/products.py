"""Create products and variants. The database holds every "exists already" by a unique key."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from commerce_core.catalog.details import require_details
from commerce_core.catalog.models import (
    COMBINATION_LENGTH,
    NAME_LENGTH,
    SKU_LENGTH,
    SLUG_LENGTH,
    TEXT_LENGTH,
    OptionType,
    OptionValue,
    Product,
    ProductOptionType,
    ProductStatus,
    Variant,
    VariantOptionValue,
)
from commerce_core.database import is_postgresql, translate_database_error
from commerce_core.errors import (
    CommerceError,
    DuplicateCombinationError,
    DuplicateError,
    DuplicateSkuError,
    InvalidInputError,
    InvalidMoneyError,
)
from commerce_core.money import Money
from commerce_core.records import id_of
from commerce_core.text import clean_lines, clean_optional, clean_text, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

_SWATCH = re.compile(r"#[0-9a-fA-F]{6}")


def normalize_sku(sku: str) -> str:
    """Return the form in which SKUs are compared: NFKC, upper case, without what nobody sees.

    Spaces, joiners and marks of direction do not count: no SKU has an invisible twin.

    Raises:
        InvalidTextError: empty, longer than 64 characters, or with control characters.
    """
    written = clean_text(sku, name="the SKU", max_length=SKU_LENGTH)
    folded = unicodedata.normalize("NFKC", written).upper()
    seen = "".join(c for c in folded if not c.isspace() and unicodedata.category(c) != "Cf")
    return clean_text(seen, name="the SKU", max_length=SKU_LENGTH)


def make_slug(name: str) -> str:
    """Return ``name`` as a part of an address: lower case letters, digits and hyphens.

    A name without any Latin letter gets a short digest of itself instead.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_LENGTH].strip("-")
    return slug or f"product-{hashlib.sha256(name.encode()).hexdigest()[:10]}"


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
        InvalidInputError: the status is none of ours, or the details are no JSON object.
        DuplicateError: another product has this slug, or this name and no slug was given.
    """
    name = clean_text(name, name="the product's name", max_length=NAME_LENGTH)
    slug = make_slug(clean_text(slug or name, name="the slug", max_length=SLUG_LENGTH))
    product = Product(
        name=name,
        slug=slug,
        description=clean_lines(description, name="the description", max_length=TEXT_LENGTH),
        brand=clean_optional(brand, name="the brand", max_length=NAME_LENGTH),
        category=clean_optional(category, name="the category", max_length=NAME_LENGTH),
        status=_require_status(status),
        details=require_details(details),
    )
    if session.scalar(select(Product.id).filter_by(slug=slug)) is not None:
        raise _duplicate_slug(slug)
    try:
        with session.begin_nested():
            session.add(product)
    except IntegrityError as exc:
        raise _duplicate_slug(slug) from exc
    return product


def _require_status(status: ProductStatus) -> ProductStatus:
    try:
        return ProductStatus(status)
    except ValueError as exc:
        names = ", ".join(ProductStatus)
        message = f"a product's status {shown(status)} is none of {names}"
        raise InvalidInputError(message, status=shown(status)) from exc


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
    if swatch is not None and not (isinstance(swatch, str) and _SWATCH.fullmatch(swatch)):
        message = f"a swatch {shown(swatch)} is not a colour such as #aa3322"
        raise InvalidInputError(message, swatch=shown(swatch))
    axis = _ensure(session, OptionType, name=option)
    found: OptionValue = _ensure(
        session, OptionValue, {"swatch": swatch}, option_type_id=axis.id, name=value
    )
    return found


def _ensure(
    session: Session, kind: Any, more: Mapping[str, Any] | None = None, /, **key: Any
) -> Any:
    """Return the row with this unique key, created at the end of its list where it is missing."""
    found = session.scalars(select(kind).filter_by(**key)).first()
    if found is None:
        parent = {name: value for name, value in key.items() if name.endswith("_id")}
        values = {**key, **(more or {}), "position": _next_position(session, kind, **parent)}
        _insert_unless_there(session, kind, values)
        found = session.scalars(select(kind).filter_by(**key)).one()
    return found


def _insert_unless_there(session: Session, kind: Any, values: dict[str, Any]) -> None:
    """Insert a row; where another transaction was quicker, wait for it and leave its row."""
    dialect: Any = postgresql if is_postgresql(session) else sqlite
    session.execute(dialect.insert(kind).values(values).on_conflict_do_nothing())


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
        InvalidInputError: the details are no JSON object, or an option is given twice.
    """
    key = normalize_sku(sku)
    _require_price(price)
    if session.scalar(select(Variant.id).filter_by(sku_key=key)) is not None:
        raise _duplicate_sku(sku)
    variant = Variant(
        product_id=id_of(product, Product),
        sku=clean_text(sku, name="the SKU", max_length=SKU_LENGTH),
        sku_key=key,
        barcode=clean_optional(barcode, name="the barcode", max_length=14),
        price=price.amount,
        currency=price.currency,
        details=require_details(details),
    )
    try:
        with session.begin_nested():  # new options go away again if the variant is refused
            _save(session, variant, name or product.name, options or {}, named=bool(name))
    except IntegrityError as exc:
        raise _refusal(exc, variant) from exc
    return variant


def combination_key(values: Sequence[OptionValue]) -> str:
    """Return the text that is unique for a set of option values, whatever their order."""
    numbers = ",".join(str(number) for number in sorted(value.id for value in values))
    return numbers if len(numbers) <= COMBINATION_LENGTH else _digest(numbers)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _save(
    session: Session, variant: Variant, name: str, options: Mapping[str, str], *, named: bool
) -> None:
    values = [
        ensure_option_value(session, option=option, value=value)
        for option, value in options.items()
    ]
    if len({value.option_type_id for value in values}) < len(values):
        message = "an option is given twice: a variant has one value on each axis"
        raise InvalidInputError(message, options=dict(options))
    shown = name if named or not values else " · ".join(value.name for value in values)
    variant.name = clean_text(shown, name="the variant's name", max_length=NAME_LENGTH)
    variant.combination = combination_key(values)
    variant.position = _next_position(session, Variant, product_id=variant.product_id)
    session.add(variant)
    session.flush()
    for position, value in enumerate(values):
        axis = {"product_id": variant.product_id, "option_type_id": value.option_type_id}
        _insert_unless_there(session, ProductOptionType, {**axis, "position": position})
        session.add(
            VariantOptionValue(
                variant_id=variant.id,
                option_type_id=value.option_type_id,
                option_value_id=value.id,
            )
        )


def _refusal(error: IntegrityError, variant: Variant) -> CommerceError:
    """Return what a unique key of the database means."""
    if "sku_key" in str(error.orig):
        return _duplicate_sku(variant.sku)
    if "combination" in str(error.orig):
        message = f"the product has a variant {variant.name!r} already"
        return DuplicateCombinationError(message, name=variant.name)
    return translate_database_error(error)


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
