"""What the adjustment form takes for a whole number."""

from __future__ import annotations

import pytest

from webapp.stock.forms import AdjustForm


@pytest.mark.parametrize(
    ("typed", "pieces"),
    [
        ("10", 10),
        (" +10 ", 10),
        ("- 3", -3),
        ("\u22123", -3),
        ("1 0", None),
        ("+1 0", None),
        ("\u0663", None),
        ("1_0", None),
        ("1.0", None),
        ("--1", None),
        ("+ ", None),
    ],
)
def test_a_slip_of_the_space_bar_is_no_number(typed: str, pieces: int | None) -> None:
    form = AdjustForm.read({"at": "1-1", "delta": typed, "reason": "count"})
    assert form.pieces == pieces
    assert ("delta" in form.errors) == (pieces is None)
