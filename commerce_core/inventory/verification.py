"""Replay the journal and compare it with the levels: the books must agree with themselves."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from operator import add
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from commerce_core.catalog.models import Variant
from commerce_core.errors import VariantNotFoundError
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
from commerce_core.records import number_of
from commerce_core.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

_ROWS_AT_ONCE: Final = 20_000
_COUNT: Final = len(QUANTITIES)
_POLICY: Final = ("safety_stock", "minimum")
"""What of the policy every movement repeats."""


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

    Checks that versions of each level run 1, 2, 3 … without a gap and its time never runs back,
    that each movement's result is the one before plus its delta, that the level equals its last
    movement (its policy, too), and that movements name the variant and place of their level.
    Reads in chunks of 20,000; run it in one read transaction, or writers in between show up as
    differences.

    Raises:
        VariantNotFoundError: there is no variant with this id.
    """
    if variant_id is not None:
        _require_variant(session, variant_id)
    differences: list[Difference] = []
    books: dict[int, _Page] = defaultdict(_Page)
    for level_id, version, occurred_at, *rest in _movements(session, variant_id):
        page = books[level_id]
        results, policy = tuple(rest[:_COUNT]), tuple(rest[_COUNT : _COUNT + len(_POLICY)])
        deltas = rest[_COUNT + len(_POLICY) :]
        if version != page.version + 1:
            differences.append(Difference(level_id, version, "version", page.version + 1, version))
        moment = occurred_at.timestamp()
        if moment < page.moment:
            differences.append(
                Difference(level_id, version, "occurred_at", int(page.moment), int(moment))
            )
        expected = tuple(map(add, page.quantities, deltas))
        if expected != results:
            differences.extend(_compare(level_id, version, QUANTITIES, expected, results))
        page.quantities, page.policy, page.version, page.moment = results, policy, version, moment
    differences.extend(_levels_against(session, variant_id, books))
    differences.extend(_misfiled(session, variant_id))
    return differences


def _require_variant(session: Session, variant_id: int) -> None:
    number = number_of(variant_id)
    if number is None or session.get(Variant, number) is None:
        wanted = shown(variant_id) if number is None else number
        message = f"there is no variant with the id {wanted}"
        raise VariantNotFoundError(message, variant_id=number)


@dataclass(slots=True)
class _Page:
    """What the journal says of a level up to the movement that was read last."""

    quantities: tuple[int, ...] = (0,) * _COUNT
    policy: tuple[int, ...] = (0,) * len(_POLICY)
    version: int = 0
    moment: float = float("-inf")


def _movements(session: Session, variant_id: int | None) -> Iterator[Sequence[Any]]:
    """Yield the numbers of every movement, level by level in order."""
    query: Select[Any] = select(
        StockMovement.level_id,
        StockMovement.version,
        StockMovement.occurred_at,
        *(getattr(StockMovement, name) for name in (*QUANTITIES, *_POLICY)),
        *(getattr(StockMovement, f"{name}_delta") for name in QUANTITIES),
    )
    if variant_id is not None:
        query = query.where(StockMovement.variant_id == variant_id)
    query = query.order_by(StockMovement.level_id, StockMovement.version)
    yield from session.execute(query.execution_options(yield_per=_ROWS_AT_ONCE))


def _levels_against(
    session: Session, variant_id: int | None, books: dict[int, _Page]
) -> Iterator[Difference]:
    names = (*QUANTITIES, *_POLICY)
    columns = (getattr(StockLevel, name) for name in names)
    query: Select[Any] = select(StockLevel.id, StockLevel.version, *columns)
    if variant_id is not None:
        query = query.where(StockLevel.variant_id == variant_id)
    for level_id, version, *found in session.execute(query.order_by(StockLevel.id)):
        page = books[level_id]
        if version != page.version:
            yield Difference(level_id, None, "version", page.version, version)
        yield from _compare(level_id, None, names, (*page.quantities, *page.policy), found)


def _misfiled(session: Session, variant_id: int | None) -> Iterator[Difference]:
    """Yield the movements that name another variant or place than their level does."""
    for name in ("variant_id", "location_id"):
        ours, theirs = getattr(StockMovement, name), getattr(StockLevel, name)
        query = (
            select(StockMovement.level_id, StockMovement.version, theirs, ours)
            .join_from(StockMovement, StockLevel, StockMovement.level_id == StockLevel.id)
            .where(ours != theirs)
        )
        if variant_id is not None:
            query = query.where(StockLevel.variant_id == variant_id)
        for level_id, version, expected, found in session.execute(query):
            yield Difference(level_id, version, name, expected, found)


def _compare(
    level_id: int,
    version: int | None,
    names: Sequence[str],
    expected: Sequence[int],
    found: Sequence[int],
) -> list[Difference]:
    return [
        Difference(level_id, version, name, wanted, got)
        for name, wanted, got in zip(names, expected, found, strict=True)
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
