"""What people decide about a level: minimum, safety stock, backorder limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from commerce_core.catalog.models import Variant
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
    found = None if version == 0 else ledger.lock_with_policy(session, place)
    if found is not None:
        level, policy = found
        _require_possible(level, policy, wanted, version)
        return _save(ledger.Batch(session, actor=who), level, policy, wanted)
    with ledger.locked_or_new(session, [place]) as levels:
        level, latest = levels[place], find_policy(session, variant, location)
        _require_possible(level, latest, wanted, version)
        policy = latest or _new(session, place, who)
        return _save(ledger.Batch(session, actor=who), level, policy, wanted)


def find_policy(session: Session, variant: Variant, location: StockLocation) -> StockPolicy | None:
    """Return the policy of a level as it is now, or None where nobody decided anything."""
    return session.scalars(
        select(StockPolicy)
        .filter_by(variant_id=id_of(variant, Variant), location_id=id_of(location, StockLocation))
        .execution_options(populate_existing=True)
    ).first()


def _require_possible(
    level: ledger.LevelState, policy: StockPolicy | None, wanted: dict[str, int], seen: int | None
) -> None:
    now = 0 if policy is None else policy.version
    if seen is not None and seen != now:
        message = "the policy was saved by somebody else since it was read: look at it again"
        raise VersionConflictError(message, expected=seen, actual=now)
    waiting = level.quantities["backordered"]
    if wanted["backorder_limit"] < waiting:
        message = f"{waiting} are on backorder already: the limit cannot be lower"
        raise InvalidInputError(message, backordered=waiting)


def _new(session: Session, place: tuple[int, int], actor: str) -> StockPolicy:
    variant_id, location_id = place
    policy = StockPolicy(
        variant_id=variant_id, location_id=location_id, version=0, updated_by=actor
    )
    session.add(policy)
    session.flush()
    return policy


def _save(
    batch: ledger.Batch, level: ledger.LevelState, policy: StockPolicy, wanted: dict[str, int]
) -> StockPolicy:
    """Write what was decided into the policy, and the movement that tells of it."""
    story = {"updated_by": batch.actor, "updated_at": batch.now}
    saved = {**wanted, **story, "version": policy.version + 1}
    batch.apply(level, MovementKind.POLICY_CHANGED, {}, policy=wanted)
    fill(batch, level)
    ledger.write_with(batch, {policy: saved})
    return policy
