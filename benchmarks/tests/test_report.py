from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from benchmarks._measure import Estimate
from benchmarks._report import Report

if TYPE_CHECKING:
    from pathlib import Path


def between(low: float, median: float, high: float) -> Estimate:
    return Estimate(median=median, low=low, high=high, confidence=0.95, count=20)


@pytest.mark.parametrize(
    ("measured", "target", "holds"),
    [
        (between(5.0, 5.8, 6.0), ">= 5", True),
        (between(4.9, 5.8, 6.0), ">= 5", False),
        (between(1.0, 1.2, 1.5), "<= 1.5", True),
        (between(1.0, 1.2, 1.6), "<= 1.5", False),
        (0, "== 0", True),
        (1, "== 0", False),
        (0.9, "<= 1", True),
    ],
)
def test_a_claim_holds_by_the_unfavourable_end_of_its_interval(
    measured: Estimate | float, target: str, *, holds: bool
) -> None:
    assert Report("shop").add("as fast as promised", measured, target).holds is holds


def test_a_target_nobody_can_read_is_refused() -> None:
    with pytest.raises(ValueError, match="a target reads"):
        Report("shop").add("fast", 1.0, "fast enough")


def test_the_result_file_has_the_agreed_form(tmp_path: Path) -> None:
    report = Report("shop", context={"rows": 541909})
    report.add("import against a flat insert", between(4.0, 4.44449, 4.9), "<= 5")

    code = report.finish(folder=tmp_path, say=lambda _: None)

    result = json.loads((tmp_path / "shop.json").read_text(encoding="utf-8"))
    assert code == 0
    assert result["claims"] == [
        {
            "claim": "import against a flat insert",
            "measured": 4.444,
            "target": "<= 5",
            "holds": True,
            "low": 4.0,
            "high": 4.9,
        }
    ]
    assert result["context"]["rows"] == 541909
    assert result["context"]["disk_commit_ms"] >= 0


def test_the_table_says_no_aloud_and_the_exit_code_agrees(tmp_path: Path) -> None:
    said: list[str] = []
    report = Report("shop")
    report.add("listing at 100,000 variants", between(1.2, 1.4, 1.7), "<= 1.5")

    code = report.finish(folder=tmp_path, say=said.append)

    assert code == 1
    assert "listing at 100,000 variants  1.4       1.2 to 1.7  <= 1.5  NO" in said[0]
    assert "disk_commit_ms: " in said[0]


def test_the_control_compares_work_with_itself() -> None:
    report = Report("shop")

    claim = report.add_control(lambda: sum(range(20_000)), rounds=21)

    assert claim.target == "1.00 ± 0.05"
    assert claim.holds is (abs(claim.measured - 1) <= 0.05)
    assert report.claims == [claim]
