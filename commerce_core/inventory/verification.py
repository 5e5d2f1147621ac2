"""Replay the journal and compare it with the levels: the books must agree with themselves."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from commerce_core.inventory.hold_models import Allocation, Reservation, ReservationStatus
from commerce_core.inventory.models import QUANTITIES, StockLevel, StockMovement
from commerce_core.inventory.purchasing_models import (
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseStatus,
)
from commerce_core.inventory.transfer_models import (
    StockTransfer,
    StockTransferLine,
    TransferStatus,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

_ROWS_AT_ONCE: Final = 20_000
_RESULTS: Final = tuple(getattr(StockMovement, name) for name in QUANTITIES)
_DELTAS: Final = tuple(getattr(StockMovement, f"{name}_delta") for name in QUANTITIES)


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where the journal and a level, or two movements, disagree.

    ``version`` is the movement's version, or None when the level itself differs from the end of
    its journal.
    """

    level_id: int
    version: int | None
    quantity: str
    expected: int
    found: int

    def __str__(self) -> str:
        where = "now" if self.version is None else f"at version {self.version}"
        return (
            f"level {self.level_id} {where}: {self.quantity} is {self.found}, "
            f"the journal says {self.expected}"
        )


def verify_ledger(session: Session, *, variant_id: int | None = None) -> Sequence[Difference]:
    """Replay every movement (of one variant, or of all) and return every difference.

    Checks that versions of each level run 1, 2, 3 … without a gap, that each movement's result
    is the one before plus its delta, and that the level equals
    its last movement. Reads in chunks of 20,000; run it in one read transaction, or writers in
    between show up as differences.
    """
    differences: list[Difference] = []
    state: dict[int, tuple[int, ...]] = defaultdict(lambda: (0,) * len(QUANTITIES))
    versions: dict[int, int] = defaultdict(int)
    for level_id, version, results, deltas in _movements(session, variant_id):
        if version != versions[level_id] + 1:
            differences.append(
                Difference(level_id, version, "version", versions[level_id] + 1, version)
            )
        expected = tuple(a + b for a, b in zip(state[level_id], deltas, strict=True))
        if expected != results:
            differences.extend(_compare(level_id, version, expected, results))
        state[level_id], versions[level_id] = results, version
    differences.extend(_levels_against(session, variant_id, state, versions))
    return differences


def _movements(
    session: Session, variant_id: int | None
) -> Iterator[tuple[int, int, tuple[int, ...], tuple[int, ...]]]:
    """Yield (level, version, results, deltas) of every movement, level by level in order."""
    query: Select[Any] = select(StockMovement.level_id, StockMovement.version, *_RESULTS, *_DELTAS)
    if variant_id is not None:
        query = query.where(StockMovement.variant_id == variant_id)
    query = query.order_by(StockMovement.level_id, StockMovement.version)
    split = 2 + len(QUANTITIES)
    for row in session.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)):
        values = tuple(row)
        yield values[0], values[1], values[2:split], values[split:]


def _levels_against(
    session: Session,
    variant_id: int | None,
    state: dict[int, tuple[int, ...]],
    versions: dict[int, int],
) -> list[Difference]:
    differences: list[Difference] = []
    columns = (getattr(StockLevel, name) for name in QUANTITIES)
    query: Select[Any] = select(StockLevel.id, StockLevel.version, *columns)
    if variant_id is not None:
        query = query.where(StockLevel.variant_id == variant_id)
    for row in session.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)):
        level_id, version, found = row[0], row[1], tuple(row[2:])
        if version != versions[level_id]:
            differences.append(Difference(level_id, None, "version", versions[level_id], version))
        differences.extend(_compare(level_id, None, state[level_id], found))
    return differences


def _compare(
    level_id: int, version: int | None, expected: tuple[int, ...], found: tuple[int, ...]
) -> list[Difference]:
    return [
        Difference(level_id, version, name, wanted, got)
        for name, wanted, got in zip(QUANTITIES, expected, found, strict=True)
        if wanted != got
    ]


def verify_promises(session: Session) -> Sequence[Difference]:
    """Compare what levels say of promises with the promises themselves; return what differs.

    ``reserved`` is the sum of active reservations, ``allocated`` that of open allocations,
    ``backordered`` what of them is on backorder, ``incoming`` what purchase orders and transfers
    still bring. Run it in one read transaction.
    """
    sums: dict[str, dict[Any, int]] = {name: {} for name in _SUMS}
    for name, queries in _SUMS.items():
        for query in queries:
            for variant_id, location_id, pieces in session.execute(query):
                place = (variant_id, location_id)
                sums[name][place] = sums[name].get(place, 0) + int(pieces)
    columns = (getattr(StockLevel, name) for name in _SUMS)
    levels = select(StockLevel.id, StockLevel.variant_id, StockLevel.location_id, *columns)
    return [
        Difference(row[0], None, name, wanted, found)
        for row in session.execute(levels.order_by(StockLevel.id))
        for name, found in zip(_SUMS, row[3:], strict=True)
        if (wanted := sums[name].get((row[1], row[2]), 0)) != found
    ]


def _sum(model: Any, pieces: Any) -> Select[Any]:
    place = (model.variant_id, model.location_id)
    return select(*place, func.sum(pieces)).group_by(*place)


_OPEN_PURCHASE: Final = (PurchaseStatus.ORDERED, PurchaseStatus.PARTIALLY_RECEIVED)
_OPEN_TRANSFER: Final = (TransferStatus.IN_TRANSIT, TransferStatus.PARTIALLY_RECEIVED)
_OUTSTANDING: Final[Any] = PurchaseOrderLine.quantity - PurchaseOrderLine.received
_SUMS: Final[dict[str, tuple[Any, ...]]] = {
    "reserved": (
        _sum(Reservation, Reservation.quantity).where(
            Reservation.status == ReservationStatus.ACTIVE
        ),
    ),
    "allocated": (
        _sum(Allocation, Allocation.quantity - Allocation.shipped - Allocation.released),
    ),
    "backordered": (_sum(Allocation, Allocation.backordered),),
    "incoming": (
        select(PurchaseOrderLine.variant_id, PurchaseOrder.location_id, _OUTSTANDING)
        .join(PurchaseOrder, PurchaseOrderLine.purchase_order_id == PurchaseOrder.id)
        .where(PurchaseOrder.status.in_(_OPEN_PURCHASE), _OUTSTANDING > 0),
        select(
            StockTransferLine.variant_id,
            StockTransfer.destination_id,
            StockTransferLine.quantity - StockTransferLine.received - StockTransferLine.lost,
        )
        .join(StockTransfer, StockTransferLine.transfer_id == StockTransfer.id)
        .where(StockTransfer.status.in_(_OPEN_TRANSFER)),
    ),
}
