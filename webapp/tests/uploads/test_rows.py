"""Why a row of a stock file was refused, in the language of the page."""

from __future__ import annotations

from commerce_core.inventory.stock_file_rows import RowProblem
from commerce_core.inventory.stock_file_rules import RowOutcome, RowResult
from webapp.tests.kit.conftest import make_environment

PAGE = '{% from "uploads/_rows.html" import refused_rows %}{{ refused_rows(rows, 1) }}'
WORDS = "No variant has the SKU %(sku)s."


def test_the_sentence_is_translated_and_what_the_file_says_is_escaped() -> None:
    env = make_environment(page=PAGE)
    env.filters["told"] = {WORDS: "Keine Variante heißt %(sku)s."}.__getitem__
    problem = RowProblem("unknown_sku", "sku", WORDS, {"sku": "<b>"})
    row = RowResult(2, "<b>", "HAM", RowOutcome.REFUSED, problem=problem)

    said = env.get_template("page").render(rows=[row])

    assert "Keine Variante heißt &lt;b&gt;." in said
    assert problem.sentence == "No variant has the SKU <b>."
