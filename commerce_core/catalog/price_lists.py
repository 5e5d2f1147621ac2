"""Price lists: prices of a currency or a sales channel, while they are in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from commerce_core.catalog.changes import require_actor
from commerce_core.catalog.price_models import PriceList
from commerce_core.clock import require_aware
from commerce_core.errors import DuplicateError, InvalidTimeError
from commerce_core.money import Money
from commerce_core.text import clean_optional, clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session


def create_price_list(
    session: Session,
    *,
    code: str,
    currency: str,
    actor: str,
    name: str | None = None,
    channel: str | None = None,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    priority: int = 0,
) -> PriceList:
    """Create a price list. Flushes; the caller commits.

    Raises:
        DuplicateError: there is a list with this code.
        InvalidMoneyError: the currency is not a code such as EUR.
        InvalidTimeError: it ends before it begins.
        InvalidTextError: a text is empty or too long.
    """
    require_actor(actor)
    written = clean_text(code, name="the price list's code", max_length=64)
    begins = None if valid_from is None else require_aware(valid_from, name="valid_from")
    ends = None if valid_until is None else require_aware(valid_until, name="valid_until")
    if begins is not None and ends is not None and ends <= begins:
        message = "the price list ends before it begins"
        raise InvalidTimeError(message, name="valid_until", value=str(ends))
    made = PriceList(
        code=written,
        name=clean_text(name or written, name="the price list's name", max_length=200),
        currency=Money.of(0, currency).currency,
        channel=clean_optional(channel, name="the channel", max_length=64),
        valid_from=begins,
        valid_until=ends,
        priority=priority,
    )
    if session.scalar(select(PriceList.id).filter_by(code=written)) is not None:
        raise _duplicate(written)
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError as exc:
        raise _duplicate(written) from exc
    return made


def list_price_lists(session: Session) -> Sequence[PriceList]:
    """Return all price lists by code."""
    return session.scalars(select(PriceList).order_by(PriceList.code)).all()


def _duplicate(code: str) -> DuplicateError:
    message = f"there is a price list {code!r} already: choose another code"
    return DuplicateError(message, code=code)
