"""Column types that hold the same value on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Enum,
    Integer,
    Text,
    cast,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from commerce_core.clock import require_aware
from commerce_core.money import from_units, to_units

if TYPE_CHECKING:
    from enum import StrEnum

    from sqlalchemy.sql.elements import ColumnElement

big_id: Final = BigInteger().with_variant(Integer, "sqlite")
"""Type of primary and foreign keys: 64 bits on both; SQLite counts up only in ``INTEGER``."""


def details_column() -> TypeEngine[Any]:
    """Return a JSON type that can be filtered: ``jsonb`` on PostgreSQL."""
    return JSON().with_variant(JSONB(), "postgresql")


class UTCDateTime(TypeDecorator[datetime]):
    """An instant. Takes aware datetimes only, and returns them in UTC.

    PostgreSQL keeps ``timestamptz``; SQLite keeps UTC text that sorts by time.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive values; hand the driver UTC."""
        if value is None:
            return None
        moment = require_aware(value, name="a stored time")
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the instant in UTC, whatever zone the server answered in."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class MoneyAmount(TypeDecorator[Decimal]):
    """An exact amount, stored as an integer number of 1/10,000 units.

    The currency is a column of its own beside it. Sums in SQL are exact on both databases.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | str | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Turn a decimal into units; raises ``InvalidMoneyError`` for what cannot be exact."""
        return None if value is None else to_units(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Turn units into a decimal with four places."""
        return None if value is None else from_units(int(value))


class _PostgresXid8(UserDefinedType[int]):
    """PostgreSQL's ``xid8``. There is no cast from integer, so values travel as text."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"

    def bind_processor(self, dialect: Dialect) -> Any:  # noqa: ARG002
        return lambda value: None if value is None else str(value)

    def bind_expression(self, bindvalue: Any) -> ColumnElement[Any]:
        return cast(type_coerce(bindvalue, Text()), self)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:  # noqa: ARG002
        return lambda value: None if value is None else int(value)


ischema_names.setdefault("xid8", _PostgresXid8)


class Xid8(TypeDecorator[int]):
    """The number of a writing transaction: ``xid8`` on PostgreSQL, a tick on SQLite."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column type of the database."""
        kind: TypeEngine[Any] = _PostgresXid8() if dialect.name == "postgresql" else BigInteger()
        return dialect.type_descriptor(kind)


def text_enum(kind: type[StrEnum], *, name: str) -> Enum:
    """Return a text column type with a CHECK for the values of ``kind``.

    ``name`` completes the constraint's name. A value outside the enum is refused by Python and,
    behind it, by the database.
    """
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        validate_strings=True,
        values_callable=lambda members: [member.value for member in members],
        length=32,
    )
