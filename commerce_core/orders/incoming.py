"""Orders as they come from elsewhere: plain facts, before anything of this shop is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class IncomingLine:
    """A line that was sold. ``discount`` reduces the whole line; ``line`` is that of the file."""

    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    discount: Decimal
    line: int = 0


@dataclass(frozen=True, slots=True)
class IncomingOrder:
    """An order that was placed. ``discount`` reduces the order beyond those of its lines.

    ``external_id`` is what the other system never changes, ``number`` what people call it.
    ``address`` has the keys of ``commerce_core.orders.addresses``. ``line`` is where it begins in
    the file.
    """

    external_id: str
    number: str
    placed_at: datetime
    currency: str
    lines: Sequence[IncomingLine]
    email: str | None = None
    address: Mapping[str, str] | None = None
    shipping: Decimal | None = None
    discount: Decimal | None = None
    is_paid: bool = False
    cancelled_at: datetime | None = None
    note: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class OrderFileProblem:
    """Why an order is refused: the line and column to look at, and a sentence that says why."""

    line: int
    column: str
    order: str
    sentence: str


@dataclass(frozen=True, slots=True)
class OrderFile:
    """The orders of a file. An order with one wrong row is refused whole: it is in no list."""

    name: str
    source: str
    orders: Sequence[IncomingOrder]
    problems: Sequence[OrderFileProblem] = field(default=())
