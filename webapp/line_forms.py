"""The lines of a form: a SKU, a quantity and perhaps a cost each, as many as a person adds.

Used by new transfers and new purchase orders. A line is identified by its place on the page, so
that what is wrong stands beside the field it is about, and nothing typed is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sqlalchemy.orm import Session

from commerce_core.catalog.models import Variant
from commerce_core.errors import InvalidInputError
from webapp.fields import texts_of, whole_of
from webapp.variant_names import find_by_code

LEAST_ROWS: Final = 3
"""An empty form shows so many lines."""
MOST_LINES: Final = 200
MOST_PIECES: Final = 1_000_000_000


@dataclass(slots=True)
class FormLine:
    """One line as it was typed. ``errors`` holds a code by field: sku, quantity or cost."""

    sku: str = ""
    quantity: str = ""
    cost: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    variant: Variant | None = None

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed into it."""
        return not (self.sku or self.quantity or self.cost)

    @property
    def pieces(self) -> int:
        """The quantity, once the line is known to be right."""
        return whole_of(self.quantity) or 0

    @property
    def unit_cost(self) -> Decimal | None:
        """The cost, or None if it is not an amount."""
        try:
            amount = Decimal(self.cost.replace(",", "."))
        except InvalidOperation:
            return None
        return amount if amount.is_finite() else None


def read_lines(form: Mapping[str, Any]) -> list[FormLine]:
    """Return the lines of a form that have something in them."""
    columns = [texts_of(form, name) for name in ("sku", "quantity", "cost")]
    longest = min(max(len(column) for column in columns), MOST_LINES)
    padded = [column + [""] * (longest - len(column)) for column in columns]
    skus, quantities, costs = padded
    lines = [FormLine(*three) for three in zip(skus, quantities, costs, strict=True)]
    return [line for line in lines if not line.is_blank]


def with_blank_lines(lines: list[FormLine], *, more: int = 0) -> list[FormLine]:
    """Return the lines, filled up with empty ones to type into."""
    blank = max(LEAST_ROWS - len(lines), more)
    return [*lines, *(FormLine() for _ in range(blank))]


def check_lines(session: Session, lines: list[FormLine], *, with_cost: bool = False) -> bool:
    """Find the variants of the lines and note what is wrong; tell whether all is right.

    One statement, however many lines.
    """
    found = find_by_code(session, [line.sku for line in lines])
    seen: set[int] = set()
    for line in lines:
        line.variant = found.get(line.sku)
        _check_sku(line, seen)
        _check_quantity(line)
        if with_cost:
            _check_cost(line)
    return not any(line.errors for line in lines)


def pieces_by_variant(session: Session, lines: Sequence[FormLine]) -> dict[Variant, int]:
    """Return what the lines ask for, of this session. One statement; the lines stay as they are.

    Raises:
        InvalidInputError: a line names no variant, or one of before, or no quantity.
    """
    found = find_by_code(session, [line.sku for line in lines])
    wanted = {found[line.sku]: line.pieces for line in lines if line.sku in found}
    if len(wanted) < len(lines) or not all(0 < n <= MOST_PIECES for n in wanted.values()):
        message = "a line names no variant, or one that stands above already, or no quantity"
        raise InvalidInputError(message, codes=[line.sku for line in lines])
    return wanted


def _check_sku(line: FormLine, seen: set[int]) -> None:
    if not line.sku:
        line.errors["sku"] = "no_sku"
    elif line.variant is None:
        line.errors["sku"] = "unknown"
    elif line.variant.id in seen:
        line.errors["sku"] = "twice"
    else:
        seen.add(line.variant.id)


def _check_quantity(line: FormLine) -> None:
    pieces = whole_of(line.quantity)
    if pieces is None:
        line.errors["quantity"] = "not_whole"
    elif pieces < 1:
        line.errors["quantity"] = "too_small"
    elif pieces > MOST_PIECES:
        line.errors["quantity"] = "too_large"


def _check_cost(line: FormLine) -> None:
    cost = line.unit_cost
    if cost is None or cost < 0:
        line.errors["cost"] = "not_money"
    elif cost != round(cost, 4) or cost > MOST_PIECES:
        line.errors["cost"] = "not_storable"
