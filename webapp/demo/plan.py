"""The words of the demo's story: what was ordered, sent back, received, and when.

Plain records with numbers in place of database ids; ``writing`` turns them into rows. Money is
in cents, moments are in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from commerce_core.inventory.models import MovementKind
from commerce_core.orders.models import OrderStatus

if TYPE_CHECKING:
    from datetime import date, datetime

    from webapp.demo.addresses import TypedAddress
    from webapp.demo.assortment import PlannedVariant
    from webapp.demo.people import PlannedCustomer

LOCATIONS: Final = (("HAM", "Hamburg"), ("LEI", "Leipzig"), ("KOE", "Köln shop"))
"""Code and name of each stock location; their place in this tuple is their number."""
HAMBURG, LEIPZIG, KOELN = range(3)

WEB, SHOP = "web", "shop"
"""Channels of orders."""
OPEN: Final = frozenset({OrderStatus.PENDING, OrderStatus.PROCESSING})
"""States of orders whose goods are promised and still on the shelf."""
SHIPPED: Final = frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED})
"""States of orders whose goods left the shelf."""

Level = tuple[int, int]
"""A stock level: number of the variant, number of the location."""


@dataclass(slots=True)
class PlannedLine:
    """A line of goods. ``id`` is its number in the whole story, from 1."""

    id: int
    variant: PlannedVariant
    location: int
    quantity: int
    price: int


@dataclass(slots=True)
class PlannedCharge:
    """Postage or a discount: moves no stock."""

    id: int
    code: str
    name: str
    price: int


@dataclass(slots=True)
class PlannedOrder:
    """A purchase. ``customer`` is None for a guest, ``typed`` None in the shop."""

    id: int
    number: str
    channel: str
    customer: PlannedCustomer | None
    typed: TypedAddress | None
    placed_at: datetime
    status: OrderStatus
    lines: list[PlannedLine]
    charges: list[PlannedCharge] = field(default_factory=list)

    @property
    def has_shipped(self) -> bool:
        """Tell whether its goods left the shelf."""
        return self.status in SHIPPED


@dataclass(slots=True)
class PlannedCreditLine:
    """A line that came back, or a part of it."""

    line: PlannedLine
    quantity: int
    reason: str
    is_sellable: bool


@dataclass(slots=True)
class PlannedCredit:
    """The money given back for what came back from one order."""

    id: int
    number: str
    order: PlannedOrder
    issued_at: datetime
    lines: list[PlannedCreditLine]


@dataclass(slots=True)
class PlannedMovement:
    """A change of one level by ``pieces``, up or down."""

    level: Level
    kind: MovementKind
    pieces: int
    occurred_at: datetime
    actor: str
    reason: str | None = None
    cause: tuple[str, str] | None = None


@dataclass(slots=True)
class PlannedPurchaseLine:
    """Pieces of one variant that were bought. ``id`` is its number in the story, from 1."""

    id: int
    level: Level
    pieces: int
    cost: int


@dataclass(slots=True)
class PlannedPurchase:
    """What was ordered from a supplier for one location; it arrives whole or not yet."""

    id: int
    supplier: str
    location: int
    ordered_at: datetime
    expected_on: date
    lines: list[PlannedPurchaseLine]
    received_at: datetime | None = None


@dataclass(slots=True)
class Story:
    """Everything that happened in the shop until ``as_of``, and what its people decided."""

    as_of: datetime
    variants: list[PlannedVariant]
    people: list[PlannedCustomer]
    orders: list[PlannedOrder] = field(default_factory=list)
    credits: list[PlannedCredit] = field(default_factory=list)
    movements: list[PlannedMovement] = field(default_factory=list)
    purchases: list[PlannedPurchase] = field(default_factory=list)
    minimums: dict[Level, int] = field(default_factory=dict)
    available: dict[Level, int] = field(default_factory=dict)
    lost_sales: int = 0
    """Pieces that somebody wanted and nobody had."""
