from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from commerce_core.database import make_session_factory, read_only
from commerce_core.errors import DatabaseNotMigratedError, InvalidCursorError
from commerce_core.inventory import (
    StockLocation,
    StockMovement,
    adjust_stock,
    receive_stock,
    ship_stock,
)
from commerce_core.journal import Cursor, TailPage, journal_lag, oldest_writer, read_cursor, tail
from commerce_core.testing import make_location, make_variant
from commerce_core.tests.statements import recorded

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from commerce_core.catalog import Variant
    from commerce_core.tests.databases import Database


class Book:
    """A level to write movements to, and a client that follows the journal."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.variant: Variant = database.run(lambda session: make_variant(session, on_hand=100))
        self.place: StockLocation = database.run(make_location)
        self.cursor = database.run(read_cursor)

    def receive(self, session: Session, pieces: int) -> StockMovement:
        return receive_stock(session, self.variant, self.place, quantity=pieces, actor="ann")

    def book(self, *pieces: int) -> None:
        """Receive so many pieces, one movement each, in one transaction."""
        self.database.run(lambda session: [self.receive(session, count) for count in pieces])

    def follow(self, limit: int = 1000) -> TailPage[StockMovement]:
        page = self.database.run(
            lambda session: tail(session, StockMovement, self.cursor, limit=limit)
        )
        self.cursor = page.cursor
        return page

    def follow_on(self, limit: int = 1000) -> list[int]:
        return [row.on_hand_delta for row in self.follow(limit).rows]


@pytest.fixture
def book(database: Database) -> Book:
    return Book(database)


def test_it_returns_what_was_committed_since_the_cursor_in_order(book: Book) -> None:
    book.book(1, 2)
    book.book(3)

    assert book.follow_on() == [1, 2, 3]


def test_it_returns_nothing_twice(book: Book) -> None:
    book.book(1)
    book.follow()

    page = book.follow()

    assert (list(page.rows), page.more, page.reset) == ([], False, False)


def test_what_is_rolled_back_is_never_seen(book: Book) -> None:
    with book.database.factory() as session:
        book.receive(session, 9)
    book.book(1)

    assert book.follow_on() == [1]


def test_what_is_not_committed_yet_is_seen_later(book: Book) -> None:
    """On SQLite nobody else can write meanwhile; on PostgreSQL somebody does, and is held back."""
    with book.database.factory() as session:
        book.receive(session, 1)
        if book.database.is_postgresql:
            other = book.database.run(make_variant)
            book.database.run(
                lambda s: receive_stock(s, other, book.place, quantity=2, actor="bob")
            )
        held = readers_page(book)
        session.commit()

    assert held == []
    assert sorted(book.follow_on()) == ([1, 2] if book.database.is_postgresql else [1])


def readers_page(book: Book) -> list[int]:
    with make_session_factory(read_only(book.database.engine))() as reader:
        page = tail(reader, StockMovement, book.cursor)
        book.cursor = page.cursor
        return [row.on_hand_delta for row in page.rows]


def test_its_own_open_transaction_is_not_seen(book: Book) -> None:
    """Or a rollback would leave the cursor ahead of rows that others write later."""
    with book.database.factory() as session:
        book.receive(session, 9)
        own = tail(session, StockMovement, book.cursor)
        assert read_cursor(session) == own.cursor
    book.cursor = own.cursor
    book.book(1)

    assert list(own.rows) == []
    assert book.follow_on() == [1]


def test_a_savepoint_that_is_rolled_back_hides_nothing(book: Book) -> None:
    with book.database.factory() as session:
        with session.begin_nested() as savepoint:
            book.receive(session, 9)
            savepoint.rollback()
        book.cursor = tail(session, StockMovement, book.cursor).cursor
        book.receive(session, 1)
        session.commit()

    assert book.follow_on() == [1]


def test_it_is_one_query(book: Book) -> None:
    book.book(1, 2, 3)

    with recorded(book.database.engine) as sent:
        assert book.follow_on() == [1, 2, 3]

    assert len(sent) == 1


def test_a_page_ends_between_two_transactions(book: Book) -> None:
    for pieces in ((1, 2), (3, 4), (5,)):
        book.book(*pieces)

    pages = [book.follow(limit=3) for _ in range(3)]

    assert [[row.on_hand_delta for row in page.rows] for page in pages] == [[1, 2], [3, 4, 5], []]
    assert [page.more for page in pages] == [True, False, False]


def test_a_page_that_is_just_full_is_not_cut(book: Book) -> None:
    book.book(1, 2)
    book.book(3)

    page = book.follow(limit=3)

    assert ([row.on_hand_delta for row in page.rows], page.more) == ([1, 2, 3], False)


def test_a_transaction_larger_than_a_page_comes_whole(book: Book) -> None:
    book.book(1)
    book.book(2, 3, 4, 5, 6)
    book.book(7)

    assert book.follow_on(limit=2) == [1]
    assert book.follow_on(limit=2) == [2, 3, 4, 5, 6]
    assert book.follow_on(limit=2) == [7]


def test_a_cursor_of_another_epoch_is_answered_with_a_reset(book: Book) -> None:
    book.book(1)
    book.cursor = Cursor("otherone", book.cursor.horizon)

    page = book.follow()

    assert (list(page.rows), page.reset) == ([], True)
    book.book(2)
    assert book.follow_on() == [2]


def test_a_cursor_from_the_future_is_answered_with_a_reset(book: Book) -> None:
    book.cursor = Cursor(book.cursor.epoch, 2**62)

    assert book.follow().reset
    assert not book.follow().reset


def test_rows_of_every_kind_of_movement_come(book: Book) -> None:
    def trade(session: Session) -> None:
        adjust_stock(session, book.variant, book.place, quantity=-1, reason="broken", actor="ann")
        ship_stock(session, book.variant, book.place, quantity=2, actor="ann")

    book.database.run(trade)

    assert [(row.kind.value, row.on_hand) for row in book.follow().rows] == [
        ("adjusted", 99),
        ("shipped", 97),
    ]


def test_versions_of_a_level_tell_the_newest(book: Book) -> None:
    book.book(1, 2, 3)

    assert [row.version for row in book.follow().rows] == [2, 3, 4]


def test_nothing_is_late_while_nobody_writes(book: Book) -> None:
    lag = book.database.run(lambda session: journal_lag(session, StockMovement))

    assert (lag.seconds, lag.waiting) == (0.0, 0)
    if not book.database.is_postgresql:
        assert book.database.run(oldest_writer) is None


def test_without_an_epoch_it_says_what_to_do(book: Book) -> None:
    book.database.sql("DELETE FROM commerce_journal_epoch")

    with pytest.raises(DatabaseNotMigratedError, match="commerce migrate"):
        book.follow()
    with pytest.raises(DatabaseNotMigratedError, match="commerce migrate"):
        book.database.run(read_cursor)


# --- its text ------------------------------------------------------------------------------


def test_a_cursor_comes_back_from_its_text() -> None:
    cursor = Cursor("aB3_-x", 2**63 - 1)

    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "abc.",
        ".5",
        "abc.-1",
        "abc.1.2",
        "abc.1e3",
        "abc.٣",
        "abc.1\n",
        "abc.9223372036854775808",
        "x" * 17 + ".1",
        "a b.1",
        "'; DROP TABLE commerce_order; --.1",
    ],
)
def test_a_text_that_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursorError):
        Cursor.parse(text)
