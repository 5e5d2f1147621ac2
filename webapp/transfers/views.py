"""What the templates of the transfers are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from commerce_core.inventory.models import MovementKind, StockLocation
from commerce_core.inventory.transfer_models import TransferStatus
from webapp.accounts.sessions import Identity
from webapp.deliveries import ReceiveForm
from webapp.errors import Problem
from webapp.line_forms import with_blank_lines
from webapp.movement_events import Happening
from webapp.security import Right
from webapp.status_lists import StatusList, status_context
from webapp.transfers.forms import TransferForm
from webapp.transfers.reading import TransferPage, TransferRow

PATH: Final = "/stock/transfers"
GLYPHS: Final = {
    # The glyphs of the style sheet that fill in this order.
    TransferStatus.DRAFT: "draft",
    TransferStatus.IN_TRANSIT: "in_transit",
    TransferStatus.PARTIALLY_RECEIVED: "partially_delivered",
    TransferStatus.RECEIVED: "delivered",
    TransferStatus.CANCELLED: "cancelled",
}


def list_context(
    found: StatusList[TransferRow], status: TransferStatus | None, user: Identity | None
) -> dict[str, Any]:
    """Return what the list shows."""
    return status_context(found, status, TransferStatus, path=PATH) | {
        "glyphs": GLYPHS,
        "may_transfer": Right.CHANGE_STOCK.belongs_to(user),
    }


def form_context(
    form: TransferForm, locations: Sequence[StockLocation], problem: Problem | None = None
) -> dict[str, Any]:
    """Return what the form of a new transfer shows."""
    return {
        "form": form,
        "lines": with_blank_lines(form.lines, more=3 if form.wants_lines else 0),
        "locations": [(place.id, place.name) for place in locations if place.is_open],
        "problem": problem,
    }


def transfer_context(
    page: TransferPage,
    user: Identity | None,
    *,
    form: ReceiveForm | None = None,
    problem: Problem | None = None,
    done: str = "",
) -> dict[str, Any]:
    """Return what the page of a transfer shows. With ``form`` the delivery is being entered."""
    status = page.transfer.status
    is_moving = status in {TransferStatus.IN_TRANSIT, TransferStatus.PARTIALLY_RECEIVED}
    return {
        "page": page,
        "glyphs": GLYPHS,
        "is_draft": status is TransferStatus.DRAFT,
        "is_moving": is_moving,
        "may_transfer": Right.CHANGE_STOCK.belongs_to(user),
        "story": _story(page),
        "form": form,
        "problem": problem,
        "done": done,
    }


@dataclass(frozen=True, slots=True)
class Told:
    """One entry of the timeline; the template has a sentence for each ``code``."""

    code: str
    at: datetime | None
    pieces: int = 0
    person: str = ""


def _story(page: TransferPage) -> list[Told]:
    """Return what happened, newest first."""
    transfer = page.transfer
    story = [told for one in page.happenings if (told := _tell(page, one))]
    if transfer.status is TransferStatus.CANCELLED and transfer.sent_at is None:
        story.insert(0, Told("cancelled", transfer.closed_at))
    return [*story, Told("drafted", transfer.created_at, page.pieces, page.created_by)]


def _tell(page: TransferPage, one: Happening) -> Told | None:
    came_back = one.location_id == page.transfer.source_id
    if one.kind is MovementKind.TRANSFER_SENT:
        return Told("sent", one.at, -one.on_hand, one.person)
    if one.kind is MovementKind.TRANSFER_RECEIVED:
        return Told("called_back" if came_back else "received", one.at, one.on_hand, one.person)
    if one.kind is MovementKind.WRITTEN_OFF:
        return Told("lost", one.at, -one.incoming, one.person)
    return None  # what was expected changed at the same moment
