"""Kits: variants without stock of their own, made of components that have it.

A kit's availability is the minimum over its components; demand is summed per component before
anything is checked. Picking and returning happen by component; the price stands on the kit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from commerce_core.errors import InvalidInputError
from commerce_core.inventory.checks import require_quantity
from commerce_core.inventory.kit_models import KitComponent
from commerce_core.inventory.models import StockLevel, StockLocation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from commerce_core.catalog.models import Variant


def define_kit(session: Session, kit: Variant, components: Mapping[Variant, int]) -> None:
    """Make ``kit`` consist of ``components`` (variant → pieces). Flushes; the caller commits.

    Replaces what it consisted of before.

    Raises:
        InvalidInputError: no components, a kit within a kit, or the kit has stock of its own.
        InvalidQuantityError: a quantity is not a whole number from 1.
    """
    if not components:
        message = f"the kit {kit.sku} needs at least one component"
        raise InvalidInputError(message, sku=kit.sku)
    ids = [component.id for component in components]
    _require_flat(session, kit, ids)
    for row in session.scalars(select(KitComponent).filter_by(kit_id=kit.id)).all():
        session.delete(row)
    session.flush()
    for component, quantity in components.items():
        pieces = require_quantity(quantity)
        session.add(KitComponent(kit_id=kit.id, component_id=component.id, quantity=pieces))
    session.flush()


def _require_flat(session: Session, kit: Variant, ids: list[int]) -> None:
    nested = session.scalar(
        select(func.count())
        .select_from(KitComponent)
        .where(KitComponent.kit_id.in_(ids) | (KitComponent.component_id == kit.id))
    )
    stocked = session.scalar(
        select(func.count()).select_from(StockLevel).where(StockLevel.variant_id == kit.id)
    )
    if kit.id in ids or nested:
        message = f"{kit.sku}: a kit cannot be part of a kit"
        raise InvalidInputError(message, sku=kit.sku)
    if stocked:
        message = f"{kit.sku} has stock of its own: a kit has only that of its components"
        raise InvalidInputError(message, sku=kit.sku)


def components_of(session: Session, kit_ids: list[int]) -> dict[int, dict[int, int]]:
    """Return kit id → (component id → pieces) for those of ``kit_ids`` that are kits."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    query = select(KitComponent).where(KitComponent.kit_id.in_(kit_ids))
    for row in session.scalars(query):
        found[row.kit_id][row.component_id] = row.quantity
    return dict(found)


def explode(session: Session, wanted: Mapping[int, int]) -> dict[int, int]:
    """Return demand by stocked variant: kits replaced by their components, all summed."""
    kits = components_of(session, list(wanted))
    demand: Counter[int] = Counter()
    for variant_id, quantity in wanted.items():
        for component_id, pieces in kits.get(variant_id, {variant_id: 1}).items():
            demand[component_id] += quantity * pieces
    return dict(demand)


def kit_available(session: Session, kit: Variant) -> dict[int, int]:
    """Return how many kits each open location could make up: location id → kits."""
    parts = components_of(session, [kit.id]).get(kit.id, {})
    if not parts:
        return {}
    rows = session.execute(
        select(StockLevel.location_id, StockLevel.variant_id, StockLevel.available)
        .join(StockLocation, StockLevel.location_id == StockLocation.id)
        .where(StockLevel.variant_id.in_(parts), StockLocation.is_open)
    ).all()
    there: dict[int, dict[int, int]] = defaultdict(dict)
    for location_id, variant_id, available in rows:
        there[location_id][variant_id] = max(0, available)
    return {
        location_id: min(stock.get(v, 0) // pieces for v, pieces in parts.items())
        for location_id, stock in there.items()
    }
