"""The cells of an order file, each read as what it means, or refused with its line and column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from commerce_core.errors import InvalidInputError
from commerce_core.money import Money
from commerce_core.orders.file_columns import ADDRESS
from commerce_core.tables import parse_decimal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_core.orders.file_columns import Columns
    from commerce_core.tables import TableRow

_WHOLE: Final = re.compile("[0-9]{1,9}")
_CURRENCY: Final = re.compile("[A-Z]{3}")
_TRUE: Final = frozenset({"1", "true", "yes", "paid", "ja"})
_FALSE: Final = frozenset({"", "0", "false", "no", "nein"})
_PAID_IN_SHOPIFY: Final = frozenset({"paid", "partially_refunded", "refunded"})
_PLACES: Final = Decimal("0.0001")
_MOST: Final = Decimal(10) ** 12
_SHOWN: Final = 60


class CellError(Exception):
    """A cell that cannot be used: internal, it becomes an ``OrderFileProblem``."""

    def __init__(self, line: int, column: str, sentence: str) -> None:
        self.line, self.column, self.sentence = line, column, sentence
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Cells:
    """Reads the cells of one file, or the first filled one of the rows of an order."""

    columns: Columns
    decimal_comma: bool
    currency: str
    zone: tzinfo

    def text(self, row: TableRow, meaning: str) -> str:
        """Return a cell; "" where the file has none of that meaning."""
        return row.cells.get(self.columns[meaning], "")

    def first(self, rows: Sequence[TableRow], meaning: str) -> tuple[TableRow, str]:
        """Return where a cell of that meaning is filled first, and with what."""
        found = ((row, self.text(row, meaning)) for row in rows)
        return next((pair for pair in found if pair[1]), (rows[0], ""))

    def refusal(self, row: TableRow, meaning: str, sentence: str) -> CellError:
        """Return the error that says what is wrong with a cell."""
        return CellError(row.line, self.columns[meaning], sentence)

    def pieces(self, row: TableRow) -> int:
        """Return a number of pieces from 1 on."""
        text = self.text(row, "quantity")
        if not _WHOLE.fullmatch(text) or not int(text):
            sentence = f"{text[:_SHOWN]!r} is no number of pieces, such as 2."
            raise self.refusal(row, "quantity", sentence)
        return int(text)

    def currency_of(self, rows: Sequence[TableRow]) -> str:
        """Return the code of the order's currency."""
        row, text = self.first(rows, "currency")
        code = text.upper() or self.currency
        if not _CURRENCY.fullmatch(code):
            raise self.refusal(row, "currency", f"{code[:_SHOWN]!r} is no currency.")
        return code

    def address(self, rows: Sequence[TableRow]) -> dict[str, str] | None:
        """Return the address as far as it is told, None where nothing of it is."""
        found = {key: self.first(rows, meaning)[1] for meaning, key in ADDRESS.items()}
        # An apostrophe keeps the zeros of a postal code in a spreadsheet.
        return {key: text.removeprefix("'") for key, text in found.items() if text} or None

    def is_paid(self, rows: Sequence[TableRow]) -> bool:
        """Tell whether the order is paid in full."""
        row, text = self.first(rows, "paid")
        word = text.lower()
        if self.columns.is_shopify:
            return word in _PAID_IN_SHOPIFY
        if word not in _TRUE | _FALSE:
            raise self.refusal(row, "paid", f"{text[:_SHOWN]!r} says neither yes nor no.")
        return word in _TRUE

    def time(self, rows: Sequence[TableRow], meaning: str) -> datetime | None:
        """Return a time in UTC."""
        row, text = self.first(rows, meaning)
        if not text:
            return None
        try:
            at = datetime.fromisoformat(re.sub(r" ([+-][0-9]{2}:?[0-9]{2})$", r"\1", text))
            return (at if at.tzinfo else at.replace(tzinfo=self.zone)).astimezone(UTC)
        except (ValueError, OverflowError) as exc:
            sentence = f"{text[:_SHOWN]!r} is no date, such as 2026-03-14 09:30:00 +0100."
            raise self.refusal(row, meaning, sentence) from exc

    def rate(self, row: TableRow) -> Decimal:
        """Return a tax rate as a fraction."""
        rate = self._number(row, "tax_rate") or Decimal(0)
        if rate > 1:
            sentence = f"{rate} is no tax rate from 0 to 1, such as 0.19."
            raise self.refusal(row, "tax_rate", sentence)
        return rate

    def money(self, row: TableRow, meaning: str, currency: str) -> Money | None:
        """Return an amount of ``currency`` from 0 on; None where the cell is empty."""
        amount = self._number(row, meaning)
        return None if amount is None else Money(amount, currency)

    def order_money(self, rows: Sequence[TableRow], meaning: str, currency: str) -> Money | None:
        """Return an amount of the order."""
        return self.money(self.first(rows, meaning)[0], meaning, currency)

    def _number(self, row: TableRow, meaning: str) -> Decimal | None:
        text = self.text(row, meaning)
        if not text:
            return None
        try:
            number = parse_decimal(text, decimal_comma=self.decimal_comma)
        except InvalidInputError as exc:
            sentence = f"{exc.message[:1].upper()}{exc.message[1:]}."
            raise self.refusal(row, meaning, sentence) from exc
        if not 0 <= number < _MOST or number % _PLACES:
            sentence = f"{text[:_SHOWN]!r} is no amount from 0 on with at most four decimals."
            raise self.refusal(row, meaning, sentence)
        return number
