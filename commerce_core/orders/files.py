"""Reads order files: a neutral table, or Shopify's order export as it is. No database.

One row is one line of an order; rows of one order stand together or apart. What belongs to the
order (date, address, postage …) is taken from the first of its rows that has it.

The neutral table needs ``order``, ``placed_at``, ``sku``, ``quantity`` and ``price``, and knows
``external_id``, ``currency``, ``name``, ``discount``, ``email``, ``shipping``, ``order_discount``,
``paid``, ``cancelled_at``, ``note`` and the address: ``recipient``, ``line1``, ``line2``,
``postal_code``, ``city``, ``country``, ``phone``, ``post_number``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from commerce_core.errors import ImportFileError, InvalidInputError
from commerce_core.orders.incoming import (
    IncomingLine,
    IncomingOrder,
    OrderFile,
    OrderFileProblem,
)
from commerce_core.tables import parse_decimal, read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from commerce_core.tables import Table, TableRow

_WHOLE: Final = re.compile("[0-9]{1,9}")
_CURRENCY: Final = re.compile("[A-Z]{3}")
_TRUE: Final = frozenset({"1", "true", "yes", "paid", "ja"})
_FALSE: Final = frozenset({"", "0", "false", "no", "nein"})
_PLACES: Final = Decimal("0.0001")
_MOST: Final = Decimal(10) ** 12
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a kind of file are called. "" where it has none of that meaning."""

    source: str
    order: str
    placed_at: str
    sku: str
    quantity: str
    price: str
    external_id: str
    currency: str
    name: str
    discount: str
    email: str
    shipping: str
    order_discount: str
    paid: str
    cancelled_at: str
    note: str
    address: Mapping[str, str]
    paid_words: frozenset[str] = _TRUE
    discount_is_total: bool = False
    """The order's discount contains those of its lines."""

    def needed(self) -> tuple[str, ...]:
        """Return the columns that no file can lack."""
        return (self.order, self.placed_at, self.sku, self.quantity, self.price)


NEUTRAL: Final = Columns(
    "table",
    *("order", "placed_at", "sku", "quantity", "price", "external_id", "currency", "name"),
    *("discount", "email", "shipping", "order_discount", "paid", "cancelled_at", "note"),
    address={
        "name": "recipient",
        **{
            key: key
            for key in ("line1", "line2", "postal_code", "city", "country", "phone", "post_number")
        },
    },
)


def read_order_file(
    source: bytes | str | Path, *, name: str = "", currency: str = "EUR", zone: tzinfo = UTC
) -> OrderFile:
    """Return the orders of a CSV or Excel file. What is wrong with an order stops no other.

    ``currency`` is that of orders which name none, ``zone`` that of times which name none.

    Raises:
        ImportFileError: the file cannot be used as a whole.
    """
    from commerce_core.orders.files_shopify import SHOPIFY  # noqa: PLC0415 - it needs Columns

    table = read_table(source, name=name)
    columns = SHOPIFY if set(SHOPIFY.needed()) <= set(table.header) else NEUTRAL
    if missing := [column for column in columns.needed() if column not in table.header]:
        message = (
            f"{table.name} has no column {missing[0]!r}; it needs {', '.join(columns.needed())}, "
            "or to be an order export of Shopify"
        )
        raise ImportFileError(message, file=table.name, column=missing[0])
    reader = _Reader(columns, table, currency, zone)
    orders = list(reader.orders())
    return OrderFile(table.name, columns.source, orders, tuple(reader.problems))


class _CellError(Exception):
    """A cell that cannot be used."""

    def __init__(self, line: int, column: str, sentence: str) -> None:
        self.line, self.column, self.sentence = line, column, sentence
        super().__init__(sentence)


