from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, inspect, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.exc import IntegrityError, StatementError

from commerce_core.database import MoneyAmount, UTCDateTime, Xid8, details_column, text_enum
from commerce_core.errors import InvalidMoneyError, InvalidTimeError
from commerce_core.money import MAX_UNITS, from_units

if TYPE_CHECKING:
    from commerce_core.tests.databases import Database

EAST = timezone(timedelta(hours=5, minutes=45))


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


SAMPLE = Table(
    "commerce_sample",
    MetaData(naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s"}),
    Column("id", Integer, primary_key=True),
    Column("at", UTCDateTime()),
    Column("price", MoneyAmount()),
    Column("xid", Xid8()),
    Column("colour", text_enum(Colour, name="colour")),
    Column("details", details_column()),
)


@pytest.fixture
def table(database: Database) -> Database:
    SAMPLE.create(database.engine)
    return database


def stored(table: Database, **values: Any) -> Any:
    """Store a row and return it as the database gives it back."""
    with table.engine.begin() as connection:
        connection.execute(SAMPLE.insert().values(**values))
        return connection.execute(select(SAMPLE).order_by(SAMPLE.c.id.desc())).first()


def test_an_instant_of_any_zone_comes_back_in_utc(table: Database) -> None:
    row = stored(table, at=datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=EAST))

    assert row.at == datetime(2026, 3, 28, 19, 45, 0, 123456, tzinfo=UTC)
    assert row.at.tzinfo is UTC


def test_instants_sort_and_compare_in_sql_by_time(table: Database) -> None:
    early, late = datetime(2026, 1, 1, 0, tzinfo=EAST), datetime(2025, 12, 31, 19, tzinfo=UTC)
    stored(table, at=late)
    stored(table, at=early)

    with table.engine.connect() as connection:
        found = connection.scalars(select(SAMPLE.c.at).order_by(SAMPLE.c.at)).all()
        below = connection.scalars(select(SAMPLE.c.at).where(SAMPLE.c.at < late)).all()

    assert found == [early, late]
    assert below == [early]


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"at": datetime(2026, 1, 1)}, InvalidTimeError),  # noqa: DTZ001 - naive on purpose
        ({"price": 19.9}, InvalidMoneyError),
        ({"price": Decimal("0.00001")}, InvalidMoneyError),
        ({"price": Decimal(10) ** 14}, InvalidMoneyError),
    ],
)
def test_a_value_that_cannot_be_kept_exactly_is_refused(
    table: Database, values: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(StatementError) as caught:
        stored(table, **values)

    assert isinstance(caught.value.orig, refusal)


@pytest.mark.parametrize("units", [0, 1, -1, 97477479340, MAX_UNITS, -MAX_UNITS])
def test_an_amount_comes_back_exactly(table: Database, units: int) -> None:
    assert stored(table, price=from_units(units)).price == from_units(units)


@given(st.integers(-MAX_UNITS, MAX_UNITS), st.sampled_from([postgresql, sqlite_dialect]))
def test_no_amount_changes_on_its_way_through_the_type(units: int, kind: Any) -> None:
    column, dialect = MoneyAmount(), kind.dialect()
    bound = column.process_bind_param(from_units(units), dialect)

    assert bound == units
    assert column.process_result_value(bound, dialect) == from_units(units)


def test_a_transaction_number_beyond_32_bits_comes_back(table: Database) -> None:
    number = 2**40 + 7

    row = stored(table, xid=number)

    assert (row.xid, type(row.xid)) == (number, int)
    with table.engine.connect() as connection:
        assert connection.scalar(select(SAMPLE.c.id).where(SAMPLE.c.xid >= number)) is not None
        assert connection.scalar(select(SAMPLE.c.id).where(SAMPLE.c.xid > number)) is None


def test_reflection_knows_the_transaction_number(table: Database) -> None:
    columns = {found["name"]: found for found in inspect(table.engine).get_columns(SAMPLE.name)}

    assert "xid" in columns


def test_python_refuses_a_word_outside_the_enum(table: Database) -> None:
    with pytest.raises(StatementError):
        stored(table, colour="green")


def test_the_database_refuses_a_word_outside_the_enum(table: Database) -> None:
    with pytest.raises(IntegrityError, match="ck_commerce_sample_colour"):
        table.sql("INSERT INTO commerce_sample (id, colour) VALUES (1, 'green')")


def test_details_can_be_filtered(table: Database) -> None:
    stored(table, details={"season": {"name": "été"}})

    with table.engine.connect() as connection:
        name = SAMPLE.c.details["season"]["name"].as_string()
        assert connection.scalar(select(SAMPLE.c.details).where(name == "été")) == {
            "season": {"name": "été"}
        }
