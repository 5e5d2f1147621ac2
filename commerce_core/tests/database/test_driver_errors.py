"""Law 13: no driver's error leaves a function of the library, whoever made the engine."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import String, create_engine, event, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from commerce_core import Money, read_cursor, tail
from commerce_core.catalog import create_product, create_variant, find_product, get_variant
from commerce_core.errors import (
    CommerceError,
    ConcurrencyError,
    DatabaseNotMigratedError,
    DatabaseUnavailableError,
    InvalidMoneyError,
)
from commerce_core.inventory import (
    Cause,
    create_location,
    expire_reservations,
    get_location,
    list_allocations,
    receive_stock,
)
from commerce_core.inventory.models import StockMovement
from commerce_core.journal import Cursor

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from commerce_core.tests.databases import Database

VERBS: dict[str, Callable[[Session], Any]] = {
    "read one": lambda session: find_product(session, slug="lamp"),
    "write one": lambda session: create_product(session, name="Lamp"),
    "create a place": lambda session: create_location(session, code="HAM"),
    "sweep": expire_reservations,
    "promises of an order": lambda session: list_allocations(session, Cause("host_order", "1")),
    "read the cursor": read_cursor,
    "tail a journal": lambda session: tail(session, StockMovement, Cursor("x", 0)),
}


class HostBase(DeclarativeBase):
    pass


class HostOrder(HostBase):
    __tablename__ = "host_order"
    number: Mapped[str] = mapped_column(String(20), primary_key=True)


def host_engine(url: str, **connect: Any) -> Engine:
    """Return an engine as a host makes one: nothing of ours has touched it."""
    driver = url.replace("postgresql://", "postgresql+psycopg://")
    return create_engine(driver, connect_args=connect)


@pytest.mark.parametrize("verb", VERBS)
def test_without_our_tables_every_function_says_that_they_are_missing(
    empty_url: str, verb: str
) -> None:
    engine = host_engine(empty_url)
    with Session(engine) as session, pytest.raises(DatabaseNotMigratedError) as caught:
        VERBS[verb](session)

    assert "commerce migrate --database URL" in str(caught.value)
    assert type(caught.value.__cause__).__module__.split(".")[0] in {"sqlite3", "psycopg"}
    engine.dispose()


@pytest.mark.parametrize("verb", VERBS)
def test_a_server_that_does_not_answer_is_named_so(verb: str) -> None:
    engine = host_engine("postgresql://nobody@127.0.0.1:1/none", connect_timeout=2)

    with Session(engine) as session, pytest.raises(DatabaseUnavailableError) as caught:
        VERBS[verb](session)

    assert "does not answer" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.postgres
def test_a_connection_that_is_cut_under_a_verb_is_named_so(postgres: Database) -> None:
    engine = host_engine(postgres.url)
    with Session(engine) as session:
        number = session.scalar(text("SELECT pg_backend_pid()"))
        postgres.sql(f"SELECT pg_terminate_backend({number})")

        with pytest.raises(DatabaseUnavailableError):
            create_product(session, name="Lamp")
    engine.dispose()


def test_a_locked_file_says_that_somebody_is_in_the_way(sqlite: Database) -> None:
    engine = host_engine(sqlite.url, timeout=0.01)
    with closing(sqlite3.connect(sqlite.url.removeprefix("sqlite:///"))) as other:
        other.execute("BEGIN IMMEDIATE")
        with Session(engine) as session, pytest.raises(ConcurrencyError, match="locked") as caught:
            create_product(session, name="Lamp")
        other.rollback()

    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
    with Session(engine) as session:  # and the same engine goes on
        assert create_product(session, name="Lamp").slug == "lamp"
    engine.dispose()


@pytest.mark.postgres
def test_a_deadlock_on_a_hosts_session_is_a_concurrency_error(postgres: Database) -> None:
    engine = host_engine(postgres.url, options="-c lock_timeout=50ms")
    with Session(postgres.engine) as setup:
        variant = create_variant(setup, create_product(setup, name="Lamp"), sku="L", price=EURO)
        receive_stock(setup, variant, create_location(setup, code="H"), quantity=1, actor="t")
        setup.commit()
    with Session(postgres.engine) as first, Session(engine) as second:
        first.execute(text("SELECT id FROM commerce_stock_level FOR UPDATE"))
        lamp, place = get_variant(second, sku="L"), get_location(second, code="H")

        with pytest.raises(ConcurrencyError, match="roll back and try again"):
            receive_stock(second, lamp, place, quantity=1, actor="t")
    engine.dispose()


def test_an_async_session_of_the_host_sees_the_same(empty_url: str) -> None:
    url = empty_url.replace("sqlite:", "sqlite+aiosqlite:")
    engine = create_async_engine(url.replace("postgresql://", "postgresql+psycopg://"))

    async def call() -> None:
        async with AsyncSession(engine) as session:
            await session.run_sync(VERBS["write one"])

    async def main() -> None:
        with pytest.raises(DatabaseNotMigratedError):
            await call()
        await engine.dispose()

    asyncio.run(main())


def test_what_a_host_does_by_itself_fails_as_sqlalchemy_fails(empty_url: str) -> None:
    engine = host_engine(empty_url)
    with Session(engine) as session, pytest.raises(SQLAlchemyError):
        session.execute(text("SELECT * FROM commerce_product"))
    engine.dispose()


def test_a_missing_table_of_the_host_is_not_called_ours(sqlite: Database) -> None:
    """A query of a verb flushes what the host had added; the fault is in the host's tables."""
    with Session(sqlite.engine) as session:
        session.add(HostOrder(number="1"))
        with pytest.raises(OperationalError, match="host_order"):
            find_product(session, slug="lamp")


def test_a_hosts_own_listener_still_hears_the_drivers_error(empty_url: str) -> None:
    engine = host_engine(empty_url)
    heard: list[Any] = []

    def listen(context: Any) -> None:
        heard.append(context.sqlalchemy_exception)

    event.listen(engine, "handle_error", listen)
    with Session(engine) as session, pytest.raises(CommerceError):
        create_product(session, name="Lamp")

    assert [isinstance(error, SQLAlchemyError) for error in heard] == [True]
    engine.dispose()


def test_a_value_that_a_column_refuses_is_our_error_and_not_its_own_cause(
    sqlite: Database,
) -> None:
    with Session(sqlite.engine) as session:
        product = create_product(session, name="Lamp")
        variant = create_variant(session, product, sku="L", price=EURO)
        variant.price = "a lot"  # type: ignore[assignment]  # what a host may get wrong

        with pytest.raises(InvalidMoneyError) as caught:
            create_variant(session, product, sku="M", price=EURO)

    assert caught.value.__cause__ is not caught.value


EURO = Money.of("1", "EUR")
