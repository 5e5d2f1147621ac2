"""Sets or plans prices of many variants: to an amount, or by so much, looked at before."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from commerce_core.catalog.amounts import read_decimal
from commerce_core.catalog.models import Product, Variant, VariantStatus
from commerce_core.catalog.prices import plan_sale, prices_of, set_price
from commerce_core.errors import InvalidInputError, InvalidMoneyError
from commerce_core.money import Money
from webapp.fields import text_of, texts_of
from webapp.products.reading import get_product_by_id
from webapp.records import address_number

HOW: Final = ("to", "percent", "by")
"""What the typed number is: the price itself, percent of the present one, or a difference."""
_DIGITS: Final = re.compile(r"[0-9]")
_CENT: Final = Decimal("0.01")


@dataclass(slots=True)
class PriceForm:
    """A price that is to be set or planned. No variants chosen means all of them.

    ``expected`` is the digest of the preview that was looked at, "" where there was none.
    """

    kind: str = "regular"
    how: str = "to"
    amount: str = ""
    begins: str = ""
    ends: str = ""
    variants: list[int] = field(default_factory=list)
    expected: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, form: Mapping[str, Any]) -> PriceForm:
        """Read the form and note what is wrong."""
        numbers = (address_number(text) for text in texts_of(form, "variant"))
        how = text_of(form, "how")
        read = cls(
            kind="sale" if text_of(form, "kind") == "sale" else "regular",
            how=how if how in HOW else "to",
            amount=text_of(form, "amount").replace("\u2212", "-"),
            begins=text_of(form, "begins"),
            ends=text_of(form, "ends"),
            variants=[number for number in numbers if number is not None],
            expected=text_of(form, "expected"),
        )
        try:
            read_decimal(read.amount)
        except InvalidMoneyError as exc:
            read.errors["amount"] = "not_money" if not _DIGITS.search(read.amount) else str(exc)
        for name in ("begins", "ends"):
            if getattr(read, name) and _moment(getattr(read, name), ZoneInfo("UTC")) is None:
                read.errors[name] = "no_moment"
        return read

    @property
    def decimal(self) -> Decimal:
        """The number of a form without faults."""
        return read_decimal(self.amount)


@dataclass(frozen=True, slots=True)
class PriceChange:
    """What a variant costs at the moment the new price begins, and what it would cost."""

    variant: Variant
    before: Money
    after: Money


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        return None


def plan_prices(
    session: Session, number: int, form: PriceForm, *, zone: ZoneInfo, as_of: datetime
) -> list[PriceChange]:
    """Return what a form without faults would do. Two statements.

    Percent and differences count from the regular price at the moment the new one begins.

    Raises:
        InvalidMoneyError: a price would be below nothing.
        InvalidInputError: the product has none of these variants.
        ProductNotFoundError: there is no such product.
    """
    variants = _chosen(session, get_product_by_id(session, number), form)
    moment = max(as_of, _moment(form.begins, zone) or as_of)
    quotes = prices_of(session, variants, as_of=moment)
    changes = []
    for variant in variants:
        before = quotes[variant.id].regular
        after = Money(_after(before.amount, form), variant.currency)
        if after.amount < 0:
            message = f"{variant.sku} would cost {after}: a price is never negative"
            raise InvalidMoneyError(message, value=str(after))
        changes.append(PriceChange(variant, before, after))
    return changes


def digest_of(changes: Sequence[PriceChange]) -> str:
    """Say in few letters what a plan does: where prices changed meanwhile it is another."""
    lines = (f"{one.variant.id}|{one.before}|{one.after}" for one in changes)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def _after(before: Decimal, form: PriceForm) -> Decimal:
    if form.how == "to":
        return form.decimal
    if form.how == "by":
        return before + form.decimal
    return (before * (100 + form.decimal) / 100).quantize(_CENT, ROUND_HALF_UP)


def _chosen(session: Session, product: Product, form: PriceForm) -> Sequence[Variant]:
    query = select(Variant).where(
        Variant.product_id == product.id, Variant.status == VariantStatus.ACTIVE
    )
    if form.variants:
        query = query.where(Variant.id.in_(form.variants))
    variants = session.scalars(query.order_by(Variant.position, Variant.id)).all()
    if not variants:
        message = "there is no variant to set a price for"
        raise InvalidInputError(message)
    return variants


def add_price(
    session: Session, number: int, form: PriceForm, *, zone: ZoneInfo, as_of: datetime, actor: str
) -> bool:
    """Set or plan the prices of a form without faults; False if they are not those looked at.

    Raises:
        InvalidTimeError, InvalidMoneyError: as ``set_price`` and ``plan_sale``.
        InvalidInputError: the product has none of these variants.
    """
    changes = plan_prices(session, number, form, zone=zone, as_of=as_of)
    if form.expected and digest_of(changes) != form.expected:
        return False
    begins, ends = _moment(form.begins, zone), _moment(form.ends, zone)
    for one in changes:
        starts = begins or as_of
        if form.kind == "sale":
            plan_sale(session, one.variant, one.after, starts_at=starts, ends_at=ends, actor=actor)
        else:
            set_price(session, one.variant, one.after, starts_at=starts, actor=actor)
    return True
