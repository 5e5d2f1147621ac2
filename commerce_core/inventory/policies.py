"""What people decide about a level: minimum, safety stock, backorder limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from commerce_core.catalog.models import Variant
from commerce_core.clock import utc_now
from commerce_core.errors import InvalidInputError, VersionConflictError
from commerce_core.inventory import ledger
from commerce_core.inventory.backorders import fill
from commerce_core.inventory.checks import require_actor, require_quantity
from commerce_core.inventory.models import MovementKind, StockLocation, StockPolicy
from commerce_core.records import id_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def set_stock_policy(
    session: Session,
    variant: Variant,
    location: StockLocation,
    *,
    actor: str,
    minimum: int = 0,
    safety_stock: int = 0,
    backorder_limit: int = 0,
    version: int | None = None,
) -> StockPolicy:
    """Decide below which quantity a level is low, and what it keeps back. The caller commits.

    ``version`` is the one the editor has seen: 0 where there was no policy yet, None to save
    whatever is there.

    Raises:
        VersionConflictError: somebody saved another policy since.
        InvalidQuantityError: a value is negative or too large.
        InvalidInputError: more is on backorder already than the new limit allows.
    """
    who = require_actor(actor)
    wanted = {
        name: require_quantity(value, least=0)
        for name, value in (
            ("minimum", minimum),
            ("safety_stock", safety_stock),
            ("backorder_limit", backorder_limit),
        )
    }
    place = (id_of(variant, Variant), id_of(location, StockLocation))
    with ledger.locked_or_new(session, [place]) as levels:
        level = levels[place]
        policy = find_policy(session, variant, location)
        _require_version(policy, version)
        waiting = level.quantities["backordered"]
        if wanted["backorder_limit"] < waiting:
            message = f"{waiting} are on backorder already: the limit cannot be lower"
            raise InvalidInputError(message, backordered=waiting)
        batch = ledger.Batch(session, actor=who)
        saved = _save(session, policy, variant, location, wanted, who)
        batch.apply(level, MovementKind.POLICY_CHANGED, {}, policy=wanted)
        fill(batch, level)
        batch.write()
    return saved


def find_policy(session: Session, variant: Variant, location: StockLocation) -> StockPolicy | None:
    """Return the policy of a level as it is now, or None where nobody decided anything."""
    return session.scalars(
        select(StockPolicy)
        .filter_by(variant_id=id_of(variant, Variant), location_id=id_of(location, StockLocation))
        .execution_options(populate_existing=True)
    ).first()


def _require_version(policy: StockPolicy | None, seen: int | None) -> None:
    now = 0 if policy is None else policy.version
    if seen is not None and seen != now:
        message = "the policy was saved by somebody else since it was read: look at it again"
        raise VersionConflictError(message, expected=seen, actual=now)


def _save(  # noqa: PLR0917 - private, one caller
    session: Session,
    policy: StockPolicy | None,
    variant: Variant,
    location: StockLocation,
    wanted: dict[str, int],
    actor: str,
) -> StockPolicy:
    if policy is None:
        policy = StockPolicy(variant_id=variant.id, location_id=location.id, version=0)
        session.add(policy)
    for name, value in wanted.items():
        setattr(policy, name, value)
    policy.version += 1
    policy.updated_by = actor
    policy.updated_at = utc_now()
    session.flush()
    return policy
