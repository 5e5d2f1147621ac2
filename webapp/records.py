"""Records by the number in an address."""

from __future__ import annotations

import re
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from commerce_core.database import Base
from commerce_core.errors import NotFoundError
from commerce_core.records import MAX_ID, number_of

Record = TypeVar("Record", bound=Base)
_PLAIN: Final = re.compile(r"0|[1-9][0-9]{0,18}")


def address_number(text: str) -> int | None:
    """Return the number that part of an address writes, or None if it writes none.

    Only plain digits count, so that every record has one address; and no more of them than a
    database can hold.
    """
    number = int(text) if _PLAIN.fullmatch(text) else None
    return number if number is None or number <= MAX_ID else None


class RecordNotFoundError(NotFoundError):
    """No record has the number in the address."""

    code = "record_not_found"


def get_record(session: Session, kind: type[Record], number: int) -> Record:
    """Return the record with this id, as it is now.

    Raises:
        RecordNotFoundError: there is none, or no database could hold such a number.
    """
    within = number_of(number)
    found = None if within is None else session.get(kind, within, populate_existing=True)
    if found is None:
        message = "There is nothing at this address."
        raise RecordNotFoundError(message, number=str(number)[:40])
    return found
