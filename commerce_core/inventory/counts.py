"""Count stock: expected against counted, and the differences posted as one batch.

Each count is compared with the books at the moment of counting, and posting books the
difference, not the number: what moved between counting and posting is not lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from commerce_core.catalog.models import Variant
from commerce_core.clock import utc_now
from commerce_core.errors import InvalidStateError
from commerce_core.inventory import ledger
from commerce_core.inventory.backorders import fill
from commerce_core.inventory.checks import require_actor, require_quantity
from commerce_core.inventory.count_models import CountStatus, StockCount, StockCountLine
from commerce_core.inventory.models import MovementKind, StockLocation
from commerce_core.records import id_of, locked
from commerce_core.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


def start_count(session: Session, location: StockLocation, *, name: str, actor: str) -> StockCount:
    """Open a counting session at a location. The caller commits.

    Raises:
        InvalidTextError: the name is empty or longer than 120 characters.
    """
    count = StockCount(
        name=clean_text(name, name="the count's name", max_length=120),
        location_id=id_of(location, StockLocation),
        created_by=require_actor(actor),
    )
    session.add(count)
    session.flush()
    return count


def count_stock(
    session: Session, count: StockCount, variant: Variant, *, counted: int, actor: str
) -> StockCountLine:
    """Note how many pieces of ``variant`` there are. Counting again replaces the first time.

    Moves no stock until the count is posted. The caller commits.

    Raises:
        InvalidStateError: the count has been posted or cancelled.
        InvalidQuantityError: not a whole number from 0.
        VariantNotFoundError, InvalidInputError: there is no such variant, or it is a kit.
    """
    pieces = require_quantity(counted, least=0)
    who = require_actor(actor)
    current = _open(session, count)
    location = session.get_one(StockLocation, current.location_id)
    level = ledger.lock_level(session, variant, location)
    if level is None:
        ledger.require_places(session, [(variant.id, location.id)])
        level = ledger.empty_state(variant, location)
    line = session.scalars(
        select(StockCountLine).filter_by(count_id=current.id, variant_id=id_of(variant, Variant))
    ).first()
    if line is None:
        line = StockCountLine(count_id=current.id, variant_id=id_of(variant, Variant))
        session.add(line)
    line.expected = level.quantities["on_hand"]
    line.counted = pieces
    line.level_version = level.version
    line.counted_by = who
    line.counted_at = utc_now()
    session.flush()
    return line


def post_count(session: Session, count: StockCount, *, actor: str) -> Sequence[StockCountLine]:
    """Book all differences of a count as one batch and close it. The caller commits.

    A loss of promised pieces is booked as ``short``. Returns the lines that differed.

    Raises:
        InvalidStateError: the count has been posted or cancelled.
    """
    who = require_actor(actor)
    current = _open(session, count)
    lines = [line for line in list_count_lines(session, current) if line.difference]
    places = [(line.variant_id, current.location_id) for line in lines]
    with ledger.locked_or_new(session, places) as levels:
        batch = ledger.Batch(session, actor=who)
        for line in lines:
            level = levels[line.variant_id, current.location_id]
            batch.apply(
                level,
                MovementKind.COUNTED,
                {"on_hand": max(line.difference, -level.quantities["on_hand"])},
                reason=current.name,
                cause=ledger.Cause("stock_count_line", str(line.id)),
                physical=True,
            )
        fill(batch, *levels.values())
        if not batch.is_empty:
            batch.write()
    current.status = CountStatus.POSTED
    current.closed_at = batch.now
    session.flush()
    return lines


def cancel_count(session: Session, count: StockCount, *, actor: str) -> StockCount:
    """Close a count without booking anything.

    Raises:
        InvalidStateError: the count has been posted or cancelled.
    """
    require_actor(actor)
    current = _open(session, count)
    current.status = CountStatus.CANCELLED
    current.closed_at = utc_now()
    session.flush()
    return current


def list_count_lines(session: Session, count: StockCount) -> Sequence[StockCountLine]:
    """Return what was counted so far, in the order of counting."""
    query = (
        select(StockCountLine)
        .filter_by(count_id=id_of(count, StockCount))
        .order_by(StockCountLine.id)
    )
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _open(session: Session, count: StockCount) -> StockCount:
    current = locked(session, count, StockCount)
    if current.status is not CountStatus.OPEN:
        message = f"the count {current.name!r} is {current.status.value}: start a new one"
        raise InvalidStateError(message, count_id=current.id, status=current.status.value)
    return current
