"""Create single variants. Many at once are made by ``matrix_apply`` and by imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from commerce_core.catalog.barcodes import normalize_barcode
from commerce_core.catalog.change_models import ChangeKind
from commerce_core.catalog.changes import NOBODY, ChangeLog, require_actor
from commerce_core.catalog.details import require_details
from commerce_core.catalog.models import (
    NAME_LENGTH,
    OPTION_TEXT_LENGTH,
    Product,
    ProductOptionType,
    Variant,
    VariantOptionValue,
)
from commerce_core.catalog.options import (
    JOINER,
    combination_key,
    ensure_option_value,
    insert_unless_there,
    next_position,
)
from commerce_core.catalog.skus import duplicate_barcode, duplicate_sku, sku_and_key
from commerce_core.catalog.variant_fields import VARIANT_FIELDS, read_field
from commerce_core.database import translate_database_error
from commerce_core.errors import (
    CommerceError,
    DuplicateCombinationError,
    InvalidInputError,
    InvalidMoneyError,
)
from commerce_core.money import Money
from commerce_core.records import id_of
from commerce_core.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from commerce_core.catalog.models import OptionValue


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
    actor: str = NOBODY,
    **fields: Any,
) -> Variant:
    """Create a variant of ``product`` with one value for each option. Flushes; does not commit.

    ``options`` maps option types to values, ``{"Colour": "Red", "Size": "M"}``; missing ones are
    created. ``name`` defaults to the values joined by " · ". ``fields`` are further fields of
    ``VARIANT_FIELDS``, such as ``weight=250`` (grams) or ``cost="4.20"``.

    Raises:
        DuplicateSkuError: the SKU exists (case and spaces do not count).
        DuplicateBarcodeError: the barcode exists (leading zeros do not count).
        DuplicateCombinationError: the product has a variant with these values.
        InvalidBarcodeError, InvalidMoneyError, InvalidTextError: a value cannot be accepted.
        InvalidInputError: the details are no JSON object, or an option is given twice.
    """
    written, key = sku_and_key(sku)
    require_price(price)
    shown, barcode_key = (None, None)
    if barcode is not None and barcode.strip():
        shown, barcode_key = normalize_barcode(barcode)
    variant = Variant(
        product_id=id_of(product, Product),
        sku=written,
        sku_key=key,
        barcode=shown,
        barcode_key=barcode_key,
        price=price.amount,
        currency=price.currency,
        details=require_details(details),
        **_read_all(fields),
    )
    log = ChangeLog(require_actor(actor))
    if session.scalar(select(Variant.id).filter_by(sku_key=key)) is not None:
        raise duplicate_sku(sku)
    if barcode_key and session.scalar(select(Variant.id).filter_by(barcode_key=barcode_key)):
        raise duplicate_barcode(str(shown))
    try:
        with session.begin_nested():  # new options go away again if the variant is refused
            _save(session, variant, name or product.name, options or {}, named=bool(name))
    except IntegrityError as exc:
        raise _refusal(exc, variant) from exc
    log.add(
        variant.product_id,
        {"sku": (None, variant.sku), "price": (None, variant.price)},
        kind=ChangeKind.CREATED,
        variant_id=variant.id,
    )
    log.write(session)
    return variant


def require_price(price: object) -> Money:
    """Return ``price`` if it is money that can be asked for.

    Raises:
        InvalidMoneyError: it is something else, or negative.
    """
    if not isinstance(price, Money):
        message = "the price must be Money, for example Money.of('9.90', 'EUR')"
        raise InvalidMoneyError(message, value=repr(price)[:40])
    if price.amount < 0:
        message = f"the price {price} is negative"
        raise InvalidMoneyError(message, value=str(price))
    return price


def named_by(values: Sequence[str]) -> str:
    """Return the name of a variant that is called by its option values."""
    return JOINER.join(values)[:NAME_LENGTH]


def searched_options(name: str, values: Sequence[str]) -> str:
    """Return the option values that a search does not find in the name already."""
    missing = [value for value in values if value not in name]
    return " ".join(missing)[:OPTION_TEXT_LENGTH]


def _read_all(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of further fields; a wrong name is a mistake of the program."""
    columns: dict[str, Any] = {}
    for field, value in fields.items():
        read = read_field(field, value)
        columns |= VARIANT_FIELDS[field].columns(read)
    return columns


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
    names = [value.name for value in values]
    shown = name if named or not values else JOINER.join(names)
    variant.name = clean_text(shown, name="the variant's name", max_length=NAME_LENGTH)
    variant.option_text = searched_options(variant.name, names)
    variant.combination = combination_key(values)
    variant.position = next_position(session, Variant, product_id=variant.product_id)
    session.add(variant)
    session.flush()
    _save_options(session, variant, values)


def _save_options(session: Session, variant: Variant, values: Sequence[OptionValue]) -> None:
    for position, value in enumerate(values):
        axis = {"product_id": variant.product_id, "option_type_id": value.option_type_id}
        insert_unless_there(session, ProductOptionType, {**axis, "position": position})
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
        return duplicate_sku(variant.sku)
    if "barcode_key" in str(error.orig):
        return duplicate_barcode(str(variant.barcode))
    if "combination" in str(error.orig):
        message = f"the product has a variant {variant.name!r} already"
        return DuplicateCombinationError(message, name=variant.name)
    return translate_database_error(error)
