"""Counts what the database holds of an import. Every number is read back from its rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, func, select, type_coerce

from commerce_core.catalog.models import Product, Variant
from commerce_core.customers.models import Customer
from commerce_core.importing.models import ImportedAdjustment
from commerce_core.money import from_units
from commerce_core.orders.models import (
    CreditKind,
    CreditNote,
    CreditNoteLine,
    LineKind,
    Order,
    OrderLine,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """What a file had, and what the database holds of its system after the import.

    ``rows_new`` were written by this run. ``credit_lines`` are those of credit notes and bad
    debts. ``net_value`` is the value of all order and credit lines, exactly.
    """

    rows_read: int
    rows_rejected: int
    rows_new: int
    products: int
    variants: int
    customers: int
    orders: int
    order_lines: int
    charge_lines: int
    credit_notes: int
    bad_debts: int
    credit_lines: int
    adjustments: int
    net_value: Decimal

    def as_json(self) -> dict[str, Any]:
        """Return the numbers for JSON; ``net_value`` is a text, because it is exact."""
        return asdict(self) | {"net_value": f"{_plain(self.net_value):f}"}


def _plain(value: Decimal) -> Decimal:
    whole = value.to_integral_value()
    return whole if whole == value else value.normalize()


def summarize(
    session: Session, system: str, *, rows_read: int, rows_rejected: int, rows_new: int
) -> ImportSummary:
    """Count what the database holds of ``system``. Reads only."""
    sold = _by_kind(session, Order, OrderLine, OrderLine.kind, system)
    credited = _by_kind(session, CreditNote, CreditNoteLine, CreditNote.kind, system)
    notes = dict(
        session.execute(
            select(CreditNote.kind, func.count())
            .where(CreditNote.channel == system)
            .group_by(CreditNote.kind)
        ).all()
    )
    units = sum(value for _, value in (*sold.values(), *credited.values()))
    return ImportSummary(
        rows_read=rows_read,
        rows_rejected=rows_rejected,
        rows_new=rows_new,
        products=_count(session, Product.system == system),
        variants=_count(session, Variant.system == system),
        customers=_count(session, Customer.system == system),
        orders=_count(session, Order.channel == system),
        order_lines=sold.get(LineKind.GOODS, (0, 0))[0],
        charge_lines=sold.get(LineKind.CHARGE, (0, 0))[0],
        credit_notes=notes.get(CreditKind.CREDIT_NOTE, 0),
        bad_debts=notes.get(CreditKind.BAD_DEBT, 0),
        credit_lines=sum(count for count, _ in credited.values()),
        adjustments=_count(session, ImportedAdjustment.system == system),
        net_value=from_units(units),
    )


def _count(session: Session, where: Any) -> int:
    return session.execute(select(func.count()).where(where)).scalar_one()


def _by_kind(
    session: Session, document: Any, line: Any, kind: Any, system: str
) -> dict[Any, tuple[int, int]]:
    """Return (lines, value in 1/10,000 units) of a system's lines by kind. One statement."""
    units = line.quantity * type_coerce(line.unit_price, BigInteger)
    reference = line.order_id if line is OrderLine else line.credit_note_id
    answer = session.execute(
        select(kind, func.count(), func.coalesce(func.sum(units), 0))
        .join_from(line, document, reference == document.id)
        .where(document.channel == system)
        .group_by(kind)
    )
    return {found: (count, int(value)) for found, count, value in answer}
