"""What the templates of the purchase orders are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from commerce_core.inventory.models import MovementKind, StockLocation
from commerce_core.inventory.purchasing_models import PurchaseStatus, Supplier
from webapp.accounts.sessions import Identity
from webapp.deliveries import ReceiveForm
from webapp.errors import Problem
from webapp.line_forms import with_blank_lines
from webapp.movement_events import Happening
from webapp.purchasing.forms import CURRENCIES, PurchaseForm
from webapp.purchasing.reading import LATE, OPEN, PurchasePage, PurchaseRow, SupplierPage
from webapp.security import Right
from webapp.status_lists import StatusList, status_context, wanted_status

PATH: Final = "/stock/purchase-orders"
GLYPHS: Final = {
    # The glyphs of the style sheet that fill in this order.
    PurchaseStatus.DRAFT: "draft",
    PurchaseStatus.ORDERED: "in_transit",
    PurchaseStatus.PARTIALLY_RECEIVED: "partially_delivered",
    PurchaseStatus.RECEIVED: "delivered",
    PurchaseStatus.CANCELLED: "cancelled",
}


def list_context(
    found: StatusList[PurchaseRow],
    status: str,
    user: Identity | None,
    *,
    today: date,
) -> dict[str, Any]:
    """Return what the list shows."""
    late, is_late = found.by_status[LATE], status == LATE
    shown = status_context(found, wanted_status(PurchaseStatus, status), PurchaseStatus, path=PATH)
    if is_late and found.before:
        shown["next_page"] = f"{PATH}?status={LATE}&before={found.before}"
    return shown | {
        "is_late": is_late,
        "late": late,
        "total": shown["total"] - late,  # they are counted in their own state
        "glyphs": GLYPHS,
        "open": sum(found.by_status.get(state, 0) for state in OPEN),
        "may_order": Right.ORDER_STOCK.belongs_to(user),
        "today": today,
    }


def form_context(
    form: PurchaseForm,
    suppliers: Sequence[Supplier],
    locations: Sequence[StockLocation],
    problem: Problem | None = None,
) -> dict[str, Any]:
    """Return what the form of a new purchase order shows."""
    return {
        "form": form,
        "lines": with_blank_lines(form.lines, more=3 if form.wants_lines else 0),
        "suppliers": [(supplier.id, supplier.name) for supplier in suppliers],
        "locations": [(place.id, place.name) for place in locations if place.is_open],
        "currencies": [(code, code) for code in CURRENCIES],
        "problem": problem,
    }


def order_context(
    page: PurchasePage,
    user: Identity | None,
    *,
    today: date,
    form: ReceiveForm | None = None,
    problem: Problem | None = None,
    done: str = "",
) -> dict[str, Any]:
    """Return what the page of an order shows. With ``form`` a delivery is being entered."""
    status = page.order.status
    expected = page.order.expected_on
    return {
        "page": page,
        "glyphs": GLYPHS,
        "is_draft": status is PurchaseStatus.DRAFT,
        "is_open": status in OPEN,
        "is_late": status in OPEN and expected is not None and expected < today,
        "may_order": Right.ORDER_STOCK.belongs_to(user),
        "may_receive": Right.CHANGE_STOCK.belongs_to(user),
        "story": _story(page),
        "form": form,
        "problem": problem,
        "done": done,
    }


def supplier_context(page: SupplierPage, *, today: date) -> dict[str, Any]:
    """Return what the page of a supplier shows."""
    return {"page": page, "glyphs": GLYPHS, "today": today}


@dataclass(frozen=True, slots=True)
class Told:
    """One entry of the timeline; the template has a sentence for each ``code``."""

    code: str
    at: datetime | None
    pieces: int = 0
    person: str = ""


def _story(page: PurchasePage) -> list[Told]:
    """Return what happened, newest first."""
    order = page.order
    story = [told for one in page.happenings if (told := _tell(one))]
    if order.status is PurchaseStatus.CANCELLED and order.ordered_at is None:
        story.insert(0, Told("cancelled", order.closed_at))
    return [*story, Told("drafted", order.created_at, page.pieces, page.created_by)]


def _tell(one: Happening) -> Told | None:
    if one.kind is MovementKind.RECEIVED:
        return Told("received", one.at, one.on_hand, one.person)
    if one.kind is MovementKind.EXPECTED and one.incoming > 0:
        return Told("ordered", one.at, one.incoming, one.person)
    if one.kind is MovementKind.EXPECTED:
        return Told("rest_cancelled", one.at, -one.incoming, one.person)
    return None
