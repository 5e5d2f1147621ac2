"""The bulk door to the ledger gives the rows that the verbs would give, only faster."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, select

from commerce_core.clock import use_clock
from commerce_core.errors import (
    InsufficientStockError,
    InvalidQuantityError,
    InvalidTimeError,
    VariantNotFoundError,
)
from commerce_core.inventory import (
    adjust_stock,
    receive_stock,
    reserve_stock,
    set_stock_policy,
    ship_stock,
    verify_ledger,
    verify_promises,
)
from commerce_core.inventory.ledger import Cause
from commerce_core.inventory.ledger.bulk import PastMovement, post_history
from commerce_core.inventory.models import MovementKind, StockLevel, StockMovement
from commerce_core.journal import read_cursor, tail
from commerce_core.testing import FrozenClock, make_location, make_variant

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from commerce_core.tests.databases import Database

    Run = Callable[[Any], Any]

CLOCK = FrozenClock()
START = CLOCK.now() - timedelta(days=30)


class Books:
    """One variant in one hall, and what is on record of it."""

    def __init__(self, run: Run, *, sku: str = "LAMP-1") -> None:
        self.run = run
        self.variant = run(lambda session: make_variant(session, sku=sku))
        self.hall = run(make_location)

    def past(self, delta: int, *, days: float = 0, kind: str = "adjusted", **more: Any) -> Any:
        more.setdefault("reason", "counted")
        return PastMovement(
            self.variant.id,
            self.hall.id,
            MovementKind(kind),
            delta,
            START + timedelta(days=days),
            "ann",
            **more,
        )

    def post(self, *movements: PastMovement, **options: Any) -> None:
        self.run(lambda session: post_history(session, movements, **options))

    def level(self) -> StockLevel:
        found: StockLevel = self.run(
            lambda session: session.scalars(
                select(StockLevel).filter_by(variant_id=self.variant.id)
            ).one()
        )
        return found

    def rows(self, model: Any) -> list[dict[str, Any]]:
        """Return all columns but those that say which variant it is or when it was written."""
        left_out = {"id", "xid", "level_id", "variant_id", "recorded_at", "idempotency_key"}
        order = StockMovement.version if model is StockMovement else StockLevel.id
        query = select(model.__table__).where(model.variant_id == self.variant.id).order_by(order)
        found = self.run(lambda session: session.execute(query).mappings().all())
        return [{k: v for k, v in row.items() if k not in left_out} for row in found]


@pytest.fixture
def shelf(run: Run) -> Books:
    return Books(run)


def test_it_writes_what_the_verbs_write(run: Run, database: Database) -> None:
    one, other = Books(run), Books(run, sku="LAMP-2")
    moves = random.Random(7)  # noqa: S311 - a story, no secret
    story = [("received", 40)]
    story += [moves.choice([("received", 3), ("shipped", -2), ("adjusted", -1)]) for _ in range(25)]

    def by_verbs(session: Session) -> None:
        for day, (kind, delta) in enumerate(story):
            verb: Any = {"received": receive_stock, "shipped": ship_stock}.get(kind, adjust_stock)
            pieces = delta if kind == "adjusted" else abs(delta)
            verb(
                session,
                one.variant,
                one.hall,
                quantity=pieces,
                actor="ann",
                reason="why not",
                cause=Cause("order", str(day)),
                occurred_at=START + timedelta(days=day / 7),
            )

    run(by_verbs)
    other.post(
        *(
            other.past(
                delta,
                days=day / 7,
                kind=kind,
                reason="why not",
                cause_kind="order",
                cause_id=str(day),
            )
            for day, (kind, delta) in enumerate(story)
        )
    )

    assert other.rows(StockMovement) == one.rows(StockMovement)
    assert other.rows(StockLevel) == one.rows(StockLevel)
    assert database.run(verify_ledger) == []


def test_a_policy_of_the_past_is_the_policy_of_a_verb(run: Run) -> None:
    one, other = Books(run), Books(run, sku="LAMP-2")
    one.post(one.past(5, kind="received"))
    other.post(other.past(5, kind="received"))
    wanted = {"minimum": 3, "safety_stock": 1, "backorder_limit": 2}
    with use_clock(CLOCK):
        run(lambda session: set_stock_policy(session, one.variant, one.hall, actor="ann", **wanted))
        kind = "policy_changed"
        other.post(other.past(0, days=30, kind=kind, reason=None, policy=wanted))

    assert other.rows(StockLevel) == one.rows(StockLevel)
    assert other.rows(StockMovement) == one.rows(StockMovement)


def test_one_transaction_is_one_place_in_the_journal(shelf: Books, database: Database) -> None:
    cursor = database.run(read_cursor)

    shelf.post(*(shelf.past(1, days=day) for day in range(20)))

    page = database.run(lambda session: tail(session, StockMovement, cursor))
    assert [row.version for row in page.rows] == list(range(1, 21))
    assert len({row.xid for row in page.rows}) == 1


def test_more_than_there_is_is_refused_and_nothing_stays(shelf: Books, database: Database) -> None:
    shelf.post(shelf.past(3))
    before = database.contents()

    with pytest.raises(InsufficientStockError, match="LAMP-1 at HAM: 9 requested, 4 there"):
        shelf.post(shelf.past(1, days=1), shelf.past(-9, days=2))

    assert database.contents() == before


def test_with_a_cover_what_is_missing_is_received_first(shelf: Books) -> None:
    shelf.post(
        shelf.past(3),
        shelf.past(-9, days=2, kind="shipped", reason=None, cause_kind="order", cause_id="7"),
        cover="Not on the books",
    )

    found = [
        (m["kind"], m["on_hand_delta"], m["on_hand"], m["reason"], m["cause_id"])
        for m in shelf.rows(StockMovement)
    ]
    assert found == [
        ("adjusted", 3, 3, "counted", None),
        ("received", 6, 9, "Not on the books", None),
        ("shipped", -9, 0, None, "7"),
    ]


def test_what_was_promised_and_is_gone_is_booked_as_short(shelf: Books, database: Database) -> None:
    shelf.post(shelf.past(5))
    shelf.run(
        lambda session: reserve_stock(
            session,
            shelf.variant,
            shelf.hall,
            quantity=4,
            expires_in=timedelta(minutes=10),
            actor="ann",
        )
    )

    shelf.post(shelf.past(-3, days=30), shelf.past(1, days=30))

    assert [(m["on_hand"], m["short"]) for m in shelf.rows(StockMovement)[-2:]] == [(2, 2), (3, 1)]
    assert (shelf.level().on_hand, shelf.level().short, shelf.level().reserved) == (3, 1, 4)
    assert database.run(verify_ledger) == []
    assert database.run(verify_promises) == []


def test_what_is_told_late_is_booked_at_the_last_moment(shelf: Books, database: Database) -> None:
    shelf.post(shelf.past(3, days=9))

    shelf.post(shelf.past(2, days=1), shelf.past(-1, days=10))

    moments = [m["occurred_at"] for m in shelf.rows(StockMovement)]
    assert moments == [START + timedelta(days=days) for days in (9, 9, 10)]
    assert database.run(verify_ledger) == []


def test_a_moment_of_any_zone_is_kept(shelf: Books) -> None:
    east = timezone(timedelta(hours=9))
    moment = (START + timedelta(hours=1)).astimezone(east)

    shelf.post(shelf.past(3)._replace(occurred_at=moment))

    assert shelf.level().last_occurred_at == moment


@pytest.mark.parametrize(
    ("moment", "problem"),
    [
        (datetime(2026, 1, 1), "time zone"),  # noqa: DTZ001 - naive on purpose
        (CLOCK.now() + timedelta(hours=1), "in the future"),
    ],
)
def test_what_names_no_moment_of_the_past_is_refused(
    shelf: Books, database: Database, moment: datetime, problem: str
) -> None:
    shelf.post(shelf.past(1))
    before = database.contents()

    with use_clock(CLOCK), pytest.raises(InvalidTimeError, match=problem):
        shelf.post(shelf.past(3)._replace(occurred_at=moment))

    assert database.contents() == before


def test_a_level_has_a_limit(shelf: Books) -> None:
    shelf.post(shelf.past(10**9))

    with pytest.raises(InvalidQuantityError, match="LAMP-1 would be 1,000,000,001"):
        shelf.post(shelf.past(1, days=1))


def test_a_variant_that_is_not_there_is_named(shelf: Books) -> None:
    with pytest.raises(VariantNotFoundError, match="no variant with the id 999"):
        shelf.post(shelf.past(1)._replace(variant_id=999))


def test_objects_of_the_session_know_of_it(shelf: Books) -> None:
    shelf.post(shelf.past(1))

    def step(session: Session) -> tuple[int, int]:
        query = select(StockLevel).filter_by(variant_id=shelf.variant.id)
        level = session.scalars(query).one()
        post_history(session, [shelf.past(6, days=1)])
        return level.on_hand, level.version

    assert shelf.run(step) == (7, 2)


def test_nothing_to_book_is_no_statement(database: Database) -> None:
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))

    database.run(lambda session: post_history(session, []))

    assert [text for text in statements if not text.startswith("BEGIN")] == []


def test_five_hundred_movements_are_a_handful_of_statements(database: Database) -> None:
    books = Books(database.run)
    movements = [books.past(1, days=number / 50) for number in range(500)]
    books.post(movements[0])
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))

    books.post(*movements[1:])

    assert len(statements) <= 10
