"""Reads order files: a neutral table, or Shopify's order export as it is. No database.

One row is one line of an order; rows of one order stand together or apart. What belongs to the
order (date, address, postage …) is taken from the first of its rows that has it. The columns of a
neutral table are called as in ``file_columns.MEANINGS``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from commerce_core.errors import CommerceError
from commerce_core.money import Money
from commerce_core.orders.baskets import Charge
from commerce_core.orders.external import ExternalLine, ExternalOrder
from commerce_core.orders.file_cells import CellError, Cells
from commerce_core.orders.file_columns import columns_of
from commerce_core.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from commerce_core.tables import Table, TableRow

_POSTAGE: Final = ("SHIPPING", "Shipping")
_ON_TOP: Final = ("ON-TOP", "Tax and other charges")


@dataclass(frozen=True, slots=True)
class OrderFileProblem:
    """Why an order is refused: the line and column to look at, and a sentence that says why."""

    line: int
    column: str
    order: str
    sentence: str


@dataclass(frozen=True, slots=True)
class OrderFile:
    """The orders of a file. An order with one wrong row is refused whole: it is not in ``orders``.

    ``places`` has the line of the file for each line of an order, by ``external_id``. ``columns``
    names what the columns for order and SKU are called.
    """

    name: str
    source: str
    orders: Sequence[ExternalOrder]
    problems: Sequence[OrderFileProblem]
    places: Mapping[str, Sequence[int]]
    columns: Mapping[str, str]


def read_order_file(
    source: bytes | str | Path,
    *,
    channel: str = "",
    name: str = "",
    currency: str = "EUR",
    zone: tzinfo = UTC,
    mapping: Mapping[str, str] | None = None,
) -> OrderFile:
    """Return the orders of a CSV or Excel file. What is wrong with an order stops no other.

    ``channel`` is where they were sold: "shopify" or "file" unless it is given. ``currency`` is
    that of orders which name none, ``zone`` that of times which name none. ``mapping`` says what
    columns mean, {column: meaning}.

    Raises:
        ImportFileError: the file cannot be used as a whole.
    """
    table = read_table(source, name=name)
    columns = columns_of(table.header, mapping, file=table.name)
    kind = "shopify" if columns.is_shopify else "file"
    reader = _Reader(table, Cells(columns, table.decimal_comma, currency, zone), channel or kind)
    orders = list(reader.orders())
    return OrderFile(
        table.name, kind, orders, tuple(reader.problems), reader.places, dict(columns.names)
    )


@dataclass(slots=True)
class _Reader:
    table: Table
    cells: Cells
    channel: str
    problems: list[OrderFileProblem] = field(default_factory=list)
    places: dict[str, Sequence[int]] = field(default_factory=dict)

    def orders(self) -> Iterator[ExternalOrder]:
        """Yield the orders without fault, in the order of their first rows."""
        rows: dict[str, list[TableRow]] = {}
        for row in self.table.rows():
            rows.setdefault(self.cells.text(row, "order"), []).append(row)
        for number, together in rows.items():
            try:
                yield self._order(number, together)
            except CellError as fault:
                problem = OrderFileProblem(fault.line, fault.column, number, fault.sentence)
                self.problems.append(problem)

    def _order(self, number: str, rows: Sequence[TableRow]) -> ExternalOrder:
        cells = self.cells
        if not number:
            raise cells.refusal(rows[0], "order", "The order has no number.")
        currency = cells.currency_of(rows)
        goods = [row for row in rows if cells.text(row, "sku") or self._has_goods(row)]
        lines = [self._line(row, currency) for row in goods]
        if not lines:
            raise cells.refusal(rows[0], "sku", "The order has no line with a SKU.")
        placed_at = cells.time(rows, "placed_at")
        if placed_at is None:
            raise cells.refusal(rows[0], "placed_at", "The order has no date.")
        row, text = cells.first(rows, "external_id")
        external_id = text or number
        if external_id in self.places:
            raise cells.refusal(row, "external_id", "Another order of the file has this id.")
        note = cells.first(rows, "note")[1]
        order = ExternalOrder(
            channel=self.channel,
            external_id=external_id,
            number=number,
            placed_at=placed_at,
            lines=lines,
            shipping_address=cells.address(rows),
            email=cells.first(rows, "email")[1] or None,
            is_cancelled=cells.time(rows, "cancelled_at") is not None,
            details={"note": note} if note else {},
        )
        order = self._with_money(order, rows, currency)
        self.places[external_id] = [row.line for row in goods]
        return order

    def _has_goods(self, row: TableRow) -> bool:
        return bool(self.cells.text(row, "quantity") or self.cells.text(row, "price"))

    def _line(self, row: TableRow, currency: str) -> ExternalLine:
        cells = self.cells
        if row.surplus:
            raise CellError(row.line, "", "The row has more fields than there are column names.")
        sku = cells.text(row, "sku")
        if not sku:
            raise cells.refusal(row, "sku", "The line has no SKU.")
        pieces, price = cells.pieces(row), cells.money(row, "price", currency)
        if price is None:
            raise cells.refusal(row, "price", "The price is missing.")
        discount = cells.money(row, "discount", currency)
        if discount is not None and discount.units > price.units * pieces:
            raise cells.refusal(row, "discount", "The discount is larger than the line.")
        return ExternalLine(sku, pieces, price, cells.rate(row), discount)

    def _with_money(
        self, order: ExternalOrder, rows: Sequence[TableRow], currency: str
    ) -> ExternalOrder:
        """Return the order with its discount, charges and what was paid."""
        cells, zero = self.cells, Money(Decimal(0), currency)
        discount = cells.order_money(rows, "order_discount", currency) or zero
        postage = cells.order_money(rows, "shipping", currency) or zero
        if cells.columns.is_shopify:
            discount, postage = _without_lines(order, discount, postage)
        charges = [Charge(*_POSTAGE, postage)] if postage.units else []
        order = replace(order, discount=discount if discount.units else None, charges=charges)
        try:
            total = order.total()
        except CommerceError as exc:
            sentence = f"{exc.message[:1].upper()}{exc.message[1:]}."
            row = cells.first(rows, "order_discount")[0]
            raise cells.refusal(row, "order_discount", sentence) from exc
        told = cells.order_money(rows, "total", currency)
        if told is not None and total < told:
            order = replace(order, charges=[*charges, Charge(*_ON_TOP, told - total)])
            total = told
        return replace(order, paid=total) if cells.is_paid(rows) else order


def _without_lines(order: ExternalOrder, discount: Money, postage: Money) -> tuple[Money, Money]:
    """Take the discounts of the lines out of the order's; what the goods cannot bear, postage does.

    Shopify's "Discount Amount" has all of them in it, those on the postage as well.
    """
    zero = postage * 0
    of_lines = sum((line.discount or zero for line in order.lines), zero)
    goods = sum((line.unit_price * line.quantity for line in order.lines), zero) - of_lines
    rest = max(discount - of_lines, zero)
    on_postage = min(rest - min(rest, goods), postage)
    return min(rest, goods), postage - on_postage
