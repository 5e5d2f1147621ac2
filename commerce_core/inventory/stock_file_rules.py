"""What a row of a stock file means for the level it names. Asks nobody, changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from commerce_core.inventory.ledger import MAX_QUANTITY
from commerce_core.inventory.stock_file_rows import RowProblem

if TYPE_CHECKING:
    from collections.abc import Collection

    from commerce_core.inventory.stock_file_places import Places
    from commerce_core.inventory.stock_file_rows import StockFileRow


class StockFileSemantics(StrEnum):
    """What the quantity of a row is: pieces to add or take away, or what is on hand now."""

    DELTA = "delta"
    ABSOLUTE = "absolute"


class RowOutcome(StrEnum):
    """What becomes of a row. ``APPLIED_BEFORE``: the same row of the same file is booked."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    APPLIED_BEFORE = "applied_before"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RowResult:
    """A row and what became of it: pieces on hand before and after, or why it was refused.

    Where nothing was looked at (refused, or applied before) the numbers are None.
    """

    line: int
    sku: str
    location: str
    outcome: RowOutcome
    before: int | None = None
    after: int | None = None
    problem: RowProblem | None = None

    @property
    def delta(self) -> int:
        """The pieces by which on hand goes up or down."""
        return 0 if self.before is None or self.after is None else self.after - self.before


def settle(
    row: StockFileRow,
    places: Places,
    done: Collection[int],
    on_hand: int | None,
    semantics: StockFileSemantics,
) -> RowResult:
    """Return what becomes of ``row`` (``on_hand`` None: there is no level), first of all: again?"""
    if row.line in done:
        return RowResult(row.line, row.sku, row.location, RowOutcome.APPLIED_BEFORE)
    problem = places.problem(row)
    return decide(row, on_hand, semantics) if problem is None else refused(row, problem)


def decide(row: StockFileRow, on_hand: int | None, semantics: StockFileSemantics) -> RowResult:
    """Return what ``row``, which has no problem of its own, does to a level."""
    before, quantity = on_hand or 0, row.quantity or 0
    after = quantity if semantics is StockFileSemantics.ABSOLUTE else before + quantity
    if after < 0:
        return refused(row, _below_zero(before, quantity, semantics))
    if after > MAX_QUANTITY:
        words = "%(after)s would be on hand; at most %(most)s can be booked."
        values = {"after": f"{after:,}", "most": f"{MAX_QUANTITY:,}"}
        return refused(row, RowProblem("too_large", "quantity", words, values))
    outcome = RowOutcome.CREATED if on_hand is None else RowOutcome.CHANGED
    if after == before:
        outcome = RowOutcome.UNCHANGED
    return RowResult(row.line, row.sku, row.location, outcome, before, after)


def refused(row: StockFileRow, problem: RowProblem) -> RowResult:
    """Return the refusal of ``row``."""
    return RowResult(row.line, row.sku, row.location, RowOutcome.REFUSED, problem=problem)


def _below_zero(before: int, quantity: int, semantics: StockFileSemantics) -> RowProblem:
    if semantics is StockFileSemantics.ABSOLUTE:
        words, pieces = "%(pieces)s cannot be on hand: the least is 0.", quantity
    else:
        words, pieces = "%(pieces)s would go, but only %(before)s are on hand.", -quantity
    values = {"pieces": f"{pieces:,}", "before": f"{before:,}"}
    return RowProblem("below_zero", "quantity", words, values)
