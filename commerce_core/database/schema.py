"""The declarative base: one naming convention, one table prefix, nothing lazy."""

from __future__ import annotations

import importlib
from datetime import datetime  # noqa: TC003 - SQLAlchemy reads Mapped[...] at run time
from functools import cache
from typing import Any, Final

from sqlalchemy import Column, MetaData, String, event, inspect
from sqlalchemy.orm import DeclarativeBase, Mapped, Mapper, mapped_column

from commerce_core.clock import utc_now
from commerce_core.database.columns import UTCDateTime, details_column
from commerce_core.errors import InvalidInputError

TABLE_PREFIX: Final = "commerce_"
"""Every table of the library starts with this, so that it can live in a host's database."""

NAMING_CONVENTION: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

FEATURES: Final = ("catalog", "customers", "importing", "inventory", "logistics", "orders")
"""Feature packages with tables of their own, each in its ``models`` module."""

_SHARED: Final = ("journal", "idempotency")
"""Modules whose tables every feature needs."""


class Base(DeclarativeBase):
    """Base of all tables of the library."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    __abstract__ = True


@cache
def _may_be_missing(kind: type[Base]) -> tuple[str, ...]:
    return tuple(
        attribute.key
        for attribute in inspect(kind).column_attrs
        if all(
            column.nullable and column.default is None and column.server_default is None
            for column in attribute.columns
            if isinstance(column, Column)
        )
    )


@event.listens_for(Base, "init", propagate=True)
def _say_what_is_missing(target: Base, _arguments: Any, values: dict[str, Any]) -> None:
    """Set to None what was not given, or it could not be read once the session is gone."""
    for name in _may_be_missing(type(target)):
        values.setdefault(name, None)


class Timestamps:
    """When a record was made."""

    created_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=utc_now)


class Details:
    """Free JSON of the host application; the library stores it and never reads it."""

    details: Mapped[dict[str, Any]] = mapped_column(
        details_column(), default=dict, server_default="{}"
    )


class ExternalReference:
    """The name of a record in another system, for example ``("shopify", "4711")``.

    Each table adds ``UniqueConstraint("system", "external_id")`` to its arguments.
    """

    system: Mapped[str | None] = mapped_column(String(64))
    external_id: Mapped[str | None] = mapped_column(String(128))


def load_all_models() -> None:
    """Import every table, so that foreign keys between features resolve."""
    importlib.import_module("commerce_core.models")


@event.listens_for(Mapper, "before_configured", once=True)
def _complete_the_registry() -> None:
    """Import the rest when a host imported one feature alone (else flushing it would fail)."""
    load_all_models()


def metadata_for(features: set[str]) -> MetaData:
    """Return metadata with only the tables of ``features`` and what they stand on.

    For a host with its own orders: ``metadata_for({"catalog", "inventory"}).create_all(engine)``.

    Raises:
        InvalidInputError: a feature that does not exist, or one whose tables point to a
            feature that was left out.
    """
    unknown = features - set(FEATURES)
    if unknown:
        message = f"no such feature: {', '.join(sorted(unknown))}; there are {', '.join(FEATURES)}"
        raise InvalidInputError(message, features=sorted(unknown))
    load_all_models()
    modules = {f"commerce_core.{name}" for name in (*features, *_SHARED)}
    tables = {
        str(mapper.local_table.description)
        for mapper in Base.registry.mappers
        if any(
            mapper.class_.__module__ == m or mapper.class_.__module__.startswith(f"{m}.")
            for m in modules
        )
    }
    chosen = MetaData(naming_convention=NAMING_CONVENTION)
    for table in Base.metadata.sorted_tables:
        if table.name in tables:
            _require_targets(table, tables)
            table.to_metadata(chosen)
    return chosen


def _require_targets(table: Any, tables: set[str]) -> None:
    for key in table.foreign_keys:
        target = key.column.table.name
        if target not in tables:
            message = f"{table.name} points to {target}: add its feature"
            raise InvalidInputError(message, table=table.name, target=target)
