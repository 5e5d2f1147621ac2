from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.errors import (
    ConsumerBusyError,
    InvalidCursorError,
    InvalidQuantityError,
    InvalidTextError,
)
from commerce_core.inventory import StockMovement, receive_stock
from commerce_core.journal import (
    Cursor,
    begin_epoch,
    consume,
    ensure_epoch,
    forget_consumer,
    read_cursor,
    tail,
)
from commerce_core.testing import make_location, make_variant

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from commerce_core.tests.databases import Database

PATIENCE_SECONDS = 20


def book(session: Session, pieces: int = 1) -> list[int]:
    """Receive pieces one by one in one transaction; return the ids of the movements."""
    variant, place = make_variant(session), make_location(session)
    received = [
        receive_stock(session, variant, place, quantity=1, actor="ann") for _ in range(pieces)
    ]
    return [movement.id for movement in received]


def ids(session: Session, name: str = "mailer", **options: Any) -> list[int]:
    return [row.id for row in consume(session, StockMovement, name, **options).rows]


def test_every_row_comes_once_in_order_and_a_new_name_starts_at_the_first(
    database: Database, run: Callable[[Any], Any]
) -> None:
    booked = [*database.run(book), *database.run(book)]

    assert run(ids) == booked
    assert run(ids) == []
    booked = database.run(book)
    assert run(ids) == booked
    assert len(run(lambda session: ids(session, "other"))) == 3


def test_what_was_rolled_back_comes_again(database: Database) -> None:
    booked = database.run(book)
    with database.factory() as session:
        assert ids(session) == booked
        session.rollback()

    assert database.run(ids) == booked


def test_a_batch_is_small_but_never_splits_a_transaction(database: Database) -> None:
    one, three, two = (database.run(partial(book, pieces=count)) for count in (1, 3, 2))

    def next_page(session: Session) -> tuple[list[int], bool]:
        page = consume(session, StockMovement, "mailer", batch=2)
        return [row.id for row in page.rows], page.more

    pages = [database.run(next_page) for _ in range(4)]

    assert pages == [(one, True), (three, True), (two, False), ([], False)]


def test_a_new_name_can_start_now(database: Database) -> None:
    database.run(book)

    assert database.run(lambda s: ids(s, start=read_cursor(s))) == []
    booked = database.run(book)
    assert database.run(ids) == booked


def test_with_nothing_to_read_nothing_is_written(database: Database) -> None:
    database.run(book)
    database.run(ids)
    before = database.contents()
    for _ in range(2):
        database.run(ids)

    assert database.contents() == before


@pytest.mark.postgres
def test_with_nothing_to_read_no_transaction_number_is_taken(postgres: Database) -> None:
    postgres.run(book)
    postgres.run(ids)
    own = "SELECT pg_current_xact_id_if_assigned() IS NULL"

    with postgres.factory() as session:
        assert ids(session) == []
        assert session.connection().exec_driver_sql(own).scalar_one()


@pytest.mark.postgres
def test_a_second_worker_of_the_same_name_is_turned_away_and_loses_nothing(
    postgres: Database,
) -> None:
    postgres.run(ids)
    booked = postgres.run(book)
    with postgres.factory() as first:
        assert ids(first) == booked
        with pytest.raises(ConsumerBusyError) as caught:
            postgres.run(ids)
        assert postgres.run(lambda s: ids(s, "other")) == booked
        first.rollback()

    assert caught.value.name == "mailer"
    assert postgres.run(ids) == booked


@pytest.mark.postgres
def test_a_worker_that_read_before_another_one_moved_on_is_turned_away(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both read the same rows; the quicker one commits before the slower one locks."""
    postgres.run(ids)
    postgres.run(book)
    has_read, may_go_on = threading.Event(), threading.Event()

    def slow_tail(*arguments: Any, **options: Any) -> Any:
        page = tail(*arguments, **options)
        if threading.current_thread() is slower:
            has_read.set()
            assert may_go_on.wait(PATIENCE_SECONDS)
        return page

    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append(postgres.run(ids))
        except ConsumerBusyError as exc:
            outcome.append(exc.code)

    monkeypatch.setattr("commerce_core.journal.consumers.tail", slow_tail)
    slower = threading.Thread(target=work)
    slower.start()
    assert has_read.wait(PATIENCE_SECONDS)
    assert len(postgres.run(ids)) == 1
    may_go_on.set()
    slower.join(PATIENCE_SECONDS)

    assert outcome == ["consumer_busy"]


def test_a_new_epoch_neither_loses_nor_repeats_a_row(database: Database) -> None:
    first = database.run(book)
    assert database.run(ids) == first
    second = database.run(book)
    assert database.run(lambda s: ids(s, "quick")) == first + second
    third = database.run(book)
    database.run(lambda s: ids(s, "new", start=Cursor(read_cursor(s).epoch, 0), batch=1))
    for _ in range(2):
        database.run(begin_epoch)
    fourth = database.run(book)

    assert database.run(ids) == second + third + fourth
    assert database.run(lambda s: ids(s, "quick")) == third + fourth
    assert database.run(lambda s: ids(s, "new")) == second + third + fourth
    assert database.run(lambda s: ids(s, "late")) == first + second + third + fourth


def test_what_waits_in_a_new_epoch_comes_in_the_order_of_its_level(database: Database) -> None:
    database.run(ids)
    database.run(partial(book, pieces=3))
    database.run(partial(book, pieces=2))
    database.run(begin_epoch)
    rows = database.run(
        lambda s: [(row.level_id, row.version) for row in consume(s, StockMovement, "mailer").rows]
    )

    assert rows == sorted(rows)
    assert len(rows) == 5


def test_a_position_of_a_database_nobody_has_looked_at_yet_is_mended(database: Database) -> None:
    """As after a restore: the numbers of the position lie above all there are."""
    booked = database.run(book)
    database.run(ids)
    database.sql("UPDATE commerce_journal_epoch SET identity = 'another cluster'")
    far = "CAST('900000000' AS xid8)" if database.is_postgresql else "900000000"
    database.sql(f"UPDATE commerce_journal_consumer SET horizon = {far}")  # noqa: S608
    if not database.is_postgresql:
        with pytest.raises(InvalidCursorError):  # a file does not tell that it is another
            database.run(ids)
        return
    assert database.run(ids) == []
    more = database.run(book)
    assert database.run(ids) == more
    assert database.run(lambda s: ids(s, "late")) == booked + more


def test_a_start_of_another_epoch_is_refused(database: Database) -> None:
    with pytest.raises(InvalidCursorError):
        database.run(lambda s: ids(s, start=Cursor("elsewhere", 1)))


def test_what_is_no_batch_and_no_name_is_refused(database: Database) -> None:
    with pytest.raises(InvalidQuantityError):
        database.run(lambda s: ids(s, batch=0))
    with pytest.raises(InvalidTextError):
        database.run(lambda s: ids(s, " "))
    with pytest.raises(InvalidTextError):
        database.run(lambda s: ids(s, "x" * 81))


def test_a_forgotten_name_starts_again(database: Database) -> None:
    booked = database.run(book)
    database.run(ids)

    assert database.run(lambda s: forget_consumer(s, StockMovement, "mailer"))
    assert not database.run(lambda s: forget_consumer(s, StockMovement, "mailer"))
    database.run(ensure_epoch)
    assert database.run(ids) == booked
