"""Geometry of the charts: right places, right tables, and no chart without a sentence."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.charts import bar_plot, heat_step, line_plot, nice_ticks, spark, spark_bars

if TYPE_CHECKING:
    from collections.abc import Callable

numbers = st.floats(-1e9, 1e9, allow_nan=False)


def coordinates(path: str) -> list[tuple[float, float]]:
    found = [float(number) for number in re.findall(r"-?[\d.]+", path)]
    return list(zip(found[::2], found[1::2], strict=True))


def test_a_spark_line_runs_from_low_to_high() -> None:
    shape = spark([1, 3, 2])
    assert coordinates(shape.line) == [(0, 21), (49, 3), (98, 12)]
    assert shape.end == "M98 12h0"
    assert shape.area.endswith("98 24 0 24z")


def test_a_flat_spark_line_runs_along_the_middle() -> None:
    assert {y for _, y in coordinates(spark([4, 4, 4]).line)} == {12}


def test_a_gap_in_a_spark_line_stays_a_gap() -> None:
    assert spark([1, None, 2, 3]).line.count("M") == 2


@pytest.mark.parametrize("values", [[], [None], [None, None]])
def test_nothing_known_draws_nothing(values: list[None]) -> None:
    assert spark(values).line == ""


@given(st.lists(numbers, min_size=1, max_size=40))
def test_no_spark_line_leaves_its_box(values: list[float]) -> None:
    for x, y in coordinates(spark(values).line):
        assert 0 <= x <= 98
        assert 3 <= y <= 21


def test_a_day_without_sales_keeps_a_faint_line() -> None:
    high, none = spark_bars([5, 0])
    assert (high.height, high.is_zero) == ("22", False)
    assert (none.height, none.is_zero) == ("1", True)


@given(numbers, st.floats(0, 1e9, allow_nan=False), st.booleans())
def test_ticks_enclose_what_is_drawn_and_are_few(low: float, span: float, whole: bool) -> None:  # noqa: FBT001
    ticks = nice_ticks(low, low + span, whole=whole)
    assert 2 <= len(ticks) <= 4
    assert ticks == sorted(ticks)
    slack = 1e-6 * max(1.0, abs(low), span)
    assert ticks[0] <= low + slack
    assert ticks[-1] >= low + span - slack
    if whole:
        assert all(tick == round(tick) for tick in ticks)


@pytest.mark.parametrize(
    ("high", "ticks"),
    [(7, [0, 5, 10]), (33.6, [0, 20, 40]), (5730, [0, 2000, 4000, 6000]), (1, [0, 1]), (0, [0, 1])],
)
def test_ticks_are_numbers_people_count_in(high: float, ticks: list[float]) -> None:
    assert nice_ticks(0, high, whole=True) == ticks


@pytest.mark.parametrize("high", [-1, float("nan"), float("inf")])
def test_there_is_no_axis_to_nowhere(high: float) -> None:
    with pytest.raises(ValueError, match="no axis"):
        nice_ticks(0, high)


def test_a_line_stands_where_its_numbers_are() -> None:
    plot = line_plot(["a", "b", "c"], actual=[0, 20, None], forecast=[None, 20, 40], height=142)
    assert plot.inner == 100
    assert coordinates(plot.paths["actual"]) == [(0, 100), (50, 50)]
    assert coordinates(plot.paths["forecast"]) == [(50, 50), (100, 0)]
    assert plot.dot == "M50 50h0"
    assert [(tick.value, tick.y) for tick in plot.ticks] == [(0, "110"), (20, "60"), (40, "10")]


def test_a_band_goes_out_above_and_home_below() -> None:
    plot = line_plot(["a", "b"], forecast=[10, 10], band=[(0, 20), (5, 20)])
    assert coordinates(plot.paths["band"]) == [(0, 0), (100, 0), (100, 75), (0, 100)]


def test_the_band_is_inside_the_axis() -> None:
    plot = line_plot(["a", "b"], forecast=[10, 10], band=[(0, 20), (5, 90)])
    assert plot.ticks[-1].value >= 90


def test_stretches_stay_in_the_plot() -> None:
    plot = line_plot(["a", "b", "c"], actual=[1, 1, 1], shade=[(0, 0)], promotions=[(1, 2)])
    assert plot.shades == [("0", "25")]
    assert plot.strips == [("25", "75")]


def test_bars_stand_on_zero_also_below_it() -> None:
    up, down = bar_plot(["a", "b"], [10, -10], height=142).bars
    assert float(up.y) + float(up.height) == pytest.approx(float(down.y))
    assert float(up.height) == float(down.height) > 0


def test_at_most_seven_words_stand_under_a_chart() -> None:
    labels = [str(day) for day in range(30)]
    marks = bar_plot(labels, [1] * 30).marks
    assert len(marks) <= 7
    assert marks[0].text == "0"


@pytest.mark.parametrize(
    ("value", "step"), [(None, 0), (0, 0), (1, 1), (50, 3), (100, 6), (900, 6)]
)
def test_heat_steps_go_from_few_to_many(value: int | None, step: int) -> None:
    assert heat_step(value, Decimal(100)) == step


def test_a_chart_has_a_title_a_sentence_and_its_numbers(render: Callable[..., str]) -> None:
    html = render(
        '{% from "kit/charts.html" import line_with_band %}'
        '{{ line_with_band("c", "Sales", "They rise.", labels, data, names, "Week") }}',
        names={"actual": "Sold"},
        labels=["W1", "W2"],
        data={"actual": [4, None], "forecast": [None, 1240], "band": [None, (1000, 1500)]},
    )
    assert 'role="img" aria-labelledby="c-title c-text"' in html
    assert '<desc id="c-text">They rise.</desc>' in html
    cells = re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", html)
    assert cells == [
        *("Week", "Sold", "Forecast", "8 of 10 times"),
        *("W1", "4", "\u2013", "\u2013"),
        *("W2", "\u2013", "1,240", "1,000\u20131,500"),
    ]
    assert "style=" not in html


def test_bars_have_their_table_too(render: Callable[..., str]) -> None:
    html = render(
        '{% from "kit/charts.html" import bars %}'
        '{{ bars("b", "Sold", "Most on b.", ["a", "b"], [3, 5], on=(1,), column="Pieces") }}'
    )
    assert re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", html) == [
        "Time",
        "Pieces",
        "a",
        "3",
        "b",
        "5",
    ]
    assert html.count('class="bar on"') == 1
