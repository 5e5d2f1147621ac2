from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from commerce_core.clock import require_aware, use_clock, utc_now
from commerce_core.errors import InvalidTimeError
from commerce_core.testing import FrozenClock

EAST = timezone(timedelta(hours=14))


def test_the_time_is_aware_and_in_utc() -> None:
    assert utc_now().tzinfo is UTC


def test_a_frozen_clock_moves_only_when_it_is_told_to() -> None:
    with use_clock(FrozenClock(datetime(2026, 1, 5, tzinfo=UTC))) as clock:
        assert isinstance(clock, FrozenClock)
        assert utc_now() == utc_now() == datetime(2026, 1, 5, tzinfo=UTC)
        clock.move(days=-1, seconds=1)

        assert utc_now() == datetime(2026, 1, 4, 0, 0, 1, tzinfo=UTC)


def test_the_clock_of_before_comes_back_after_an_error() -> None:
    with use_clock(FrozenClock(datetime(2001, 1, 1, tzinfo=UTC))):
        with pytest.raises(ZeroDivisionError), use_clock(FrozenClock()):
            _ = 1 / 0

        assert utc_now() == datetime(2001, 1, 1, tzinfo=UTC)


def test_another_thread_keeps_its_own_clock() -> None:
    seen: list[datetime] = []
    with use_clock(FrozenClock(datetime(1999, 1, 1, tzinfo=UTC))):
        thread = threading.Thread(target=lambda: seen.append(utc_now()))
        thread.start()
        thread.join()

    assert seen[0].year > 1999


def test_a_moment_of_any_zone_becomes_utc() -> None:
    moment = require_aware(datetime(2026, 1, 1, 8, tzinfo=EAST), name="occurred_at")

    assert (moment, moment.tzinfo) == (datetime(2025, 12, 31, 18, tzinfo=UTC), UTC)


@pytest.mark.parametrize(
    "moment",
    [datetime(2026, 1, 1), datetime(1, 1, 1, tzinfo=EAST), date(2026, 1, 1), "2026-01-01", None],  # noqa: DTZ001 - naive on purpose
    ids=repr,
)
def test_what_names_no_instant_is_refused(moment: object) -> None:
    with pytest.raises(InvalidTimeError, match="occurred_at"):
        require_aware(moment, name="occurred_at")  # type: ignore[arg-type]
