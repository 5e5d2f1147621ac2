"""What the people at the shelves do: pack, order what is low, unpack deliveries, correct counts.

Functions on a session; the caller commits.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from commerce_core.catalog.models import Product, Variant
from commerce_core.errors import ConflictError
from commerce_core.inventory import (
    StockLevel,
    StockLocation,
    adjust_stock,
)
from commerce_core.inventory.purchasing import (
    create_purchase_order,
    create_supplier,
    list_purchase_order_lines,
    place_purchase_order,
    receive_purchase_order,
)
from commerce_core.inventory.purchasing_models import (
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseStatus,
    Supplier,
)
from commerce_core.money import Money
from commerce_core.orders.fulfilling import ship_order
from commerce_core.orders.models import Order, OrderStatus
from webapp.demo.live_orders import ACTOR

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from sqlalchemy.orm import Session

_LOW_SHARE: Final = 19 / 816
"""Share of variants that may be low at some location, sold out ones among them."""
_OUT_SHARE: Final = 7 / 816
"""Share of variants that may be sold out: their deliveries are made to wait."""
_URGENCY: Final = 0.12
_LATE_ARRIVAL_RATE: Final = 0.004
_PACK: Final = 5
_MOST_LINES: Final = 8
_USUAL_SUPPLIER: Final = "Wholesale"
_COST_SHARE: Final = 42
"""What is paid for goods, in percent of their price."""
_MISHAPS: Final = (
    (-1, "Count: 1 missing"),
    (-1, "Damaged in storage"),
    (1, "Count: 1 more than in the books"),
)


def low_levels(session: Session) -> dict[int, list[StockLevel]]:
    """Return the levels below their minimum, by id of the variant."""
    found: defaultdict[int, list[StockLevel]] = defaultdict(list)
    for level in session.scalars(select(StockLevel).where(StockLevel.is_low)):
        found[level.variant_id].append(level)
    return found


def sold_out(session: Session, low: dict[int, list[StockLevel]]) -> frozenset[int]:
    """Return those variants of which nothing is available anywhere."""
    query = select(StockLevel.variant_id).where(StockLevel.variant_id.in_(list(low)))
    nothing = func.max(StockLevel.available) <= 0
    return frozenset(session.scalars(query.group_by(StockLevel.variant_id).having(nothing)))


def needs_refill(session: Session, dice: Random) -> bool:
    """Tell whether it is time to look after what is low: the more it is, the sooner."""
    too_many = len(low_levels(session)) - _LOW_SHARE * _count_variants(session)
    return dice.random() < _URGENCY * too_many


def _count_variants(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Variant)) or 0


def refill(session: Session, dice: Random) -> PurchaseOrder | None:
    """Order what is low and not under way yet, or else let a delivery arrive."""
    low = low_levels(session)
    missing = [level for levels in low.values() for level in levels if level.incoming == 0]
    if missing:
        return _order(session, dice.choice(missing), missing)
    return _receive(session, dice, low)


def _order(session: Session, first: StockLevel, missing: Sequence[StockLevel]) -> PurchaseOrder:
    """Order ``first``, and what else is missing there of the same supplier."""
    supplier = _supplier_of(session, first)
    lines: dict[Variant, tuple[int, Money]] = {}
    for level in missing:
        same_place = level.location_id == first.location_id
        if same_place and len(lines) < _MOST_LINES and _supplier_of(session, level) == supplier:
            variant = session.get_one(Variant, level.variant_id)
            pieces = max(1, 3 * level.minimum + _PACK - level.available)
            cost = Money(variant.price * _COST_SHARE / 100, variant.currency).rounded()
            lines[variant] = (math.ceil(pieces / _PACK) * _PACK, cost)
    order = create_purchase_order(
        session,
        _get_supplier(session, supplier),
        session.get_one(StockLocation, first.location_id),
        lines,
        actor=ACTOR,
    )
    return place_purchase_order(session, order, actor=ACTOR)


def _supplier_of(session: Session, level: StockLevel) -> str:
    variant = session.get_one(Variant, level.variant_id)
    product = session.get_one(Product, variant.product_id)
    return str(product.details.get("supplier") or _USUAL_SUPPLIER)


def _get_supplier(session: Session, name: str) -> Supplier:
    found = session.scalars(select(Supplier).filter_by(name=name)).first()
    return found or create_supplier(session, name=name)


def _receive(
    session: Session, dice: Random, low: dict[int, list[StockLevel]]
) -> PurchaseOrder | None:
    """Let an open purchase order arrive that holds something low; a few sold out things wait."""
    out = sold_out(session, low)
    wanted = set(low) - out
    if len(out) > _OUT_SHARE * _count_variants(session) or (
        out and dice.random() < _LATE_ARRIVAL_RATE
    ):
        wanted = set(out)
    order = session.scalars(
        select(PurchaseOrder)
        .join(PurchaseOrderLine, PurchaseOrderLine.purchase_order_id == PurchaseOrder.id)
        .where(PurchaseOrder.status == PurchaseStatus.ORDERED)
        .where(PurchaseOrderLine.variant_id.in_(wanted))
        .order_by(PurchaseOrder.id)
        .limit(1)
    ).first()
    if order is None:
        return None
    lines = list_purchase_order_lines(session, order)
    arriving = {line.id: line.outstanding for line in lines}
    return receive_purchase_order(session, order, arriving, actor=ACTOR)


def open_parcels(session: Session) -> list[int]:
    """Return the ids of all orders that wait for a packer, the oldest first."""
    query = select(Order.id).filter_by(status=OrderStatus.PROCESSING, is_history=False)
    query = query.where(Order.held_at.is_(None))
    return list(session.scalars(query.order_by(Order.placed_at, Order.id)))


def pack(session: Session, order_id: int) -> bool:
    """Send off what lies ready of an order; False if there is nothing to send."""
    order = session.get_one(Order, order_id, populate_existing=True)
    try:
        return bool(ship_order(session, order, actor=ACTOR))
    except ConflictError:  # it was held, cancelled, or shipped by somebody else
        return False


def correct_level(session: Session, dice: Random) -> bool:
    """Book a small loss or find at some level; False if there is none to speak of."""
    last = session.scalar(select(func.max(StockLevel.id))) or 0
    level = session.get(StockLevel, dice.randint(1, last)) if last else None
    if level is None or level.available <= 0:
        return False
    pieces, reason = dice.choice(_MISHAPS)
    adjust_stock(
        session,
        session.get_one(Variant, level.variant_id),
        session.get_one(StockLocation, level.location_id),
        quantity=pieces,
        reason=reason,
        actor=ACTOR,
    )
    return True