@dataclass(slots=True)
class _Reader:
    columns: Columns
    table: Table
    currency: str
    zone: tzinfo
    problems: list[OrderFileProblem] = field(default_factory=list)

    def orders(self) -> Iterator[IncomingOrder]:
        """Yield the orders without fault, in the order of their first rows."""
        rows: dict[str, list[TableRow]] = {}
        for row in self.table.rows():
            rows.setdefault(row.cells[self.columns.order], []).append(row)
        for number, together in rows.items():
            try:
                yield self._order(number, together)
            except _CellError as fault:
                problem = OrderFileProblem(fault.line, fault.column, number, fault.sentence)
                self.problems.append(problem)

    def _order(self, number: str, rows: Sequence[TableRow]) -> IncomingOrder:
        columns = self.columns
        if not number:
            raise _CellError(rows[0].line, columns.order, "The order has no number.")
        lines = [self._line(row) for row in rows if row.cells[columns.sku] or self._has_goods(row)]
        if not lines:
            raise _CellError(rows[0].line, columns.sku, "The order has no line with a SKU.")
        placed_at = self._time(rows, columns.placed_at)
        if placed_at is None:
            raise _CellError(rows[0].line, columns.placed_at, "The order has no date.")
        code = self._first(rows, columns.currency)[1].upper() or self.currency
        if not _CURRENCY.fullmatch(code):
            raise _CellError(rows[0].line, columns.currency, f"{code[:_SHOWN]!r} is no currency.")
        discount = self._order_amount(rows, columns.order_discount)
        if discount and columns.discount_is_total:
            of_lines = sum((line.discount for line in lines), Decimal(0))
            discount = max(discount - of_lines, Decimal(0))
        return IncomingOrder(
            external_id=self._first(rows, columns.external_id)[1] or number,
            number=number,
            placed_at=placed_at,
            currency=code,
            lines=lines,
            email=self._first(rows, columns.email)[1] or None,
            address=self._address(rows),
            shipping=self._order_amount(rows, columns.shipping),
            discount=discount,
            is_paid=self._is_paid(rows),
            cancelled_at=self._time(rows, columns.cancelled_at),
            note=self._first(rows, columns.note)[1],
            line=rows[0].line,
        )

    def _has_goods(self, row: TableRow) -> bool:
        return bool(row.cells[self.columns.quantity] or row.cells[self.columns.price])

    def _line(self, row: TableRow) -> IncomingLine:
        columns, cells = self.columns, row.cells
        if row.surplus:
            raise _CellError(row.line, "", "The row has more fields than there are column names.")
        if not cells[columns.sku]:
            raise _CellError(row.line, columns.sku, "The line has no SKU.")
        quantity = cells[columns.quantity]
        if not _WHOLE.fullmatch(quantity) or not int(quantity):
            sentence = f"{quantity[:_SHOWN]!r} is no number of pieces, such as 2."
            raise _CellError(row.line, columns.quantity, sentence)
        price = self._amount(row, columns.price)
        if price is None:
            raise _CellError(row.line, columns.price, "The price is missing.")
        return IncomingLine(
            sku=cells[columns.sku],
            name=cells.get(columns.name, ""),
            quantity=int(quantity),
            unit_price=price,
            discount=self._amount(row, columns.discount) or Decimal(0),
            line=row.line,
        )

    def _first(self, rows: Sequence[TableRow], column: str) -> tuple[int, str]:
        """Return where ``column`` is filled first, and with what."""
        found = ((row.line, row.cells.get(column, "")) for row in rows)
        return next((pair for pair in found if pair[1]), (rows[0].line, ""))

    def _address(self, rows: Sequence[TableRow]) -> dict[str, str] | None:
        found = {key: self._first(rows, name)[1] for key, name in self.columns.address.items()}
        # An apostrophe keeps the zeros of a postal code in a spreadsheet.
        return {key: text.removeprefix("'") for key, text in found.items() if text} or None

    def _is_paid(self, rows: Sequence[TableRow]) -> bool:
        line, text = self._first(rows, self.columns.paid)
        word = text.lower()
        if word in self.columns.paid_words:
            return True
        if self.columns is NEUTRAL and word not in _FALSE:
            sentence = f"{text[:_SHOWN]!r} says neither yes nor no."
            raise _CellError(line, self.columns.paid, sentence)
        return False

    def _time(self, rows: Sequence[TableRow], column: str) -> datetime | None:
        line, text = self._first(rows, column)
        if not text:
            return None
        try:
            at = datetime.fromisoformat(re.sub(r" ([+-][0-9]{2}:?[0-9]{2})$", r"\1", text))
            return (at if at.tzinfo else at.replace(tzinfo=self.zone)).astimezone(UTC)
        except (ValueError, OverflowError) as exc:
            sentence = f"{text[:_SHOWN]!r} is no date, such as 2026-03-14 09:30:00 +0100."
            raise _CellError(line, column, sentence) from exc

    def _order_amount(self, rows: Sequence[TableRow], column: str) -> Decimal | None:
        filled = next((row for row in rows if row.cells.get(column)), None)
        return None if filled is None else self._amount(filled, column)

    def _amount(self, row: TableRow, column: str) -> Decimal | None:
        text = row.cells.get(column, "")
        if not text:
            return None
        try:
            amount = parse_decimal(text, decimal_comma=self.table.decimal_comma)
        except InvalidInputError as exc:
            sentence = f"{exc.message[:1].upper()}{exc.message[1:]}."
            raise _CellError(row.line, column, sentence) from exc
        if not 0 <= amount < _MOST or amount % _PLACES:
            sentence = f"{text[:_SHOWN]!r} is no amount from 0 on with at most four decimals."
            raise _CellError(row.line, column, sentence)
        return amount
