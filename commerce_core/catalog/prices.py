"""Prices through time: planned, in force and past, for all channels or for some.

A price takes effect because its moment has come, without a job: ``price_of`` asks the rows.
A variant that was never repriced has no rows; ``Variant.price`` is its price ever since.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, String, and_, bindparam, exists, func, insert, or_, select

from commerce_core.catalog.change_models import ChangeKind
from commerce_core.catalog.changes import ChangeLog, require_actor
from commerce_core.catalog.models import Variant
from commerce_core.catalog.price_models import PriceKind, PriceList, VariantPrice
from commerce_core.catalog.variants import require_price
from commerce_core.clock import require_aware, utc_now
from commerce_core.database import UTCDateTime
from commerce_core.errors import (
    CurrencyMismatchError,
    InvalidStateError,
    InvalidTimeError,
    PriceNotFoundError,
)
from commerce_core.money import Money
from commerce_core.records import id_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from sqlalchemy.orm import Session

_MOMENT: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class PriceQuote:
    """What a variant costs at a moment.

    ``regular`` is the price without a sale; ``compare_at`` the higher one to be struck through,
    if any. ``price_list`` is the code of the list it is from, None for the shop's own price;
    ``valid_until`` the end of the sale.
    """

    price: Money
    regular: Money
    compare_at: Money | None
    price_list: str | None
    valid_until: datetime | None

    @property
    def is_sale(self) -> bool:
        """Tell whether a sale price is in force."""
        return self.price != self.regular


def price_of(
    session: Session,
    variant: Variant,
    *,
    as_of: datetime,
    currency: str | None = None,
    channel: str | None = None,
) -> PriceQuote:
    """Return what ``variant`` costs at ``as_of``, in its own currency unless told.

    The list of the channel goes first, then general lists by priority, then the shop's own
    price; within each a sale goes before the regular price.

    Raises:
        PriceNotFoundError: it has no price in this currency at that moment.
    """
    found = prices_of(session, [variant], as_of=as_of, currency=currency, channel=channel)
    if variant.id not in found:
        message = f"{variant.sku} has no price in {currency} at that moment"
        raise PriceNotFoundError(message, sku=variant.sku, currency=currency)
    return found[variant.id]


def prices_of(
    session: Session,
    variants: Sequence[Any],
    *,
    as_of: datetime,
    currency: str | None = None,
    channel: str | None = None,
) -> dict[int, PriceQuote]:
    """Return ``price_of`` of many variants by id, in one statement for 500 of them.

    A variant without a price in this currency is missing.
    """
    moment = require_aware(as_of, name="as_of")
    found: dict[int, PriceQuote] = {}
    for start in range(0, len(variants), 500):
        some = variants[start : start + 500]
        rows: dict[int, list[Any]] = {}
        values = {"ids": [v.id for v in some], "moment": moment, "channel": channel}
        for row in session.execute(_in_force(), values):
            rows.setdefault(row.variant_id, []).append(row)
        for variant in some:
            quote = _quote(variant, rows.get(variant.id, []), currency or variant.currency)
            if quote is not None:
                found[variant.id] = quote
    return found


def has_prices() -> ColumnElement[bool]:
    """Return a column of variants: whether rows say what one costs (else ``Variant.price``)."""
    return exists().where(VariantPrice.variant_id == Variant.id)


@cache
def _in_force() -> Any:
    """Select of each of ``:ids``, list and kind the newest price in force in ``:channel``."""
    ids: Any = bindparam("ids", expanding=True)
    moment = bindparam("moment", type_=UTCDateTime())
    channel = bindparam("channel", type_=String())
    newest = func.row_number().over(
        partition_by=(VariantPrice.variant_id, VariantPrice.price_list_id, VariantPrice.kind),
        order_by=(VariantPrice.valid_from.desc(), VariantPrice.id.desc()),
    )
    prices = (
        select(VariantPrice, newest.label("place"))
        .where(
            VariantPrice.variant_id.in_(ids),
            VariantPrice.valid_from <= moment,
            or_(VariantPrice.valid_until.is_(None), VariantPrice.valid_until > moment),
        )
        .subquery()
    )
    is_valid = and_(
        or_(PriceList.channel.is_(None), PriceList.channel == channel),
        or_(PriceList.valid_from.is_(None), PriceList.valid_from <= moment),
        or_(PriceList.valid_until.is_(None), PriceList.valid_until > moment),
    )
    return (
        select(
            prices.c.variant_id, prices.c.price_list_id, prices.c.kind, prices.c.amount,
            prices.c.currency, prices.c.valid_until, PriceList.code, PriceList.channel,
            PriceList.priority,
        )
        .outerjoin(PriceList, PriceList.id == prices.c.price_list_id)
        .where(prices.c.place == 1, or_(prices.c.price_list_id.is_(None), is_valid))
    )  # fmt: skip


def _quote(variant: Any, rows: Sequence[Any], currency: str) -> PriceQuote | None:
    lists: dict[tuple[Any, ...], dict[PriceKind, Any]] = {}
    for row in rows:
        if row.currency == currency and row.price_list_id is not None:
            rank = (row.channel is None, -row.priority, row.price_list_id)
            lists.setdefault(rank, {})[row.kind] = row
    own = {row.kind: row for row in rows if row.price_list_id is None and row.currency == currency}
    chosen = lists[min(lists)] if lists else own
    fallback = variant.price if variant.currency == currency else None
    if PriceKind.REGULAR in own:
        fallback = own[PriceKind.REGULAR].amount
    row = chosen.get(PriceKind.REGULAR)
    regular = fallback if row is None else row.amount
    sale = chosen.get(PriceKind.SALE)
    amount = regular if sale is None else sale.amount
    if amount is None:
        return None
    price = Money(amount, currency)
    usual = price if regular is None else Money(regular, currency)
    return PriceQuote(
        price,
        usual,
        _compare_at(variant, usual, price),
        None if not lists else next(iter(chosen.values())).code,
        None if sale is None else sale.valid_until,
    )


def _compare_at(variant: Any, regular: Money, price: Money) -> Money | None:
    if price < regular:
        return regular
    if variant.compare_at_price is None or variant.currency != price.currency:
        return None
    usual = Money(variant.compare_at_price, price.currency)
    return usual if price < usual else None


def set_price(
    session: Session,
    variant: Variant,
    price: Money,
    *,
    actor: str,
    starts_at: datetime | None = None,
    price_list: PriceList | None = None,
) -> VariantPrice:
    """Let the regular price be ``price`` from ``starts_at`` on, from now on unless told.

    Flushes; the caller commits.

    Raises:
        InvalidMoneyError: negative, or no money.
        CurrencyMismatchError: another currency than the list's, or than the variant's own.
        InvalidTimeError: the moment lies in the past: what was asked then stays as it was.
    """
    now = utc_now()
    begins = now if starts_at is None else require_aware(starts_at, name="starts_at")
    begins = _not_before(begins, now)
    row = _new(variant, price, PriceKind.REGULAR, begins, None, actor, price_list)
    if price_list is None:
        open_prices(session, [variant])
    session.add(row)
    if price_list is None and begins <= now:
        variant.price, variant.updated_at = price.amount, now
    _record(session, variant, row, "price", now)
    return row


def plan_sale(
    session: Session,
    variant: Variant,
    price: Money,
    *,
    starts_at: datetime,
    ends_at: datetime | None,
    actor: str,
    price_list: PriceList | None = None,
) -> VariantPrice:
    """Let ``price`` go before the regular one from ``starts_at`` until before ``ends_at``.

    Flushes; the caller commits. ``ends_at`` None: until it is cancelled.

    Raises:
        InvalidMoneyError, CurrencyMismatchError: as ``set_price``.
        InvalidTimeError: it starts in the past, or ends before it starts.
    """
    now = utc_now()
    begins = _not_before(require_aware(starts_at, name="starts_at"), now)
    ends = None if ends_at is None else require_aware(ends_at, name="ends_at")
    row = _new(variant, price, PriceKind.SALE, begins, ends, actor, price_list)
    if ends is not None and ends <= begins:
        message = "the sale ends before it starts"
        raise InvalidTimeError(message, name="ends_at", value=str(ends))
    session.add(row)
    _record(session, variant, row, "sale_price", now)
    return row


def cancel_price(session: Session, price: VariantPrice, *, actor: str) -> None:
    """Take back a planned price, or end a sale that is on now. The caller commits.

    Raises:
        InvalidStateError: it is past, or a regular price in force: set another instead.
    """
    who = require_actor(actor)
    id_of(price, VariantPrice)
    now = utc_now()
    variant = session.get_one(Variant, price.variant_id)
    log = ChangeLog(who, now)
    field = "price" if price.kind is PriceKind.REGULAR else "sale_price"
    if price.valid_from > now:
        log.add(
            variant.product_id,
            {field: (_planned(price), None)},
            kind=ChangeKind.PRICE,
            variant_id=variant.id,
        )
        session.delete(price)
    elif price.kind is PriceKind.SALE and (price.valid_until is None or price.valid_until > now):
        ends = (price.valid_until, now)
        log.add(
            variant.product_id,
            {"sale_ends_at": ends},
            kind=ChangeKind.PRICE,
            variant_id=variant.id,
        )
        price.valid_until = now
        if price.valid_from == now:
            session.delete(price)
    else:
        message = "this price is history already: set another one instead"
        raise InvalidStateError(message, price_id=price.id)
    session.flush()
    log.write(session)


def list_prices(session: Session, variant: Variant) -> Sequence[VariantPrice]:
    """Return all prices of a variant, planned ones first, the oldest last.

    Empty where the price never changed.
    """
    return session.scalars(
        select(VariantPrice)
        .filter_by(variant_id=id_of(variant, Variant))
        .order_by(VariantPrice.valid_from.desc(), VariantPrice.id.desc())
    ).all()


def open_prices(session: Session, variants: Sequence[Any]) -> None:
    """Write down the present price of variants that have no price history yet.

    Without it the first change would forget what was asked before.
    """
    known: set[int] = set()
    for start in range(0, len(variants), 500):
        query = select(VariantPrice.variant_id).where(
            VariantPrice.variant_id.in_([one.id for one in variants[start : start + 500]]),
            VariantPrice.price_list_id.is_(None),
            VariantPrice.kind == PriceKind.REGULAR,
        )
        known.update(session.scalars(query))
    rows = [
        {
            "variant_id": variant.id,
            "kind": PriceKind.REGULAR,
            "amount": variant.price,
            "currency": variant.currency,
            "valid_from": variant.created_at,
            "actor": "system",
        }
        for variant in variants
        if variant.id not in known
    ]
    if rows:
        session.execute(insert(VariantPrice), rows)


def record_prices(
    session: Session, changed: Sequence[tuple[Any, Decimal]], *, actor: str, at: datetime
) -> None:
    """Write the price history of variants (or rows of them) and what each is about to cost."""
    if not changed:
        return
    open_prices(session, [variant for variant, _ in changed])
    rows = [
        {
            "variant_id": variant.id,
            "kind": PriceKind.REGULAR,
            "amount": amount,
            "currency": variant.currency,
            "valid_from": at,
            "actor": actor,
        }
        for variant, amount in changed
    ]
    session.execute(insert(VariantPrice), rows)


def _new(  # noqa: PLR0917 - private
    variant: Variant,
    price: Money,
    kind: PriceKind,
    begins: datetime,
    ends: datetime | None,
    actor: str,
    price_list: PriceList | None,
) -> VariantPrice:
    money = require_price(price)
    right = variant.currency if price_list is None else price_list.currency
    if money.currency != right:
        message = f"a price in {right} is needed here, not {money}"
        raise CurrencyMismatchError(message, left=right, right=money.currency)
    return VariantPrice(
        variant_id=id_of(variant, Variant),
        price_list_id=None if price_list is None else id_of(price_list, PriceList),
        kind=kind,
        amount=money.amount,
        currency=money.currency,
        valid_from=begins,
        valid_until=ends,
        actor=require_actor(actor),
    )


def _not_before(begins: datetime, now: datetime) -> datetime:
    """Return when a price begins: a moment ago is now, for whoever read the clock before us."""
    if begins < now - _MOMENT:
        message = "a price cannot begin in the past: what was asked then stays as it was"
        raise InvalidTimeError(message, name="starts_at", value=str(begins))
    return max(begins, now)


def _record(
    session: Session, variant: Variant, row: VariantPrice, field: str, now: datetime
) -> None:
    session.flush()
    log = ChangeLog(row.actor, now)
    log.add(
        variant.product_id,
        {field: (None, _planned(row))},
        kind=ChangeKind.PRICE,
        variant_id=variant.id,
    )
    log.write(session)


def _planned(row: VariantPrice) -> str:
    ends = "" if row.valid_until is None else f" until {row.valid_until:%Y-%m-%d %H:%M}"
    return f"{Money(row.amount, row.currency)} from {row.valid_from:%Y-%m-%d %H:%M}{ends} UTC"
