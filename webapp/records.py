"""Records by the number in an address."""

from __future__ import annotations

from typing import Final, TypeVar

from sqlalchemy.orm import Session

from commerce_core.database import Base
from commerce_core.errors import NotFoundError

Record = TypeVar("Record", bound=Base)
_LARGEST: Final = 2**63 - 1


class RecordNotFoundError(NotFoundError):
    """No record has the number in the address."""

    code = "record_not_found"


def get_record(session: Session, kind: type[Record], number: int) -> Record:
    """Return the record with this id, as it is now.

    Raises:
        RecordNotFoundError: there is none, or no database could hold such a number.
    """
    within = 0 < number <= _LARGEST
    found = session.get(kind, number, populate_existing=True) if within else None
    if found is None:
        message = "There is nothing at this address."
        raise RecordNotFoundError(message, number=str(number)[:40])
    return found
