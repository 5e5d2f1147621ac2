"""Places (a variant at a location) that can have stock, and levels for those that have none yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, case, func, literal_column, null, select, union_all
from sqlalchemy.dialects import postgresql, sqlite

from commerce_core.catalog.models import Variant
from commerce_core.database import is_postgresql
from commerce_core.errors import InvalidInputError, LocationNotFoundError, VariantNotFoundError
from commerce_core.inventory.kit_models import KitComponent
from commerce_core.inventory.models import StockLevel, StockLocation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from commerce_core.database import Base


def ensure_levels(session: Session, places: Iterable[tuple[int, int]]) -> None:
    """Create the levels that are missing at (variant id, location id).

    Raises:
        VariantNotFoundError, LocationNotFoundError: there is no such place.
        InvalidInputError: the variant is a kit, which has no stock of its own.
    """
    wanted = sorted(set(places))
    if not wanted:
        return
    require_places(session, wanted)
    dialect: Any = postgresql if is_postgresql(session) else sqlite
    session.connection().execute(
        dialect.insert(StockLevel.__table__).on_conflict_do_nothing(
            index_elements=["variant_id", "location_id"]
        ),
        [{"variant_id": v, "location_id": loc} for v, loc in wanted],
    )


def require_places(session: Session, places: Iterable[tuple[int, int]]) -> None:
    """Return if there can be levels at all (variant id, location id). One statement.

    Raises:
        VariantNotFoundError, LocationNotFoundError, InvalidInputError: as in ``ensure_levels``.
    """
    _ask(session, places)


def id_about_places(session: Session, model: type[Base], places: Iterable[tuple[int, int]]) -> int:
    """Return an id for a new row of ``model`` if ``require_places`` does. One statement for both.

    On SQLite it belongs to the open transaction, which nobody else can write beside.
    """
    table: Any = model.__table__
    if is_postgresql(session):
        number: Any = func.nextval(f"{table.name}_id_seq")
    else:
        number = select(func.coalesce(func.max(table.c.id), 0) + 1).scalar_subquery()
    return _ask(session, places, select(literal_column("'new'"), number, null()))[0]


def _ask(session: Session, places: Iterable[tuple[int, int]], *more: Select[Any]) -> list[int]:
    """Check places, and return the ids that ``more`` selects beside (as 'new')."""
    wanted = set(places)
    asked = {"variant": {v for v, _ in wanted}, "location": {place for _, place in wanted}}
    is_kit = select(KitComponent.kit_id).where(KitComponent.kit_id == Variant.id).exists()
    query: Any = union_all(
        select(literal_column("'variant'"), Variant.id, case((is_kit, Variant.sku))).where(
            Variant.id.in_(asked["variant"])
        ),
        select(literal_column("'location'"), StockLocation.id, null()).where(
            StockLocation.id.in_(asked["location"])
        ),
        *more,
    )
    rows = session.execute(query).all()
    found = {kind: {number for what, number, _ in rows if what == kind} for kind in asked}
    if missing := asked["variant"] - found["variant"]:
        message = f"there is no variant with the id {min(missing)}"
        raise VariantNotFoundError(message, variant_id=min(missing))
    if missing := asked["location"] - found["location"]:
        message = f"there is no stock location with the id {min(missing)}"
        raise LocationNotFoundError(message, location_id=min(missing))
    for _, _, kit in rows:
        if kit is not None:
            message = f"{kit} is a kit and has no stock of its own: book its components"
            raise InvalidInputError(message, sku=kit)
    return [number for what, number, _ in rows if what == "new"]
