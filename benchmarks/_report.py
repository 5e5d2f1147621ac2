"""What a benchmark says: claims with their targets, as a table and as benchmarks/results/NAME.json.

``holds`` is decided by the unfavourable end of the interval, never by the median: a claim of at
least 5 whose interval is 4.8 to 5.6 does not hold.
"""

from __future__ import annotations

import json
import os
import platform
import re
import sqlite3
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks._measure import Estimate, Work, disk_commit_seconds, measure_pair

if TYPE_CHECKING:
    from collections.abc import Callable

RESULTS = Path(__file__).parent / "results"
CONTROL_TOLERANCE = 0.05
_TARGET = re.compile(r"(?P<sign>>=|<=|==)\s*(?P<bound>\d+(\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence, what was measured, what was promised, and whether the promise holds.

    ``measured`` is the median, ``low`` and ``high`` its interval (all equal for a plain count).
    """

    claim: str
    measured: float
    target: str
    holds: bool
    low: float
    high: float


@dataclass(slots=True)
class Report:
    """The claims of one benchmark. ``name`` is the script's name and the result's file name."""

    name: str
    claims: list[Claim] = field(default_factory=list)
    context: dict[str, Any] = field(default_factory=dict)

    def add(self, claim: str, measured: Estimate | float, target: str) -> Claim:
        """Add a claim. ``target`` reads ``>= 5``, ``<= 1.5`` or ``== 0``."""
        if isinstance(measured, Estimate):
            value, low, high = measured.median, measured.low, measured.high
        else:
            value = low = high = float(measured)
        added = Claim(claim, value, target, _holds(target, low, high), low, high)
        self.claims.append(added)
        return added

    def add_control(self, work: Work, *, rounds: int = 20) -> Claim:
        """Measure ``work`` against itself: unless that is 1.00 ± 0.05 the run proves nothing."""
        ratio = measure_pair(work, work, rounds=rounds).ratio
        return self.add_control_ratio("control: the same work against itself", ratio)

    def add_control_ratio(self, claim: str, ratio: Estimate) -> Claim:
        """Add a control that was measured elsewhere: the same thing over itself."""
        added = Claim(
            claim=claim,
            measured=ratio.median,
            target=f"1.00 ± {CONTROL_TOLERANCE}",
            holds=abs(ratio.median - 1) <= CONTROL_TOLERANCE,
            low=ratio.low,
            high=ratio.high,
        )
        self.claims.append(added)
        return added

    def finish(
        self, *, folder: Path = RESULTS, say: Callable[[str], object] = sys.stdout.write
    ) -> int:
        """Print the table, write the JSON, and return the exit code: 0 if every claim holds."""
        self.context = surroundings() | self.context
        say(self.table() + "\n")
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{self.name}.json"
        target.write_text(json.dumps(self.as_json(), indent=2) + "\n", encoding="utf-8")
        say(f"written to {target}\n")
        return 0 if all(claim.holds for claim in self.claims) else 1

    def as_json(self) -> dict[str, Any]:
        """Return ``{"claims": [{"claim", "measured", "target", "holds", …}], "context": {…}}``."""
        return {
            "claims": [
                {
                    "claim": claim.claim,
                    "measured": _round(claim.measured),
                    "target": claim.target,
                    "holds": claim.holds,
                    "low": _round(claim.low),
                    "high": _round(claim.high),
                }
                for claim in self.claims
            ],
            "context": self.context,
        }

    def table(self) -> str:
        """Return the claims as aligned text, then the context, one line each."""
        head = ("claim", "measured", "interval", "target", "holds")
        rows = [
            (
                claim.claim,
                f"{_round(claim.measured):g}",
                f"{_round(claim.low):g} to {_round(claim.high):g}",
                claim.target,
                "yes" if claim.holds else "NO",
            )
            for claim in self.claims
        ]
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (head, *rows)]
        return "\n".join([*lines, "", *(f"{key}: {value}" for key, value in self.context.items())])


def surroundings() -> dict[str, Any]:
    """Return what the numbers depend on: the disk's commit time, the machine, the versions."""
    disk = disk_commit_seconds()
    return {
        "disk_commit_ms": round(disk.median * 1000, 3),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "machine": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def _holds(target: str, low: float, high: float) -> bool:
    match = _TARGET.fullmatch(target)
    if match is None:
        raise ValueError(f"a target reads '>= 5', '<= 1.5' or '== 0', not {target!r}")
    bound = float(match["bound"])
    if match["sign"] == ">=":
        return low >= bound
    if match["sign"] == "<=":
        return high <= bound
    return low == high == bound


def _round(value: float) -> float:
    """Four significant digits are more than any of these measurements has."""
    return float(f"{value:.4g}")
