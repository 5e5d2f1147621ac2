from __future__ import annotations

import math
import sys

import pytest

from benchmarks._measure import (
    disk_commit_seconds,
    estimate,
    measure_pair,
    run_child,
)

TEN_MEBIBYTES = 10 * 1024 * 1024


def test_the_interval_of_twenty_values_is_the_sixth_from_each_end() -> None:
    result = estimate([float(value) for value in range(1, 21)])

    assert (result.low, result.median, result.high) == (6.0, 10.5, 15.0)
    assert result.confidence == pytest.approx(0.9586, abs=1e-4)


def test_three_values_give_their_range_and_say_that_it_is_worth_75_percent() -> None:
    result = estimate([3.0, 1.0, 2.0])

    assert (result.low, result.median, result.high) == (1.0, 2.0, 3.0)
    assert result.confidence == 0.75


def test_one_value_is_worth_nothing_and_says_so() -> None:
    result = estimate([4.0])

    assert (result.low, result.high, result.confidence) == (4.0, 4.0, 0.0)


def test_the_interval_never_claims_more_than_it_has() -> None:
    for count in range(1, 200):
        result = estimate([float(value) for value in range(count)])
        dropped = int(result.low)
        outside = 2 * sum(math.comb(count, k) for k in range(dropped + 1)) / 2**count
        assert result.confidence == pytest.approx(1 - outside)
        assert result.confidence >= 0.95 or dropped == 0


def test_nothing_measured_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        estimate([])


def test_a_pair_runs_in_turns_and_each_round_in_the_other_order() -> None:
    order: list[str] = []

    measure_pair(lambda: order.append("a"), lambda: order.append("b"), rounds=4, warmup=0)

    assert "".join(order) == "abbaabba"


def test_the_ratio_is_taken_within_a_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that slows down tenfold halfway changes both medians, but not the ratio."""
    seconds = iter([2.0, 1.0, 1.0, 2.0, 20.0, 10.0, 10.0, 20.0])
    monkeypatch.setattr("benchmarks._measure.seconds_of", lambda _: next(seconds))

    pairing = measure_pair(lambda: None, lambda: None, rounds=4, warmup=0)

    assert (pairing.first.median, pairing.second.median) == (11.0, 5.5)
    assert (pairing.ratio.low, pairing.ratio.median, pairing.ratio.high) == (2.0, 2.0, 2.0)


def test_a_child_reports_its_output_and_its_own_peak_memory() -> None:
    small = run_child([sys.executable, "-c", "print('small')"])
    large = run_child([sys.executable, "-c", f"print(len(bytearray({20 * TEN_MEBIBYTES})))"])

    assert small.output == "small\n"
    assert 0 < small.peak_bytes < 5 * TEN_MEBIBYTES
    assert large.peak_bytes - small.peak_bytes > 15 * TEN_MEBIBYTES


def test_a_child_that_fails_is_an_error_with_its_output() -> None:
    with pytest.raises(RuntimeError, match="ended with 3"):
        run_child([sys.executable, "-c", "raise SystemExit(3)"])


def test_a_child_that_hangs_is_ended() -> None:
    with pytest.raises(RuntimeError, match="did not end in time"):
        run_child([sys.executable, "-c", "import time; time.sleep(60)"], timeout_seconds=0.2)


def test_the_disk_is_asked_for_real() -> None:
    assert disk_commit_seconds(count=3).median > 0
