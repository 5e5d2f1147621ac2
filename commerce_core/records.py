"""Records handed to a function: the right kind, and already in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm.exc import DetachedInstanceError, ObjectDeletedError

from commerce_core.errors import InvalidInputError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_Record = TypeVar("_Record")

MAX_ID: Final = 2**63 - 1
"""The largest id a database can hold."""


def id_of(record: object, kind: type[Any]) -> int:
    """Return the id of ``record`` if it is a saved ``kind``.

    A product where a variant belongs would otherwise book on whatever variant has its number.

    Raises:
        InvalidInputError: it is something else, was never flushed, or is gone.
    """
    wanted = kind.__name__
    if not isinstance(record, kind):
        message = f"a {wanted} is needed here, not {_name(record)}"
        raise InvalidInputError(message, wanted=wanted, found=type(record).__name__)
    try:
        number: int | None = record.id
    except (DetachedInstanceError, ObjectDeletedError, InvalidRequestError) as exc:
        raise _gone(wanted) from exc
    if number is None:
        message = f"this {wanted} is not saved yet: add it to the session and flush first"
        raise InvalidInputError(message, wanted=wanted)
    return number


def locked(session: Session, record: object, kind: type[_Record]) -> _Record:
    """Return ``record`` as it is now, locked until the transaction ends.

    Raises:
        InvalidInputError: as ``id_of``, or somebody deleted it meanwhile.
    """
    number = id_of(record, kind)
    model: Any = kind
    query = select(kind).where(model.id == number).with_for_update(key_share=True)
    found = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise _gone(kind.__name__)
    return found


def number_of(value: object) -> int | None:
    """Return ``value`` if it can be the id of a record; None for text, flags and huge numbers."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole and 0 < value <= MAX_ID else None  # type: ignore[operator,return-value]


def _gone(wanted: str) -> InvalidInputError:
    message = f"this {wanted} is no longer in the database: read it again"
    return InvalidInputError(message, wanted=wanted)


def _name(record: object) -> str:
    if record is None:
        return "None"
    kind = type(record).__name__
    return f"an {kind}" if kind[0] in "AEIOUaeiou" else f"a {kind}"
