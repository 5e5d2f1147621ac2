from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, select, text, update

from commerce_core.catalog import Product, create_product, get_product
from commerce_core.database import (
    make_async_engine,
    make_async_session_factory,
    make_engine,
    make_session_factory,
)
from commerce_core.errors import (
    ConcurrencyError,
    DatabaseError,
    DuplicateError,
    InvalidTimeError,
    ProductNotFoundError,
    VersionConflictError,
)
from commerce_core.flows import (
    Call,
    Transaction,
    run_flow,
    run_flow_async,
    run_in_transaction,
    run_in_transaction_async,
)
from commerce_core.inventory import StockMovement, stock_history
from commerce_core.journal import JournalClock
from commerce_core.testing import make_variant
from commerce_core.tests.databases import Database, unit_of_work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from commerce_core.flows import Flow


class CarrierDownError(Exception):
    """The outside world failed."""


@pytest.fixture(params=["run_flow", "run_flow_async"])
def drive(request: pytest.FixtureRequest, database: Database) -> Iterator[Callable[..., Any]]:
    """Return a driver of flows whose calls are performed by the given function."""
    if request.param == "run_flow":
        yield lambda flow, perform: run_flow(database.factory, flow, perform=perform)
        return
    with asyncio.Runner() as runner:
        engine = make_async_engine(database.url)
        factory = make_async_session_factory(engine)

        def run(flow: Flow[Any], perform: Callable[[Any], Any]) -> Any:
            async def performed(request: Any) -> Any:
                await asyncio.sleep(0)
                return perform(request)

            return runner.run(run_flow_async(factory, flow, perform=performed))

        try:
            yield run
        finally:
            runner.run(engine.dispose())


def named(name: str) -> Transaction:
    return Transaction(lambda session: create_product(session, name=name).slug)


def slugs(database: Database) -> list[str]:
    return [row[0] for row in database.sql("SELECT slug FROM commerce_product ORDER BY slug")]


def test_a_flow_commits_each_step_and_gets_its_outcomes(
    database: Database, drive: Callable[..., Any]
) -> None:
    def flow() -> Flow[tuple[str, str, str]]:
        first = yield named("Claim")
        answer = yield Call("what does it cost?")
        last = yield named("Record")
        return first, answer, last

    def perform(request: str) -> str:
        assert slugs(database) == ["claim"], "the claim is durable, and no transaction is open"
        return request.upper()

    assert drive(flow(), perform) == ("claim", "WHAT DOES IT COST?", "record")
    assert slugs(database) == ["claim", "record"]


def test_a_failed_call_is_raised_inside_the_flow_which_can_go_on(
    database: Database, drive: Callable[..., Any]
) -> None:
    def flow() -> Flow[str]:
        yield named("Claim")
        try:
            yield Call("label")
        except CarrierDownError:
            uncertain: str = yield named("Uncertain")
            return uncertain
        return "labelled"

    def perform(_request: object) -> None:
        raise CarrierDownError

    assert drive(flow(), perform) == "uncertain"
    assert slugs(database) == ["claim", "uncertain"]


def test_a_failed_step_is_rolled_back_and_raised_inside_the_flow(
    database: Database, drive: Callable[..., Any]
) -> None:
    def half(session: Session) -> None:
        create_product(session, name="Half")
        create_product(session, name="Half")

    def flow() -> Flow[str]:
        try:
            yield Transaction(half)
        except DuplicateError as error:
            code = error.code
            yield Transaction(lambda session: create_product(session, name=f"Refused {code}").slug)
        return "went on"

    assert drive(flow(), str) == "went on"
    assert slugs(database) == ["refused-duplicate"]


def test_what_the_flow_does_not_handle_comes_out(
    database: Database, drive: Callable[..., Any]
) -> None:
    def flow() -> Flow[None]:
        yield named("Claim")
        yield Transaction(lambda session: get_product(session, slug="no-such"))

    with pytest.raises(ProductNotFoundError):
        drive(flow(), str)
    assert slugs(database) == ["claim"]


