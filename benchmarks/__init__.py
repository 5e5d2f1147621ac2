"""One script a claim. ``nox -s bench -- NAME`` runs ``benchmarks/NAME.py``.

A script measures both sides in one run with :mod:`benchmarks._measure`, gathers its claims in a
:class:`benchmarks._report.Report` and ends with ``raise SystemExit(report.finish())``.
"""
