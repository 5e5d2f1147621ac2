"""Turns the fields of a line into a row of meaning: which document, which item, how many.

Every distinct text of a column is read once and remembered, which is what makes half a million
rows a matter of a second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from commerce_core.importing import values
from commerce_core.importing.values import DamagedRowError, DocumentKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

COLUMNS: Final = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
_MAX_VALUE: Final = 10**15
"""Largest value of a line in 1/10,000 units: sums of many such lines still fit 64 bits."""


@dataclass(slots=True, eq=False)
class Document:
    """An order, credit note, bad debt or adjustment, and how many lines of it were read."""

    kind: DocumentKind
    number: str
    customer: str | None
    country: str | None
    lines: int = 0
    began_at: datetime | None = None
    id: int | None = None
    """Its id in the database, once it has one."""
    cause_kind: str = field(init=False)
    """What its movements are caused by, as it is stored."""

    def __post_init__(self) -> None:
        self.cause_kind = self.kind.value


@dataclass(slots=True, eq=False)
class Item:
    """What a stock code stands for. ``key`` is the code without spaces, in capitals."""

    key: str
    is_goods: bool
    names: dict[str, int] = field(default_factory=dict)
    """How often each description stood beside it in a sale or credit."""
    price: int = 0
    """The latest positive price, in 1/10,000 units."""
    began_at: datetime | None = None
    rank: int = 0
    """Its place among the items: goods by code, charges after them."""
    variant_id: int | None = None

    @property
    def product_key(self) -> str:
        """The five digits that variants of one product share."""
        return self.key[:5]

    @property
    def suffix(self) -> str:
        """The letters after the five digits, which tell variants of one product apart."""
        return self.key[5:]

    @property
    def name(self) -> str:
        """The most frequent description, the earliest of several; the code if there is none."""
        return most_frequent(self.names) or self.key


class Row(NamedTuple):
    """A usable line. ``price`` is in 1/10,000 units, ``code`` as it was written.

    ``stock_change`` is by how many pieces it changes the stock of its item; 0 for what is no
    goods and for a bad debt, which is money only whatever its code.
    """

    moment: datetime
    document: Document
    position: int
    item: Item
    code: str
    name: str
    quantity: int
    price: int
    stock_change: int


def most_frequent(names: dict[str, int]) -> str:
    """Return the most frequent name, the first of several, or nothing."""
    return max(names, key=names.__getitem__, default="")


class _Remembered(dict[str, Any]):
    """A dictionary that reads what it does not know yet. What cannot be read is not kept."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> Any:
        found = self[text] = self._read(text)
        return found


@dataclass(slots=True, eq=False)
class _Invoice:
    """A number of the column InvoiceNo, and the documents that its rows made."""

    kind: DocumentKind
    number: str
    booked: Document | None = None
    adjusted: Document | None = None


class RowReader:
    """Reads rows, one after the other, and gathers their documents and items."""

    def __init__(self, header: Sequence[str], *, latest: datetime) -> None:
        self.documents: list[Document] = []
        self._items: dict[str, Item] = {}
        self._numbers: dict[str, _Invoice] = {}
        self._pick = itemgetter(*(header.index(name) for name in COLUMNS))
        self._width = len(header)
        self._invoices = _Remembered(self._read_invoice)
        self._codes = _Remembered(self._read_code)
        self._names = _Remembered(values.read_description)
        self._quantities = _Remembered(values.read_quantity)
        self._moments = _Remembered(lambda text: values.read_moment(text, latest=latest))
        self._prices = _Remembered(values.read_price)
        self._customers = _Remembered(values.read_customer)
        self._countries = _Remembered(values.read_country)

    def read(self, fields: Sequence[str]) -> Row:
        """Return the row of a line.

        Raises:
            DamagedRowError: it cannot be used; nothing of it was kept.
        """
        if len(fields) != self._width:
            raise DamagedRowError(f"it has {len(fields)} fields, the header has {self._width}")
        number, code, name, quantity, moment, price, customer, country = self._pick(fields)
        invoice: _Invoice = self._invoices[number]
        item, written = self._codes[code]
        pieces: int = self._quantities[quantity]
        units: int = self._prices[price]
        if not -_MAX_VALUE <= pieces * units <= _MAX_VALUE:
            raise DamagedRowError("quantity times price is larger than any amount that is stored")
        happened_at, shown, payer = (
            self._moments[moment],
            self._names[name],
            self._customers[customer],
        )
        if pieces > 0 and invoice.kind is DocumentKind.CREDIT_NOTE:
            raise DamagedRowError("a credit note takes back: its quantity must be negative")
        is_adjustment = pieces < 0 and invoice.kind is DocumentKind.ORDER
        document = invoice.adjusted if is_adjustment else invoice.booked
        if document is None or document.customer != payer:
            land = self._countries[country]
            document = self._document(invoice, payer, land, is_adjustment=is_adjustment)
        document.lines += 1
        change = pieces if is_adjustment else -pieces
        if not item.is_goods or document.kind is DocumentKind.BAD_DEBT:
            change = 0
        position = document.lines
        return Row(happened_at, document, position, item, written, shown, pieces, units, change)

    def _read_invoice(self, text: str) -> _Invoice:
        kind, number = values.read_invoice(text)
        return self._numbers.setdefault(number, _Invoice(kind, number))

    def _read_code(self, text: str) -> tuple[Item, str]:
        written, key, is_goods = values.read_code(text)
        return self._items.setdefault(key, Item(key, is_goods)), written

    def _document(
        self,
        invoice: _Invoice,
        customer: str | None,
        country: str | None,
        *,
        is_adjustment: bool,
    ) -> Document:
        """Return the document of a row, made where it is missing, its customer checked."""
        document = invoice.adjusted if is_adjustment else invoice.booked
        if document is not None:
            _settle_customer(document, customer)
            return document
        if is_adjustment:
            document = Document(DocumentKind.ADJUSTMENT, invoice.number, customer, country)
            invoice.adjusted = document
        else:
            document = Document(invoice.kind, invoice.number, customer, country)
            invoice.booked = document
        self.documents.append(document)
        return document


def _settle_customer(document: Document, customer: str | None) -> None:
    if document.customer is None:
        document.customer = customer
    elif customer is not None and customer != document.customer:
        raise DamagedRowError(
            f"customer {customer} is not {document.customer}, whose invoice it is"
        )
