"""Geometry of the charts that the server draws: numbers in, SVG coordinates out.

No markup here: templates/kit/charts.html writes it.
"""

from webapp.charts.axes import nice_ticks
from webapp.charts.plots import bar_plot, line_plot, line_rows
from webapp.charts.small import heat_step, spark, spark_bars

__all__ = [
    "bar_plot",
    "heat_step",
    "line_plot",
    "line_rows",
    "nice_ticks",
    "spark",
    "spark_bars",
]
