"""Reads purchase orders for their pages. The number of statements never depends on their lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from commerce_core.database import MoneyAmount
from commerce_core.inventory.lead_times import LeadTime, observed_lead_time
from commerce_core.inventory.models import StockLocation
from commerce_core.inventory.purchasing import list_purchase_order_lines
from commerce_core.inventory.purchasing_models import (
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseStatus,
    Supplier,
)
from commerce_core.money import Money
from webapp.movement_events import Happening, read_happenings
from webapp.people import name_people
from webapp.records import get_record
from webapp.status_lists import PAGE_SIZE, StatusList, read_page, wanted_status
from webapp.variant_names import VariantName, name_variants

CAUSE: Final = "purchase_order_line"
OPEN: Final = (PurchaseStatus.ORDERED, PurchaseStatus.PARTIALLY_RECEIVED)


@dataclass(frozen=True, slots=True)
class PurchaseRow:
    """A line of the list."""

    order: PurchaseOrder
    supplier: str
    location: str
    pieces: int
    received: int
    cost: Money

    def is_late(self, today: date) -> bool:
        """Tell whether it should have arrived before ``today``."""
        expected = self.order.expected_on
        return expected is not None and expected < today and self.order.status in OPEN


LATE: Final = "late"
"""Stands in addresses where a status does: open, and should have arrived before today."""


def list_purchase_orders(
    session: Session, status: str, before: int | None, today: date
) -> StatusList[PurchaseRow]:
    """Read a page of purchase orders, the newest first; ``by_status`` has the late ones, too.

    Three statements.
    """
    late = and_(PurchaseOrder.status.in_(OPEN), PurchaseOrder.expected_on < today)
    query = _rows().where(late) if status == LATE else _rows()
    found = read_page(session, query, wanted_status(PurchaseStatus, status), before)
    number = session.scalar(select(func.count()).select_from(PurchaseOrder).where(late)) or 0
    rows = [_row(row) for row in found.rows]
    return replace(found, rows=rows, by_status={**found.by_status, LATE: number})


def _rows() -> Select[Any]:
    line = PurchaseOrderLine
    sums = (
        select(
            line.purchase_order_id,
            func.sum(line.quantity).label("pieces"),
            func.sum(line.received).label("received"),
            func.sum(line.quantity * line.unit_cost, type_=MoneyAmount).label("cost"),
        )
        .group_by(line.purchase_order_id)
        .subquery()
    )
    columns = (Supplier.name, StockLocation.name, sums.c.pieces, sums.c.received, sums.c.cost)
    return (
        select(PurchaseOrder, *columns)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .join(StockLocation, StockLocation.id == PurchaseOrder.location_id)
        .join(sums, sums.c.purchase_order_id == PurchaseOrder.id)
    )


def _row(row: Any) -> PurchaseRow:
    return PurchaseRow(
        order=row[0],
        supplier=row[1],
        location=row[2],
        pieces=int(row[3]),
        received=int(row[4]),
        cost=Money.of(row[5], row[0].currency),
    )


@dataclass(frozen=True, slots=True)
class PurchaseLine:
    """A variant of a purchase order, with the money of one piece and of all."""

    line: PurchaseOrderLine
    variant: VariantName
    unit_cost: Money
    cost: Money

    @property
    def extra(self) -> int:
        """How many more arrived than were ordered."""
        return max(0, self.line.received - self.line.quantity)


@dataclass(frozen=True, slots=True)
class PurchasePage:
    """What the page of one purchase order shows."""

    order: PurchaseOrder
    supplier: Supplier
    location: StockLocation
    lead_time: LeadTime | None
    lines: list[PurchaseLine]
    created_by: str
    happenings: list[Happening]

    @property
    def pieces(self) -> int:
        """All pieces ordered."""
        return sum(one.line.quantity for one in self.lines)

    @property
    def outstanding(self) -> int:
        """The pieces that are still expected."""
        is_open = self.order.status in OPEN
        return sum(one.line.outstanding for one in self.lines) if is_open else 0

    @property
    def cost(self) -> Money:
        """What all ordered pieces cost."""
        amount = sum((one.cost.amount for one in self.lines), start=Money.of(0, "EUR").amount)
        return Money.of(amount, self.order.currency)


def read_purchase_order(session: Session, number: int) -> PurchasePage:
    """Read a purchase order with its lines, its supplier's lead time and what happened to it.

    Raises:
        RecordNotFoundError: there is no such purchase order.
    """
    order = get_record(session, PurchaseOrder, number)
    supplier = session.get_one(Supplier, order.supplier_id)
    lines = list_purchase_order_lines(session, order)
    names = name_variants(session, [line.variant_id for line in lines])
    happenings = read_happenings(session, CAUSE, [line.id for line in lines])
    people = name_people(session, [order.created_by, *(one.actor for one in happenings)])
    return PurchasePage(
        order=order,
        supplier=supplier,
        location=session.get_one(StockLocation, order.location_id),
        lead_time=observed_lead_time(session, supplier=supplier),
        lines=[_line(order, line, names[line.variant_id]) for line in lines],
        created_by=people[order.created_by],
        happenings=[one.by(people[one.actor]) for one in happenings],
    )


def _line(order: PurchaseOrder, line: PurchaseOrderLine, name: VariantName) -> PurchaseLine:
    unit = Money.of(line.unit_cost, order.currency)
    return PurchaseLine(line, name, unit, Money.of(line.unit_cost * line.quantity, order.currency))


def list_suppliers(session: Session) -> Sequence[Supplier]:
    """Return all suppliers by name."""
    return session.scalars(select(Supplier).order_by(Supplier.name, Supplier.id)).all()


@dataclass(frozen=True, slots=True)
class SupplierPage:
    """What the page of a supplier shows: how long it takes, and its last orders."""

    supplier: Supplier
    lead_time: LeadTime | None
    rows: list[PurchaseRow]


def read_supplier(session: Session, number: int) -> SupplierPage:
    """Read a supplier.

    Raises:
        RecordNotFoundError: there is no such supplier.
    """
    supplier = get_record(session, Supplier, number)
    query = _rows().where(PurchaseOrder.supplier_id == supplier.id)
    query = query.order_by(PurchaseOrder.id.desc()).limit(PAGE_SIZE)
    rows = [_row(row) for row in session.execute(query)]
    return SupplierPage(supplier, observed_lead_time(session, supplier=supplier), rows)
