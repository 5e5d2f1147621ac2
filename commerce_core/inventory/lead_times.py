"""How long suppliers really take, from the deliveries of the past."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from commerce_core.catalog.models import Variant
from commerce_core.inventory.purchasing_models import (
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseReceipt,
    Supplier,
)
from commerce_core.records import id_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class LeadTime:
    """Days from order to delivery, weighted by pieces: mean and standard deviation.

    ``deliveries`` says on how many deliveries it rests; the spread of one delivery is 0.
    """

    mean_days: float
    spread_days: float
    deliveries: int


def observed_lead_time(
    session: Session, *, supplier: Supplier | None = None, variant: Variant | None = None
) -> LeadTime | None:
    """Return the lead time of a supplier, of a variant, or of both; None without history."""
    query = (
        select(PurchaseReceipt.quantity, PurchaseReceipt.received_at, PurchaseOrder.ordered_at)
        .join(PurchaseOrderLine, PurchaseReceipt.line_id == PurchaseOrderLine.id)
        .join(PurchaseOrder, PurchaseOrderLine.purchase_order_id == PurchaseOrder.id)
        .where(PurchaseOrder.ordered_at.is_not(None))
    )
    if supplier is not None:
        query = query.where(PurchaseOrder.supplier_id == id_of(supplier, Supplier))
    if variant is not None:
        query = query.where(PurchaseOrderLine.variant_id == id_of(variant, Variant))
    rows = session.execute(query).all()
    samples = [
        (quantity, (received_at - ordered_at).total_seconds() / _DAY_SECONDS)
        for quantity, received_at, ordered_at in rows
        if ordered_at is not None
    ]
    if not samples:
        return None
    pieces = sum(quantity for quantity, _ in samples)
    mean = sum(quantity * days for quantity, days in samples) / pieces
    variance = sum(quantity * (days - mean) ** 2 for quantity, days in samples) / pieces
    return LeadTime(mean, math.sqrt(variance), len(samples))
