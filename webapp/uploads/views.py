"""What the templates of stock files are given."""

from __future__ import annotations

from typing import Any, Final

from commerce_core.inventory.stock_file import StockFileResult
from commerce_core.inventory.stock_file_rules import RowOutcome
from webapp.errors import Problem
from webapp.uploads.forms import UploadForm

PATH: Final = "/stock/upload"
MOST_SHOWN: Final = 200
"""Rows of each table; the figures above them count all."""
_MOVING: Final = {RowOutcome.CREATED, RowOutcome.CHANGED}


def form_context(form: UploadForm, problem: Problem | None = None) -> dict[str, Any]:
    """Return what the first form shows."""
    return {"form": form, "problem": problem}


def result_context(form: UploadForm, result: StockFileResult) -> dict[str, Any]:
    """Return what the preview shows, and the page after the file was applied."""
    counts = result.by_outcome
    moving = [row for row in result.rows if row.outcome in _MOVING]
    still = [row for row in result.rows if row.outcome not in {*_MOVING, RowOutcome.REFUSED}]
    return {
        "form": form,
        "result": result,
        "counts": {outcome.value: number for outcome, number in counts.items()},
        "refused": result.refused[:MOST_SHOWN],
        "moving": moving[:MOST_SHOWN],
        "moving_count": len(moving),
        "still": still[:MOST_SHOWN],
        "still_count": len(still),
        "up": sum(max(0, row.delta) for row in moving),
        "down": sum(max(0, -row.delta) for row in moving),
    }
