"""What the rounds with a large crowd prove, as claims."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks._measure import Estimate, estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks._report import Report
    from benchmarks._stream_rounds import Round

OURS = "ours"
LIMITS = {"Litestar": "<= 0.2", "Channels": "<= 0.02", "nchan": "<= 0.7"}
WORDS = {
    "Litestar": "plain Litestar ServerSentEvent",
    "Channels": "Django Channels with channels_redis",
    "nchan": "nchan in nginx",
}


@dataclass(slots=True)
class Measured:
    """The rounds of each server, in the order of the passes.

    ``again`` are our second rounds of each pass, ``heavy`` ours at 500 changes a second, ``held``
    the bytes that each server took for its first crowd.
    """

    rounds: dict[str, list[Round]]
    crowd: int
    again: list[Round] = field(default_factory=list)
    heavy: list[Round] = field(default_factory=list)
    held: dict[str, int] = field(default_factory=dict)


def add_crowd_claims(report: Report, found: Measured) -> None:
    """Add the claims about a crowd, and a line in words for each server."""
    mine = found.rounds[OURS]
    both = [*mine, *found.again]
    at = f"at {found.crowd} subscribers"
    rates = estimate([one.rate for one in both])
    report.add(f"changes a second that reach all, {at}", rates, ">= 49")
    costs = estimate([one.microseconds_per_delivery for one in both])
    report.add(f"processor µs for each delivery, {at}", costs, "<= 5")
    for name, limit in LIMITS.items():
        if name in found.rounds:
            ratio = _cost_ratio(mine, found.rounds[name])
            report.add(f"the same over {WORDS[name]}, {at}", ratio, limit)
    late = estimate([one.p99_ms for one in both])
    report.add(f"ms from commit to client, 99 of 100, {at}", late, "<= 90")
    more = [a.cpu_per_second / b.cpu_per_second for a, b in zip(found.heavy, mine, strict=True)]
    report.add("processor time at 500 changes a second over 50", estimate(more), "<= 2")
    report.add("KiB for each connection", found.held[OURS] / found.crowd / 1024, "<= 25")
    report.add_control_ratio(
        "control: µs for each delivery, our first round over our second",
        _cost_ratio(mine, found.again),
    )
    report.context[f"ours, 500 changes a second, {at}"] = in_words(found.heavy)
    for name, rounds in found.rounds.items():
        report.context[f"{name}, {at}"] = in_words(rounds)


def in_words(rounds: Sequence[Round]) -> str:
    """Return the medians of some rounds as one line."""
    rate = estimate([one.rate for one in rounds]).median
    cost = estimate([one.microseconds_per_delivery for one in rounds]).median
    early = estimate([one.p50_ms for one in rounds]).median
    late = estimate([one.p99_ms for one in rounds]).median
    return f"{rate:.1f} changes/s reach all, {cost:.1f} µs each, {early:.0f} / {late:.0f} ms"


def _cost_ratio(first: Sequence[Round], second: Sequence[Round]) -> Estimate:
    """Return the cost of a delivery over another's, taken within each pass."""
    return estimate(
        [
            one.microseconds_per_delivery / other.microseconds_per_delivery
            for one, other in zip(first, second, strict=True)
        ]
    )