def test_a_flow_that_cleans_up_does_so_after_a_failure(drive: Callable[..., Any]) -> None:
    left: list[str] = []

    def flow() -> Flow[None]:
        try:
            yield Call("label")
        finally:
            left.append("cleaned")

    def perform(_request: object) -> None:
        raise CarrierDownError

    with pytest.raises(CarrierDownError):
        drive(flow(), perform)
    assert left == ["cleaned"]


def test_a_flow_with_calls_needs_somebody_who_performs_them(sqlite: Database) -> None:
    def flow() -> Flow[None]:
        yield Call("label")

    with pytest.raises(TypeError, match="perform="):
        run_flow(sqlite.factory, flow())


# --- one transaction -------------------------------------------------------------------------


def test_a_step_that_raises_is_rolled_back(database: Database, run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> None:
        create_product(session, name="Gone")
        raise CarrierDownError

    with pytest.raises(CarrierDownError):
        run(step)
    assert slugs(database) == []


def test_what_it_returns_stays_readable(run: Callable[[Any], Any]) -> None:
    product = run(lambda session: create_product(session, name="Lamp"))

    assert (product.name, product.version) == ("Lamp", 1)


def test_a_stale_save_of_a_versioned_row_is_a_conflict(run: Callable[[Any], Any]) -> None:
    product = run(lambda session: create_product(session, name="Lamp"))

    def rename(session: Session) -> None:
        session.execute(update(Product).values(version=7))
        session.add(product)
        product.name = "Lamp II"

    with pytest.raises(VersionConflictError):
        run(rename)


def test_a_value_that_a_column_refuses_is_our_own_error(run: Callable[[Any], Any]) -> None:
    from datetime import datetime  # noqa: PLC0415

    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    variant = run(make_variant)

    with pytest.raises(InvalidTimeError):
        run(lambda session: stock_history(session, variant, since=naive))
    with pytest.raises(InvalidTimeError):
        run(lambda s: s.scalars(select(StockMovement).where(StockMovement.recorded_at > naive)))


@pytest.mark.parametrize("broken", ["SELECT no_such_column FROM commerce_product", "SELEKT"])
def test_no_error_of_sqlalchemy_leaves(sqlite: Database, broken: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        sqlite.run(lambda session: session.execute(text(broken)).all())

    assert "\n" not in str(caught.value)


# --- tried again -----------------------------------------------------------------------------


@pytest.mark.postgres
def test_the_victim_of_a_deadlock_tries_again(postgres: Database) -> None:
    postgres.sql("CREATE TABLE pair (id INTEGER PRIMARY KEY, value INTEGER)")
    postgres.sql("INSERT INTO pair VALUES (1, 0), (2, 0)")
    meeting = threading.Barrier(2)
    tries: list[int] = []

    def cross(first: int) -> None:
        is_first_try = True

        def step(session: Session) -> None:
            nonlocal is_first_try
            tries.append(first)
            session.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
            add = text("UPDATE pair SET value = value + 1 WHERE id = :id")
            session.execute(add, {"id": first})
            if is_first_try:
                is_first_try = False
                meeting.wait()
            session.execute(add, {"id": 3 - first})

        run_in_transaction(postgres.factory, step)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(cross, (1, 2)))

    assert postgres.sql("SELECT value FROM pair") == [(2,), (2,)]
    assert len(tries) == 3


@pytest.mark.postgres
@pytest.mark.parametrize("kind", ["Session", "AsyncSession"])
def test_after_a_serialisation_failure_it_tries_again(postgres: Database, kind: str) -> None:
    postgres.sql("INSERT INTO commerce_journal_clock (id, tick) VALUES (2, 0)")
    tries: list[int] = []

    def step(session: Session) -> int:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        clock = session.get_one(JournalClock, 2, populate_existing=True)
        tries.append(clock.tick)
        if len(tries) < 3:
            postgres.sql("UPDATE commerce_journal_clock SET tick = tick + 10 WHERE id = 2")
        clock.tick += 1
        session.flush()
        return clock.tick

    with unit_of_work(postgres, kind) as run:
        assert run(step) == 21
    assert tries == [0, 10, 20]


@pytest.mark.postgres
def test_who_is_a_victim_every_time_is_told_so(postgres: Database) -> None:
    postgres.sql("INSERT INTO commerce_journal_clock (id, tick) VALUES (2, 0)")
    tries: list[int] = []

    def step(session: Session) -> None:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        clock = session.get_one(JournalClock, 2, populate_existing=True)
        tries.append(clock.tick)
        postgres.sql("UPDATE commerce_journal_clock SET tick = tick + 10 WHERE id = 2")
        clock.tick += 1

    with pytest.raises(ConcurrencyError, match="3 attempts"):
        run_in_transaction(postgres.factory, step, attempts=3)
    assert len(tries) == 3


def test_a_writer_on_sqlite_that_finds_it_locked_tries_again(sqlite: Database) -> None:
    held, release = threading.Event(), threading.Event()

    def hold(session: Session) -> None:
        session.connection()
        held.set()
        release.wait()

    def step(session: Session) -> str:
        return create_product(session, name="Lamp").slug

    engine = make_engine(sqlite.url, connect_args={"timeout": 0.01})
    impatient = make_session_factory(engine)
    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(sqlite.run, hold)
        held.wait()
        with pytest.raises(ConcurrencyError):
            run_in_transaction(impatient, step, attempts=2)
        threading.Timer(0.05, release.set).start()
        assert run_in_transaction(impatient, step, attempts=8) == "lamp"
        holder.result()
    engine.dispose()


# --- cancelled -------------------------------------------------------------------------------


STEPS = 60


@dataclass
class Cancelled:
    """What twenty cancellations left behind."""

    outcomes: list[object] = field(default_factory=list)
    connections: int = 0
    ticks: int = 0


@pytest.fixture
def cancelled(database: Database) -> Cancelled:
    """Cancel a unit of work twenty times, later each time, and write with no patience after it."""
    left = Cancelled()

    def work(session: Session) -> None:
        for _ in range(STEPS):
            session.execute(text("UPDATE commerce_journal_clock SET tick = tick + 1"))

    async def cancel_often() -> None:
        engine = make_async_engine(database.url)
        event.listen(engine.sync_engine, "connect", lambda *_: connections.append(1))
        factory = make_async_session_factory(engine)
        for number in range(20):
            task = asyncio.create_task(run_in_transaction_async(factory, work))
            await asyncio.sleep(0.0005 * number)
            task.cancel()
            await asyncio.sleep(0)
            task.cancel()
            left.outcomes.extend(await asyncio.gather(task, return_exceptions=True))
            with impatient.begin() as connection:  # raises if somebody still holds the lock
                connection.execute(text("UPDATE commerce_journal_clock SET tick = tick"))
        await engine.dispose()

    connections: list[int] = []
    database.sql("UPDATE commerce_journal_clock SET tick = 0")
    patience: dict[str, Any] = {} if database.is_postgresql else {"timeout": 0.01}
    impatient = make_engine(database.url, connect_args=patience)
    asyncio.run(cancel_often())
    impatient.dispose()
    left.connections = len(connections)
    left.ticks = database.sql("SELECT tick FROM commerce_journal_clock")[0][0]
    return left


def test_a_cancelled_unit_of_work_leaves_no_lock_and_is_done_completely_or_not_at_all(
    cancelled: Cancelled,
) -> None:
    stopped = [one for one in cancelled.outcomes if isinstance(one, asyncio.CancelledError)]

    assert len(stopped) >= 3
    assert cancelled.ticks % STEPS == 0


def test_a_cancelled_unit_of_work_costs_no_connection(cancelled: Cancelled) -> None:
    assert cancelled.connections == 1
