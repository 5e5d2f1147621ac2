"""Create stock locations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from commerce_core.errors import DuplicateError
from commerce_core.inventory.checks import require_whole
from commerce_core.inventory.models import StockLocation
from commerce_core.text import clean_text

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def create_location(
    session: Session, *, code: str, name: str | None = None, priority: int = 0
) -> StockLocation:
    """Create an open stock location. Flushes; the caller commits.

    Raises:
        InvalidTextError: the code or name is empty or too long.
        InvalidQuantityError: the priority is not a whole number.
        DuplicateError: the code exists.
    """
    code = clean_text(code, name="the location's code", max_length=32)
    location = StockLocation(
        code=code,
        name=clean_text(name or code, name="the location's name", max_length=120),
        priority=require_whole(priority),
        is_open=True,
    )
    if session.scalar(select(StockLocation.id).filter_by(code=code)) is not None:
        raise _duplicate(code)
    try:
        with session.begin_nested():
            session.add(location)
    except IntegrityError as exc:
        raise _duplicate(code) from exc
    return location


def _duplicate(code: str) -> DuplicateError:
    message = f"there is a location with the code {code!r} already: choose another"
    return DuplicateError(message, code_=code)
