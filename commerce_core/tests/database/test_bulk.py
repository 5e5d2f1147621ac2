from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from commerce_core.customers.models import Customer
from commerce_core.database.bulk import (
    insert_rows,
    moment_storer,
    postpone_checkpoints,
    resume_checkpoints,
)
from commerce_core.errors import DatabaseError, InvalidTimeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from commerce_core.tests.databases import Database

    Run = Callable[[Any], Any]

TABLE: Any = Customer.__table__
COLUMNS = ("number", "email", "created_at")
NOON = datetime(2026, 1, 5, 12, 0, 0, 250, tzinfo=UTC)
ODD = ['O\'Neill "the" \\N', "tab\there", "line\nbreak", "café 🏬 שלום", "", "\\.", "NULL"]


def insert(session: Session, rows: list[tuple[Any, ...]]) -> None:
    stored = moment_storer(session)
    insert_rows(session, TABLE, COLUMNS, [(*row, stored(NOON)) for row in rows])


def test_rows_come_back_as_they_were_given(run: Run) -> None:
    rows = [(str(number), text) for number, text in enumerate(ODD)] + [("none", None)]

    run(lambda session: insert(session, rows))

    found = run(lambda session: session.scalars(select(Customer).order_by(Customer.id)).all())
    assert [(customer.number, customer.email) for customer in found] == rows
    assert {customer.created_at for customer in found} == {NOON}


def test_columns_left_out_get_the_default_of_the_database(run: Run) -> None:
    run(lambda session: insert(session, [("1", None)]))

    customer = run(lambda session: session.scalars(select(Customer)).one())
    assert (customer.name, customer.details, customer.country) == ("", {}, None)


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 500])
def test_any_number_of_rows(database: Database, count: int) -> None:
    database.run(lambda session: insert(session, [(str(n), None) for n in range(count)]))

    assert database.sql("SELECT count(*) FROM commerce_customer")[0][0] == count


def test_a_key_that_is_taken_is_refused_and_nothing_stays(run: Run, database: Database) -> None:
    with pytest.raises(DatabaseError, match="commerce_customer") as caught:
        run(lambda session: insert(session, [("1", None), ("2", None), ("1", None)]))

    assert isinstance(caught.value.__cause__, IntegrityError)
    assert database.sql("SELECT count(*) FROM commerce_customer")[0][0] == 0


def test_a_moment_of_any_zone_is_stored_in_utc(database: Database) -> None:
    east = NOON.astimezone(timezone(timedelta(hours=9)))

    def step(session: Session) -> None:
        insert_rows(session, TABLE, COLUMNS, [("1", None, moment_storer(session)(east))])

    database.run(step)
    assert database.run(lambda session: session.scalars(select(Customer)).one()).created_at == NOON


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    def step(session: Session) -> None:
        moment_storer(session)(datetime(2026, 1, 5))  # noqa: DTZ001 - naive on purpose

    with pytest.raises(InvalidTimeError, match="time zone"):
        database.run(step)


def test_checkpoints_are_put_off_and_come_back(sqlite: Database) -> None:
    def pages(session: Session) -> int:
        query = "PRAGMA wal_autocheckpoint"
        return int(session.connection().exec_driver_sql(query).scalar_one())

    def step(session: Session) -> tuple[int, int]:
        postpone_checkpoints(session)
        longer = pages(session)
        resume_checkpoints(session)
        return longer, pages(session)

    assert sqlite.run(step) == (32_000, 1_000)


@pytest.mark.postgres
def test_on_postgresql_there_is_nothing_to_put_off(postgres: Database) -> None:
    postgres.run(postpone_checkpoints)
    postgres.run(resume_checkpoints)
