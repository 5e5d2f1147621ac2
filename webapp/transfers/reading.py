"""Reads transfers for their pages. The number of statements does not depend on their lines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from commerce_core.inventory.models import StockLevel, StockLocation
from commerce_core.inventory.transfer_models import (
    StockTransfer,
    StockTransferLine,
    TransferStatus,
)
from commerce_core.inventory.transfers import list_transfer_lines
from webapp.movement_events import Happening, read_happenings
from webapp.people import name_people
from webapp.records import get_record
from webapp.status_lists import StatusList, read_page
from webapp.variant_names import VariantName, name_variants

CAUSE: Final = "stock_transfer_line"


@dataclass(frozen=True, slots=True)
class TransferRow:
    """A line of the list."""

    transfer: StockTransfer
    source: str
    destination: str
    pieces: int
    received: int
    lost: int
    created_by: str


def list_transfers(
    session: Session, status: TransferStatus | None, before: int | None
) -> StatusList[TransferRow]:
    """Read a page of transfers, the newest first. Three statements."""
    source, destination = aliased(StockLocation), aliased(StockLocation)
    line = StockTransferLine
    sums = (
        select(
            line.transfer_id,
            func.sum(line.quantity).label("pieces"),
            func.sum(line.received).label("received"),
            func.sum(line.lost).label("lost"),
        )
        .group_by(line.transfer_id)
        .subquery()
    )
    columns = (source.name, destination.name, sums.c.pieces, sums.c.received, sums.c.lost)
    query = (
        select(StockTransfer, *columns)
        .join(source, source.id == StockTransfer.source_id)
        .join(destination, destination.id == StockTransfer.destination_id)
        .join(sums, sums.c.transfer_id == StockTransfer.id)
    )
    found = read_page(session, query, status, before)
    people = name_people(session, [row[0].created_by for row in found.rows])
    rows = [
        TransferRow(
            transfer=row[0],
            source=row[1],
            destination=row[2],
            pieces=int(row[3]),
            received=int(row[4]),
            lost=int(row[5]),
            created_by=people[row[0].created_by],
        )
        for row in found.rows
    ]
    return replace(found, rows=rows)


@dataclass(frozen=True, slots=True)
class TransferLine:
    """A variant of a transfer. ``available`` is what the source can give now."""

    line: StockTransferLine
    variant: VariantName
    available: int


@dataclass(frozen=True, slots=True)
class TransferPage:
    """What the page of one transfer shows."""

    transfer: StockTransfer
    source: StockLocation
    destination: StockLocation
    lines: list[TransferLine]
    created_by: str
    happenings: list[Happening]

    @property
    def pieces(self) -> int:
        """All pieces of all lines."""
        return sum(one.line.quantity for one in self.lines)

    @property
    def on_the_way(self) -> int:
        """The pieces that are neither here nor there."""
        has_left = self.transfer.sent_at is not None and self.transfer.closed_at is None
        return sum(one.line.in_transit for one in self.lines) if has_left else 0

    @property
    def short(self) -> list[TransferLine]:
        """The lines of a draft that the source cannot give now."""
        if self.transfer.status is not TransferStatus.DRAFT:
            return []
        return [one for one in self.lines if one.available < one.line.quantity]


def read_transfer(session: Session, number: int) -> TransferPage:
    """Read a transfer with its lines and what happened to it.

    Raises:
        RecordNotFoundError: there is no such transfer.
    """
    transfer = get_record(session, StockTransfer, number)
    lines = list_transfer_lines(session, transfer)
    names = name_variants(session, [line.variant_id for line in lines])
    available = _available(session, transfer, [line.variant_id for line in lines])
    happenings = read_happenings(session, CAUSE, [line.id for line in lines])
    actors = [transfer.created_by, *(happening.actor for happening in happenings)]
    people = name_people(session, actors)
    return TransferPage(
        transfer=transfer,
        source=session.get_one(StockLocation, transfer.source_id),
        destination=session.get_one(StockLocation, transfer.destination_id),
        lines=[
            TransferLine(line, names[line.variant_id], available.get(line.variant_id, 0))
            for line in lines
        ],
        created_by=people[transfer.created_by],
        happenings=[happening.by(people[happening.actor]) for happening in happenings],
    )


def _available(session: Session, transfer: StockTransfer, variants: list[int]) -> dict[int, int]:
    rows = session.execute(
        select(StockLevel.variant_id, StockLevel.available).where(
            StockLevel.location_id == transfer.source_id, StockLevel.variant_id.in_(variants)
        )
    )
    return {variant_id: int(number) for variant_id, number in rows}
