"""Kits: variants without stock of their own, made of components that have it.

A kit's availability is the minimum over its components; demand is summed per component before
anything is checked. Picking and returning happen by component; the price stands on the kit.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, union_all

from commerce_core.catalog.models import Variant, VariantStatus
from commerce_core.errors import InvalidInputError
from commerce_core.inventory.availability import list_availability
from commerce_core.inventory.checks import require_quantity
from commerce_core.inventory.kit_models import KitComponent
from commerce_core.inventory.models import StockLevel
from commerce_core.records import id_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

__all__ = ["KitComponent", "components_of", "define_kit", "kit_available", "stocked_ids"]


def define_kit(session: Session, kit: Variant, components: Mapping[Variant, int]) -> None:
    """Make ``kit`` consist of ``components`` (variant → pieces). Flushes; the caller commits.

    Replaces what it consisted of before.

    Raises:
        InvalidInputError: no components, a kit within a kit, or the kit has stock of its own.
        InvalidQuantityError: a quantity is not a whole number from 1.
    """
    id_of(kit, Variant)
    if not components:
        message = f"the kit {kit.sku} needs at least one component"
        raise InvalidInputError(message, sku=kit.sku)
    pieces = {id_of(v, Variant): require_quantity(n) for v, n in components.items()}
    _require_flat(session, kit, list(pieces))
    session.execute(delete(KitComponent).where(KitComponent.kit_id == kit.id))
    session.add_all(
        KitComponent(kit_id=kit.id, component_id=number, quantity=quantity)
        for number, quantity in sorted(pieces.items())
    )
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


def stocked_ids(ids: Sequence[int]) -> Select[int]:
    """Return a query for the variants that ``ids`` are about: themselves, and parts of kits."""
    parts = select(KitComponent.component_id).where(KitComponent.kit_id.in_(ids))
    return select(union_all(select(Variant.id).where(Variant.id.in_(ids)), parts).subquery().c[0])


def components_of(session: Session, kit_ids: list[int]) -> dict[int, dict[int, int]]:
    """Return kit id → (component id → pieces) for those of ``kit_ids`` that are kits on offer."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    query = (
        select(KitComponent.kit_id, KitComponent.component_id, KitComponent.quantity)
        .join(Variant, KitComponent.kit_id == Variant.id)
        .where(KitComponent.kit_id.in_(kit_ids), Variant.status == VariantStatus.ACTIVE)
    )
    for kit_id, component_id, pieces in session.execute(query):
        found[kit_id][component_id] = pieces
    return dict(found)


def kit_available(session: Session, kit: Variant) -> dict[int, int]:
    """Return how many kits each open location could make up: location id → kits.

    Empty where the kit (or ``kit`` is no kit) is not on offer. What has expired counts.
    """
    number = id_of(kit, Variant)
    parts = components_of(session, [number]).get(number, {})
    there: dict[int, dict[int, int]] = defaultdict(dict)
    for row in list_availability(session, list(parts)):
        there[row.location_id][row.variant_id] = row.available if row.is_offered else 0
    return {
        location_id: min(stock.get(v, 0) // pieces for v, pieces in parts.items())
        for location_id, stock in there.items()
    }
