from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.clock import use_clock
from commerce_core.database import make_engine
from commerce_core.errors import (
    IdempotencyConflictError,
    InvalidTextError,
    OperationInProgressError,
)
from commerce_core.idempotency import (
    KEEP_FOR,
    Claim,
    claim,
    find_claim,
    fingerprint_of,
    forget_old_keys,
)
from commerce_core.tests.databases import Database

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from commerce_core.testing import FrozenClock

ASKED = {"actor": "ann", "verb": "buy_label", "key": "k-1", "fingerprint": "f" * 64}


def asked(session: Session, **other: str) -> Claim:
    return claim(session, **{**ASKED, **other})


def done(session: Session, result: Any = "label 7", **other: str) -> Claim:
    found = asked(session, **other)
    if not found.is_replay:
        found.record(result)
    return found


def test_the_first_claim_does_the_work_and_a_replay_gets_its_result(
    run: Callable[[Any], Any],
) -> None:
    first, second = run(done), run(lambda session: done(session, "another label"))

    assert (first.is_replay, second.is_replay) == (False, True)
    assert second.result == "label 7"


@pytest.mark.parametrize("result", [None, 0, "", [], {"id": 7, "price": "1.50"}, "ü"])
def test_any_json_comes_back_as_it_was_recorded(sqlite: Database, result: Any) -> None:
    sqlite.run(lambda session: done(session, result))

    assert sqlite.run(asked).result == result


def test_another_content_under_the_same_key_is_a_conflict(run: Callable[[Any], Any]) -> None:
    run(done)

    with pytest.raises(IdempotencyConflictError, match="use a new key"):
        run(lambda session: asked(session, fingerprint="0" * 64))


@pytest.mark.parametrize("other", [{"actor": "bob"}, {"verb": "refund"}, {"key": "k-2"}])
def test_a_key_counts_for_its_actor_and_verb_alone(
    run: Callable[[Any], Any], other: dict[str, str]
) -> None:
    run(done)

    assert not run(lambda session: asked(session, **other)).is_replay


def test_a_claim_without_a_result_is_in_progress(run: Callable[[Any], Any]) -> None:
    run(asked)

    with pytest.raises(OperationInProgressError, match="under way"):
        run(asked)


def test_a_claim_that_is_rolled_back_was_never_made(database: Database) -> None:
    with database.factory() as session:
        done(session)

    assert not database.run(asked).is_replay


def test_looking_for_a_claim_makes_none(database: Database) -> None:
    assert database.run(lambda session: find_claim(session, **ASKED)) is None
    assert not database.run(done).is_replay
    found = database.run(lambda session: find_claim(session, **ASKED))

    assert found is not None
    assert found.result == "label 7"


@pytest.mark.postgres
def test_of_many_that_claim_at_once_one_does_the_work(postgres: Database) -> None:
    engine = make_engine(postgres.url, pool_size=12)
    crowd, start = Database(postgres.url, engine), threading.Barrier(12)

    def one(number: int) -> tuple[bool, Any]:
        start.wait()
        found = crowd.run(lambda session: done(session, number))
        return found.is_replay, found.result

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(one, range(12)))
    engine.dispose()

    worked = [result for is_replay, result in answers if not is_replay]
    assert len(worked) == 1
    assert {result for _, result in answers} == set(worked)


def test_what_cannot_be_stored_is_refused(database: Database) -> None:
    wrong: list[dict[str, Any]] = [
        *({"key": key} for key in ("", "x" * 201, "a\x00b", "\ud800")),
        *({"actor": actor} for actor in ("", "x" * 121)),
        {"verb": "x" * 65},
    ]
    for other in wrong:
        with pytest.raises(InvalidTextError):
            database.run(partial(asked, **other))


def test_keys_are_forgotten_after_thirty_days(database: Database, clock: FrozenClock) -> None:
    with use_clock(clock):
        database.run(done)
        clock.move(days=1)
        database.run(lambda session: done(session, key="k-2"))
        a_month_later = clock.now() + KEEP_FOR - timedelta(seconds=1)
        gone = database.run(lambda session: forget_old_keys(session, as_of=a_month_later))

    assert gone == 1
    assert not database.run(asked).is_replay
    assert database.run(lambda session: asked(session, key="k-2")).is_replay


def test_equal_content_has_one_fingerprint_whatever_its_order() -> None:
    assert fingerprint_of(a=1, b={"x": "ü", "y": None}) == fingerprint_of(
        b={"y": None, "x": "ü"}, a=1
    )
    assert fingerprint_of(a=1) != fingerprint_of(a=2)
    assert fingerprint_of(a=1) != fingerprint_of(a="1")
