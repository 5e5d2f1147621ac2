"""Option types and their values: the axes along which variants differ."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from commerce_core.catalog.models import (
    COMBINATION_LENGTH,
    NAME_LENGTH,
    OptionType,
    OptionValue,
    VariantOptionValue,
)
from commerce_core.database import is_postgresql
from commerce_core.errors import InvalidInputError
from commerce_core.records import id_of
from commerce_core.text import clean_text, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

JOINER: Final = " · "
"""Between the values in the name of a variant."""
_SWATCH: Final = re.compile(r"#[0-9a-fA-F]{6}")


def ensure_option_type(session: Session, name: str) -> OptionType:
    """Return the option type with this name, created at the end where it is missing. Flushes.

    Raises:
        InvalidTextError: the name is empty or too long.
    """
    name = clean_text(name, name="the option's name", max_length=NAME_LENGTH)
    found: OptionType = _ensure(session, OptionType, name=name)
    return found


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
    require_swatch(swatch)
    axis = _ensure(session, OptionType, name=option)
    found: OptionValue = _ensure(
        session, OptionValue, {"swatch": swatch}, option_type_id=axis.id, name=value
    )
    return found


def list_option_types(session: Session) -> Sequence[OptionType]:
    """Return all option types in their order."""
    return session.scalars(select(OptionType).order_by(OptionType.position, OptionType.id)).all()


def list_option_values(session: Session, option: OptionType) -> Sequence[OptionValue]:
    """Return the values of an option type in their order."""
    return session.scalars(
        select(OptionValue)
        .filter_by(option_type_id=id_of(option, OptionType))
        .order_by(OptionValue.position, OptionValue.id)
    ).all()


def option_names(session: Session, variant_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the names of the option values of each variant, in the order of the options."""
    query = (
        select(VariantOptionValue.variant_id, OptionValue.name)
        .join(OptionValue, OptionValue.id == VariantOptionValue.option_value_id)
        .join(OptionType, OptionType.id == VariantOptionValue.option_type_id)
        .order_by(OptionType.position, OptionType.id)
    )
    found: dict[int, list[str]] = {}
    for start in range(0, len(variant_ids), 500):
        some = variant_ids[start : start + 500]
        rows = session.execute(query.where(VariantOptionValue.variant_id.in_(some)))
        for variant_id, name in rows:
            found.setdefault(variant_id, []).append(name)
    return found


def combination_key(values: Sequence[OptionValue]) -> str:
    """Return the text that is unique for a set of option values, whatever their order."""
    return combination_of([value.id for value in values])


def combination_of(value_ids: Sequence[int]) -> str:
    """Return ``combination_key`` of the values with these ids."""
    numbers = ",".join(map(str, sorted(value_ids)))
    return numbers if len(numbers) <= COMBINATION_LENGTH else _digest(numbers)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def require_swatch(swatch: object) -> None:
    """Raise InvalidInputError unless ``swatch`` is a colour such as ``#aa3322``, or None."""
    if swatch is not None and not (isinstance(swatch, str) and _SWATCH.fullmatch(swatch)):
        message = f"a swatch {shown(swatch)} is not a colour such as #aa3322"
        raise InvalidInputError(message, swatch=shown(swatch))


def _ensure(
    session: Session, kind: Any, more: Mapping[str, Any] | None = None, /, **key: Any
) -> Any:
    """Return the row with this unique key, created at the end of its list where it is missing."""
    found = session.scalars(select(kind).filter_by(**key)).first()
    if found is None:
        parent = {name: value for name, value in key.items() if name.endswith("_id")}
        values = {**key, **(more or {}), "position": next_position(session, kind, **parent)}
        insert_unless_there(session, kind, values)
        found = session.scalars(select(kind).filter_by(**key)).one()
    return found


def insert_unless_there(session: Session, kind: Any, *rows: dict[str, Any]) -> None:
    """Insert rows; where another transaction was quicker, wait for it and leave its row."""
    dialect: Any = postgresql if is_postgresql(session) else sqlite
    session.execute(dialect.insert(kind).values(list(rows)).on_conflict_do_nothing())


def next_position(session: Session, kind: Any, **where: Any) -> int:
    """Return the position behind the last of the rows of ``kind`` with these values."""
    last = session.scalar(select(func.max(kind.position)).filter_by(**where))
    return 0 if last is None else int(last) + 1
