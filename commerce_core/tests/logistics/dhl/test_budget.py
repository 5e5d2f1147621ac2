"""The calls of the day: spaced, counted, shared by processes, closed when DHL says so."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from commerce_core.logistics.dhl import (
    DatabaseBudgetStore,
    DHLBudgetExhaustedError,
    LimitKind,
    MemoryBudgetStore,
)
from commerce_core.logistics.dhl.budget import LedgerState, Limit, book, left_of, turn_day
from commerce_core.tests.source import ROOT

if TYPE_CHECKING:
    from commerce_core.logistics.dhl import BudgetStore
    from commerce_core.tests.databases import Database

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
LIMIT = Limit(3, 5.0)


@pytest.fixture(
    params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)],
)
def store(request: pytest.FixtureRequest) -> BudgetStore:
    if request.param == "memory":
        return MemoryBudgetStore()
    database: Database = request.getfixturevalue(request.param)
    return DatabaseBudgetStore(database.factory)


def reserve(store: BudgetStore, at: datetime = NOON, max_wait: float = 60) -> float:
    return store.reserve("key", now=at, limit=LIMIT, max_wait=max_wait)


def test_slots_are_five_seconds_apart(store: BudgetStore) -> None:
    assert [reserve(store) for _ in range(3)] == [0.0, 5.0, 10.0]
    assert store.state("key", now=NOON).used == 3


def test_the_day_has_so_many_calls_and_no_more(store: BudgetStore) -> None:
    for _ in range(3):
        reserve(store)
    with pytest.raises(DHLBudgetExhaustedError) as caught:
        reserve(store)

    assert caught.value.kind is LimitKind.DAY
    assert caught.value.retry_after == timedelta(hours=12).total_seconds()
    assert store.state("key", now=NOON).used == 3


def test_a_new_day_starts_at_midnight_gmt(store: BudgetStore) -> None:
    for _ in range(3):
        reserve(store)

    assert reserve(store, datetime(2026, 1, 6, tzinfo=UTC)) == 0.0
    assert store.state("key", now=NOON + timedelta(days=1)).used == 1


def test_a_slot_too_far_ahead_is_refused_and_not_booked(store: BudgetStore) -> None:
    reserve(store)
    with pytest.raises(DHLBudgetExhaustedError) as caught:
        reserve(store, max_wait=4.9)

    assert caught.value.kind is LimitKind.SPIKE
    assert store.state("key", now=NOON).used == 1


def test_the_breaker_stays_open_until_its_moment(store: BudgetStore) -> None:
    until = datetime(2026, 1, 6, tzinfo=UTC)
    store.close("key", until=until)

    with pytest.raises(DHLBudgetExhaustedError):
        reserve(store)
    assert left_of(store.state("key", now=NOON), LIMIT, NOON).calls == 0
    assert reserve(store, until) == 0.0


def test_accounts_do_not_share(store: BudgetStore) -> None:
    reserve(store)

    assert store.reserve("other", now=NOON, limit=LIMIT, max_wait=0) == 0.0


def test_a_slot_after_midnight_counts_on_the_next_day() -> None:
    late = datetime(2026, 1, 5, 23, 59, 58, tzinfo=UTC)
    state = LedgerState(date(2026, 1, 5), used=3, next_slot_at=late + timedelta(seconds=4))
    state, wait = book(state, now=late, limit=LIMIT, max_wait=60)

    assert (state.day, state.used, wait) == (date(2026, 1, 6), 1, 4.0)
    assert turn_day(state, late).used == 1


def test_what_is_left_can_be_asked(store: BudgetStore) -> None:
    reserve(store)
    left = left_of(store.state("key", now=NOON), LIMIT, NOON)

    assert (left.calls, left.used, left.next_call_in, left.closed_until) == (2, 1, 5.0, None)
    assert left_of(LedgerState(date(2026, 1, 5)), Limit(None, 0.0), NOON).calls is None


@pytest.mark.slow
def test_two_processes_keep_the_gap_together(database: Database) -> None:
    """Eight bookings of two programs at one moment get eight different slots, 5 s apart."""
    code = """
import sys
from datetime import UTC, datetime
from commerce_core.database import make_engine, make_session_factory
from commerce_core.logistics.dhl import DatabaseBudgetStore
from commerce_core.logistics.dhl.budget import Limit
store = DatabaseBudgetStore(make_session_factory(make_engine(sys.argv[1])))
now = datetime(2026, 1, 5, 12, tzinfo=UTC)
for _ in range(4):
    print(store.reserve("key", now=now, limit=Limit(250, 5.0), max_wait=600))
"""
    command = [sys.executable, "-c", code, database.url]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    waits = [float(line) for child in running for line in child.communicate(timeout=60)[0].split()]

    assert sorted(waits) == [5.0 * place for place in range(8)]
    assert DatabaseBudgetStore(database.factory).state("key", now=NOON).used == 8
