"""Suppliers and purchase orders of a story as rows.

What has not arrived yet is a draft at first: ``place_open_purchases`` then orders it through the
library, which makes it ``incoming``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commerce_core.inventory.purchasing import create_supplier, place_purchase_order
from commerce_core.inventory.purchasing_models import PurchaseOrder, PurchaseStatus
from webapp.demo.purchasing import LEAD_WEEKS
from webapp.demo.sales_rows import CURRENCY, amount
from webapp.demo.shelves import STAFF

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from webapp.demo.plan import PlannedPurchase, Story

PLANNER = STAFF[2]
_Row = dict[str, Any]


def write_suppliers(session: Session) -> dict[str, int]:
    """Create the suppliers; return their ids by name. Flushes; the caller commits."""
    return {
        name: create_supplier(session, name=name, email=f"orders@{_domain(name)}").id
        for name in LEAD_WEEKS
    }


def _domain(name: str) -> str:
    return f"{name.lower().replace('ß', 'ss')}.example"


def purchase_rows(story: Story, suppliers: dict[str, int]) -> Iterator[_Row]:
    """Yield the purchase orders that have lines."""
    for purchase in _real(story):
        arrived = purchase.received_at is not None
        yield {
            "id": purchase.id,
            "number": f"P{purchase.id:05d}",
            "supplier_id": suppliers[purchase.supplier],
            "location_id": purchase.location + 1,
            "status": PurchaseStatus.RECEIVED if arrived else PurchaseStatus.DRAFT,
            "currency": CURRENCY,
            "created_by": PLANNER,
            "created_at": purchase.ordered_at,
            "expected_on": purchase.expected_on,
            "ordered_at": purchase.ordered_at if arrived else None,
            "closed_at": purchase.received_at,
        }


def purchase_line_rows(story: Story) -> Iterator[_Row]:
    """Yield the lines of all purchase orders."""
    for purchase in _real(story):
        for line in purchase.lines:
            yield {
                "id": line.id,
                "purchase_order_id": purchase.id,
                "variant_id": line.level[0] + 1,
                "quantity": line.pieces,
                "received": line.pieces if purchase.received_at else 0,
                "unit_cost": amount(line.cost),
            }


def receipt_rows(story: Story) -> Iterator[_Row]:
    """Yield what arrived, from which lead times are observed."""
    for purchase in _real(story):
        if purchase.received_at is not None:
            for line in purchase.lines:
                yield {
                    "line_id": line.id,
                    "quantity": line.pieces,
                    "received_at": purchase.received_at,
                    "actor": STAFF[0],
                }


def _real(story: Story) -> Iterator[PlannedPurchase]:
    return (purchase for purchase in story.purchases if purchase.lines)


def open_purchases(story: Story) -> Iterator[PlannedPurchase]:
    """Yield what was ordered and has not arrived."""
    return (purchase for purchase in _real(story) if purchase.received_at is None)


def place_open_purchases(session: Session, batch: list[PlannedPurchase]) -> None:
    """Order the drafts of what has not arrived: it is incoming from now on."""
    for purchase in batch:
        order = session.get_one(PurchaseOrder, purchase.id)
        place_purchase_order(session, order, actor=PLANNER, ordered_at=purchase.ordered_at)
